"""The upstreams that the settings name, each as a client that speaks `upstream_client.base.Upstream`."""

from collections.abc import Callable, Mapping

from slack_bot.config import Settings
from upstream_client.argo_workflows import ArgoWorkflowsClient
from upstream_client.base import Upstream
from upstream_client.gate import GateClient
from upstream_client.github_actions import GitHubActionsClient
from upstream_client.github_actions.caller import Access
from upstream_client.gitlab import GitLabClient
from upstream_client.privilege_manager import Contract, PrivManClient
from upstream_client.xerotier import XerotierClient


def _privilege_manager(settings: Settings) -> Upstream:
    path = settings.privman_contract
    return PrivManClient(
        settings.privman_base_url,
        settings.privman_username,
        settings.privman_password.get_secret_value(),
        Contract.packaged() if path is None else Contract.load(path),
        settings.poll_interval,
        zone=settings.privman_timezone,
        ca_bundle=settings.privman_ca_bundle,
    )


def _gate(settings: Settings) -> Upstream:
    return GateClient(settings.gate_url, settings.gate_api_key.get_secret_value(), settings.poll_interval)


def _xerotier(settings: Settings) -> Upstream:
    return XerotierClient(
        settings.xerotier_base,
        settings.xerotier_project_id,
        settings.xerotier_api_key.get_secret_value(),
        settings.poll_interval,
        paths=(settings.xerotier_list_path, settings.xerotier_get_path),
    )


def _github_actions(settings: Settings) -> Upstream:
    token = settings.github_token.get_secret_value()
    return GitHubActionsClient(
        Access(token, settings.github_api_url, settings.github_ca_bundle),
        settings.github_repositories,
        settings.github_owner,
        settings.poll_interval,
    )


def _gitlab(settings: Settings) -> Upstream:
    return GitLabClient(
        settings.gitlab_url,
        settings.gitlab_token.get_secret_value(),
        settings.gitlab_projects,
        settings.gitlab_gated,
        settings.poll_interval,
        ca_bundle=settings.gitlab_ca_bundle,
    )


def _argo_workflows(settings: Settings) -> Upstream:
    return ArgoWorkflowsClient(
        settings.argo_url,
        settings.argo_token.get_secret_value(),
        settings.argo_namespaces,
        settings.poll_interval,
        selector=settings.argo_label_selector,
        denial=settings.argo_deny,
        ca_bundle=settings.argo_ca_bundle,
    )


_BUILDERS: Mapping[str, Callable[[Settings], Upstream]] = {
    "privilege_manager": _privilege_manager,
    "gate": _gate,
    "xerotier": _xerotier,
    "github_actions": _github_actions,
    "gitlab": _gitlab,
    "argo_workflows": _argo_workflows,
}


def build(settings: Settings) -> list[Upstream]:
    """A client for each name in UPSTREAMS. Raises ValueError where a file that they need cannot be used.

    `ContractError` for PRIVMAN_CONTRACT, `CaBundleError` for a …_CA_BUNDLE; the text says what to do.
    """
    return [_BUILDERS[name](settings) for name in settings.upstreams]

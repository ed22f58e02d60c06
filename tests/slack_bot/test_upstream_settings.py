"""The settings of upstreams: what is required, what is refused, and what reaches the client."""

from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.config import Settings
from slack_bot.upstreams import build
from tests.audit_key import AUDIT_KEY
from tests.slack_bot.test_config import Environment
from tests.upstream_client.argo_workflows.conftest import OURS
from tests.upstream_client.serving import SELF_SIGNED
from upstream_client.argo_workflows import ArgoWorkflowsClient, Denial
from upstream_client.base import Upstream
from upstream_client.github_actions import GitHubActionsClient
from upstream_client.gitlab import Gated, GitLabClient
from upstream_client.xerotier import XerotierClient

COMPLETE = {
    "xerotier": {"XEROTIER_PROJECT_ID": "prj_0123456789", "XEROTIER_API_KEY": "xt-a-key"},
    "github_actions": {
        "GITHUB_TOKEN": "github_pat_a_token",
        "GITHUB_REPOSITORIES": "octo-org/shop, octo-org/site",
    },
    "gitlab": {"GITLAB_TOKEN": "glpat-a-token", "GITLAB_PROJECTS": "group/web, 42, group/web"},
    "argo_workflows": {
        "ARGO_URL": "https://argo.example.com/",
        "ARGO_TOKEN": "Bearer eyJhbGciOi.an-argo-token",
        "ARGO_NAMESPACES": "argo, payments",
    },
}
GATE = {"GATE_URL": "https://gate.example.com", "GATE_API_KEY": "gate_abcdefghij_secret"}
GET_PATH = "/v1/exec/approvals/{approval_id}"
each = pytest.mark.parametrize("upstream", COMPLETE)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    """With what Slack and the audit need, and no upstream."""
    made = Environment(monkeypatch, tmp_path)
    made.set(SLACK_BOT_TOKEN="xoxb-1-bot", SLACK_APP_TOKEN="xapp-1-app", AUDIT_KEY=AUDIT_KEY)
    return made


def wanting(environment: Environment, upstream: str) -> Environment:
    """It is complete for this one, with nothing besides."""
    environment.set(UPSTREAMS=upstream, **COMPLETE[upstream])
    return environment


def owner(name: str) -> str:
    """The upstream that has a setting."""
    return next(upstream for upstream in COMPLETE if upstream.startswith(name.split("_")[0].lower()))


def built(settings: Settings) -> Upstream:
    """The client, which has been closed."""
    [client] = build(settings)
    client.close()
    return client


@pytest.mark.parametrize(
    ("upstream", "client", "told"),
    [
        (
            "xerotier",
            XerotierClient,
            {
                "xerotier_base": "https://xerotier.ai",
                "xerotier_list_path": "/v1/exec/approvals?status=pending",
            },
        ),
        (
            "github_actions",
            GitHubActionsClient,
            {
                "github_repositories": ("octo-org/shop", "octo-org/site"),
                "github_api_url": "https://api.github.com",
            },
        ),
        (
            "gitlab",
            GitLabClient,
            {"gitlab_url": "https://gitlab.com", "gitlab_projects": ("group/web", "42")},
        ),
        (
            "argo_workflows",
            ArgoWorkflowsClient,
            {
                "argo_url": "https://argo.example.com",
                "argo_namespaces": ("argo", "payments"),
                "argo_label_selector": "",
                "argo_deny": Denial.NODE,
            },
        ),
    ],
)
def test_what_is_required_is_enough(
    environment: Environment, upstream: str, client: type[Upstream], told: dict[str, object]
) -> None:
    settings = wanting(environment, upstream).load()
    assert {name: getattr(settings, name) for name in told} == told
    assert isinstance(built(settings), client)


@each
def test_what_is_missing_is_named(environment: Environment, upstream: str) -> None:
    environment.set(UPSTREAMS=upstream)
    missing = dict.fromkeys(COMPLETE[upstream], "is missing")
    if missing.pop("GITHUB_REPOSITORIES", None):
        missing["GITHUB_OWNER"] = "is missing, and so is GITHUB_REPOSITORIES: set one of the two"
    assert environment.problems() == missing


@each
def test_nothing_is_missing_where_nobody_wants_it(environment: Environment, upstream: str) -> None:
    environment.set(UPSTREAMS="gate", **GATE)
    settings = environment.load()
    assert not any(getattr(settings, name.lower()) for name in COMPLETE[upstream])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("XEROTIER_BASE", "http://xerotier.ai", "uses http"),
        ("XEROTIER_BASE", "xerotier.ai", "is no address"),
        ("XEROTIER_PROJECT_ID", "prj/../s3cret", "is no id of a project"),
        ("XEROTIER_API_KEY", "s3cret with spaces", "is no key"),
        ("XEROTIER_API_KEY", "'s3cret'", "stands in quotes"),
        ("XEROTIER_WEBHOOK_SECRET", "s3cret", "fewer than 16"),
        ("XEROTIER_LIST_PATH", "https://elsewhere.example.com/s3cret", "is no path"),
        ("XEROTIER_GET_PATH", "/v1/exec/approvals", "is no path with a place for the id"),
        ("GITHUB_TOKEN", "s3cret with spaces", "is no token"),
        ("GITHUB_TOKEN", "'s3cret'", "stands in quotes"),
        ("GITHUB_REPOSITORIES", "shop", "which is no repository"),
        ("GITHUB_OWNER", "octo-org", "keep one of the two"),
        ("GITHUB_API_URL", "http://github.example.com/api/v3", "uses http"),
        ("GITHUB_API_URL", "https://github.com", "is the address of the pages"),
        ("GITHUB_CA_BUNDLE", "/nowhere.pem", "where no file is"),
        ("GITLAB_URL", "http://gitlab.example.com", "uses http"),
        ("GITLAB_URL", "https://gitlab.com/api/v4", "ends in /api/v4"),
        ("GITLAB_TOKEN", "s3cret with spaces", "is no token"),
        ("GITLAB_TOKEN", "'s3cret'", "stands in quotes"),
        ("GITLAB_PROJECTS", "group/web,web", "names “web”"),
        ("GITLAB_GATED", "everything", "is none of deployments, manual_jobs, both"),
        ("GITLAB_CA_BUNDLE", "nowhere.pem", "nowhere.pem"),
        ("ARGO_URL", "http://argo.example.com", "uses http"),
        ("ARGO_URL", "argo.example.com", "is no address"),
        ("ARGO_TOKEN", "Bearer s3cret with spaces", "is no token"),
        ("ARGO_TOKEN", "'s3cret'", "stands in quotes"),
        ("ARGO_NAMESPACES", "argo/../x", "is no namespace"),
        ("ARGO_NAMESPACES", " , ", "is missing"),
        ("ARGO_LABEL_SELECTOR", "a=b&c", "is no selector"),
        ("ARGO_LABEL_SELECTOR", "gate in slack", "is no selector"),
        ("ARGO_DENY", "all", "is neither node nor workflow"),
        ("ARGO_CA_BUNDLE", "none.pem", "where no file is"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words_and_without_its_value(
    environment: Environment, name: str, value: str, words: str
) -> None:
    wanting(environment, owner(name)).set(**{name: value})
    told = environment.problems()
    assert told.keys() == {name}
    assert words in told[name]
    assert "s3cret" not in environment.message()


@pytest.mark.parametrize(
    ("name", "misspelt"),
    [
        ("XEROTIER_API_KEY", "XEROTIER_API_KY"),
        ("GITHUB_TOKEN", "GITHUB_TOKN"),
        ("GITLAB_TOKEN", "GITLAB_TOKN"),
        ("ARGO_TOKEN", "ARGO_TOKN"),
    ],
)
def test_a_misspelt_name_is_pointed_out(environment: Environment, name: str, misspelt: str) -> None:
    wanting(environment, owner(name)).set(**{name: None, misspelt: "a-token"})
    assert f"{misspelt} is set" in environment.problems()[name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("XEROTIER_API_KEY", "xt-a-key"),
        ("XEROTIER_WEBHOOK_SECRET", "0123456789abcdef0123"),
        ("GITHUB_TOKEN", "github_pat_a_token"),
        ("GITLAB_TOKEN", "glpat-a-token"),
        ("ARGO_TOKEN", "Bearer eyJhbGciOi.an-argo-token"),
    ],
)
def test_secrets_are_known_and_never_shown(environment: Environment, name: str, value: str) -> None:
    wanting(environment, owner(name)).set(**{name: value})
    settings = environment.load()
    assert value.removeprefix("Bearer ") in settings.secrets
    assert value[-12:] not in repr(settings)


@pytest.mark.parametrize(("given", "gets_one"), [({}, False), ({"XEROTIER_GET_PATH": GET_PATH}, True)])
def test_the_path_of_one_approval_reaches_the_client_of_xerotier(
    environment: Environment, given: dict[str, str], gets_one: bool
) -> None:
    wanting(environment, "xerotier").set(**given)
    assert built(environment.load()).capabilities.get_one is gets_one


def test_an_owner_of_an_enterprise_server_of_github_is_enough_too(environment: Environment) -> None:
    wanting(environment, "github_actions")
    assert repr(built(environment.load())) == "GitHubActionsClient('https://api.github.com')"
    environment.set(GITHUB_REPOSITORIES=None, GITHUB_OWNER="octo-org")
    environment.set(GITHUB_API_URL="https://github.example.com/api/v3/")
    assert "github.example.com/api/v3'" in repr(built(environment.load()))


@pytest.mark.parametrize(
    ("given", "gated", "comment"),
    [
        ({}, Gated.DEPLOYMENTS, True),
        ({"GITLAB_GATED": "deployments"}, Gated.DEPLOYMENTS, True),
        ({"GITLAB_GATED": "both"}, Gated.BOTH, True),
        ({"GITLAB_GATED": "Manual_Jobs"}, Gated.MANUAL_JOBS, False),
    ],
)
def test_what_is_gated_reaches_the_client_of_gitlab(
    environment: Environment, given: dict[str, str], gated: Gated, comment: bool
) -> None:
    wanting(environment, "gitlab").set(**given)
    settings = environment.load()
    assert settings.gitlab_gated is gated
    assert built(settings).capabilities.comment is comment


def test_every_setting_reaches_the_client_of_argo(environment: Environment, sandbox: Sandbox) -> None:
    sandbox.control.submit_workflow()
    name = sandbox.control.submit_workflow(namespace="production", labels={"gate": "slack"})
    wanting(environment, "argo_workflows").set(
        ARGO_URL=sandbox.argo_workflows_url,
        ARGO_TOKEN=sandbox.argo_workflows.token,
        ARGO_NAMESPACES="argo,production",
        ARGO_LABEL_SELECTOR="gate=slack",
        ARGO_DENY="Workflow",
        ARGO_CA_BUNDLE=str(SELF_SIGNED),
    )
    [client] = build(environment.load())
    [request] = client.list_pending()
    client.deny(request, "", OURS)
    client.close()
    shutdowns = {one["name"]: one["shutdown"] for one in sandbox.control.workflows()}
    assert shutdowns[name] == "Stop"

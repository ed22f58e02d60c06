"""Argo Workflows in the demo: deployments that have come to a suspended step."""

from collections.abc import Iterator

from sandbox.argo_workflows import ArgoWorkflows
from sandbox.demo.part import Part, Setting
from sandbox.demo.releases import demo_releases

NAMESPACE = "argo"
SUBMITTED_BY = "requester@example.com"
"""Slack knows the address."""


def argo_workflows(here: Setting) -> Part:
    """The sandbox's own, polled."""
    argo = here.sandbox.argo_workflows
    settings = {
        "ARGO_URL": here.sandbox.argo_workflows_url,
        "ARGO_TOKEN": argo.token,
        "ARGO_NAMESPACES": NAMESPACE,
    }
    return Part(settings, _asks(argo))


def _asks(argo: ArgoWorkflows) -> Iterator[None]:
    for release in demo_releases():
        argo.submit(
            namespace=NAMESPACE,
            template="deploy-service",
            creator=SUBMITTED_BY,
            parameters={
                "app": release.service,
                "environment": release.environment,
                "image": f"registry.example.com/{release.service}:{release.version}",
                "commit": release.commit,
                "changelog": "; ".join(release.titles),
            },
            labels={"team": release.service},
        )
        yield

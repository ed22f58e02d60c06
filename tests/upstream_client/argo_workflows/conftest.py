"""An Argo server, and the bot's client of it; a module shares the server, and each test begins with it empty."""

from collections.abc import Iterator

import pytest

from sandbox.argo_workflows import ArgoWorkflows
from tests.upstream_client.serving import serving
from upstream_client.argo_workflows import ArgoWorkflowsClient, Denial
from upstream_client.models import Decision

OURS = Decision(
    "0123456789abcdef", "Approver (U02APPROVER)", "[0123456789abcdef] Denied in Slack by Approver"
)
SHORT = (2.0, 2.0)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[ArgoWorkflows, str]]:
    argo = ArgoWorkflows()
    with serving(argo.app()) as address:
        yield argo, address


@pytest.fixture
def argo(served: tuple[ArgoWorkflows, str]) -> ArgoWorkflows:
    served[0].reset()
    return served[0]


@pytest.fixture
def url(served: tuple[ArgoWorkflows, str]) -> str:
    return served[1]


@pytest.fixture
def client(argo: ArgoWorkflows, url: str) -> Iterator[ArgoWorkflowsClient]:
    """That fails the step for a no."""
    made = ArgoWorkflowsClient(url, argo.token, ["argo"], timeout=SHORT)
    yield made
    made.close()


@pytest.fixture
def stopping(argo: ArgoWorkflows, url: str) -> Iterator[ArgoWorkflowsClient]:
    """That stops the workflow for a no."""
    made = ArgoWorkflowsClient(url, argo.token, ["argo"], denial=Denial.WORKFLOW, timeout=SHORT)
    yield made
    made.close()

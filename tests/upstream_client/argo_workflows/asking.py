"""What tests of the client ask of it, and of the sandbox's Argo server."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import JsonValue

from sandbox.argo_workflows import ArgoWorkflows
from tests.upstream_client.argo_workflows.conftest import SHORT
from upstream_client.argo_workflows import ArgoWorkflowsClient
from upstream_client.models import ApprovalRequest


def only(client: ArgoWorkflowsClient) -> ApprovalRequest:
    (request,) = client.list_pending()
    return request


def record(argo: ArgoWorkflows) -> dict[str, JsonValue]:
    return argo.workflows()[-1]


def node(argo: ArgoWorkflows, step: str = "approve") -> dict[str, JsonValue]:
    nodes = record(argo)["nodes"]
    assert isinstance(nodes, dict)
    found = nodes[step]
    assert isinstance(found, dict)
    return found


def sent(argo: ArgoWorkflows) -> list[str]:
    """Every change that was asked for, by the last part of its path."""
    return [call.rpartition("/")[2] for call in argo.calls() if call.startswith("PUT")]


@contextmanager
def client_of(url: str, token: str, *namespaces: str) -> Iterator[ArgoWorkflowsClient]:
    made = ArgoWorkflowsClient(url, token, namespaces, timeout=SHORT)
    yield made
    made.close()

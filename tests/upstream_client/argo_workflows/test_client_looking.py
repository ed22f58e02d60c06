"""The client against the sandbox's Argo server: which lists it asks for, and what keeps it from them."""

import socket
from pathlib import Path

import pytest

from sandbox.argo_workflows import ArgoWorkflows
from tests.upstream_client.argo_workflows.asking import client_of, node, only, sent
from tests.upstream_client.argo_workflows.conftest import OURS, SHORT
from tests.upstream_client.argo_workflows.told import ID
from tests.upstream_client.serving import (
    HOST,
    SELF_SIGNED,
    closed_port,
    raw_server,
    read_call,
    self_signed_tls,
)
from upstream_client.argo_workflows import ArgoWorkflowsClient
from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    PartlyRead,
    Throttled,
    Unreachable,
    Untrusted,
    UpstreamError,
)
from upstream_client.models import ONE_TIME, ApprovalRequest, OutcomeKind, Status


def test_a_packed_workflow_is_asked_for_once_for_each_of_its_versions(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient
) -> None:
    argo.submit(packed=True)
    assert [one.id for one in client.list_pending()] == [one.id for one in client.list_pending()]
    assert len([call for call in argo.calls() if "listOptions" not in call]) == 1


def test_a_long_list_comes_in_pages(argo: ArgoWorkflows, client: ArgoWorkflowsClient) -> None:
    names = {argo.submit() for _ in range(101)}
    assert {one.id.split("/")[1] for one in client.list_pending()} == names
    assert len(argo.calls()) == 2


def test_only_what_the_selector_chooses_is_listed(argo: ArgoWorkflows, url: str) -> None:
    argo.submit()
    ours = argo.submit(labels={"gate": "slack"})
    client = ArgoWorkflowsClient(url, argo.token, ["argo"], selector="gate=slack", timeout=SHORT)
    assert only(client).id.split("/")[1] == ours
    client.close()


def test_a_namespace_that_cannot_be_read_hides_no_other(argo: ArgoWorkflows, url: str) -> None:
    argo.submit(namespace="production")
    with client_of(url, argo.token, "elsewhere", "production") as client:
        with pytest.raises(PartlyRead, match=r"Namespace elsewhere: .*cannot list") as partly:
            client.list_pending()
        (readable,) = partly.value.readable
        assert readable.id.startswith("production/")
    with client_of(url, argo.token, "elsewhere") as client, pytest.raises(NotAllowed):
        client.list_pending()


def test_in_a_namespace_that_is_not_in_the_settings_nothing_is_asked_or_decided(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient, url: str
) -> None:
    """Given a card, when its namespace is taken out of the settings, then its buttons do nothing any more."""
    argo.submit()
    request = only(client)
    before = len(argo.calls())
    with client_of(url, argo.token, "production") as elsewhere:
        for act in (
            lambda: elsewhere.fetch(request.id),
            lambda: elsewhere.approve(request, ONE_TIME, OURS),
            lambda: elsewhere.deny(request, "", OURS),
        ):
            with pytest.raises(NotAllowed, match="argo is not in ARGO_NAMESPACES"):
                act()
    assert len(argo.calls()) == before


def test_a_workflow_that_the_selector_does_not_choose_any_more_is_not_decided(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient, url: str
) -> None:
    argo.submit(labels={"gate": "other"})
    request = only(client)
    chosen = ArgoWorkflowsClient(url, argo.token, ["argo"], selector="gate in (slack)", timeout=SHORT)
    assert chosen.fetch(request.id).status is Status.UNKNOWN
    for outcome in (chosen.approve(request, ONE_TIME, OURS), chosen.deny(request, "", OURS)):
        assert (outcome.kind, "ARGO_LABEL_SELECTOR" in outcome.detail) == (OutcomeKind.ALREADY, True)
    assert (sent(argo), node(argo)["phase"]) == ([], "Running")
    chosen.close()


def test_what_became_of_it_is_told_also_where_its_labels_have_changed_by_then(
    argo: ArgoWorkflows, url: str
) -> None:
    """Given a selector of a label that the controller changes when the workflow ends."""
    argo.submit()
    running = "workflows.argoproj.io/completed!=true"
    client = ArgoWorkflowsClient(url, argo.token, ["argo"], selector=running, timeout=SHORT)
    request = only(client)
    assert client.approve(request, ONE_TIME, OURS).kind is OutcomeKind.TAKEN
    assert client.fetch(request.id).status is Status.APPROVED
    client.close()


def test_where_the_server_fails_or_asks_to_wait_no_other_namespace_is_asked(
    argo: ArgoWorkflows, url: str
) -> None:
    argo.submit()
    with client_of(url, argo.token, "argo", "production") as client:
        argo.add_fault({"operation": "list", "kind": "server_error"})
        with pytest.raises(Interrupted):
            client.list_pending()
        assert len(argo.calls()) == 1
        argo.add_fault({"operation": "list", "kind": "server_error", "nth": 2})
        with pytest.raises(PartlyRead) as partly:
            client.list_pending()
        assert len(partly.value.readable) == 1
        argo.add_fault({"operation": "list", "kind": "ratelimited", "nth": 2, "retry_after": 7})
        with pytest.raises(Throttled) as throttled:
            client.list_pending()
        assert throttled.value.retry_after == 7


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("unauthorized", LogonRefused),
        ("not_found", NotUnderstood),
        ("garbage", NotUnderstood),
        ("reset", Interrupted),
    ],
)
def test_a_list_that_cannot_be_had_is_an_error_and_never_empty(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient, kind: str, error: type[UpstreamError]
) -> None:
    argo.submit()
    argo.add_fault({"operation": "list", "kind": kind, "times": 2})
    with pytest.raises(error):
        client.list_pending()


def test_a_404_that_is_not_argos_own_tells_nothing_of_a_workflow(argo: ArgoWorkflows, url: str) -> None:
    with client_of(f"{url}/elsewhere", argo.token, "argo") as client:
        with pytest.raises(NotUnderstood, match="ARGO_URL"):
            client.fetch(ID)
        with pytest.raises(NotUnderstood, match="ARGO_URL"):
            client.list_pending()


def test_where_nobody_listens_nothing_arrived() -> None:
    with client_of(f"http://{HOST}:{closed_port()}", "token", "argo") as client:
        with pytest.raises(Unreachable):
            client.list_pending()
        with pytest.raises(Unreachable):
            client.approve(ApprovalRequest("argo_workflows", ID, "Deploy"), ONE_TIME, OURS)


def test_a_private_authority_is_trusted_where_it_is_named_and_only_there() -> None:
    body = b'{"metadata": {}, "items": null}'
    calls: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        calls.append(read_call(connection))
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with raw_server(talk, self_signed_tls()) as port:
        url = f"https://{HOST}:{port}"
        with (
            client_of(url, "token", "argo") as stranger,
            pytest.raises(Untrusted, match="into ARGO_CA_BUNDLE"),
        ):
            stranger.list_pending()
        assert calls == []
        own = ArgoWorkflowsClient(url, "Bearer token", ["argo"], ca_bundle=SELF_SIGNED, timeout=SHORT)
        assert own.list_pending() == []
        own.close()
    assert b"authorization: bearer token" in calls[0].lower()


def test_what_is_no_setting_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ARGO_URL uses http"):
        ArgoWorkflowsClient("http://argo.example.com", "token", ["argo"])
    with pytest.raises(ValueError, match="ARGO_TOKEN is no token"):
        ArgoWorkflowsClient("https://argo.example.com", "", ["argo"])
    with pytest.raises(ValueError, match="ARGO_NAMESPACES names no namespace"):
        ArgoWorkflowsClient("https://argo.example.com", "token", [])
    with pytest.raises(ValueError, match="ARGO_LABEL_SELECTOR is no selector"):
        ArgoWorkflowsClient("https://argo.example.com", "token", ["argo"], selector="gate in slack")
    with pytest.raises(ValueError, match="ARGO_CA_BUNDLE names"):
        ArgoWorkflowsClient("https://argo.example.com", "token", ["argo"], ca_bundle=tmp_path / "none.pem")

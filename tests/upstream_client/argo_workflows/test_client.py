"""The client against the sandbox's Argo server: what waits, what is decided, and what became of it."""

from dataclasses import replace

import pytest

from sandbox.argo_workflows import ArgoWorkflows
from sandbox.argo_workflows.instance import Switches
from tests.upstream_client.argo_workflows.asking import node, only, record, sent
from tests.upstream_client.argo_workflows.conftest import OURS
from tests.upstream_client.argo_workflows.told import ID
from upstream_client.argo_workflows import ArgoWorkflowsClient
from upstream_client.base import Upstream
from upstream_client.exceptions import (
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    Throttled,
    Unreachable,
    UpstreamError,
)
from upstream_client.models import ONE_TIME, ApprovalRequest, OutcomeKind, Status


def test_it_speaks_the_protocol(client: ArgoWorkflowsClient) -> None:
    upstream: Upstream = client
    can = upstream.capabilities
    assert (upstream.name, upstream.title) == ("argo_workflows", "Argo Workflows")
    assert (can.comment, can.get_one, can.approve, can.deny) == (True, True, "Approve", "Deny")
    assert "token" not in repr(client)


def test_what_waits_is_listed_and_tells_the_same_by_itself(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient
) -> None:
    name = argo.submit(
        parameters={"environment": "production", "app": "payments"}, creator="requester@example.com"
    )
    argo.resume(argo.submit())
    request = only(client)
    assert request.title == f"argo/{name} · approve · claimed: payments → production"
    assert request.requester_email == "requester@example.com"
    seen = client.fetch(request.id)
    assert (seen.status, seen.request) == (Status.PENDING, request)


def test_a_yes_lets_the_step_go_on_that_waits_and_no_other_and_says_whose_it_was(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient
) -> None:
    argo.submit(steps=["approve", "approve-too"])
    request = next(one for one in client.list_pending() if one.facts[0].value == "approve")
    assert client.approve(request, ONE_TIME, OURS).kind is OutcomeKind.TAKEN
    assert (node(argo)["phase"], node(argo, "approve-too")["phase"]) == ("Succeeded", "Running")
    assert (sent(argo), record(argo)["decisions"]) == (["set"], 1)
    seen = client.fetch(request.id)
    assert (seen.status, seen.comment) == (Status.APPROVED, OURS.comment)


def test_a_no_fails_the_step_that_waits_and_says_who_and_why(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient
) -> None:
    argo.submit(steps=["approve", "approve-too"])
    request = next(one for one in client.list_pending() if one.facts[0].value == "approve")
    assert client.deny(request, "No.", OURS).kind is OutcomeKind.TAKEN
    assert (node(argo)["phase"], node(argo)["message"]) == ("Failed", OURS.comment)
    assert node(argo, "approve-too")["phase"] == "Running"
    seen = client.fetch(request.id)
    assert (seen.status, seen.comment) == (Status.DENIED, OURS.comment)


@pytest.mark.parametrize("is_controlled", [True, False])
def test_a_no_can_stop_the_workflow(
    argo: ArgoWorkflows, stopping: ArgoWorkflowsClient, is_controlled: bool
) -> None:
    """Given a controller that has not yet acted, or has, then it is denied and does not wait any more."""
    argo.switch(Switches(is_controlled=is_controlled))
    argo.submit()
    request = only(stopping)
    assert stopping.deny(request, "No.", OURS).kind is OutcomeKind.TAKEN
    assert (sent(argo), record(argo)["shutdown"]) == (["stop"], "Stop")
    assert stopping.fetch(request.id).status is Status.DENIED
    assert stopping.list_pending() == []


def test_values_that_have_a_default_get_it_and_others_can_only_be_denied_here(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient
) -> None:
    argo.submit(supplied={"replicas": "3"})
    assert client.approve(only(client), ONE_TIME, OURS).kind is OutcomeKind.TAKEN
    assert (node(argo)["values"], node(argo)["message"]) == ({"replicas": "3"}, OURS.comment)
    argo.submit(supplied={"go": None}, choices={"go": ["YES", "NO"]})
    request = only(client)
    outcome = client.approve(request, ONE_TIME, OURS)
    assert (outcome.kind, "go (YES, NO)" in outcome.detail) == (OutcomeKind.REFUSED, True)
    assert sent(argo) == ["set"]
    assert client.deny(request, "", OURS).kind is OutcomeKind.TAKEN


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_what_somebody_else_decided_is_theirs_and_nothing_is_sent(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient, verdict: str
) -> None:
    name = argo.submit()
    request = only(client)
    argo.resume(name, "admin@example.com")
    decide = (
        client.approve(request, ONE_TIME, OURS) if verdict == "approve" else client.deny(request, "", OURS)
    )
    assert (decide.kind, sent(argo)) == (OutcomeKind.ALREADY, [])
    seen = client.fetch(request.id)
    assert (seen.status, seen.by) == (Status.APPROVED, "admin@example.com")


def test_a_workflow_that_was_made_anew_under_the_same_name_is_another_one(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient
) -> None:
    """Given one that is shown, when it is deleted and its name used again, then nothing is done to the new one."""
    argo.submit(name="deploy")
    old = only(client)
    argo.delete("deploy")
    assert client.fetch(old.id).status is Status.UNKNOWN
    argo.submit(name="deploy")
    new = only(client)
    assert [one != other for one, other in zip(old.id.split("/"), new.id.split("/"), strict=True)][:4] == [
        False,
        False,
        True,
        False,
    ]
    assert client.fetch(old.id).status is Status.UNKNOWN
    assert client.approve(old, ONE_TIME, OURS).kind is OutcomeKind.ALREADY
    assert client.deny(old, "", OURS).kind is OutcomeKind.ALREADY
    assert (sent(argo), node(argo)["phase"]) == ([], "Running")


def test_a_step_that_is_retried_is_another_question(argo: ArgoWorkflows, client: ArgoWorkflowsClient) -> None:
    name = argo.submit()
    first = only(client)
    client.deny(first, "", OURS)
    argo.retry(name)
    second = only(client)
    assert first.id != second.id
    assert client.fetch(first.id).status is Status.UNKNOWN
    assert client.approve(first, ONE_TIME, OURS).kind is OutcomeKind.ALREADY
    assert client.approve(second, ONE_TIME, OURS).kind is OutcomeKind.TAKEN


@pytest.mark.parametrize("wrong", ["../../../../v1/secrets", "argo/x/y", "", ID.replace("argo/", "argo%2f/")])
def test_an_id_that_is_none_never_becomes_a_path(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient, wrong: str
) -> None:
    request = ApprovalRequest("argo_workflows", wrong, "Deploy")
    for act in (
        lambda: client.fetch(wrong),
        lambda: client.approve(request, ONE_TIME, OURS),
        lambda: client.deny(request, "", OURS),
    ):
        with pytest.raises(NotUnderstood, match="not called with it"):
            act()
    assert argo.calls() == []


@pytest.mark.parametrize("more", ["x,phase=Running", "{node},phase=Running", "{node}!=x", "", "x)"])
def test_an_id_never_becomes_a_further_condition_for_what_is_decided(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient, more: str
) -> None:
    """Given an id whose step says more than an id, then no selector of steps is sent, and none is resumed."""
    argo.submit(name="deploy", steps=["first", "second"])
    request = client.list_pending()[0]
    namespace, name, uid, step, since = request.id.split("/")
    odd = replace(request, id="/".join((namespace, name, uid, more.format(node=step), since)))
    with pytest.raises(NotUnderstood, match="not called with it"):
        client.approve(odd, ONE_TIME, OURS)
    with pytest.raises(NotUnderstood, match="not called with it"):
        client.deny(odd, "", OURS)
    assert sent(argo) == []
    assert len(client.list_pending()) == 2


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("unauthorized", LogonRefused, "ARGO_TOKEN"),
        ("forbidden", NotAllowed, "update and patch"),
        ("ratelimited", Throttled, "fewer calls"),
    ],
)
def test_a_decision_that_is_not_let_through_is_raised_and_nothing_was_decided(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient, kind: str, error: type[UpstreamError], words: str
) -> None:
    argo.submit()
    request = only(client)
    argo.add_fault({"operation": "decide", "kind": kind})
    with pytest.raises(error, match=words):
        client.approve(request, ONE_TIME, OURS)
    assert record(argo)["decisions"] == 0


def test_a_token_that_may_only_look_is_told_what_it_lacks(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient
) -> None:
    argo.switch(Switches(verbs=("get", "list")))
    argo.submit()
    with pytest.raises(NotAllowed, match="cannot update"):
        client.deny(only(client), "", OURS)


@pytest.mark.parametrize("kind", ["server_error", "server_error_after", "reset", "garbage", "slow"])
def test_after_an_answer_that_tells_nothing_the_outcome_is_unknown(
    argo: ArgoWorkflows, url: str, kind: str
) -> None:
    argo.submit()
    argo.add_fault({"operation": "set", "kind": kind, "delay": 0.8})
    client = ArgoWorkflowsClient(url, argo.token, ["argo"], timeout=(2.0, 0.4))
    assert client.approve(only(client), ONE_TIME, OURS).kind is OutcomeKind.UNKNOWN
    client.close()
    assert sent(argo) == ["set"]


@pytest.mark.parametrize("kind", ["conflict", "unprocessable"])
def test_an_answer_that_says_no_is_a_refusal(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient, kind: str
) -> None:
    argo.submit()
    argo.add_fault({"operation": "set", "kind": kind})
    assert client.approve(only(client), ONE_TIME, OURS).kind is OutcomeKind.REFUSED


def test_a_look_before_the_decision_that_breaks_off_is_no_decision_that_may_have_been_taken(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient
) -> None:
    argo.submit()
    request = only(client)
    argo.add_fault({"operation": "get", "kind": "server_error"})
    with pytest.raises(Unreachable, match="nothing was sent"):
        client.approve(request, ONE_TIME, OURS)
    assert sent(argo) == []


def test_where_the_answer_leaves_the_steps_out_the_workflow_is_looked_at(
    argo: ArgoWorkflows, client: ArgoWorkflowsClient
) -> None:
    argo.submit(packed=True)
    request = only(client)
    assert client.approve(request, ONE_TIME, OURS).kind is OutcomeKind.TAKEN
    argo.submit(packed=True)
    request = only(client)
    argo.add_fault({"operation": "get", "kind": "server_error", "nth": 2})
    assert client.approve(request, ONE_TIME, OURS).kind is OutcomeKind.UNKNOWN

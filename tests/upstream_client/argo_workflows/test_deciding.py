"""What is sent for a yes and a no, and what the answer to it means."""

import json
from typing import Any

import pytest

from tests.upstream_client.argo_workflows.conftest import OURS
from tests.upstream_client.argo_workflows.told import ID, NODE, both, node_told, supplied, workflow_told
from upstream_client.argo_workflows import deciding
from upstream_client.argo_workflows.deciding import Denial
from upstream_client.argo_workflows.reference import Reference
from upstream_client.exceptions import LogonRefused, NotAllowed, NotUnderstood, Throttled
from upstream_client.models import OutcomeKind, Verdict
from upstream_client.session import Answer

REF = Reference.parse(ID)
NONE_WAITS = "currently, set only targets suspend nodes: no suspend nodes matching nodeFieldSelector: id=x"


def answer(status: int, body: Any = None, text: str = "") -> Answer:
    return Answer(status, {}, text.encode() or json.dumps(body).encode(), title="Argo Workflows")


def error(status: int, words: str = "no", code: int = 2) -> Answer:
    return answer(status, {"code": code, "message": words, "error": words})


def test_a_yes_lets_exactly_this_step_go_on_and_leaves_whose_it_was() -> None:
    change = deciding.approval(REF, both(workflow_told())[1], OURS)
    assert (change.verb, change.body) == (
        "set",
        {"nodeFieldSelector": f"id={NODE}", "phase": "Succeeded", "message": OURS.comment},
    )


def test_a_yes_gives_values_their_defaults_since_argo_would_not() -> None:
    node = both(workflow_told(node_told(outputs=supplied(replicas="3"))))[1]
    change = deciding.approval(REF, node, OURS)
    assert change.verb == "set"
    assert change.body == {
        "nodeFieldSelector": f"id={NODE}",
        "phase": "Succeeded",
        "message": OURS.comment,
        "outputParameters": '{"replicas": "3"}',
    }


def test_a_yes_cannot_give_what_has_no_default_and_says_so() -> None:
    node = both(workflow_told(node_told(outputs=supplied(go=None, replicas="3"))))[1]
    assert "cannot be given here: go." in deciding.cannot_be_given(node)
    assert deciding.cannot_be_given(both(workflow_told())[1]) == ""


def test_a_no_fails_exactly_this_step_or_stops_the_workflow() -> None:
    node, whole = (deciding.denial(REF, OURS, how) for how in (Denial.NODE, Denial.WORKFLOW))
    assert (node.verb, node.body) == (
        "set",
        {"nodeFieldSelector": f"id={NODE}", "phase": "Failed", "message": OURS.comment},
    )
    assert (whole.verb, whole.body) == ("stop", {"message": OURS.comment})


@pytest.mark.parametrize(
    ("verdict", "phase", "kind"),
    [
        (Verdict.APPROVE, "Succeeded", OutcomeKind.TAKEN),
        (Verdict.DENY, "Failed", OutcomeKind.TAKEN),
        (Verdict.APPROVE, "Running", None),
        (Verdict.APPROVE, "Failed", None),
        (Verdict.DENY, "Succeeded", None),
    ],
)
def test_an_answer_is_a_yes_only_where_the_step_is_as_was_asked(
    verdict: Verdict, phase: str, kind: OutcomeKind | None
) -> None:
    outcome = deciding.outcome_of(answer(200, workflow_told(node_told(phase=phase))), REF, verdict)
    assert (None if outcome is None else outcome.kind) is kind


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (
            answer(200, workflow_told(node_told(phase="Succeeded"), meta={"uid": "other"})),
            OutcomeKind.UNKNOWN,
        ),
        (answer(200, {}), OutcomeKind.UNKNOWN),
        (answer(200, text="<html>Sign in</html>"), OutcomeKind.UNKNOWN),
        (error(500), OutcomeKind.UNKNOWN),
        (error(502), OutcomeKind.UNKNOWN),
        (error(408), OutcomeKind.UNKNOWN),
        (error(500, NONE_WAITS, 13), OutcomeKind.ALREADY),
        (error(400, NONE_WAITS, 3), OutcomeKind.ALREADY),
        (error(404, "not found", 5), OutcomeKind.ALREADY),
        (error(400), OutcomeKind.REFUSED),
        (error(409), OutcomeKind.REFUSED),
        (error(422), OutcomeKind.REFUSED),
    ],
)
def test_nothing_else_is_a_yes(told: Answer, kind: OutcomeKind) -> None:
    outcome = deciding.outcome_of(told, REF, Verdict.APPROVE)
    assert outcome is not None
    assert outcome.kind is kind


def test_an_answer_without_the_step_tells_nothing() -> None:
    packed = answer(200, workflow_told(status={"nodes": {}, "compressedNodes": "H4sI"}))
    assert deciding.outcome_of(packed, REF, Verdict.APPROVE) is None
    anew = answer(200, workflow_told(node_told(phase="Succeeded", startedAt="2026-11-20T12:00:09Z")))
    assert deciding.outcome_of(anew, REF, Verdict.APPROVE) is None


@pytest.mark.parametrize(
    ("told", "raised"),
    [
        (error(401), LogonRefused),
        (error(403), NotAllowed),
        (answer(404, text="404 page not found"), NotUnderstood),
        (error(405), NotUnderstood),
        (error(429), Throttled),
        (answer(302, text="moved"), NotUnderstood),
    ],
)
def test_what_was_not_let_through_is_raised(told: Answer, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        deciding.outcome_of(told, REF, Verdict.APPROVE)

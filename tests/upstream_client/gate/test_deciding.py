"""What becomes of a decision, by the gate's answer; and what is sent."""

import json
from typing import Any

import pytest

from tests.upstream_client.gate.conftest import OURS
from tests.upstream_client.gate.tickets import TICKET_ID, decided, ticket
from upstream_client.exceptions import LogonRefused, NotAllowed, NotUnderstood, Throttled, UpstreamError
from upstream_client.gate.caller import NO_SUCH_TICKET
from upstream_client.gate.deciding import body_of, outcome_of
from upstream_client.models import Decision, OutcomeKind, Verdict
from upstream_client.session import Answer


def answer(status: int, body: Any = None) -> Answer:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {"Retry-After": "7"}, text)


PROBLEM = {"type": "urn:approval-gate:problem:invalid", "title": "Invalid", "detail": "comment: too long."}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, decided("approved", OURS.comment), OutcomeKind.TAKEN),
        (200, decided("approved", "[another] Approved"), OutcomeKind.ALREADY),
        (200, decided("approved", ""), OutcomeKind.ALREADY),
        (200, decided("denied", OURS.comment), OutcomeKind.UNKNOWN),
        (200, ticket(), OutcomeKind.UNKNOWN),
        (200, {**decided("approved", OURS.comment), "id": "0" * 32}, OutcomeKind.UNKNOWN),
        (200, {**decided("approved", OURS.comment), "status": "pending"}, OutcomeKind.UNKNOWN),
        (200, b"<html>", OutcomeKind.UNKNOWN),
        (200, b"", OutcomeKind.UNKNOWN),
        (204, b"", OutcomeKind.UNKNOWN),
        (409, {**PROBLEM, "detail": "It is denied by Somebody."}, OutcomeKind.ALREADY),
        (404, {"type": NO_SUCH_TICKET, "detail": "None such."}, OutcomeKind.ALREADY),
        (400, PROBLEM, OutcomeKind.REFUSED),
        (413, PROBLEM, OutcomeKind.REFUSED),
        (422, PROBLEM, OutcomeKind.REFUSED),
        (408, b"", OutcomeKind.UNKNOWN),
        (500, PROBLEM, OutcomeKind.UNKNOWN),
        (502, b"<html>", OutcomeKind.UNKNOWN),
        (503, PROBLEM, OutcomeKind.UNKNOWN),
    ],
)
def test_only_our_own_recorded_decision_is_taken(status: int, body: Any, kind: OutcomeKind) -> None:
    assert outcome_of(answer(status, body), TICKET_ID, Verdict.APPROVE, OURS).kind is kind


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, PROBLEM, LogonRefused),
        (403, PROBLEM, NotAllowed),
        (404, b"<html>", NotUnderstood),
        (404, {"type": "urn:approval-gate:problem:not-found"}, NotUnderstood),
        (405, b"", NotUnderstood),
        (429, PROBLEM, Throttled),
        (307, b"", NotUnderstood),
    ],
)
def test_where_nothing_was_done_for_sure_it_is_raised_and_sent_again_later(
    status: int, body: Any, error: type[UpstreamError]
) -> None:
    with pytest.raises(error):
        outcome_of(answer(status, body), TICKET_ID, Verdict.DENY, OURS)


def test_a_denial_is_taken_as_a_denial() -> None:
    said = outcome_of(answer(200, decided("denied", OURS.comment)), TICKET_ID, Verdict.DENY, OURS)
    assert said.kind is OutcomeKind.TAKEN


def test_why_it_was_refused_is_told_in_the_gates_own_words() -> None:
    assert "comment: too long." in outcome_of(answer(422, PROBLEM), TICKET_ID, Verdict.DENY, OURS).detail


def test_a_wait_is_as_long_as_the_gate_asks() -> None:
    with pytest.raises(Throttled) as throttled:
        outcome_of(answer(429, PROBLEM), TICKET_ID, Verdict.DENY, OURS)
    assert throttled.value.retry_after == 7


def test_what_is_sent_fits_the_gate_and_names_the_decision_whatever_people_are_called() -> None:
    long = Decision(OURS.id, "A\nB\t" + "x" * 300, f"[{OURS.id}] " + "\0y" * 3_000)
    body = body_of(long, 3_600)
    assert isinstance(body["by"], str)
    assert isinstance(body["comment"], str)
    assert (len(body["by"]), body["by"][:4]) == (200, "A B ")
    assert (len(body["comment"]), body["comment"].startswith(f"[{OURS.id}] y")) == (2_000, True)
    assert body["seconds"] == 3_600


def test_one_time_is_no_number_of_seconds_and_a_nameless_person_is_somebody() -> None:
    assert body_of(Decision("1", "\x00\u200b", "[1]"), None) == {"by": "somebody in Slack", "comment": "[1]"}

"""What becomes of a decision, by Xerotier's answer to it."""

import json
from typing import Any

import pytest

from tests.upstream_client.xerotier.approvals import APPROVAL_ID, OTHER_ID, told
from upstream_client.exceptions import LogonRefused, NotAllowed, NotUnderstood, Throttled, UpstreamError
from upstream_client.models import OutcomeKind, Verdict
from upstream_client.session import Answer
from upstream_client.xerotier.deciding import outcome_of

ERROR = {"error": {"message": "It cannot be."}}
RESOLVED = {"error": {"message": "The approval is already resolved."}}


def answer(status: int, body: Any = b"") -> Answer:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {"Retry-After": "7"}, text)


def kind_of(status: int, body: Any = b"", *, knows_project: bool = False) -> OutcomeKind:
    said = answer(status, body)
    return outcome_of(said, APPROVAL_ID, Verdict.APPROVE, knows_project=knows_project).kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"", OutcomeKind.TAKEN),
        (204, b"", OutcomeKind.TAKEN),
        (201, {"status": "ok"}, OutcomeKind.TAKEN),
        (200, {}, OutcomeKind.TAKEN),
        (200, told(status="approved"), OutcomeKind.TAKEN),
        (200, {"data": told(status="approved")}, OutcomeKind.TAKEN),
        (200, {"approval": told(status="approved")}, OutcomeKind.TAKEN),
        (200, told(status="rejected"), OutcomeKind.UNKNOWN),
        (200, told(status="pending"), OutcomeKind.UNKNOWN),
        (200, told(status="queued"), OutcomeKind.UNKNOWN),
        (200, told(status="approved", id=OTHER_ID), OutcomeKind.UNKNOWN),
        (200, {"data": told(status="rejected")}, OutcomeKind.UNKNOWN),
        (200, {"status": True}, OutcomeKind.UNKNOWN),
        (200, {"status": None}, OutcomeKind.UNKNOWN),
        (200, {"status": "success", "id": APPROVAL_ID}, OutcomeKind.TAKEN),
        (200, {"ok": True}, OutcomeKind.TAKEN),
        (200, {"success": True, "data": told(status="approved", message="Recorded.")}, OutcomeKind.TAKEN),
        (200, {"data": {"approval": told(status="approved", decision="approved")}}, OutcomeKind.TAKEN),
        (200, {"success": False}, OutcomeKind.UNKNOWN),
        (200, {"ok": False, "reason": "already rejected"}, OutcomeKind.UNKNOWN),
        (200, {"status": "resolved"}, OutcomeKind.UNKNOWN),
        (200, {"state": "rejected"}, OutcomeKind.UNKNOWN),
        (200, {"decision": "rejected"}, OutcomeKind.UNKNOWN),
        (200, {"errors": ["no"]}, OutcomeKind.UNKNOWN),
        (200, {"data": {"approval": {"status": "rejected"}}}, OutcomeKind.UNKNOWN),
        (200, {"message": "The approval is already resolved."}, OutcomeKind.UNKNOWN),
        (200, {"message": "Recorded."}, OutcomeKind.UNKNOWN),
        (200, {"result": "rejected"}, OutcomeKind.UNKNOWN),
        (200, {"approved": False}, OutcomeKind.UNKNOWN),
        (200, {"approval_status": "rejected"}, OutcomeKind.UNKNOWN),
        (200, {"status": "success", "decision": "rejected"}, OutcomeKind.UNKNOWN),
        (200, {"status": "ok", "note": "nothing was done"}, OutcomeKind.UNKNOWN),
        (200, {"id": APPROVAL_ID}, OutcomeKind.UNKNOWN),
        (200, told(status="approved", success=False), OutcomeKind.UNKNOWN),
        (200, told(status="approved", approved=False), OutcomeKind.UNKNOWN),
        (200, told(status="approved", rejected=True), OutcomeKind.UNKNOWN),
        (200, told(status="approved", message="It was already approved."), OutcomeKind.UNKNOWN),
        (200, {"success": False, "data": told(status="approved")}, OutcomeKind.UNKNOWN),
        (200, ERROR, OutcomeKind.UNKNOWN),
        (200, {"data": ERROR}, OutcomeKind.UNKNOWN),
        (200, b"<html>", OutcomeKind.UNKNOWN),
        (200, [], OutcomeKind.UNKNOWN),
        (200, None, OutcomeKind.UNKNOWN),
        (202, b"", OutcomeKind.UNKNOWN),
        (202, told(status="approved"), OutcomeKind.UNKNOWN),
        (206, {}, OutcomeKind.UNKNOWN),
        (409, RESOLVED, OutcomeKind.ALREADY),
        (409, b"", OutcomeKind.ALREADY),
        (410, b"", OutcomeKind.ALREADY),
        (400, RESOLVED, OutcomeKind.ALREADY),
        (400, ERROR, OutcomeKind.REFUSED),
        (422, {"detail": "no"}, OutcomeKind.REFUSED),
        (408, b"", OutcomeKind.UNKNOWN),
        (500, ERROR, OutcomeKind.UNKNOWN),
        (502, b"<html>", OutcomeKind.UNKNOWN),
    ],
)
def test_only_a_success_that_says_nothing_else_is_taken(status: int, body: Any, kind: OutcomeKind) -> None:
    assert kind_of(status, body) is kind


@pytest.mark.parametrize(
    ("status", "error", "setting"),
    [
        (401, LogonRefused, "XEROTIER_API_KEY"),
        (403, NotAllowed, "execution scope"),
        (404, NotUnderstood, "XEROTIER_PROJECT_ID"),
        (405, NotUnderstood, "XEROTIER_BASE"),
        (429, Throttled, "fewer calls"),
        (307, NotUnderstood, "XEROTIER_BASE"),
    ],
)
def test_where_nothing_was_done_for_sure_it_is_raised_with_the_setting_to_look_at(
    status: int, error: type[UpstreamError], setting: str
) -> None:
    with pytest.raises(error, match=setting):
        kind_of(status, ERROR)


def test_in_a_project_that_is_known_a_404_is_said_of_the_approval() -> None:
    assert kind_of(404, ERROR, knows_project=True) is OutcomeKind.ALREADY


def test_a_denial_is_taken_as_a_rejection() -> None:
    said = outcome_of(answer(200, told(status="rejected")), APPROVAL_ID, Verdict.DENY, knows_project=True)
    assert said.kind is OutcomeKind.TAKEN


@pytest.mark.parametrize(
    "body", [ERROR, {"error": "It cannot be."}, {"message": "It cannot be."}, {"detail": "It cannot be."}]
)
def test_why_it_was_refused_is_told_in_its_own_words(body: Any) -> None:
    said = outcome_of(answer(422, body), APPROVAL_ID, Verdict.APPROVE, knows_project=True)
    assert said.detail == "Xerotier refused it: It cannot be."


def test_a_wait_is_as_long_as_it_asks() -> None:
    with pytest.raises(Throttled) as throttled:
        kind_of(429)
    assert throttled.value.retry_after == 7

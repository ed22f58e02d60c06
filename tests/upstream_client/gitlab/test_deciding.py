"""What became of a decision, told from GitLab's answer to it: nothing is taken that does not say so."""

import json
from typing import Any

import pytest

from tests.upstream_client.gitlab.told import DECISION, approval, raw_job
from upstream_client.exceptions import (
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    Refused,
    Throttled,
    UpstreamError,
)
from upstream_client.gitlab.deciding import RAN, comment_of, of_approval, of_job
from upstream_client.models import Decision, OutcomeKind, Verdict
from upstream_client.session import Answer

OURS = approval(7, "approved", DECISION.comment)
TAKEN, UNKNOWN, REFUSED = OutcomeKind.TAKEN, OutcomeKind.UNKNOWN, OutcomeKind.REFUSED


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    return Answer(status, headers, b"" if body is None else json.dumps(body).encode(), title="GitLab")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (201, OURS, TAKEN),
        (200, OURS, TAKEN),
        (201, OURS | {"status": "rejected"}, UNKNOWN),
        (201, OURS | {"comment": "Somebody else's"}, UNKNOWN),
        (201, OURS | {"comment": None}, UNKNOWN),
        (201, {}, UNKNOWN),
        (201, [OURS], UNKNOWN),
        (204, None, UNKNOWN),
        (500, {"message": "500 Internal Server Error"}, UNKNOWN),
        (408, None, UNKNOWN),
    ],
)
def test_an_approval_is_taken_only_where_the_answer_has_our_decision(
    status: int, body: Any, kind: OutcomeKind
) -> None:
    assert of_approval(answer(status, body), Verdict.APPROVE, DECISION).kind is kind


def test_a_rejection_is_taken_only_as_a_rejection() -> None:
    rejected = OURS | {"status": "rejected"}
    assert of_approval(answer(201, rejected), Verdict.DENY, DECISION).kind is TAKEN
    assert of_approval(answer(201, OURS), Verdict.DENY, DECISION).kind is UNKNOWN


@pytest.mark.parametrize(
    ("verdict", "more", "kind"),
    [
        (Verdict.APPROVE, {"status": "pending"}, TAKEN),
        (Verdict.APPROVE, {"status": "running"}, TAKEN),
        (Verdict.APPROVE, {"status": "waiting_for_callback"}, TAKEN),
        (Verdict.APPROVE, {"status": "success"}, UNKNOWN),
        (Verdict.APPROVE, {"status": "failed"}, UNKNOWN),
        (Verdict.APPROVE, {"status": "manual"}, UNKNOWN),
        (Verdict.APPROVE, {"status": "canceled"}, UNKNOWN),
        (Verdict.APPROVE, {"status": "pending", "id": 665}, UNKNOWN),
        (Verdict.DENY, {"status": "canceled"}, TAKEN),
        (Verdict.DENY, {"status": "canceling"}, TAKEN),
        (Verdict.DENY, {"status": "manual"}, REFUSED),
        (Verdict.DENY, {"status": "manual", "id": 665}, UNKNOWN),
        (Verdict.DENY, {"status": "success"}, UNKNOWN),
    ],
)
def test_a_job_is_started_or_canceled_only_where_the_answer_says_so_of_it(
    verdict: Verdict, more: dict[str, Any], kind: OutcomeKind
) -> None:
    assert of_job(answer(201, raw_job(**more)), verdict, 664).kind is kind


def test_a_job_that_somebody_started_in_the_same_moment_is_said_to_have_been_stopped() -> None:
    stopped = raw_job(status="canceled", started_at="2026-03-02T09:31:00.000Z")
    outcome = of_job(answer(201, stopped), Verdict.DENY, 664)
    assert (outcome.kind, outcome.detail) == (TAKEN, RAN)
    assert of_job(answer(201, raw_job(status="canceled")), Verdict.DENY, 664).detail == ""


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, NotUnderstood),
        (400, Refused),
        (401, LogonRefused),
        (403, NotAllowed),
        (404, NotAllowed),
        (409, Refused),
        (422, Refused),
        (429, Throttled),
    ],
)
def test_what_was_certainly_not_done_is_raised(status: int, error: type[UpstreamError]) -> None:
    refused = answer(
        status, {"message": f"{status} No"}, Location="https://elsewhere.example.com/?token=s3cret"
    )
    with pytest.raises(error) as caught:
        of_approval(refused, Verdict.APPROVE, DECISION)
    with pytest.raises(error):
        of_job(refused, Verdict.DENY, 664)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "403 Forbidden"}, "Forbidden."),
        ({"message": {"base": ["is blocked", "is late"]}}, "base is blocked, is late."),
        ({"error": "insufficient_scope", "error_description": "Needs\nmore."}, "Needs more."),
        ({"error": "status is missing"}, "status is missing."),
        (["no object"], "HTTP 403."),
        (None, "HTTP 403."),
    ],
)
def test_why_it_was_refused_is_told_in_gitlabs_words(body: Any, words: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        of_approval(answer(403, body), Verdict.APPROVE, DECISION)
    assert f"GITLAB_TOKEN: {words}" in str(caught.value)


def test_a_comment_is_cut_to_what_gitlab_keeps_and_names_the_decision() -> None:
    comment = comment_of(Decision(DECISION.id, DECISION.by, f"[{DECISION.id}] \0" + "x" * 500))
    assert (len(comment), "\0" in comment, DECISION.id in comment) == (255, False, True)

"""What became of a request, by its run and the run's reviews: a table of what GitHub tells and what it means."""

from typing import Any

import pytest

from tests.upstream_client.github_actions.wired import REPOSITORY, review, run
from upstream_client.github_actions import reading
from upstream_client.github_actions.fate import fate
from upstream_client.github_actions.reference import Reference
from upstream_client.models import Seen, Status

FIRST, SECOND = Reference(REPOSITORY, 77, 1, 161), Reference(REPOSITORY, 77, 2, 161)
NEXT, SECOND_NEXT = Reference(REPOSITORY, 77, 1, 161, 1), Reference(REPOSITORY, 77, 2, 161, 1)
OURS, OURS_SECOND = "(attempt 1 of run 77) [0123]", "(attempt 2 of run 77) [4567]"
OURS_NEXT = "(attempt 1 of run 77, review 2) [89ab]"
RUNNING: dict[str, Any] = {"status": "in_progress"}
AGAIN: dict[str, Any] = {"status": "waiting", "run_attempt": 2}


def ended(conclusion: str, **more: Any) -> dict[str, Any]:
    return {"status": "completed", "conclusion": conclusion, **more}


def seen(told: Reference, run_more: dict[str, Any], *reviews: dict[str, Any]) -> Seen:
    return fate(told, reading.run(run(**run_more), REPOSITORY), reading.reviews(list(reviews)))


@pytest.mark.parametrize(
    ("told", "run_more", "reviews", "status"),
    [
        (FIRST, RUNNING, [review(comment=OURS)], Status.APPROVED),
        (FIRST, ended("failure"), [review("rejected", OURS)], Status.DENIED),
        (FIRST, RUNNING, [review()], Status.APPROVED),
        (FIRST, ended("failure"), [review("rejected")], Status.DENIED),
        (FIRST, ended("cancelled"), [review()], Status.APPROVED),
        (FIRST, ended("cancelled"), [], Status.WITHDRAWN),
        (FIRST, ended("failure"), [], Status.WITHDRAWN),
        (FIRST, ended("timed_out"), [], Status.EXPIRED),
        (FIRST, ended("failure", updated_at="2026-04-01T09:31:00Z"), [], Status.EXPIRED),
        (FIRST, ended("failure", updated_at="2026-04-01T09:30:59Z"), [], Status.WITHDRAWN),
        (FIRST, RUNNING, [], Status.UNKNOWN),
        (FIRST, RUNNING, [review(environment=162)], Status.UNKNOWN),
        (FIRST, RUNNING, [review("pending")], Status.UNKNOWN),
        (FIRST, RUNNING, [review(), review("rejected")], Status.UNKNOWN),
        (FIRST, AGAIN, [], Status.WITHDRAWN),
        (FIRST, AGAIN, [review()], Status.WITHDRAWN),
        (FIRST, AGAIN, [review(comment=OURS)], Status.APPROVED),
        (SECOND, AGAIN | RUNNING, [review(comment=OURS)], Status.UNKNOWN),
        (SECOND, AGAIN | RUNNING, [review()], Status.APPROVED),
        (SECOND, AGAIN | RUNNING, [review("rejected", OURS), review(comment=OURS_SECOND)], Status.APPROVED),
        (SECOND_NEXT, AGAIN | ended("cancelled"), [review(comment=OURS)], Status.WITHDRAWN),
        (SECOND_NEXT, AGAIN | ended("cancelled"), [review()], Status.WITHDRAWN),
        (SECOND_NEXT, AGAIN | ended("failure"), [review(), review("rejected")], Status.UNKNOWN),
        (SECOND_NEXT, AGAIN | RUNNING, [review(comment=OURS), review()], Status.APPROVED),
        (NEXT, ended("failure"), [review(comment=OURS), review("rejected")], Status.DENIED),
        (NEXT, ended("failure"), [review(comment=OURS), review("rejected", OURS_NEXT)], Status.DENIED),
        (NEXT, ended("failure"), [review(), review("rejected")], Status.UNKNOWN),
        (NEXT, RUNNING, [review("rejected", OURS), review(comment=OURS_NEXT)], Status.APPROVED),
        (NEXT, RUNNING, [review(), review()], Status.APPROVED),
        (NEXT, RUNNING, [review(comment=OURS)], Status.UNKNOWN),
        (NEXT, ended("cancelled"), [review(comment=OURS)], Status.WITHDRAWN),
        (NEXT, RUNNING, [], Status.UNKNOWN),
        (FIRST, ended("failure"), [review(comment=OURS), review("rejected", OURS_NEXT)], Status.APPROVED),
        (FIRST, RUNNING, [review(comment=OURS_NEXT)], Status.UNKNOWN),
    ],
)
def test_it_is_told_by_reviews_then_by_the_run(
    told: Reference, run_more: dict[str, Any], reviews: list[dict[str, Any]], status: Status
) -> None:
    assert seen(told, run_more, *reviews).status is status


def test_who_reviewed_and_their_comment_are_told() -> None:
    found = seen(FIRST, RUNNING, review(comment=OURS, by="slack-approver"))
    assert (found.by, found.comment) == ("slack-approver", OURS)


def test_a_mark_in_the_middle_of_a_comment_is_somebodys_words() -> None:
    quoted = review("rejected", f"see {OURS_SECOND}")
    found = seen(SECOND, AGAIN | ended("failure"), quoted)
    assert (found.status, found.comment) == (Status.DENIED, quoted["comment"])


def test_where_several_may_be_meant_nobody_is_named() -> None:
    both = [review(by="sam"), review(by="alex")]
    assert seen(NEXT, RUNNING, *both).by == ""
    assert seen(NEXT, RUNNING, *both[:1], review(by="sam")).by == "sam"

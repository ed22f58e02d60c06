"""What became of a request that GitHub no longer has waiting, told from its run and the run's reviews. Pure.

GitHub's reviews tell who said what of which environment, and neither when nor of which wait. So ours say that in
their comment. Those of others are believed where there are more reviews than before the wait, and where all that
may be of it say the same.
"""

from typing import Final

from upstream_client.github_actions.mark import read_mark, timer_text
from upstream_client.github_actions.reading import Waiting
from upstream_client.github_actions.reference import Reference
from upstream_client.github_actions.wire import Review, Run
from upstream_client.models import Decision, Seen, Status

STATUSES: Final = {"approved": Status.APPROVED, "rejected": Status.DENIED}
ENDED: Final = "completed"
LONGEST_WAIT: Final = 30 * 24 * 3600 * 1_000_000
"""Microseconds: a job that nobody reviews fails after thirty days (docs.github.com/actions)."""
TIMED_OUT: Final = ("timed_out", "stale")
AMBIGUOUS: Final = (
    "GitHub has several reviews of this environment, and does not tell which of them was of this wait."
)
UNTOLD: Final = "GitHub does not tell who let it pass, or what did."


def fate(told: Reference, run: Run, reviews: tuple[Review, ...]) -> Seen:
    """How it ended; `Status.UNKNOWN` where that cannot be told."""
    of_it = reviews_of(told.environment, reviews)
    ours = [one for one in of_it if (mark := read_mark(one.comment)) is not None and mark.is_of(told)]
    if ours:
        return _reviewed(ours)
    if run.run_attempt > told.attempt:
        return Seen(
            Status.WITHDRAWN, comment=f"The run was started again, and is at attempt {run.run_attempt}."
        )
    if len(of_it) == told.reviewed:
        return _ended(run) if run.status == ENDED else Seen(Status.UNKNOWN, comment=UNTOLD)
    others = [one for one in of_it if read_mark(one.comment) is None]
    if len(of_it) < told.reviewed or not others:
        return Seen(Status.UNKNOWN, comment=AMBIGUOUS)
    return _reviewed(others)


def reviews_of(environment: int, reviews: tuple[Review, ...]) -> list[Review]:
    """Those of one environment that said yes or no."""
    return [one for one in reviews if one.state in STATUSES and _is_of(one, environment)]


def asks_nobody(waiting: Waiting, reviews: tuple[Review, ...]) -> bool:
    """Whether our approval of this very wait stands, so that only its timer or another rule holds it still.

    Our approval names the timer. Where there is none, and GitHub takes no review of ours any more though it took
    one in this attempt, it is another rule.
    """
    approved = [one for one in reviews_of(waiting.reference.environment, reviews) if one.state == "approved"]
    found = (read_mark(one.comment) for one in approved)
    marks = [mark for mark in found if mark is not None and mark.is_of_attempt(waiting.reference)]
    if not waiting.pending.current_user_can_approve:
        return bool(marks)
    timer = timer_text(waiting.pending.timer_since)
    return bool(timer) and any(mark.timer == timer for mark in marks)


def has_decision(reviews: tuple[Review, ...], told: Reference, decision: Decision) -> bool:
    """Whether one of the reviews is this very decision."""
    return any(decision.id in one.comment for one in reviews if _is_of(one, told.environment))


def _is_of(review: Review, environment: int) -> bool:
    return any(one.id == environment for one in review.environments)


def _reviewed(reviews: list[Review]) -> Seen:
    """One is enough for GitHub. Where they contradict each other nobody can tell which one counted."""
    if len({one.state for one in reviews}) > 1:
        return Seen(Status.UNKNOWN, comment=AMBIGUOUS)
    names = {"" if one.user is None else one.user.login for one in reviews}
    by = names.pop() if len(names) == 1 else ""
    return Seen(STATUSES[reviews[-1].state], by=by, comment="\n".join(one.comment for one in reviews))


def _ended(run: Run) -> Seen:
    """Nobody reviewed it, and the run is over."""
    began = run.run_started_at or run.created_at
    waited = run.updated_at - began if run.updated_at is not None and began is not None else 0
    if run.conclusion in TIMED_OUT or (run.conclusion == "failure" and waited >= LONGEST_WAIT):
        return Seen(Status.EXPIRED, at=run.updated_at)
    words = "was cancelled" if run.conclusion == "cancelled" else f"ended without a review ({run.conclusion})"
    return Seen(Status.WITHDRAWN, at=run.updated_at, comment=f"The run {words}.")

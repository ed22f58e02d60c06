"""From GitHub's JSON to `ApprovalRequest`: any JSON gives one or an `UpstreamError`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from upstream_client.exceptions import NotUnderstood
from upstream_client.github_actions.address import own_page
from upstream_client.github_actions.reference import Reference
from upstream_client.github_actions.wire import Asked, Pending, Review, Run, RunList
from upstream_client.models import ApprovalRequest, Fact
from upstream_client.pipeline import Change, Named, Step, facts, headline, risk_of, short

NAME: Final = "github_actions"
NOT_OURS: Final = (
    "No: GitHub does not let the user of GITHUB_TOKEN review this. Make that user a required reviewer of the"
    " environment; where self-review is prevented, it may not have started the run either."
)
_VERSION: Final = re.compile(r"v?[0-9]+(\.[0-9]+)+.*", re.IGNORECASE)
_RUN: Final = TypeAdapter(Run)
_RUNS: Final = TypeAdapter(RunList)
_PENDING: Final = TypeAdapter(tuple[Pending, ...])
_REVIEWS: Final = TypeAdapter(tuple[Review, ...])
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An environment of a run that waits for people. ``reviewed``: see `Reference`."""

    run: Run
    pending: Pending
    reviewed: int = 0

    @property
    def reference(self) -> Reference:
        """What names it."""
        repository, run = self.run.repository.full_name.lower(), self.run
        return Reference(repository, run.id, run.run_attempt, self.pending.environment.id, self.reviewed)


def run_list(body: JsonValue) -> tuple[object, ...]:
    """The runs of a page, unread. Raises `NotUnderstood`."""
    return _validated(_RUNS, body, "the list of runs").workflow_runs


def run_total(body: JsonValue) -> int:
    """How many runs there are on all pages. Raises `NotUnderstood`."""
    return _validated(_RUNS, body, "the list of runs").total_count


def run(body: object, repository: str) -> Run:
    """One run of a repository. Raises `NotUnderstood`, also where it is one of another."""
    read = _validated(_RUN, body, "a run")
    if read.repository.full_name.casefold() != repository.casefold():
        raise NotUnderstood(f"Asked for a run of {repository}, GitHub told of one of another repository.")
    return read


def pending(body: JsonValue) -> tuple[Pending, ...]:
    """The environments of a run that wait. Raises `NotUnderstood`."""
    return _validated(_PENDING, body, "the environments of a run that wait")


def reviews(body: JsonValue) -> tuple[Review, ...]:
    """What was reviewed in a run. Raises `NotUnderstood`."""
    return _validated(_REVIEWS, body, "the reviews of a run")


def _validated(adapter: TypeAdapter[T], body: object, what: str) -> T:
    """Names what is wrong, and repeats none of it."""
    try:
        return adapter.validate_python(body)
    except ValidationError as error:
        wrong = ", ".join(dict.fromkeys(".".join(map(str, one["loc"])) for one in error.errors()[:5]))
        raise NotUnderstood(
            f"GitHub sent {what}, and it cannot be read ({wrong or 'it is no object'})."
        ) from error


def request(waiting: Waiting, change: Change | None, api_url: str) -> ApprovalRequest:
    """What waits, as a request. Which commit, where to and in which run is bound; what else is told is not."""
    run = waiting.run
    step = _step(waiting, change, api_url)
    return ApprovalRequest(
        upstream=NAME,
        id=str(waiting.reference),
        title=headline(step),
        requester=_triggered_by(run),
        facts=(*facts(step), *(fact for fact in _more(waiting) if fact.value)),
        risk=risk_of(step.environment),
        link=step.run.link,
        requested_at=run.run_started_at or run.created_at,
    )


def _step(waiting: Waiting, change: Change | None, api_url: str) -> Step:
    run = waiting.run
    attempt = f", attempt {run.run_attempt}" if run.run_attempt > 1 else ""
    return Step(
        service=run.repository.full_name,
        environment=waiting.pending.environment.name,
        version=run.head_branch if _VERSION.fullmatch(run.head_branch) else short(run.head_sha),
        run=Named(f"#{run.run_number}{attempt}", own_page(api_url, run.html_url)),
        commit=run.head_sha,
        ref=run.head_branch,
        triggered_by=_triggered_by(run),
        change=change,
        labels=(("workflow", run.path.partition("@")[0]), ("event", run.event)),
        claimed=(("Title", run.display_title),),
    )


def _triggered_by(run: Run) -> str:
    """Who started this attempt. GitHub tells the name of the account, and no address that anybody vouches for."""
    who = run.triggering_actor or run.actor
    return "" if who is None else who.login


def _more(waiting: Waiting) -> Iterator[Fact]:
    """What only GitHub has."""
    run, pending = waiting.run, waiting.pending
    origin = run.head_repository.full_name if run.head_repository else ""
    if origin and origin.casefold() != run.repository.full_name.casefold():
        yield Fact("head_repository", "The commit is from", origin)
    if run.actor is not None and run.actor.login != _triggered_by(run):
        yield Fact("actor", "First started by", run.actor.login)
    if waiting.reviewed:
        times = "once" if waiting.reviewed == 1 else f"{waiting.reviewed:,} times"
        yield Fact("reviewed", "Reviewed before", f"{times} in this run, for another job or attempt")
    yield Fact("wait_timer", "Wait timer", _timer(pending), bound=False)
    yield Fact("reviewers", "Reviewers at GitHub", _reviewers(pending.reviewers), bound=False)
    if not pending.current_user_can_approve:
        yield Fact("can_decide", "The bot may decide", NOT_OURS, bound=False)


def _timer(pending: Pending) -> str:
    if pending.wait_timer <= 0:
        return ""
    length = "1 minute" if pending.wait_timer == 1 else f"{pending.wait_timer:,} minutes"
    began = pending.wait_timer_started_at
    since = (
        f", running since {datetime.fromtimestamp(began / 1_000_000, UTC):%Y-%m-%d %H:%M} UTC"
        if began
        else ""
    )
    return f"{length}{since}: the job starts after that, however soon it is approved"


def _reviewers(asked: tuple[Asked, ...]) -> str:
    names = [one.reviewer.login or f"team {one.reviewer.slug}" for one in asked if one.reviewer is not None]
    return ", ".join(names)

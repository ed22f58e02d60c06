"""The client of GitHub Actions: what waits for a review, how one stands, approve, reject."""

import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import Final

import structlog
from pydantic import JsonValue

from upstream_client.base import every
from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    PartlyRead,
    Throttled,
    Unreachable,
    UpstreamError,
)
from upstream_client.github_actions import reading
from upstream_client.github_actions.caller import TITLE, Access, Caller, unseen
from upstream_client.github_actions.changes import Changes, Goal
from upstream_client.github_actions.deciding import GONE, RECORDED, body_of, outcome_of
from upstream_client.github_actions.fate import ENDED, asks_nobody, fate, has_decision, reviews_of
from upstream_client.github_actions.reading import NOT_OURS, Waiting
from upstream_client.github_actions.reference import Reference, read_reference, repository_path
from upstream_client.github_actions.repositories import Repositories, unwatched
from upstream_client.github_actions.wire import Pending, Review, Run
from upstream_client.models import (
    ApprovalRequest,
    Capabilities,
    Decision,
    Duration,
    Outcome,
    OutcomeKind,
    Seen,
    Status,
    Verdict,
)
from upstream_client.session import Answer

MOST_PAGES: Final = 10
"""Of runs: with a status GitHub lists 1,000 at most."""
MOST_INTERRUPTED: Final = 3
"""After so many failures a look at the other repositories waits for the next time."""
MOST_WORDS: Final = 3
"""So many different things that are wrong with one list are told."""
FOR_ALL: Final = (LogonRefused, Throttled, Unreachable)
"""What holds for every repository as for the one where it was met."""

log = structlog.get_logger(__name__)


class GitHubActionsClient:
    """Reviews of deployments; speaks `upstream_client.base.Upstream`.

    ``repositories`` are owner/name; or ``owner`` stands for all of an owner's. ``monotonic`` tells seconds. Raises
    ValueError for what is no address, name or token, and `CaBundleError`. Calls may raise any `UpstreamError`;
    decisions never `Interrupted`.
    """

    name = reading.NAME
    title = TITLE
    capabilities = Capabilities(comment=True, get_one=True, deny="Reject")

    def __init__(
        self,
        access: Access,
        repositories: tuple[str, ...] = (),
        owner: str = "",
        poll_interval: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caller = Caller(access, monotonic)
        self._repositories = Repositories(self._caller, repositories, owner, monotonic)
        self._changes = Changes(self._caller, monotonic)
        self._poll_interval = poll_interval

    def __repr__(self) -> str:
        return f"GitHubActionsClient({self._caller.api_url!r})"

    def list_pending(self) -> list[ApprovalRequest]:
        """Every environment of every run that waits for people. Nothing new costs nothing of the rate limit.

        Where some repositories or runs cannot be read `PartlyRead` holds what could be.
        """
        repositories = self._repositories.all()
        found: list[ApprovalRequest] = []
        wrong: list[UpstreamError] = []
        for repository in repositories:
            try:
                found += self._waiting_in(repository, wrong)
            except FOR_ALL:
                raise
            except UpstreamError as error:
                wrong.append(error)
            if sum(isinstance(one, Interrupted) for one in wrong) >= MOST_INTERRUPTED:
                break
        if wrong and not found and len(wrong) >= len(repositories):
            raise wrong[0]
        if wrong:
            raise PartlyRead(_together(wrong), tuple(found))
        return found

    def fetch(self, request_id: str) -> Seen:
        """How one stands now, or what became of it, by its run and the run's reviews.

        `Status.UNKNOWN` where GitHub does not know the run any more, or does not tell how it ended.
        """
        told = self._watched(request_id)
        waiting, run, reviews = self._look(told)
        if run is None:
            return Seen(Status.UNKNOWN)
        if waiting is not None:
            return Seen(Status.PENDING, self._request(waiting))
        return fate(told, run, reviews)

    def approve(self, request: ApprovalRequest, duration: Duration, decision: Decision) -> Outcome:
        """Say yes, for this one attempt. Sent once; UNKNOWN where nobody can tell whether it arrived."""
        return self._decide(Verdict.APPROVE, request, decision)

    def deny(self, request: ApprovalRequest, reason: str, decision: Decision) -> Outcome:
        """Say no: GitHub fails the job. Sent once; the decision's comment holds the reason."""
        return self._decide(Verdict.DENY, request, decision)

    def watch(self, stop: Event) -> Iterator[None]:
        """Yields at once and then every poll interval, until ``stop``."""
        return every(self._poll_interval, stop)

    def close(self) -> None:
        """Lets go of the connections. Never raises."""
        self._caller.close()

    def _waiting_in(self, repository: str, wrong: list[UpstreamError]) -> Iterator[ApprovalRequest]:
        """Of one repository. What is wrong with one run is added to ``wrong``."""
        path = f"{repository_path(repository)}/actions/runs?status=waiting"
        for one in self._caller.pages(path, MOST_PAGES, reading.run_list, reading.run_total):
            try:
                yield from self._waiting_of(reading.run(one, repository))
            except FOR_ALL:
                raise
            except UpstreamError as error:
                wrong.append(error)

    def _waiting_of(self, run: Run) -> list[ApprovalRequest]:
        """Of one run. The reviews are read first: what was reviewed meanwhile is no new wait then."""
        there = f"{repository_path(run.repository.full_name.lower())}/actions/runs/{run.id}"
        reviews = reading.reviews(_there(self._caller.read(f"{there}/approvals")))
        environments = reading.pending(_there(self._caller.read(f"{there}/pending_deployments")))
        found = (_waiting(run, one, reviews) for one in environments)
        return [self._request(one) for one in found if one is not None]

    def _request(self, waiting: Waiting) -> ApprovalRequest:
        run, environment = waiting.run, waiting.pending.environment
        change = self._changes.of(Goal(run.repository.full_name, environment.name, run.head_sha))
        return reading.request(waiting, change, self._caller.api_url)

    def _look(self, told: Reference) -> tuple[Waiting | None, Run | None, tuple[Review, ...]]:
        """The environment, where it is in this very wait, the run, where there is one, and the run's reviews.

        What waits is read before the run: a run that is still at this attempt was so when that was read. And the
        reviews are read last: if there is none more than before this wait, it was this wait.
        """
        answer = self._caller.read(f"{_run_path(told)}/pending_deployments")
        run = self._run(told)
        if run is None:
            return None, None, ()
        reviews = self._reviews(told)
        if run.run_attempt != told.attempt or run.status == ENDED:
            return None, run, reviews
        pending = reading.pending(_there(answer))
        found = (_waiting(run, one, reviews) for one in pending if one.environment.id == told.environment)
        waiting = next((one for one in found if one is not None), None)
        if waiting is not None and waiting.reviewed < told.reviewed:
            raise NotUnderstood("GitHub tells of fewer reviews of this environment than it did before.")
        is_this = waiting is not None and waiting.reviewed == told.reviewed
        return (waiting if is_this else None), run, reviews

    def _reviews(self, told: Reference) -> tuple[Review, ...]:
        """None where the run was deleted just now; see `_there`."""
        answer = self._caller.read(f"{_run_path(told)}/approvals")
        return () if answer is None and self._run(told) is None else reading.reviews(_there(answer))

    def _run(self, told: Reference) -> Run | None:
        """None where the repository is there, and has no such run."""
        answer = self._caller.read(_run_path(told))
        if answer is None:
            runs = f"{repository_path(told.repository)}/actions/runs?per_page=1"
            if self._caller.read(runs) is None:
                raise NotAllowed(unseen(runs))
            return None
        run = reading.run(answer.json(), told.repository)
        if run.id != told.run or run.run_attempt < told.attempt:
            raise NotUnderstood(
                f"Asked for run {told.run}, GitHub told of another one, or of an earlier attempt."
            )
        return run

    def _watched(self, request_id: str) -> Reference:
        told = read_reference(request_id)
        if not self._repositories.watches(told.repository):
            raise unwatched(told.repository)
        return told

    def _decide(self, verdict: Verdict, request: ApprovalRequest, decision: Decision) -> Outcome:
        told = self._watched(request.id)
        waiting, is_recorded = self._before(told, decision)
        if is_recorded:
            return Outcome(OutcomeKind.TAKEN, RECORDED)
        if waiting is None:
            return Outcome(OutcomeKind.ALREADY, GONE)
        if not waiting.pending.current_user_can_approve:
            return Outcome(OutcomeKind.REFUSED, NOT_OURS)
        outcome = self._sent(told, waiting.pending.environment.name, body_of(waiting, verdict, decision))
        log.debug(
            "decision sent",
            upstream=self.name,
            upstream_id=request.id,
            decision=decision.id,
            outcome=outcome.kind.value,
            detail=outcome.detail,
        )
        return outcome

    def _before(self, told: Reference, decision: Decision) -> tuple[Waiting | None, bool]:
        """What waits just before a decision, and whether GitHub has this very decision already.

        GitHub's call names neither attempt nor wait, so that it would be of the latest one, whatever was shown: a
        decision that is sent once more, since its answer was lost, must not be taken for that one.
        """
        try:
            waiting, _, reviews = self._look(told)
            return waiting, has_decision(reviews, told, decision)
        except Interrupted as error:
            raise Unreachable(f"{error} The decision was not sent.") from error

    def _sent(self, told: Reference, environment: str, body: dict[str, JsonValue]) -> Outcome:
        try:
            answer = self._caller.decide(f"{_run_path(told)}/pending_deployments", body)
        except Interrupted as error:
            return Outcome(OutcomeKind.UNKNOWN, str(error))
        outcome = outcome_of(answer, environment)
        if outcome.kind is OutcomeKind.REFUSED and self._is_gone(told):
            return Outcome(OutcomeKind.ALREADY, outcome.detail)
        return outcome

    def _is_gone(self, told: Reference) -> bool:
        """Whether a decision was refused because somebody was faster. False where that cannot be read."""
        try:
            return self._look(told)[0] is None
        except UpstreamError as error:
            log.info("why it was refused could not be read", upstream=self.name, why=str(error))
            return False


def _waiting(run: Run, pending: Pending, reviews: tuple[Review, ...]) -> Waiting | None:
    """An environment with the reviews that it had before; None where it waits for nobody."""
    waiting = Waiting(run, pending, len(reviews_of(pending.environment.id, reviews)))
    return waiting if pending.waits_for_people and not asks_nobody(waiting, reviews) else None


def _there(answer: Answer | None) -> JsonValue:
    """What belongs to a run that is there. That it is out of sight does not mean that there is nothing."""
    if answer is None:
        raise NotAllowed(
            "GitHub shows the run and not what it waits for, or it was just deleted: give GITHUB_TOKEN the"
            " permission Actions: read, and its user read access to the repository."
        )
    return answer.json()


def _run_path(told: Reference) -> str:
    return f"{repository_path(told.repository)}/actions/runs/{told.run}"


def _together(wrong: list[UpstreamError]) -> str:
    different = list(dict.fromkeys(map(str, wrong)))
    more = f" And {len(different) - MOST_WORDS} more like these." if len(different) > MOST_WORDS else ""
    return " ".join(different[:MOST_WORDS]) + more

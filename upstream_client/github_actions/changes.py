"""What comes since the last successful deployment to an environment: shown where it can be read, never bound.

docs.github.com/rest: deployments, deployments/statuses, commits#compare-two-commits.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from pydantic import TypeAdapter, ValidationError

from upstream_client.exceptions import Interrupted, NotUnderstood, Unreachable, UpstreamError
from upstream_client.github_actions.address import own_page, step
from upstream_client.github_actions.caller import PAGE, Caller
from upstream_client.github_actions.reference import repository_path
from upstream_client.github_actions.wire import Comparison, Deployment, DeploymentStatus
from upstream_client.pipeline import Change, Named, short

READ_AGAIN = 300.0
"""Seconds after which it is read again: somebody may have deployed meanwhile."""
PAUSE = 60.0
"""Seconds for which nothing is read after GitHub did not answer: requests are not held up by what adorns them."""
MOST_KEPT = 500
DEPLOYMENTS = 10
"""So many of the latest are looked at for the one that is deployed there."""
MOST_FILES = 300
SUCCESS = "success"
_DEPLOYMENTS = TypeAdapter(tuple[Deployment, ...])
_STATUSES = TypeAdapter(tuple[DeploymentStatus, ...])
_COMPARISON = TypeAdapter(Comparison)

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Goal:
    """Which commit of what is to go where."""

    repository: str
    environment: str
    commit: str


class Changes:
    """By goal. Threads share one. ``monotonic`` tells seconds."""

    def __init__(self, caller: Caller, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._caller = caller
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: OrderedDict[Goal, tuple[float, Change | None]] = OrderedDict()
        self._paused_until: float | None = None

    def of(self, goal: Goal) -> Change | None:
        """None where it cannot be told. What was read before stays where it cannot be read again; never raises
        an `UpstreamError`.
        """
        with self._lock:
            read_at, change = self._kept.get(goal, (None, None))
        is_fresh = read_at is not None and self._monotonic() - read_at < READ_AGAIN
        if is_fresh or self._rests():
            return change
        try:
            change = self._read(goal)
        except UpstreamError as error:
            log.info("what changes could not be read", repository=goal.repository, why=str(error))
            if isinstance(error, Interrupted | Unreachable):
                self._paused_until = self._monotonic() + PAUSE
        self._keep(goal, change)
        return change

    def _rests(self) -> bool:
        """Whether calls are scarce, or GitHub did not answer just now."""
        until = self._paused_until
        return self._caller.limits.is_scarce or (until is not None and self._monotonic() < until)

    def _keep(self, goal: Goal, change: Change | None) -> None:
        with self._lock:
            self._kept[goal] = (self._monotonic(), change)
            self._kept.move_to_end(goal)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def _read(self, goal: Goal) -> Change | None:
        base = self._deployed(goal)
        if not base:
            return None
        if base == goal.commit:
            return Change(Named(f"{short(base)}, which is deployed there"))
        compared = self._compared(goal.repository, base, goal.commit)
        if compared is None:
            return None
        return change_of(base, goal.commit, compared, own_page(self._caller.api_url, compared.html_url))

    def _compared(self, repository: str, base: str, head: str) -> Comparison | None:
        """With the newest of its commits: a long list begins with the oldest, and is read on its last page."""
        path = f"{repository_path(repository)}/compare/{step(base)}...{step(head)}"
        whole = self._one(_COMPARISON, path)
        if whole is None or whole.total_commits <= len(whole.commits):
            return whole
        last = self._one(_COMPARISON, f"{path}?per_page={PAGE}&page={-(-whole.total_commits // PAGE)}")
        return whole if last is None else whole.model_copy(update={"commits": last.commits})

    def _deployed(self, goal: Goal) -> str:
        """The commit that runs there; "" where nobody can tell.

        A deployment that succeeded becomes inactive when the next one does, so the latest status tells.
        """
        there = f"{repository_path(goal.repository)}/deployments"
        latest = f"{there}?environment={step(goal.environment)}&per_page={DEPLOYMENTS}"
        for deployment in self._one(_DEPLOYMENTS, latest) or ():
            statuses = self._one(_STATUSES, f"{there}/{deployment.id}/statuses?per_page=1")
            if statuses and statuses[0].state == SUCCESS:
                return deployment.sha
        return ""

    def _one(self, adapter: TypeAdapter[T], path: str) -> T | None:
        answer = self._caller.read(path)
        if answer is None:
            return None
        try:
            return adapter.validate_python(answer.json())
        except ValidationError as error:
            raise NotUnderstood("What GitHub tells of earlier deployments cannot be read.") from error


def change_of(base: str, head: str, compared: Comparison, link: str) -> Change:
    """What a comparison tells; how many files there are beyond those it lists, it does not."""
    titles = tuple(_title(one.commit.message) for one in reversed(compared.commits))
    files = tuple(one.filename for one in compared.files)
    cut = f", {MOST_FILES} files or more" if len(files) >= MOST_FILES else ""
    return Change(
        commits=Named(f"{short(base)}…{short(head)}{_course(compared)}{cut}", link),
        files=files,
        titles=titles,
        more_titles=max(compared.total_commits - len(titles), 0),
    )


def _course(compared: Comparison) -> str:
    """A way back is what nobody expects."""
    if not compared.behind_by:
        return ""
    if not compared.ahead_by:
        return f", which goes back by {_counted(compared.behind_by)}"
    return f", which leaves out {_counted(compared.behind_by)} that is deployed"


def _counted(commits: int) -> str:
    return "1 commit" if commits == 1 else f"{commits:,} commits"


def _title(message: str) -> str:
    return next((line.strip() for line in message.splitlines() if line.strip()), "(no message)")

"""What comes with each deployment or job, asked of GitLab now and then. Shown only: not told, it hides nothing."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal, TypeVar

import structlog

from upstream_client.exceptions import Interrupted, NotUnderstood, Throttled, Unreachable, UpstreamError
from upstream_client.gitlab import comparison
from upstream_client.gitlab.caller import TITLE, Caller
from upstream_client.gitlab.deployment_reading import NAME
from upstream_client.gitlab.wire import Comparison, Deployment, Pipeline, Project, read
from upstream_client.pipeline import Change

LOOK_AGAIN = 300.0
"""Seconds after which it is looked whether something else was deployed meanwhile."""
PAUSE = 60.0
"""Seconds without a question after one that nobody answered: a look would last as long as all of them together."""
ASKS = 50
"""So many are asked about in a minute, the others later: pipelines leave hundreds of jobs behind."""
MOST = 500
"""So many are remembered."""
Of = Literal["deployment", "pipeline"]
Key = tuple[Of, int, int]

MINUTE = 60.0

K = TypeVar("K")
V = TypeVar("V")
log = structlog.get_logger(__name__)


class Changes:
    """Threads share one. ``monotonic`` tells seconds.

    The two questions are answered None where GitLab does not tell. They raise nothing but `Throttled`: then nobody
    may ask GitLab for anything, and what they were about is not asked for again at once.
    """

    def __init__(self, caller: Caller, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._caller = caller
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._paused_until = float("-inf")
        self._minute = (float("-inf"), 0)
        self._of: OrderedDict[Key, tuple[float, Change | None]] = OrderedDict()
        self._compared: OrderedDict[tuple[int, str, str], Change] = OrderedDict()

    def of(self, told: Deployment, project: Project) -> Change | None:
        """From what was deployed last to the same environment."""
        return self._known(("deployment", project.id, told.id), lambda: self._since_last(told, project))

    def of_pipeline(self, told: Pipeline, project: Project) -> Change | None:
        """From where the branch was before the push for which the pipeline runs."""
        return self._known(("pipeline", project.id, told.id), lambda: self._since_push(told, project))

    def _known(self, key: Key, ask: Callable[[], Change | None]) -> Change | None:
        now = self._monotonic()
        with self._lock:
            at, known = self._of.get(key, (float("-inf"), None))
            is_due = now - at >= LOOK_AGAIN and now >= self._paused_until and self._may_ask(now)
        if not is_due:
            return known
        try:
            known = ask()
        except Throttled:
            self._keep(key, known)
            raise
        except UpstreamError as error:
            log.info("what comes with it is not told", upstream=NAME, of=key, why=str(error))
            if isinstance(error, Interrupted | Unreachable):
                self._pause()
        self._keep(key, known)
        return known

    def _may_ask(self, now: float) -> bool:
        """Counts this one, too. Whoever calls it holds the lock."""
        began, asked = self._minute
        self._minute = (began, asked + 1) if now - began < MINUTE else (now, 1)
        return self._minute[1] <= ASKS

    def _keep(self, key: Key, change: Change | None) -> None:
        with self._lock:
            self._of[key] = (self._monotonic(), change)
            _cut(self._of)

    def _pause(self) -> None:
        with self._lock:
            self._paused_until = self._monotonic() + PAUSE

    def _since_last(self, told: Deployment, project: Project) -> Change | None:
        base = self._last(told, project)
        if base is None:
            return None
        return comparison.none() if base == told.sha else self._between(project, base, told.sha)

    def _since_push(self, told: Pipeline, project: Project) -> Change | None:
        found = self._caller.one(f"/projects/{project.id}/pipelines/{told.id}")
        base = read(Pipeline, found, "a pipeline").before_sha
        if not told.sha or not base.strip("0") or base == told.sha:
            return None
        return self._between(project, base, told.sha)

    def _last(self, told: Deployment, project: Project) -> str | None:
        """The commit of the last deployment that succeeded there; None for a first one."""
        query = {
            "environment": told.environment.name,
            "status": "success",
            "order_by": "id",
            "sort": "desc",
            "per_page": "1",
        }
        found = self._caller.one(f"/projects/{project.id}/deployments", query)
        if not isinstance(found, list):
            raise NotUnderstood(f"{TITLE} answered with something that is no list of deployments.")
        return read(Deployment, found[0], "a deployment").sha if found else None

    def _between(self, project: Project, base: str, commit: str) -> Change:
        """Compared both ways: one way alone, a roll-back looks like nothing."""
        key = (project.id, base, commit)
        with self._lock:
            known = self._compared.get(key)
        if known is not None:
            return known
        forth, back = self._comparison(project, base, commit), self._comparison(project, commit, base)
        change = comparison.change(forth, back, base, commit, project, self._caller.base)
        with self._lock:
            self._compared[key] = change
            _cut(self._compared)
        return change

    def _comparison(self, project: Project, base: str, commit: str) -> Comparison:
        told = self._caller.one(f"/projects/{project.id}/repository/compare", {"from": base, "to": commit})
        return read(Comparison, told, "a comparison")


def _cut(kept: OrderedDict[K, V]) -> None:
    while len(kept) > MOST:
        kept.popitem(last=False)

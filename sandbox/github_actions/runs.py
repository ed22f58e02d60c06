"""The runs that the sandbox's GitHub holds, the environments they wait for, and who reviewed what."""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

State = Literal["approved", "rejected"]
WAITING, RUNNING, ENDED = "waiting", "in_progress", "completed"
REPOSITORY = "octo-org/shop"
FIRST_RUN = 9_000_000_001


def commit(text: str) -> str:
    """The name of a commit, made of any text."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class NewRun(BaseModel):
    """A run that waits. ``can_approve``: whether the token's user may review; ``reviewers`` are its logins.

    ``wait_timer`` is in minutes. ``other_rule``: another system has to let it pass besides.
    ``unlisted``: lists count it and leave it out.
    """

    model_config = ConfigDict(extra="forbid")

    repository: str = Field(default=REPOSITORY, pattern=r"^[^/]+/[^/]+$")
    environments: tuple[str, ...] = Field(default=("production",), min_length=1)
    commit: str = Field(default=commit("new"), pattern=r"^[0-9a-f]{40}$")
    branch: str = "main"
    event: str = "push"
    path: str = ".github/workflows/deploy.yml"
    title: str = "Raise the limit of a basket"
    actor: str = "octocat"
    triggering_actor: str = "octocat"
    head_repository: str = ""
    wait_timer: int = Field(default=0, ge=0)
    other_rule: bool = False
    unlisted: bool = False
    reviewers: tuple[str, ...] = ("slack-approver",)
    can_approve: bool = True


@dataclass(frozen=True)
class Review:
    """Who said what of which environment; GitHub tells neither when nor of which attempt."""

    environment: str
    state: str
    by: str
    comment: str


@dataclass
class Run:
    """One run and its fate. Times are seconds since 1970 UTC; ``decisions``: how many reviews the API applied.

    ``waits`` are the names of the environments that wait for a review, ``held`` of those that were approved and
    wait for their timer or another rule. ``began``: since when each waits, and how many reviews it had then.
    """

    id: int
    asked: NewRun
    created_at: float
    started_at: float = 0.0
    updated_at: float = 0.0
    attempt: int = 1
    status: str = WAITING
    conclusion: str | None = None
    waits: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    began: dict[str, tuple[float, int]] = field(default_factory=dict)
    reviews: list[Review] = field(default_factory=list)
    decisions: int = 0

    def record(self) -> dict[str, JsonValue]:
        """For the control API and tests."""
        return {
            "id": self.id,
            "repository": self.asked.repository,
            "attempt": self.attempt,
            "status": self.status,
            "conclusion": self.conclusion,
            "waits": [*self.waits],
            "held": [*self.held],
            "decisions": self.decisions,
            "reviews": [
                {"environment": one.environment, "state": one.state, "by": one.by, "comment": one.comment}
                for one in self.reviews
            ],
        }


class Runs:
    """All runs, in the order of filing. ``now`` tells seconds since 1970 UTC; callers bring a lock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._held: dict[int, Run] = {}
        self._ids = itertools.count(FIRST_RUN)
        self._environments: dict[tuple[str, str], int] = {}

    def file(self, asked: NewRun) -> Run:
        now = self._now()
        run = Run(next(self._ids), asked, now, now, now)
        for environment in asked.environments:
            self.ask(run, environment)
        self._held[run.id] = run
        return run

    def environment_id(self, repository: str, name: str) -> int:
        """The id of a repository's environment, the same each time."""
        key = (repository.casefold(), name)
        return self._environments.setdefault(key, 161_000_001 + len(self._environments))

    def find(self, run_id: int) -> Run:
        """Raises LookupError."""
        if run_id not in self._held:
            raise LookupError(f"there is no run {run_id}")
        return self._held[run_id]

    def review(self, run: Run, review: Review) -> None:
        """Of an environment that waits. Raises ValueError where it does not."""
        if review.environment not in run.waits:
            raise ValueError(f"{review.environment} does not wait in run {run.id}")
        run.waits.remove(review.environment)
        run.reviews.append(review)
        run.updated_at = self._now()
        if review.state == "rejected":
            self.end(run, "failure")
            return
        if run.asked.wait_timer or run.asked.other_rule:
            run.held.append(review.environment)
        if not run.waits and not run.held:
            run.status = RUNNING

    def let_pass(self, run: Run, environment: str) -> None:
        """Its timer is over and every rule lets it pass, or somebody passed them by."""
        (run.held if environment in run.held else run.waits).remove(environment)
        if not run.waits and not run.held:
            run.status = RUNNING

    def end(self, run: Run, conclusion: str) -> None:
        run.status, run.conclusion, run.updated_at = ENDED, conclusion, self._now()
        run.waits.clear()
        run.held.clear()

    def ask(self, run: Run, environment: str) -> None:
        """A job waits for it; a timer of one before it in this run is over."""
        earlier, _ = run.began.get(environment, (0.0, 0))
        since = max(self._now(), earlier + 60 * run.asked.wait_timer)
        run.began[environment] = since, sum(one.environment == environment for one in run.reviews)
        run.waits.append(environment)
        run.status, run.updated_at = WAITING, self._now()

    def again(self, run: Run, by: str) -> None:
        """Started once more: the next attempt, of which everything waits anew."""
        run.attempt += 1
        run.status, run.conclusion = WAITING, None
        run.asked = run.asked.model_copy(update={"triggering_actor": by})
        run.waits.clear()
        run.held.clear()
        for environment in run.asked.environments:
            self.ask(run, environment)
        run.started_at = self._now()

    def delete(self, run: Run) -> None:
        del self._held[run.id]

    def clear(self) -> None:
        self._held.clear()

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._held.values()))

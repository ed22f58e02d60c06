"""What was deployed before, and what lies between two commits, at the sandbox's GitHub."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


class NewDeployment(BaseModel):
    """One to an environment; ``state`` is its latest status."""

    model_config = ConfigDict(extra="forbid")

    repository: str
    environment: str
    commit: str = Field(pattern=r"^[0-9a-f]{40}$")
    state: str = "success"


class NewComparison(BaseModel):
    """What lies between two commits. ``titles`` are those of commits, the oldest first."""

    model_config = ConfigDict(extra="forbid")

    repository: str
    base: str
    head: str
    titles: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    behind_by: int = 0


@dataclass(frozen=True)
class Deployment:
    """With the number that GitHub gave it. ``made_at``: seconds since 1970 UTC."""

    id: int
    asked: NewDeployment
    made_at: float


class Deployments:
    """All of them; callers bring a lock."""

    def __init__(self) -> None:
        self._ids = itertools.count(1_001)
        self._held: list[Deployment] = []
        self._comparisons: dict[tuple[str, str, str], NewComparison] = {}

    def add(self, asked: NewDeployment, now: float) -> Deployment:
        """``now``: seconds since 1970 UTC."""
        self._held.append(Deployment(next(self._ids), asked, now))
        return self._held[-1]

    def of(self, repository: str, environment: str | None) -> Iterator[Deployment]:
        """The newest first."""
        for one in reversed(self._held):
            same = one.asked.repository.casefold() == repository.casefold()
            if same and environment in (None, one.asked.environment):
                yield one

    def compare(self, asked: NewComparison) -> None:
        self._comparisons[asked.repository.casefold(), asked.base, asked.head] = asked

    def between(self, repository: str, base: str, head: str) -> NewComparison | None:
        return self._comparisons.get((repository.casefold(), base, head))

    def clear(self) -> None:
        self._held.clear()
        self._comparisons.clear()

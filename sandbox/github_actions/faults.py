"""What goes wrong at the sandbox's GitHub, on which call, how often or for how long."""

import time
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PrivateAttr

Operation = Literal[
    "list",
    "run",
    "pending",
    "decide",
    "reviews",
    "deployments",
    "statuses",
    "compare",
    "environments",
    "repositories",
    "account",
    "user",
]
STATUSES = {
    "unauthorized": 401,
    "forbidden": 403,
    "exhausted": 403,
    "secondary": 403,
    "not_found": 404,
    "moved": 301,
    "conflict": 409,
    "unprocessable": 422,
    "ratelimited": 429,
    "server_error": 502,
}
"""Kinds where nothing is carried out, and what they are answered with."""
Kind = Literal[
    "unauthorized",
    "forbidden",
    "exhausted",
    "secondary",
    "not_found",
    "moved",
    "conflict",
    "unprocessable",
    "ratelimited",
    "server_error",
    "reset_before",
    "server_error_after",
    "reset",
    "garbage",
    "slow",
]
"""exhausted: the rate limit is used up; secondary: too many at once. The last four: the call is carried out, and
its answer is lost, useless, or (slow) late."""


class Fault(BaseModel):
    """Begins with the ``nth`` matching call from now; lasts for ``times`` calls or, where given, ``seconds``.

    ``operation`` "*" is every one. ``repository``: only calls about that one. ``retry_after`` is in seconds, for
    ratelimited and secondary; ``delay`` too, for slow.
    """

    model_config = ConfigDict(extra="forbid")

    upstream: Literal["github_actions"] = "github_actions"
    operation: Operation | Literal["*"] = "*"
    repository: str = ""
    kind: Kind
    nth: int = Field(default=1, ge=1)
    times: int = Field(default=1, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    retry_after: int = Field(default=3, ge=1)
    delay: float = Field(default=1.0, gt=0)
    _seen: int = PrivateAttr(default=0)
    _used: int = PrivateAttr(default=0)
    _made: float = PrivateAttr(default_factory=time.monotonic)

    @property
    def is_before(self) -> bool:
        return self.kind in STATUSES or self.kind == "reset_before"

    def strikes(self, operation: Operation, repository: str) -> bool:
        """Count this call, if it matches; is it one to fail?"""
        if self.operation not in ("*", operation) or self.repository not in ("", repository):
            return False
        self._seen += 1
        return self._seen >= self.nth

    def use(self) -> None:
        self._used += 1

    def is_over(self) -> bool:
        if self.seconds is not None:
            return time.monotonic() > self._made + self.seconds
        return self._used >= self.times


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def take(self, operation: Operation, repository: str) -> Fault | None:
        """The fault that strikes this call. Every matching one counts the call; the oldest strikes."""
        self._faults = [fault for fault in self._faults if not fault.is_over()]
        striking = [fault for fault in self._faults if fault.strikes(operation, repository)]
        if not striking:
            return None
        striking[0].use()
        return striking[0]

    def active(self) -> list[dict[str, JsonValue]]:
        return [fault.model_dump() for fault in self._faults if not fault.is_over()]

    def clear(self) -> None:
        self._faults.clear()

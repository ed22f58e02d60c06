"""What goes wrong at the sandbox's Argo server, on which call, how often or for how long."""

import time
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PrivateAttr

Operation = Literal["version", "list", "get", "resume", "set", "stop"]
DECISIONS: tuple[Operation, ...] = ("resume", "set", "stop")
STATUSES = {
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "unprocessable": 422,
    "ratelimited": 429,
    "server_error": 500,
}
"""Kinds where nothing is carried out, and what they are answered with."""
Kind = Literal[
    "unauthorized",
    "forbidden",
    "not_found",
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
"""The last four: the call is carried out, and its answer is lost, useless, or (slow) late."""


class Fault(BaseModel):
    """Begins with the ``nth`` matching call from now; lasts for ``times`` calls or, where given, ``seconds``.

    ``operation`` "decide" is resume, set and stop, "*" is every one. ``retry_after`` is in seconds, for
    ratelimited; ``delay`` too, for slow.
    """

    model_config = ConfigDict(extra="forbid")

    upstream: Literal["argo_workflows"] = "argo_workflows"
    operation: Operation | Literal["decide", "*"] = "*"
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

    def strikes(self, operation: Operation) -> bool:
        """Count this call, if it matches; is it one to fail?"""
        decides = self.operation == "decide" and operation in DECISIONS
        if not decides and self.operation not in ("*", operation):
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

    def take(self, operation: Operation) -> Fault | None:
        """The fault that strikes this call. Every matching one counts the call; the oldest strikes."""
        self._faults = [fault for fault in self._faults if not fault.is_over()]
        striking = [fault for fault in self._faults if fault.strikes(operation)]
        if not striking:
            return None
        striking[0].use()
        return striking[0]

    def active(self) -> list[dict[str, JsonValue]]:
        return [fault.model_dump() for fault in self._faults if not fault.is_over()]

    def clear(self) -> None:
        self._faults.clear()

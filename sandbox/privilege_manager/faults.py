"""What goes wrong at the sandbox's Privilege Manager, on which call, how often or for how long."""

import time
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PrivateAttr

Operation = Literal[
    "logon", "logoff", "version", "catalog", "report", "swagger", "list", "get", "approve", "deny"
]
"""``list`` is whatever tells what waits, a report too; ``catalog`` are lists of policies and the like."""
Before = Literal[
    "server_error",
    "timeout_before",
    "reset_before",
    "unauthorized",
    "forbidden",
    "not_found",
    "no_path",
    "conflict",
    "gone",
    "ratelimited",
    "error_in_200",
]
"""Kinds where nothing is carried out. ``no_path`` is a 404 with nothing in it, as a server in between sends it."""
After = Literal["server_error_after", "timeout", "reset", "garbage", "empty", "slow"]
"""Kinds where the call is carried out and its answer is lost, useless, or (slow) late."""


class Fault(BaseModel):
    """Begins with the ``nth`` matching call from now; lasts for ``times`` calls or, where given, ``seconds``.

    ``operation`` "decide" is approve and deny, "*" is every one. ``retry_after`` is in seconds, for ratelimited;
    ``delay`` too, for slow.
    """

    model_config = ConfigDict(extra="forbid")

    upstream: Literal["privilege_manager"] = "privilege_manager"
    operation: Operation | Literal["decide", "*"] = "*"
    kind: Before | After
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
        return self.kind in get_args(Before)

    def strikes(self, operation: Operation) -> bool:
        """Count this call, if it matches; is it one to fail?"""
        if not self._matches(operation):
            return False
        self._seen += 1
        return self._seen >= self.nth

    def use(self) -> None:
        self._used += 1

    def is_over(self) -> bool:
        if self.seconds is not None:
            return time.monotonic() > self._made + self.seconds
        return self._used >= self.times

    def _matches(self, operation: Operation) -> bool:
        if self.operation == "decide":
            return operation in ("approve", "deny")
        return self.operation in ("*", operation)


class ExpireTokens(BaseModel):
    """Makes every token that was handed out so far invalid."""

    model_config = ConfigDict(extra="forbid")

    upstream: Literal["privilege_manager"] = "privilege_manager"
    expire_tokens: Literal[True]


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

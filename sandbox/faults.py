"""Faults of Slack to order: what goes wrong, on which call, how often or for how long."""

import time
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.json_types import Json
from sandbox.ordered_faults import OrderedFaults

BEFORE = ("ratelimited", "server_error", "reset_before")
"""Kinds that answer without doing anything; so does every Slack error code."""
AFTER = ("timeout", "reset")
"""Kinds where the call is carried out and only its answer is lost."""


class WebFault(BaseModel):
    """One fault of the Web API, or of response_url posts under the method name `response_url`.

    ``method``: a Web API method, or `*`. ``kind``: see BEFORE and AFTER, or a Slack error code. It begins
    with the ``nth`` matching call from now, and lasts for ``times`` calls or, where given, ``seconds``.
    """

    model_config = ConfigDict(extra="forbid")

    method: str
    kind: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    nth: int = Field(default=1, ge=1)
    times: int = Field(default=1, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    retry_after: int = Field(default=3, ge=1)

    def matches(self, operation: str, about: object) -> bool:
        """``operation``: the method that is called."""
        return self.method in ("*", operation)


class SocketFault(BaseModel):
    """One fault of the Socket Mode connections; see `SocketMode.fault`."""

    model_config = ConfigDict(extra="forbid")

    socket: Literal["disconnect", "close", "abort", "silent", "duplicate"]
    reason: Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"] = (
        "refresh_requested"
    )
    grace: float = Field(default=10.0, ge=0)
    seconds: float = Field(default=0.0, ge=0)
    revive: bool = False
    times: int = Field(default=1, ge=1)


class RateLimitFault(BaseModel):
    """`true`: about one chat.postMessage a second and channel, 429 beyond; `false`: no limit."""

    model_config = ConfigDict(extra="forbid")

    rate_limit: bool


class Faults(OrderedFaults[WebFault]):
    """The Web API faults in force, and whether posts are paced."""

    def __init__(self) -> None:
        super().__init__(WebFault)
        self.rate_limit = False

    def active(self) -> list[Json]:
        """Those in force, the oldest first, and the pace."""
        return [*super().active(), {"rate_limit": True}] if self.rate_limit else super().active()

    def clear(self) -> None:
        super().clear()
        self.rate_limit = False


class Pace:
    """About one message a second in each channel, as Slack allows for chat.postMessage.

    A bucket that holds 1.2 messages and gains one a second: a post that comes a little early is let through.
    """

    ROOM = 1.2

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def allows(self, channel: str) -> bool:
        now = self._clock()
        level, since = self._buckets.get(channel, (self.ROOM, now))
        level = min(self.ROOM, level + now - since)
        allowed = level >= 1
        self._buckets[channel] = (level - 1 if allowed else level, now)
        return allowed

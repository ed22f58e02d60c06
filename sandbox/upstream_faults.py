"""A fault of an upstream, whichever it is: how it is ordered, and what becomes of a call that it strikes."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import ClassVar, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from sandbox.connection import reset_transport

Unanswered = Literal["reset_before", "server_error_after", "reset", "garbage", "slow"]
"""The last four: the call is carried out, and its answer is lost, useless, or (slow) late."""
Kind = Literal[
    "unauthorized",
    "forbidden",
    "not_found",
    "conflict",
    "unprocessable",
    "ratelimited",
    "server_error",
    Unanswered,
]
STATUSES: Mapping[str, int] = {
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "unprocessable": 422,
    "ratelimited": 429,
    "server_error": 500,
}
"""Kinds where nothing is carried out, and what they are answered with."""


class UpstreamFault(BaseModel):
    """Begins with the ``nth`` matching call from now; lasts for ``times`` calls or, where given, ``seconds``.

    ``operation`` "decide" is each of the ``decisions``, "*" is every one. ``retry_after`` is in seconds, for
    ratelimited; ``delay`` too, for slow. ``page`` is what garbage is. Each upstream has its own words for
    ``operation`` and ``kind``.
    """

    model_config = ConfigDict(extra="forbid")

    decisions: ClassVar[Collection[str]] = ()
    statuses: ClassVar[Mapping[str, int]] = STATUSES
    page: ClassVar[str] = "<!DOCTYPE html><title>Sign in</title>"

    upstream: str
    operation: str
    kind: str
    nth: int = Field(default=1, ge=1)
    times: int = Field(default=1, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    retry_after: int = Field(default=3, ge=1)
    delay: float = Field(default=1.0, gt=0)

    @property
    def is_before(self) -> bool:
        """Whether nothing of the call is carried out."""
        return self.kind in self.statuses or self.kind == "reset_before"

    @property
    def status(self) -> int:
        """Of the answer, where there is one; after the work it is that of any error of the server."""
        return self.statuses.get(self.kind, self.statuses["server_error"])

    def matches(self, operation: str, about: object) -> bool:
        """See `Ordered`; here it is about anything."""
        decides = self.operation == "decide" and operation in self.decisions
        return decides or self.operation in ("*", operation)


F = TypeVar("F", bound=UpstreamFault)


async def played(
    fault: F | None,
    request: web.Request,
    response: web.Response,
    failed: Callable[[F], web.Response],
    stopping: asyncio.Event,
) -> web.Response:
    """What the client sees of a call that ``fault`` struck, or none.

    ``response`` is what the call would have been answered; under a fault only a slow one still is. ``failed`` makes
    the answer of a kind that is the server's own; ``stopping`` frees those whose answer comes late or never.
    """
    if fault is None:
        return response
    if fault.kind == "slow":
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), fault.delay)
        return response
    if fault.kind in ("timeout", "timeout_before"):
        await stopping.wait()
    if fault.kind in ("timeout", "timeout_before", "reset", "reset_before"):
        reset_transport(request.transport)
        return web.Response()
    if fault.kind == "garbage":
        return web.Response(text=fault.page, content_type="text/html")
    answered = failed(fault)
    if fault.kind == "ratelimited":
        answered.headers["Retry-After"] = str(fault.retry_after)
    return answered

"""An answer that is begun at once and ended when somebody has decided: white space keeps its reader waiting.

JSON allows white space before a value (RFC 8259, section 2), and clients' read time-outs count from the last
byte. Once it is begun the status is 200; what became of the question is in the body.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from approval_gate.server.pieces import send_in_pieces

SPACE = b" "
HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx and its kin pass each byte on at once
]

Look = Callable[[float], Awaitable[bytes | None]]
"""Waits for at most so many seconds; the body once there is something to tell."""


class HeldAnswer(Response):
    """Waits for ``seconds``, a space every ``heartbeat``; then, or at the gate's stop, answers ``as_it_is``.

    A client that has gone is noticed at the next heartbeat, which costs no task of its own. Whatever a look
    raises breaks the connection in the middle, so that nobody takes what was sent for an answer.
    """

    def __init__(
        self,
        waiting: AbstractContextManager[Look],
        as_it_is: Callable[[], Awaitable[bytes]],
        seconds: float,
        heartbeat: float,
        stopping: asyncio.Event,
    ) -> None:
        self.status_code = 200
        self.background = None
        self._waiting = waiting
        self._as_it_is = as_it_is
        self._seconds = seconds
        self._heartbeat = heartbeat
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, as ASGI has it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": HEADERS})
        await send({"type": "http.response.body", "body": SPACE, "more_body": True})
        with self._waiting as look:
            body = await self._wait(look, Request(scope, receive), send)
        if body is not None:
            await send_in_pieces(send, body)

    async def _wait(self, look: Look, request: Request, send: Send) -> bytes | None:
        """The body; None where nobody is there any more to read it."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._seconds
        # Thousands come back at once after a restart: from here on their hearts do not beat all at once.
        beat = self._heartbeat * random.random()  # noqa: S311 - nothing is secret about it
        while (left := deadline - loop.time()) > 0 and not self._stopping.is_set():
            body = await look(min(left, beat))
            if body is not None:
                return body
            if await request.is_disconnected():
                return None
            await send({"type": "http.response.body", "body": SPACE, "more_body": True})
            beat = self._heartbeat
        return await self._as_it_is()

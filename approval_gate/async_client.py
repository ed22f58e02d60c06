"""The same client for asyncio: nothing blocks the event loop, and a cancelled task withdraws its question."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar, Unpack

from approval_gate.aside import aside
from approval_gate.client import Gate, deadline_of
from approval_gate.pulse import Pulse, must_hold
from approval_gate.question import Asked
from approval_gate.ticket import Ticket
from approval_gate.told import approved
from approval_gate.watch import Watch

T = TypeVar("T")

LAST_WORD = 2.0
"""Seconds for which a cancelled task stays to see that the gate was told; the telling goes on without it."""


class AsyncGate:
    """As `Gate`, with coroutines; ``gate`` gives one that exists already."""

    def __init__(
        self, url: str | None = None, api_key: str | None = None, *, gate: Gate | None = None
    ) -> None:
        self.gate = gate or Gate(url, api_key)

    async def request(self, **asked: Unpack[Asked]) -> Ticket:
        """As `Gate.request`. If the task is cancelled meanwhile, so is the ticket."""
        asking = aside(lambda: self.gate.request(**asked), must_finish=True)
        try:
            return await _result(asking)
        except asyncio.CancelledError:
            asking.add_done_callback(self._withdraw_made)
            raise

    async def wait(
        self,
        ticket: Ticket,
        *,
        keepalive: Callable[[], object] | None = None,
        every: float | None = None,
        timeout: float | None = None,
    ) -> Ticket:
        """As `Gate.wait`; ``keepalive`` may be a coroutine function. A cancelled task cancels the ticket."""
        pulse = Pulse(keepalive, every)
        until = deadline_of(ticket, timeout)
        watch = self.gate.watch(ticket)
        try:
            settled = await _settled(watch, until, pulse)
        except BaseException:
            await self._withdraw(ticket)
            raise
        finally:
            watch.stop()
        if settled is None:
            settled = await _aside(partial(self.gate.conclude, ticket))
        return approved(settled)

    async def get(self, ticket_id: str) -> Ticket:
        """As `Gate.get`."""
        return await _aside(partial(self.gate.get, ticket_id))

    async def pending(self) -> tuple[Ticket, ...]:
        """As `Gate.pending`."""
        return await _aside(self.gate.pending)

    async def cancel(self, ticket: Ticket) -> Ticket:
        """As `Gate.cancel`."""
        return await _aside(partial(self.gate.cancel, ticket))

    async def approve(self, ticket_id: str, by: str, comment: str = "", seconds: int | None = None) -> Ticket:
        """As `Gate.approve`."""
        return await _aside(partial(self.gate.approve, ticket_id, by, comment, seconds))

    async def deny(self, ticket_id: str, by: str, comment: str = "") -> Ticket:
        """As `Gate.deny`."""
        return await _aside(partial(self.gate.deny, ticket_id, by, comment))

    async def _withdraw(self, ticket: Ticket) -> None:
        telling = aside(partial(self.gate.withdraw, ticket), must_finish=True)
        await asyncio.wait([asyncio.wrap_future(telling)], timeout=LAST_WORD)

    def _withdraw_made(self, asking: Future[Ticket]) -> None:
        if asking.exception() is None:
            self.gate.withdraw(asking.result())


async def _aside(work: Callable[[], T]) -> T:
    return await _result(aside(work))


async def _result(future: Future[T]) -> T:
    return await asyncio.wrap_future(future)


async def _settled(watch: Watch, until: float, pulse: Pulse) -> Ticket | None:
    """The settled ticket; None when the time is over."""
    watched = asyncio.wrap_future(watch.settled)
    try:
        while (now := time.monotonic()) < until:
            await asyncio.wait([watched], timeout=max(0.0, min(until, pulse.due) - now))
            if watched.done():
                return watched.result()
            returned = pulse.beat()
            must_hold(await returned if isinstance(returned, Awaitable) else returned)
        return None
    finally:
        watched.cancel()  # what the thread still meets is nobody's any more

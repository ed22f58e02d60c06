"""The waiting room: who waits in this process, for which ticket or for any change. All on one event loop."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from approval_gate.server.errors import DatabaseAway
from approval_gate.server.ticket import Ticket


class Waiter:
    """Waits for one ticket. It is in the room before it reads the ticket, so that nothing happens in between."""

    __slots__ = ("_answer", "_has_read", "_look", "_reading", "ticket_id")

    def __init__(self, ticket_id: str, look: Callable[[str], Coroutine[Any, Any, Ticket | None]]) -> None:
        self.ticket_id = ticket_id
        self._look = look
        self._answer: asyncio.Future[Ticket | None] = asyncio.get_running_loop().create_future()
        self._reading: asyncio.Task[Ticket | None] | None = None
        self._has_read = False

    async def settled(self, timeout: float) -> Ticket | None:
        """The ticket once it is settled; None after so many seconds, or when all are let go.

        Where the database is away it waits on: the next call reads again, and so does whoever sweeps the room.
        """
        if not (self._answer.done() or self._has_read or self._reading):
            self._reading = asyncio.create_task(self._look(self.ticket_id))
            self._reading.add_done_callback(self._read)
        await asyncio.wait([self._answer], timeout=timeout)
        return self._answer.result() if self._answer.done() else None

    def _read(self, reading: asyncio.Task[Ticket | None]) -> None:
        self._reading = None
        error = None if reading.cancelled() else reading.exception()
        if reading.cancelled() or isinstance(error, DatabaseAway):
            return
        self._has_read = True
        if error is not None and not self._answer.done():
            self._answer.set_exception(error)
        elif error is None and (ticket := reading.result()) and ticket.status.settled:
            self.tell(ticket)

    def leave(self) -> None:
        """It waits no more."""
        if self._reading is not None:
            self._reading.cancel()

    def tell(self, ticket: Ticket | None) -> None:
        """The ticket as it is in the store, settled; None to let it go."""
        if not self._answer.done():
            self._answer.set_result(ticket)


class WaitingRoom:
    """Everybody who waits in this process."""

    def __init__(self) -> None:
        self._waiters: dict[str, set[Waiter]] = {}
        self._keys: dict[str, dict[str, int]] = defaultdict(dict)
        """By API key and ticket: how many of those who wait are the ticket's requester, as far as they say."""
        self._seen: dict[str, set[str]] = defaultdict(set)
        self._change = asyncio.Event()
        self._is_closed = False

    def __len__(self) -> int:
        return sum(map(len, self._waiters.values()))

    @property
    def awaited(self) -> frozenset[str]:
        """The ids of the tickets that somebody waits for."""
        return frozenset(self._waiters)

    @property
    def change(self) -> asyncio.Event:
        """Set when the next change of the list of pending tickets may have happened, or when all are let go."""
        return self._change

    @contextmanager
    def enter(
        self, ticket_id: str, key_id: str, look: Callable[[str], Coroutine[Any, Any, Ticket | None]]
    ) -> Iterator[Waiter]:
        """A waiter, in the room until the end of the block. ``key_id`` is whose it is, empty for nobody's."""
        waiter = Waiter(ticket_id, look)
        if self._is_closed:
            waiter.tell(None)
        self._waiters.setdefault(ticket_id, set()).add(waiter)
        self._count(key_id, ticket_id, 1)
        try:
            yield waiter
        finally:
            waiter.leave()
            self._count(key_id, ticket_id, -1)
            self._leave(waiter)
            self.see(key_id, ticket_id)

    def _leave(self, waiter: Waiter) -> None:
        others = self._waiters[waiter.ticket_id]
        others.discard(waiter)
        if not others:
            del self._waiters[waiter.ticket_id]

    def _count(self, key_id: str, ticket_id: str, more: int) -> None:
        if not key_id:
            return
        counts = self._keys[key_id]
        counts[ticket_id] = counts.get(ticket_id, 0) + more
        if not counts[ticket_id]:
            del counts[ticket_id]
        if not counts:
            del self._keys[key_id]

    def see(self, key_id: str, ticket_id: str) -> None:
        """This key asked for the ticket just now, or waited for it until now."""
        if key_id:
            self._seen[key_id].add(ticket_id)

    def take_seen(self) -> dict[str, set[str]]:
        """By API key, the tickets that were seen asked for since the last time."""
        seen, self._seen = self._seen, defaultdict(set)
        return dict(seen)

    def present(self) -> dict[str, Collection[str]]:
        """By API key, the tickets that it waits for right now."""
        return {key_id: tuple(counts) for key_id, counts in self._keys.items()}

    def tell(self, ticket: Ticket) -> None:
        """Wakes all who wait for this ticket, which is settled and committed."""
        for waiter in self._waiters.get(ticket.id, ()):
            waiter.tell(ticket)

    def tell_of_change(self) -> None:
        """Wakes all who wait for any change."""
        self._change.set()
        self._change = asyncio.Event()

    def let_go(self) -> None:
        """Wakes all, with nothing; who comes later does not wait at all."""
        self._is_closed = True
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.tell(None)
        self._change.set()

"""The list of pending tickets as it is now: read once for all who ask at a time, and kept while it is the same."""

import asyncio
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from approval_gate.server import store
from approval_gate.server.blocking import Blocking
from approval_gate.server.store import Listed
from approval_gate.server.ticket import PendingList, Status, version_of

FRAME: Final = 1024
"""Bytes of a ticket in an answer besides what was asked, its card's address apart; seldom more."""


class LatestPending:
    """Thousands may wait for one change of the list: they are told by one reading, and by one list in memory.

    A list holds about ``most`` bytes of tickets. Where there are more, the largest are left out of it.
    """

    def __init__(self, blocking: Blocking, most: int) -> None:
        self._blocking = blocking
        self._most = most
        self._seen: Sequence[Listed] | None = None
        self.kept = PendingList("", ())
        """What was read last."""
        self._reading: asyncio.Task[PendingList] | None = None
        self._next: asyncio.Task[PendingList] | None = None

    async def latest(self) -> PendingList:
        """As it is after this call. Raises what the database raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._read_after(self._reading))
            self._next.add_done_callback(_done)
        return await asyncio.shield(self._next)

    async def _read_after(self, before: asyncio.Task[PendingList] | None) -> PendingList:
        """Who comes from the beginning of a reading on is told by the next one: this one may not see it all."""
        if before is not None:
            await asyncio.wait([before])
        self._reading, self._next = self._next, None
        self._seen, self.kept = await self._blocking.read(self._read)
        return self.kept

    def _read(self, connection: Connection) -> tuple[Sequence[Listed], PendingList]:
        seen = store.pending(connection)
        return seen, self.kept if seen == self._seen else _whole(connection, seen, self._most)


def _done(reading: asyncio.Task[PendingList]) -> None:
    if not reading.cancelled():
        reading.exception()  # nobody may be left to take it, and that is no news


def _whole(connection: Connection, seen: Sequence[Listed], most: int) -> PendingList:
    """The tickets themselves. One that was settled a moment ago is none of them."""
    fitting = _fitting(seen, most)
    found = {ticket.id: ticket for ticket in store.find(connection, fitting)}
    tickets = [found[one.id] for one in seen if one.id in found]
    pending = tuple(ticket for ticket in tickets if ticket.status is Status.PENDING)
    left_out = tuple((one.id, one.version) for one in seen if one.id not in fitting)
    versions = [(ticket.id, ticket.version) for ticket in pending]
    return PendingList(version_of([*versions, *left_out]), pending, left_out)


def _fitting(seen: Sequence[Listed], most: int) -> frozenset[str]:
    """The ids of those for which there is room: small ones first, so that large ones hide none but themselves."""
    ids, room = [], most
    for one in sorted(seen, key=lambda one: one.size):
        room -= one.size + FRAME
        if room < 0:
            break
        ids.append(one.id)
    return frozenset(ids)

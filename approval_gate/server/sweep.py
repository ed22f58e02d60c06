"""The sweep: what time settles, and a look at everything waited for here, so that no lost signal is missed."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from approval_gate.server import store
from approval_gate.server.blocking import Blocking
from approval_gate.server.clock import SECOND
from approval_gate.server.errors import DatabaseAway
from approval_gate.server.figures import Figures
from approval_gate.server.store import CHUNK, DELETED_AT_ONCE, TicketStore
from approval_gate.server.terms import Terms
from approval_gate.server.ticket import Ticket, version_of
from approval_gate.server.waiting import WaitingRoom

CLEAN_EVERY: Final = 60 * SECOND
PARTS: Final = 4
"""Those who wait are noted so many times within the grace that a ticket has without them."""
AWAY_PARTS: Final = 2
"""Who has not looked for this part of the grace cannot tell who waited meanwhile."""

log = structlog.stdlib.get_logger(__name__)


class Sweep:
    """Runs every ``terms.sweep`` seconds, and when woken.

    Nobody waiting is known by nobody having been seen: where nobody could look for a while, at the start, while
    the database was away, the clock of every ticket begins anew.
    """

    def __init__(
        self,
        blocking: Blocking,
        tickets: TicketStore,
        room: WaitingRoom,
        tell_all: Callable[[Iterable[Ticket]], None],
        clock: Callable[[], int],
        terms: Terms,
        figures: Figures,
    ) -> None:
        self._blocking = blocking
        self._tickets = tickets
        self._room = room
        self._tell_all = tell_all
        self._clock = clock
        self._terms = terms
        self._figures = figures
        self._woken = asyncio.Event()
        self._swept_at: int | None = None
        self._noted_at: int | None = None
        self._cleaned_at: int | None = None
        self._version = ""

    def wake(self) -> None:
        """Sweeps now."""
        self._woken.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            more = await self._try()
            if not more:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._terms.sweep):
                        await self._woken.wait()
            self._woken.clear()

    async def _try(self) -> bool:
        """Whether there is more to do at once."""
        try:
            more = await self.once()
        except Exception as error:
            self._figures.failed_sweeps += 1
            self._swept_at, self._version = None, ""
            known = isinstance(error, DatabaseAway)
            log.warning("the sweep failed and will be tried again", error=str(error), exc_info=not known)
            return False
        self._figures.sweeps += 1
        return more

    async def once(self) -> bool:
        """One sweep. Whether there is more to do at once. Raises what the database raises."""
        awaited, now = self._room.awaited, self._clock()
        await self._note_who_waits(now)
        settled = await self._blocking.write(
            lambda tx: self._tickets.expire_due(tx, now) + self._tickets.cancel_abandoned(tx, now)
        )
        self._swept_at = now
        self._tell_all(settled)
        pending, version = await self._blocking.read(_pending)
        await self.look(awaited.difference(pending))
        if version != self._version:
            self._version = version
            self._room.tell_of_change()
        deleted = await self._clean(now)
        return deleted == DELETED_AT_ONCE or len(settled) >= CHUNK

    async def look(self, ids: Collection[str]) -> None:
        """Reads these tickets again, and tells those who wait here of the ones that are settled."""
        if ids:
            found = await self._blocking.read(lambda connection: store.find(connection, ids))
            for ticket in found:
                if ticket.status.settled:
                    self._room.tell(ticket)

    async def _note_who_waits(self, now: int) -> None:
        """In small transactions, between which others are decided."""
        until = now + self._terms.grace
        if _is_over(self._swept_at, self._terms.grace // AWAY_PARTS, now):
            await self._blocking.write(lambda tx: store.prolong_all(tx, until))
        seen: list[tuple[str, Collection[str]]] = list(self._room.take_seen().items())
        if _is_over(self._noted_at, self._terms.grace // PARTS, now):
            self._noted_at = now
            seen += self._room.present().items()
        for key_id, ids in seen:
            for chunk in store.chunks(ids):
                await self._blocking.write(partial(store.prolong, key_id=key_id, ids=chunk, until=until))

    async def _clean(self, now: int) -> int:
        if not _is_over(self._cleaned_at, CLEAN_EVERY, now):
            return 0
        before = now - self._terms.retention
        deleted = await self._blocking.write(lambda tx: store.delete_settled(tx, before))
        self._figures.deleted += deleted
        if deleted < DELETED_AT_ONCE:
            self._cleaned_at = now
        return deleted


def _pending(connection: Connection) -> tuple[Collection[str], str]:
    """The ids of all pending tickets, and the version of their list."""
    versions = store.pending_versions(connection)
    return versions.keys(), version_of(versions.items())


def _is_over(since: int | None, span: int, now: int) -> bool:
    """Whether so long has passed since then; also where the clock was set back, and nobody can tell."""
    return since is None or not 0 <= now - since < span

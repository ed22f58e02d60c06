"""Looks at the tickets that signals name, all that came meanwhile together."""

import asyncio
from collections.abc import Awaitable, Callable, Collection

import structlog

from approval_gate.server.errors import DatabaseAway
from approval_gate.server.waiting import WaitingRoom

log = structlog.stdlib.get_logger(__name__)


class Looks:
    """``look`` reads tickets again. Where it cannot, the sweep will."""

    def __init__(self, room: WaitingRoom, look: Callable[[Collection[str]], Awaitable[None]]) -> None:
        self._room = room
        self._look = look
        self._ids: set[str] = set()
        self._wanted = asyncio.Event()

    def want(self, ticket_id: str) -> None:
        """Something may have become of this ticket, and so of the list."""
        if ticket_id in self._room.awaited:
            self._ids.add(ticket_id)
        self._wanted.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        while await self._wanted.wait():
            self._wanted.clear()
            self._room.tell_of_change()
            ids, self._ids = self._ids, set()
            try:
                await self._look(ids)
            except Exception as error:
                known = isinstance(error, DatabaseAway)
                log.warning("a signal could not be followed", error=str(error), exc_info=not known)

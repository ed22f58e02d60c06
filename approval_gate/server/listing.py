"""What is answered for a list of tickets: written once for all who are told the same list."""

import asyncio
from collections.abc import Callable

from approval_gate.server.ticket import PendingList


class Listing:
    """Thousands who wait for one change share its bytes; they are written in a thread, beside other answers."""

    def __init__(self, write: Callable[[PendingList], bytes]) -> None:
        self._write = write
        self._of: PendingList | None = None
        self._writing: asyncio.Task[bytes] | None = None

    async def written(self, pending: PendingList) -> bytes:
        """The list as JSON. Only the last one is kept."""
        if self._writing is None or self._of is not pending:
            self._of = pending
            self._writing = asyncio.create_task(asyncio.to_thread(self._write, pending))
        return await asyncio.shield(self._writing)

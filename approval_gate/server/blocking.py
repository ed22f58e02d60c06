"""Calls of the database, off the event loop: one thread writes, a few read, and both try again for a while."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from approval_gate.server.database import Database
from approval_gate.server.errors import DatabaseAway

READERS: Final = 4
FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 0.5
AWAY: Final = (OperationalError, InterfaceError, InternalError, PoolTimeout)
"""What is raised where the database cannot be reached, ends, starts, is locked or full, or undoes a deadlock."""

T = TypeVar("T")


class Blocking:
    """Every work is one transaction. It may be done twice: after a commit of which nobody learned the outcome."""

    def __init__(self, database: Database, patience: float) -> None:
        """``patience``: seconds within which a call is answered, or given up."""
        self._database = database
        self._patience = patience
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What the work returns. Raises what it raises, or `DatabaseAway`."""

        def once() -> T:
            with self._database.read() as connection:
                return work(connection)

        return await self._patiently(self._readers, once)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """What the work returned, once it is committed. Raises what it raised, then undone, or `DatabaseAway`."""

        def once() -> T:
            with self._database.write() as tx:
                return work(tx)

        return await self._patiently(self._writer, once)

    async def _patiently(self, threads: ThreadPoolExecutor, once: Callable[[], T]) -> T:
        deadline, pause = time.monotonic() + self._patience, FIRST_PAUSE
        while True:
            try:
                return await self._in_time(threads, once, deadline)
            except AWAY as error:
                if time.monotonic() + pause >= deadline:
                    raise DatabaseAway(f"the database does not answer: {type(error).__name__}") from error
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _in_time(self, threads: ThreadPoolExecutor, once: Callable[[], T], deadline: float) -> T:
        """What has not begun by the deadline never will; what is under way then goes on without us."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                return await loop.run_in_executor(threads, once)
        except TimeoutError as error:
            raise DatabaseAway(f"the database was silent for {self._patience:g} seconds") from error

    def close(self) -> None:
        """Waits for the calls under way; the others are never made."""
        for threads in (self._writer, self._readers):
            threads.shutdown(cancel_futures=True)

"""Delivers callbacks: looks for those that are due, sends each, and notes how it went."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from approval_gate.server.blocking import Blocking
from approval_gate.server.callback import Attempt, next_attempt, signed
from approval_gate.server.callback_sender import NotDelivered, Sender
from approval_gate.server.callback_store import CallbackStore, Due
from approval_gate.server.errors import DatabaseAway
from approval_gate.server.keys import callback_secret
from approval_gate.server.ticket import Ticket

LOOKS_EVERY: Final = 1.0
"""Seconds; what is settled in this process is looked for at once."""
MOST_AT_ONCE: Final = 16
MOST_AT_ONCE_OF_A_KEY: Final = 4
"""So that one key's silent receiver holds up no other key's callbacks."""
DRAIN: Final = 1.0
"""Seconds that a stop waits for attempts under way; those cut short are made again."""

log = structlog.stdlib.get_logger(__name__)


class Deliverer:
    """At least once, each: an attempt that is cut short is made again when its lease has passed.

    It is the desk's outbox. ``secret`` is GATE_CALLBACK_SECRET; without it nothing is sent.
    """

    def __init__(
        self,
        store: CallbackStore,
        sender: Sender,
        secret: str,
        clock: Callable[[], int],
        on_attempt: Callable[[bool], None],
    ) -> None:
        self._store = store
        self._sender = sender
        self._secret = secret
        self._clock = clock
        self._on_attempt = on_attempt
        self._resumes = False
        self._woken = asyncio.Event()
        self._under_way: dict[asyncio.Task[None], str] = {}

    def record(self, tx: Connection, ticket: Ticket) -> None:
        """Within the transaction that settles a ticket."""
        self._store.record(tx, ticket)

    def wake(self) -> None:
        """A ticket was settled."""
        self._woken.set()

    async def run(self, blocking: Blocking, sole: bool) -> None:
        """Works until it is cancelled. Where no other gate can be at it (``sole``), nothing is left half done."""
        self._resumes = sole
        try:
            while True:
                self._woken.clear()
                await self._look(blocking)
                await self._wait()
        finally:
            await self._drain()

    async def _look(self, blocking: Blocking) -> None:
        """One look; whatever fails is for the next one."""
        try:
            if self._resumes:
                await blocking.write(partial(self._store.resume, now=self._clock()))
                self._resumes = False
            await self._start_due(blocking)
        except DatabaseAway:
            log.warning("callbacks wait for the database")
        except Exception:  # a defect must not end all callbacks until the next start
            log.exception("callbacks could not be looked for")

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOKS_EVERY):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _start_due(self, blocking: Blocking) -> None:
        while len(self._under_way) < MOST_AT_ONCE:
            counts = Counter(self._under_way.values())
            busy = [key for key, count in counts.items() if count >= MOST_AT_ONCE_OF_A_KEY]
            now = self._clock()
            if not await blocking.read(partial(self._store.is_due, now=now)):
                return
            due = await blocking.write(partial(self._store.claim, now=now, busy=busy))
            if due is None:
                return
            task = asyncio.create_task(self._deliver(blocking, due), name=f"callback {due.ticket_id}")
            self._under_way[task] = due.key_id
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self.wake()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a callback's attempt failed", exc_info=error)

    async def _deliver(self, blocking: Blocking, due: Due) -> None:
        status, error = await self._send(due)
        attempt = Attempt(self._clock(), due.attempt, status, error, None)
        if not attempt.delivered:
            attempt = replace(attempt, next_at=next_attempt(due.recorded_at, due.attempt, attempt.at))
        await blocking.write(lambda tx: self._store.note(tx, due, attempt))
        self._on_attempt(attempt.delivered)
        log.info(
            "callback delivered" if attempt.delivered else "callback not delivered",
            ticket_id=due.ticket_id,
            attempt=due.attempt,
            status=status,
            error=error,
        )

    async def _send(self, due: Due) -> tuple[int | None, str]:
        if not self._secret:
            return None, "GATE_CALLBACK_SECRET is not set at the gate"
        headers = signed(due.body, callback_secret(self._secret, due.key_id), self._clock())
        try:
            return await self._sender.post(due.url, due.body, headers), ""
        except NotDelivered as error:
            return None, str(error)

    async def _drain(self) -> None:
        under_way = list(self._under_way)
        if under_way:
            _, pending = await asyncio.wait(under_way, timeout=DRAIN)
            for task in pending:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

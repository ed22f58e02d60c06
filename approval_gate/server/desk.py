"""The desk: what the gate's HTTP routes call. It ties the store, those who wait and the signals together."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any, TypeVar

from sqlalchemy import Connection

from approval_gate.server import key_store, store
from approval_gate.server.blocking import Blocking
from approval_gate.server.channel_wish import Channel
from approval_gate.server.clock import now_us
from approval_gate.server.database import Database
from approval_gate.server.errors import (
    DatabaseAway,
    DeskError,
    KeyReused,
    KeyRevoked,
    TooManyPending,
    TooMuchPending,
    UnknownTicket,
)
from approval_gate.server.figures import Figures
from approval_gate.server.key_store import KeptKey
from approval_gate.server.keys import ApiKey, parse
from approval_gate.server.latest_pending import LatestPending
from approval_gate.server.looks import Looks
from approval_gate.server.signals import NoSignals, Signals
from approval_gate.server.store import Filing, Outbox, TicketStore
from approval_gate.server.sweep import Sweep
from approval_gate.server.terms import Terms
from approval_gate.server.ticket import (
    Decision,
    NewTicket,
    PendingList,
    Status,
    Ticket,
    new_ticket_id,
)
from approval_gate.server.waiting import Waiter, WaitingRoom

__all__ = [
    "DatabaseAway",
    "Desk",
    "DeskError",
    "Figures",
    "KeyReused",
    "KeyRevoked",
    "Outbox",
    "Terms",
    "TooManyPending",
    "TooMuchPending",
    "UnknownTicket",
    "Waiter",
]

T = TypeVar("T")


class Desk:
    """One per process, on one event loop. Whatever asks the database may raise `DatabaseAway`.

    Nobody is told of what is not committed, and what is told of a ticket's end is its row.
    """

    def __init__(
        self,
        database: Database,
        signals: Signals | None = None,
        clock: Callable[[], int] = now_us,
        terms: Terms | None = None,
        outbox: Outbox | None = None,
        figures: Figures | None = None,
    ) -> None:
        """``outbox`` is told of every ticket that is settled; ``figures`` are shared with the signals."""
        self.stopping = asyncio.Event()
        """Set it, and everybody who waits is let go at once."""
        self.figures = figures or Figures()
        self._terms = terms or Terms()
        self.blocking = Blocking(database, self._terms.patience)
        self._database = database
        self._signals = signals or NoSignals()
        self._clock = clock
        self._outbox = outbox
        self._tickets = TicketStore(outbox)
        self._room = WaitingRoom()
        self._sweep = Sweep(
            self.blocking, self._tickets, self._room, self._tell_all, clock, self._terms, self.figures
        )
        self._pending = LatestPending(self.blocking, self._terms.most_listed)
        self._looks = Looks(self._room, self._sweep.look)
        self._keys: dict[str, tuple[float, KeptKey]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._under_way: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Begins to sweep, to send signals and to follow them."""
        self._signals.open(self)
        running = (self._sweep.run(), self._looks.run(), self._let_go_when_stopping())
        self._tasks = [asyncio.create_task(one) for one in running]

    async def close(self) -> None:
        """Lets everybody go, sees through what is being written, and closes the database."""
        self.stopping.set()
        self._room.let_go()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._signals.close()
        await asyncio.to_thread(self.blocking.close)
        self._database.close()

    @property
    def waiters(self) -> int:
        """How many wait for a ticket in this process right now."""
        return len(self._room)

    async def create(
        self, key: ApiKey, new: NewTicket, idempotency_key: str, body_hash: str
    ) -> tuple[Ticket, bool]:
        """The ticket, and whether it was created now, not earlier with this ``idempotency_key`` ("" for none).

        Raises `KeyRevoked`, `KeyReused`, `TooManyPending`, `TooMuchPending`.
        """
        ticket_id = new_ticket_id()

        def file(tx: Connection) -> tuple[Ticket, bool]:
            now = self._clock()
            alive_until = now + self._terms.grace if new.cancel_on_disconnect else None
            most = self._terms.most_pending, self._terms.most_pending_bytes
            filing = Filing(ticket_id, key, new, idempotency_key, body_hash, alive_until, *most)
            return self._tickets.create(tx, filing, now)

        return await self._see_through(self._created(file))

    async def _created(self, file: Callable[[Connection], tuple[Ticket, bool]]) -> tuple[Ticket, bool]:
        ticket, is_new = await self.blocking.write(file)
        if is_new:
            self.figures.created += 1
            self._tell_of_change()
        else:
            self._room.see(ticket.key_id, ticket.id)
        return ticket, is_new

    async def find(self, ticket_id: str, reader: ApiKey | None = None) -> Ticket | None:
        """The ticket as it is now. A ``reader`` who filed it shows that somebody waits for it."""
        found = await self.blocking.read(lambda connection: store.find(connection, [ticket_id]))
        if not found:
            return None
        ticket = found[0]
        if ticket.is_due(self._clock()):
            return await self._settle(lambda tx, now: self._tickets.expire(tx, ticket_id, now))
        if reader is not None:
            self._room.see(reader.id, ticket_id)
        return ticket

    async def pending(self) -> PendingList:
        """All pending tickets, the oldest first; the same object for all who ask while they are the same."""
        return await self._pending.latest()

    @property
    def last_pending(self) -> PendingList:
        """What `pending` gave last, to whomever: for those who do not ask the database any more."""
        return self._pending.kept

    async def decide(self, ticket_id: str, decision: Decision) -> tuple[Ticket, bool]:
        """The ticket, and whether it is this verdict that holds, said now or earlier, by whomever.

        Raises `UnknownTicket`. After `DatabaseAway` nobody knows whether it was recorded.
        """
        ticket = await self._settle(lambda tx, now: self._tickets.decide(tx, ticket_id, decision, now))
        return ticket, ticket.status is decision.status

    async def cancel(self, ticket_id: str, by: str) -> tuple[Ticket, bool]:
        """The ticket, and whether it is cancelled, now or earlier. Raises `UnknownTicket`."""
        ticket = await self._settle(lambda tx, now: self._tickets.cancel(tx, ticket_id, by, now))
        return ticket, ticket.status is Status.CANCELLED

    async def _settle(self, work: Callable[[Connection, int], Ticket | None]) -> Ticket:
        return await self._see_through(self._settled(lambda tx: work(tx, self._clock())))

    async def _settled(self, work: Callable[[Connection], Ticket | None]) -> Ticket:
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        ticket = await self.blocking.write(work)
        if ticket is None:
            raise UnknownTicket("there is no such ticket")
        if ticket.status.settled:
            # Whoever said it first: a signal that was lost the first time is sent once more.
            self._tell_all((ticket,))
            self.figures.settled_here += 1
            self.figures.told_after += loop.time() - asked_at
        return ticket

    async def _see_through(self, work: Coroutine[Any, Any, T]) -> T:
        """What is written is also told, even where whoever asked has gone meanwhile."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may be left to take it, and that is no news

    def subscribe(self, ticket_id: str, reader: ApiKey | None = None) -> AbstractContextManager[Waiter]:
        """A waiter, until the end of the block. A ``reader`` who filed the ticket is seen waiting for it."""
        return self._room.enter(ticket_id, reader.id if reader else "", self.find)

    async def wait_for_change(self, since: str, seconds: float) -> PendingList | None:
        """The list, once its version is not ``since``; None after so many seconds, or when all are let go.

        Where the database is away it waits on.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._changed(since)
        return None

    async def _changed(self, since: str) -> PendingList | None:
        while not self.stopping.is_set():
            change = self._room.change
            with suppress(DatabaseAway):  # the next change, or the next call, looks again
                pending = await self.pending()
                if pending.version != since:
                    return pending
            await change.wait()
        return None

    async def note_channels(self, channels: tuple[Channel, ...]) -> None:
        """These are the channels registered in Slack; wishes of pending tickets are judged anew."""
        await self.blocking.write(lambda tx: store.note_channels(tx, channels, self._clock()))
        self._tell_of_change()

    async def note_card(self, ticket_id: str, url: str) -> None:
        """Where the ticket's card is; no change of the list. Raises `UnknownTicket`."""
        if not await self.blocking.write(lambda tx: store.note_card(tx, ticket_id, url)):
            raise UnknownTicket("there is no such ticket")

    async def key_for(self, presented: str) -> ApiKey | None:
        """The living key that this is; None for anything else. A revoked one may count a little longer."""
        given = parse(presented)
        if given is None:
            return None
        kept = await self._living(given.id)
        return kept.key if kept and given.fits(kept.secret_hash) else None

    async def lives(self, key: ApiKey) -> bool:
        """Whether the key has not been revoked, as `key_for` knows it; True where the database is away."""
        try:
            return await self._living(key.id) is not None
        except DatabaseAway:
            return True

    async def _living(self, key_id: str) -> KeptKey | None:
        now = asyncio.get_running_loop().time()
        read_at, kept = self._keys.get(key_id, (0.0, None))
        if kept is None or now - read_at >= self._terms.key_kept:
            kept = await self.blocking.read(lambda connection: key_store.living_key(connection, key_id))
            if kept is None:
                self._keys.pop(key_id, None)
                return None
            self._keys[key_id] = now, kept
        return kept

    async def check(self) -> None:
        """Asks the database for nothing. Raises `DatabaseAway`."""
        await self.blocking.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar_one())

    async def statuses(self) -> Mapping[Status, int]:
        """How many tickets of each status there are."""
        return await self.blocking.read(store.count_by_status)

    def look(self, ticket_id: str) -> None:
        """A signal says that something may have become of this ticket."""
        self._looks.want(ticket_id)

    def look_at_all(self) -> None:
        """Signals may have been missed."""
        self._sweep.wake()

    def _tell_all(self, settled: Iterable[Ticket]) -> None:
        """Of tickets as they are in the store: settled, committed."""
        told = 0
        for ticket in settled:
            told += 1
            self._room.tell(ticket)
            self._signals.publish(ticket)
        if told:
            self.figures.told += told
            self._room.tell_of_change()
            if self._outbox is not None:
                self._outbox.wake()

    def _tell_of_change(self) -> None:
        self._room.tell_of_change()
        self._signals.publish_change()

    async def _let_go_when_stopping(self) -> None:
        await self.stopping.wait()
        self._room.let_go()

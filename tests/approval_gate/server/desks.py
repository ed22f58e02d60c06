"""Desks for tests: opened on a database, and closed at the end; tickets and keys to use them with."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, ParamSpec

from pydantic import JsonValue

from approval_gate.server.clock import SECOND, now_us
from approval_gate.server.database import Database
from approval_gate.server.desk import Desk, Figures, Outbox, Terms
from approval_gate.server.key_store import add_key, living_key
from approval_gate.server.keys import ApiKey, Scope
from approval_gate.server.signals import Signals
from approval_gate.server.ticket import Decision, NewTicket, Status, Ticket, arguments_digest

P = ParamSpec("P")

WITHIN = 15.0
"""Seconds after which a test that waits has failed."""
QUICK = Terms(sweep=0.05)
BY_EVENTS = Terms(sweep=3600.0)
"""A sweep that never comes: whatever wakes is an event."""
YES = Decision(Status.APPROVED, "U1", "go")
NO = Decision(Status.DENIED, "U2", "no")
HOUR = 3600 * SECOND
ARGUMENTS: dict[str, JsonValue] = {"service": "api", "share": "100%", "note": "<a & b> \"c\" 'd' %41 ü"}
_name = count(1)


def on_a_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """The test, run to its end on an event loop of its own."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def new_ticket(now: int | None = None, **changes: Any) -> NewTicket:
    """A question, with an hour's time from ``now``."""
    values: dict[str, Any] = {
        "title": "Deploy",
        "action": "deploy",
        "arguments": ARGUMENTS,
        "arguments_digest": arguments_digest(ARGUMENTS, "a nonce"),
        "nonce": "a nonce",
        "requester_claimed": "",
        "justification": "",
        "risk": "unrated",
        "channel": "",
        "expires_at": (now_us() if now is None else now) + HOUR,
        "callback_url": "",
        "cancel_on_disconnect": False,
        "labels": {"Agent": "builder"},
    }
    return NewTicket(**values | changes)


def new_key(database: Database, name: str = "", channels: tuple[str, ...] = ()) -> ApiKey:
    """A living key."""
    with database.write() as tx:
        made = add_key(tx, name or f"agent {next(_name)}", [Scope.REQUEST], channels, now_us())
        kept = living_key(tx, made.id)
    assert kept is not None
    return kept.key


@asynccontextmanager
async def open_desk(
    url: str,
    terms: Terms = QUICK,
    signals: Signals | None = None,
    clock: Callable[[], int] = now_us,
    outbox: Outbox | None = None,
    figures: Figures | None = None,
) -> AsyncIterator["OpenDesk"]:
    """A desk of a gate's own on this database."""
    database = Database(url)
    desk = OpenDesk(database, signals, clock, terms, outbox, figures)
    await desk.open()
    try:
        yield desk
    finally:
        await desk.close()


class OpenDesk(Desk):
    """A desk, with an agent who files tickets at it."""

    def __init__(
        self,
        database: Database,
        signals: Signals | None,
        clock: Callable[[], int],
        terms: Terms,
        outbox: Outbox | None,
        figures: Figures | None,
    ) -> None:
        super().__init__(database, signals, clock, terms, outbox, figures)
        self.database = database
        self.now = clock
        self.key = new_key(database, channels=("*",))

    async def file(self, **changes: Any) -> Ticket:
        """A new ticket of the agent's."""
        ticket, is_new = await self.create(self.key, new_ticket(self.now(), **changes), "", "")
        assert is_new
        return ticket

    async def end_of(self, ticket_id: str, reader: ApiKey | None = None) -> Ticket:
        """The ticket once it is settled; fails where that takes too long."""
        with self.subscribe(ticket_id, reader) as waiter:
            ticket = await waiter.settled(WITHIN)
        assert ticket is not None, "it is still pending"
        return ticket

    async def waits(self, ticket_id: str, reader: ApiKey | None = None) -> asyncio.Task[Ticket]:
        """Somebody who waits for the ticket, subscribed and past the first reading."""
        before = self.waiters
        task = asyncio.create_task(self.end_of(ticket_id, reader))
        while self.waiters == before:
            await asyncio.sleep(0)
        await self.find(ticket_id)
        return task


async def eventually(look: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    """Looks until it is so; fails where that takes too long."""
    async with asyncio.timeout(WITHIN):
        while not await look():
            await asyncio.sleep(0.01)

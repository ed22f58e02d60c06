"""PostgreSQL dies during waits and during commits: nobody is lied to, and nobody who waits is lost."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from approval_gate.server.clock import now_us
from approval_gate.server.database import Database
from approval_gate.server.desk import DatabaseAway, Terms
from approval_gate.server.store import TicketStore
from approval_gate.server.ticket import Decision, Status
from tests.approval_gate.server.cut_wire import Cut, CutWire, cut_wire
from tests.approval_gate.server.desks import (
    BY_EVENTS,
    NO,
    WITHIN,
    YES,
    OpenDesk,
    eventually,
    new_ticket,
    on_a_loop,
    open_desk,
)
from tests.approval_gate.server.own_postgres import OwnPostgres
from tests.clock import Clock

IMPATIENT = Terms(sweep=0.05, patience=1.0)
PATIENT = Terms(sweep=0.05, patience=WITHIN)
SAID = Decision(Status.APPROVED, "U1", "this very decision")
TITLE = "This very ticket"


@pytest.fixture
def wire(postgres_url: str) -> Iterator[CutWire]:
    """A wire to an empty database of the session's PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder, cut_wire(postgres_url, Path(folder)) as whole:
        yield whole


async def swept_after(desk: OpenDesk, sweeps: int) -> None:
    async with asyncio.timeout(WITHIN):
        while desk.figures.sweeps < sweeps + 2:
            await asyncio.sleep(0.01)


# PostgreSQL is killed, and comes back


@on_a_loop
async def test_whoever_waits_waits_on_through_a_crash_and_is_told_afterwards(
    own_postgres: OwnPostgres,
) -> None:
    async with open_desk(own_postgres.new_database(), IMPATIENT) as desk:
        tickets = [await desk.file() for _ in range(3)]
        waiting = [await desk.waits(ticket.id) for ticket in tickets]
        own_postgres.crash()
        with pytest.raises(DatabaseAway):
            await desk.decide(tickets[0].id, YES)
        with pytest.raises(DatabaseAway):
            await desk.find(tickets[0].id)
        assert not any(one.done() for one in waiting)
        await asyncio.to_thread(own_postgres.start)

        first, _ = await desk.decide(tickets[0].id, NO)
        second, _ = await desk.decide(tickets[1].id, YES)

        assert [await one for one in waiting[:2]] == [first, second]
        assert (first.status, second.status) == (Status.DENIED, Status.APPROVED)
        assert not waiting[2].done()
        waiting[2].cancel()


@on_a_loop
async def test_a_crash_shorter_than_our_patience_is_not_noticed_by_whoever_decides(
    own_postgres: OwnPostgres,
) -> None:
    async with open_desk(own_postgres.new_database(), PATIENT) as desk:
        ticket = await desk.file()
        waiting = await desk.waits(ticket.id)
        own_postgres.crash()
        deciding = asyncio.create_task(desk.decide(ticket.id, YES))
        filing = asyncio.create_task(desk.file())
        await asyncio.sleep(0.05)
        assert not deciding.done()
        await asyncio.to_thread(own_postgres.start)

        decided, holds = await deciding

        assert (decided.status, holds) == (Status.APPROVED, True)
        assert await waiting == decided
        assert (await filing).status is Status.PENDING


@on_a_loop
async def test_whoever_subscribes_during_a_crash_is_told_afterwards(own_postgres: OwnPostgres) -> None:
    async with open_desk(own_postgres.new_database(), IMPATIENT) as desk:
        ticket = await desk.file()
        decided, _ = await desk.decide(ticket.id, NO)
        own_postgres.crash()
        with desk.subscribe(ticket.id) as waiter:
            assert await waiter.settled(0.1) is None
            waiting = asyncio.create_task(waiter.settled(WITHIN))
            await asyncio.to_thread(own_postgres.start)

            assert await waiting == decided


@on_a_loop
async def test_a_held_list_is_held_through_a_crash_and_told_of_what_changed(
    own_postgres: OwnPostgres,
) -> None:
    async with open_desk(own_postgres.new_database(), IMPATIENT) as desk:
        known = await desk.pending()
        own_postgres.crash()
        assert await desk.wait_for_change(known.version, 0.5) is None
        held = asyncio.create_task(desk.wait_for_change(known.version, WITHIN))
        await asyncio.to_thread(own_postgres.start)

        ticket = await desk.file()

        changed = await held
        assert changed is not None
        assert [one.id for one in changed.tickets] == [ticket.id]


@on_a_loop
async def test_an_outage_counts_for_nobodys_absence(own_postgres: OwnPostgres) -> None:
    clock = Clock()
    async with open_desk(own_postgres.new_database(), IMPATIENT, clock=clock.now) as desk:
        ticket = await desk.file(cancel_on_disconnect=True)
        own_postgres.crash()
        failed = desk.figures.failed_sweeps
        async with asyncio.timeout(WITHIN):
            while desk.figures.failed_sweeps == failed:
                await asyncio.sleep(0.01)
        clock.advance(12)
        await asyncio.to_thread(own_postgres.start)
        await swept_after(desk, desk.figures.sweeps)
        clock.advance(12)
        await swept_after(desk, desk.figures.sweeps)
        clock.advance(12)
        await swept_after(desk, desk.figures.sweeps)

        found = await desk.find(ticket.id)
        assert found is not None
        assert found.status is Status.PENDING


# The wire is cut during the commit


@pytest.mark.parametrize("when", ["before", "after"])
@on_a_loop
async def test_a_decision_whose_commit_nobody_learned_of_is_answered_by_what_the_row_says(
    wire: CutWire, when: Cut
) -> None:
    async with open_desk(wire.url, PATIENT) as desk:
        ticket = await desk.file()
        waiting = await desk.waits(ticket.id)
        wire.cut_commit_of(SAID.comment, when)
        deciding = asyncio.create_task(desk.decide(ticket.id, SAID))
        await asyncio.to_thread(wire.was_cut.wait, WITHIN)
        wire.mend()

        decided, holds = await deciding

        assert (decided.status, decided.decided_by, holds, decided.version) == (
            Status.APPROVED,
            "U1",
            True,
            2,
        )
        assert await waiting == decided


@pytest.mark.parametrize(("when", "ends"), [("before", Status.DENIED), ("after", Status.APPROVED)])
@on_a_loop
async def test_a_decision_that_was_overtaken_in_between_is_not_said_to_hold(
    wire: CutWire, postgres_url: str, when: Cut, ends: Status
) -> None:
    """Given a cut in the commit of an approval, when somebody denies elsewhere, then the row alone is told."""
    async with open_desk(wire.url, PATIENT) as desk:
        ticket = await desk.file()
        waiting = await desk.waits(ticket.id)
        wire.cut_commit_of(SAID.comment, when)
        deciding = asyncio.create_task(desk.decide(ticket.id, SAID))
        await asyncio.to_thread(wire.was_cut.wait, WITHIN)
        await asyncio.to_thread(deny_elsewhere, postgres_url, ticket.id)
        wire.mend()

        decided, holds = await deciding

        assert (decided.status, holds) == (ends, ends is Status.APPROVED)
        assert await waiting == decided


def deny_elsewhere(url: str, ticket_id: str) -> None:
    other = Database(url)
    with other.write() as tx:
        TicketStore().decide(tx, ticket_id, NO, now_us())
    other.close()


@pytest.mark.parametrize(("when", "ends"), [("before", Status.PENDING), ("after", Status.APPROVED)])
@on_a_loop
async def test_after_an_outage_longer_than_our_patience_waiters_are_told_what_the_row_says(
    wire: CutWire, when: Cut, ends: Status
) -> None:
    async with open_desk(wire.url, IMPATIENT) as desk:
        ticket = await desk.file()
        waiting = await desk.waits(ticket.id)
        wire.cut_commit_of(SAID.comment, when)
        with pytest.raises(DatabaseAway):
            await desk.decide(ticket.id, SAID)
        wire.mend()
        if ends is Status.PENDING:
            await swept_after(desk, desk.figures.sweeps)
            assert not waiting.done()
        else:
            assert (await waiting).status is ends
        found = await desk.find(ticket.id)
        assert found is not None
        assert found.status is ends
        decided, _ = await desk.decide(ticket.id, SAID)
        assert await waiting == decided


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("idempotency_key", ["", "k"])
@on_a_loop
async def test_a_filing_whose_commit_nobody_learned_of_makes_one_ticket(
    wire: CutWire, when: Cut, idempotency_key: str
) -> None:
    async with open_desk(wire.url, PATIENT) as desk:
        await desk.file()
        wire.cut_commit_of(TITLE, when)
        filing = asyncio.create_task(desk.create(desk.key, new_ticket(title=TITLE), idempotency_key, "body"))
        await asyncio.to_thread(wire.was_cut.wait, WITHIN)
        wire.mend()

        ticket, is_new = await filing

        assert is_new
        assert len((await desk.pending()).tickets) == 2
        assert await desk.find(ticket.id) == ticket


# SQLite is locked


@on_a_loop
async def test_a_sqlite_that_somebody_locks_is_waited_for_and_then_said_to_be_away(sqlite_url: str) -> None:
    terms = Terms(sweep=3600.0, patience=0.2)
    async with open_desk(sqlite_url, BY_EVENTS) as desk:
        ticket = await desk.file()
    async with open_desk(sqlite_url, terms) as desk:
        with closing(sqlite3.connect(str(make_url(sqlite_url).database), isolation_level=None)) as stranger:
            stranger.execute("BEGIN IMMEDIATE").close()
            with pytest.raises(DatabaseAway):
                await desk.decide(ticket.id, YES)
            stranger.execute("ROLLBACK").close()

        async def is_there() -> bool:
            try:
                return (await desk.decide(ticket.id, YES))[1]
            except DatabaseAway:
                return False

        await eventually(is_there)

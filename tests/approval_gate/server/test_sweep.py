"""What time settles, and what the sweep finds, on a clock that passes where the test lets it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from approval_gate.server.clock import SECOND
from approval_gate.server.desk import Terms
from approval_gate.server.store import ABANDONED, DELETED_AT_ONCE
from approval_gate.server.ticket import Status
from tests.approval_gate.server.desks import (
    HOUR,
    NO,
    YES,
    OpenDesk,
    new_key,
    new_ticket,
    on_a_loop,
    open_desk,
)
from tests.clock import Clock

BUSY = Terms(sweep=0.01, most_pending=1000)
STEP = 5
"""Seconds between two sweeps; with a grace of 30, what one gate may miss without beginning the clocks anew."""
DAYS = 24 * 3600


@asynccontextmanager
async def sweeping(url: str, clock: Clock) -> AsyncIterator[OpenDesk]:
    async with open_desk(url, BUSY, clock=clock.now) as desk:
        await swept(desk)
        yield desk


async def swept(desk: OpenDesk) -> None:
    """A whole sweep, from its beginning."""
    after = desk.figures.sweeps + 2
    async with asyncio.timeout(15):
        while desk.figures.sweeps < after:
            await asyncio.sleep(0.002)


async def let_pass(desk: OpenDesk, clock: Clock, seconds: int) -> None:
    """So many seconds, and the gate sweeps all the while."""
    for _ in range(0, seconds, STEP):
        clock.advance(STEP)
        await swept(desk)


async def status_of(desk: OpenDesk, ticket_id: str) -> Status:
    ticket = await desk.find(ticket_id)
    assert ticket is not None
    return ticket.status


@on_a_loop
async def test_a_ticket_whose_time_is_over_expires_and_its_waiters_are_told(database_url: str) -> None:
    clock = Clock()
    async with sweeping(database_url, clock) as desk:
        ticket = await desk.file()
        known = await desk.pending()
        waiting = await desk.waits(ticket.id)
        clock.advance(HOUR / SECOND)

        expired = await waiting

        assert (expired.status, expired.decided_by) == (Status.EXPIRED, "")
        assert expired.decided_at is not None
        assert expired.decided_at >= ticket.expires_at
        assert await desk.decide(ticket.id, YES) == (expired, False)
        changed = await desk.wait_for_change(known.version, 15)
        assert changed is not None
        assert changed.tickets == ()


@on_a_loop
async def test_a_ticket_whose_requester_is_gone_is_cancelled(database_url: str) -> None:
    clock = Clock()
    async with sweeping(database_url, clock) as desk:
        ticket = await desk.file(cancel_on_disconnect=True)
        patient = await desk.file()

        await let_pass(desk, clock, 25)
        assert await status_of(desk, ticket.id) is Status.PENDING
        await let_pass(desk, clock, 10)

        cancelled, holds = await desk.decide(ticket.id, YES)
        assert (cancelled.status, cancelled.comment, holds) == (Status.CANCELLED, ABANDONED, False)
        assert await status_of(desk, patient.id) is Status.PENDING


@on_a_loop
async def test_a_ticket_lives_while_its_requester_waits_and_thirty_seconds_longer(sqlite_url: str) -> None:
    clock = Clock()
    async with sweeping(sqlite_url, clock) as desk:
        ticket = await desk.file(cancel_on_disconnect=True)
        with desk.subscribe(ticket.id, desk.key) as waiter:
            assert await waiter.settled(0.01) is None
            await let_pass(desk, clock, 100)
            assert await status_of(desk, ticket.id) is Status.PENDING
        await swept(desk)

        await let_pass(desk, clock, 25)
        assert await status_of(desk, ticket.id) is Status.PENDING
        await let_pass(desk, clock, 10)
        assert await status_of(desk, ticket.id) is Status.CANCELLED


@on_a_loop
async def test_a_ticket_lives_while_its_requester_asks_for_it_or_files_it_again(sqlite_url: str) -> None:
    clock = Clock()
    async with sweeping(sqlite_url, clock) as desk:
        new = new_ticket(clock.now(), cancel_on_disconnect=True)
        ticket, _ = await desk.create(desk.key, new, "k", "body")
        for _ in range(3):
            await let_pass(desk, clock, 20)
            assert (await desk.find(ticket.id, desk.key)) == ticket
            await let_pass(desk, clock, 20)
            assert await desk.create(desk.key, new, "k", "body") == (ticket, False)


@on_a_loop
async def test_others_who_wait_for_a_ticket_do_not_keep_it_alive(sqlite_url: str) -> None:
    """Given a bot that waits for the verdict too, when the requester is gone, then the ticket is cancelled."""
    clock = Clock()
    async with sweeping(sqlite_url, clock) as desk:
        ticket = await desk.file(cancel_on_disconnect=True)
        bot = new_key(desk.database)
        watching = [await desk.waits(ticket.id, bot), await desk.waits(ticket.id)]

        await let_pass(desk, clock, 25)
        await desk.find(ticket.id, bot)
        await let_pass(desk, clock, 10)

        assert [(await one).status for one in watching] == [Status.CANCELLED] * 2


@on_a_loop
async def test_a_requester_who_waits_at_another_gate_keeps_the_ticket_alive(postgres_url: str) -> None:
    clock = Clock()
    async with sweeping(postgres_url, clock) as here, sweeping(postgres_url, clock) as there:
        ticket = await here.file(cancel_on_disconnect=True)
        waiting = await there.waits(ticket.id, here.key)
        for _ in range(0, 100, STEP):
            clock.advance(STEP)
            await asyncio.gather(swept(there), swept(here))
        assert await status_of(here, ticket.id) is Status.PENDING

        waiting.cancel()
        await asyncio.wait([waiting])
        await swept(there)
        for _ in range(0, 35, STEP):
            clock.advance(STEP)
            await asyncio.gather(swept(there), swept(here))
        assert await status_of(here, ticket.id) is Status.CANCELLED


@on_a_loop
async def test_a_restart_begins_the_clock_anew(database_url: str) -> None:
    clock = Clock()
    async with sweeping(database_url, clock) as desk:
        ticket = await desk.file(cancel_on_disconnect=True)
    clock.advance(1000)

    async with sweeping(database_url, clock) as again:
        await let_pass(again, clock, 25)
        assert await status_of(again, ticket.id) is Status.PENDING
        await let_pass(again, clock, 10)
        assert await status_of(again, ticket.id) is Status.CANCELLED


@on_a_loop
async def test_a_gate_that_could_not_sweep_for_a_while_begins_the_clocks_anew(sqlite_url: str) -> None:
    clock = Clock()
    async with sweeping(sqlite_url, clock) as desk:
        ticket = await desk.file(cancel_on_disconnect=True)
        clock.advance(1000)
        await let_pass(desk, clock, 25)

        assert await status_of(desk, ticket.id) is Status.PENDING


@on_a_loop
async def test_a_clock_that_is_set_back_costs_nobody_their_ticket(sqlite_url: str) -> None:
    clock = Clock()
    async with sweeping(sqlite_url, clock) as desk:
        clock.advance(-3000)
        ticket = await desk.file(cancel_on_disconnect=True)
        with desk.subscribe(ticket.id, desk.key) as waiter:
            assert await waiter.settled(0.01) is None
            await let_pass(desk, clock, 60)
            assert await status_of(desk, ticket.id) is Status.PENDING


@on_a_loop
async def test_settled_tickets_are_deleted_after_ninety_days_and_pending_ones_never(
    database_url: str,
) -> None:
    clock = Clock()
    async with sweeping(database_url, clock) as desk:
        late = clock.now() + 1000 * DAYS * SECOND
        decided = [await desk.file(expires_at=late) for _ in range(3)]
        waiting = await desk.file(expires_at=late)
        for ticket in decided:
            await desk.decide(ticket.id, NO)

        clock.advance(89 * DAYS)
        await swept(desk)
        assert await status_of(desk, decided[0].id) is Status.DENIED
        clock.advance(2 * DAYS)
        await swept(desk)

        assert [await desk.find(ticket.id) for ticket in decided] == [None] * 3
        assert await status_of(desk, waiting.id) is Status.PENDING
        assert desk.figures.deleted == 3


@on_a_loop
async def test_what_does_not_fit_into_one_batch_is_deleted_in_the_next(sqlite_url: str) -> None:
    clock = Clock()
    async with sweeping(sqlite_url, clock) as desk:
        for _ in range(DELETED_AT_ONCE + 5):
            await desk.file(expires_at=clock.now() + SECOND)
        clock.advance(2)
        await swept(desk)
        clock.advance(91 * DAYS)
        await swept(desk)
        await swept(desk)

        assert set((await desk.statuses()).values()) == {0}
        assert desk.figures.deleted == DELETED_AT_ONCE + 5

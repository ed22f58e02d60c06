"""Several gates on one PostgreSQL that know of each other by the sweep alone, or not even by that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from approval_gate.server.desk import Terms
from approval_gate.server.ticket import Status
from tests.approval_gate.server.desks import (
    BY_EVENTS,
    NO,
    QUICK,
    WITHIN,
    YES,
    OpenDesk,
    new_ticket,
    on_a_loop,
    open_desk,
)


@asynccontextmanager
async def two_gates(url: str, terms: Terms = QUICK) -> AsyncIterator[tuple[OpenDesk, OpenDesk]]:
    async with open_desk(url, terms) as here, open_desk(url, terms) as there:
        yield here, there


@on_a_loop
async def test_a_waiter_at_one_gate_learns_of_a_decision_at_the_other(postgres_url: str) -> None:
    async with two_gates(postgres_url) as (here, there):
        ticket = await here.file()
        waiting = await here.waits(ticket.id)

        decided, _ = await there.decide(ticket.id, YES)

        assert await waiting == decided


@on_a_loop
async def test_a_list_at_one_gate_learns_of_a_ticket_at_the_other(postgres_url: str) -> None:
    async with two_gates(postgres_url) as (here, there):
        known = await here.pending()
        held = asyncio.create_task(here.wait_for_change(known.version, WITHIN))
        await asyncio.sleep(0.01)

        ticket = await there.file()

        changed = await held
        assert changed is not None
        assert [one.id for one in changed.tickets] == [ticket.id]


@on_a_loop
async def test_a_denial_whose_signal_was_lost_is_what_an_approval_finds_and_what_all_are_told(
    postgres_url: str,
) -> None:
    """Given a denial that nobody at this gate heard of, when somebody approves here, then all are told denied."""
    async with two_gates(postgres_url, BY_EVENTS) as (here, there):
        ticket = await here.file()
        waiting = [await here.waits(ticket.id) for _ in range(3)]
        denied, _ = await there.decide(ticket.id, NO)

        answer, holds = await here.decide(ticket.id, YES)

        assert (answer, holds) == (denied, False)
        assert [await one for one in waiting] == [denied] * 3
        assert denied.status is Status.DENIED
        assert await here.end_of(ticket.id) == await there.end_of(ticket.id) == denied


@on_a_loop
async def test_gates_that_decide_at_once_agree_and_tell_all_the_same(postgres_url: str) -> None:
    async with two_gates(postgres_url) as (here, there):
        for _ in range(5):
            ticket = await here.file()
            waiting = [await gate.waits(ticket.id) for gate in (here, there)]

            (one, at_one), (other, at_other) = await asyncio.gather(
                here.decide(ticket.id, YES), there.decide(ticket.id, NO)
            )

            assert one == other
            assert {at_one, at_other} == {True, False}
            assert [await told for told in waiting] == [one, one]


@on_a_loop
async def test_filings_with_one_idempotency_key_at_two_gates_make_one_ticket(postgres_url: str) -> None:
    async with two_gates(postgres_url) as (here, there):
        key = here.key
        answers = await asyncio.gather(
            *(gate.create(key, new_ticket(), "k", "body") for gate in (here, there) * 5)
        )

        assert len({ticket.id for ticket, _ in answers}) == 1
        assert [is_new for _, is_new in answers].count(True) == 1

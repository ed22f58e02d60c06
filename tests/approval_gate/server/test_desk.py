"""The desk of one gate: what is asked, decided and waited for, with a sweep that never comes."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from approval_gate.server.channel_wish import Channel
from approval_gate.server.database import Database
from approval_gate.server.desk import KeyReused, Terms, TooManyPending, UnknownTicket
from approval_gate.server.key_store import add_key, revoke_key
from approval_gate.server.keys import Scope
from approval_gate.server.ticket import Status, Ticket
from tests.approval_gate.server.desks import (
    BY_EVENTS,
    HOUR,
    NO,
    WITHIN,
    YES,
    eventually,
    new_key,
    new_ticket,
    on_a_loop,
    open_desk,
)
from tests.clock import Clock


@on_a_loop
async def test_whoever_waits_is_told_by_the_decision_itself(database_url: str) -> None:
    async with open_desk(database_url, BY_EVENTS) as desk:
        ticket = await desk.file()
        waiting = [await desk.waits(ticket.id) for _ in range(3)]

        decided, holds = await desk.decide(ticket.id, YES)

        assert holds
        assert [await one for one in waiting] == [decided] * 3
        assert (decided.status, decided.decided_by, decided.comment) == (Status.APPROVED, "U1", "go")
        assert await desk.find(ticket.id) == decided


@on_a_loop
async def test_a_decision_that_came_before_the_wait_is_seen(database_url: str) -> None:
    async with open_desk(database_url, BY_EVENTS) as desk:
        ticket = await desk.file()
        decided, _ = await desk.decide(ticket.id, NO)

        assert await desk.end_of(ticket.id) == decided


@on_a_loop
async def test_a_decision_between_subscribing_and_reading_is_seen(database_url: str) -> None:
    """Given a waiter that is in the room and has not read, when another gate decides, then reading tells it."""
    async with open_desk(database_url, BY_EVENTS) as desk:
        ticket = await desk.file()
        with desk.subscribe(ticket.id) as waiter:
            elsewhere(desk.database, ticket.id)

            told = await waiter.settled(WITHIN)

        assert told is not None
        assert told.status is Status.DENIED


def elsewhere(database: Database, ticket_id: str) -> None:
    """Another gate denies, and its signal is lost."""
    with database.write() as tx:
        tx.exec_driver_sql(
            f"UPDATE tickets SET status = 'denied', decided_by = 'U9', version = 2 WHERE id = '{ticket_id}'"  # noqa: S608  ours
        )


@on_a_loop
async def test_a_wait_that_passes_gives_nothing_and_may_be_begun_again(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, BY_EVENTS) as desk:
        ticket = await desk.file()
        with desk.subscribe(ticket.id) as waiter:
            assert await waiter.settled(0.02) is None
            assert await waiter.settled(0.02) is None
            decided, _ = await desk.decide(ticket.id, YES)
            assert await waiter.settled(0.02) == decided
            assert await waiter.settled(0.02) == decided
        assert desk.waiters == 0


@on_a_loop
async def test_a_verdict_said_again_holds_and_the_opposite_does_not(database_url: str) -> None:
    async with open_desk(database_url, BY_EVENTS) as desk:
        ticket = await desk.file()
        decided, _ = await desk.decide(ticket.id, NO)

        assert await desk.decide(ticket.id, replace(NO, by="U3")) == (decided, True)
        assert await desk.decide(ticket.id, YES) == (decided, False)
        assert await desk.cancel(ticket.id, "agent") == (decided, False)


@on_a_loop
async def test_of_many_decisions_at_one_desk_one_holds_and_all_are_told_that_one(database_url: str) -> None:
    async with open_desk(database_url, BY_EVENTS) as desk:
        ticket = await desk.file()
        waiting = [await desk.waits(ticket.id) for _ in range(5)]

        answers = await asyncio.gather(*(desk.decide(ticket.id, said) for said in [YES, NO] * 10))

        told = [await one for one in waiting]
        assert set(map(repr, told)) == {repr(answer) for answer, _ in answers}
        assert {(holds, said) for (_, holds), said in zip(answers, ["y", "n"] * 10, strict=True)} in (
            {(True, "y"), (False, "n")},
            {(True, "n"), (False, "y")},
        )


@on_a_loop
async def test_a_cancelled_ticket_tells_its_waiters_and_cannot_be_approved(database_url: str) -> None:
    async with open_desk(database_url, BY_EVENTS) as desk:
        ticket = await desk.file()
        waiting = await desk.waits(ticket.id)

        cancelled, holds = await desk.cancel(ticket.id, "agent")

        assert (holds, cancelled.status, cancelled.decided_by) == (True, Status.CANCELLED, "agent")
        assert await waiting == cancelled
        assert await desk.cancel(ticket.id, "agent") == (cancelled, True)
        assert await desk.decide(ticket.id, YES) == (cancelled, False)


@on_a_loop
async def test_what_there_is_not_can_be_neither_found_nor_decided(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, BY_EVENTS) as desk:
        assert await desk.find("none") is None
        for asked in (desk.decide("none", YES), desk.cancel("none", "agent"), desk.note_card("none", "")):
            with pytest.raises(UnknownTicket):
                await asked
        with desk.subscribe("none") as waiter:
            assert await waiter.settled(0.02) is None


@on_a_loop
async def test_a_reading_after_its_time_finds_a_ticket_expired(sqlite_url: str) -> None:
    clock = Clock()
    async with open_desk(sqlite_url, BY_EVENTS, clock=clock.now) as desk:
        ticket = await desk.file()
        waiting = await desk.waits(ticket.id)
        clock.advance(HOUR / 1_000_000)

        found = await desk.find(ticket.id)

        assert found is not None
        assert found.status is Status.EXPIRED
        assert await waiting == found


@on_a_loop
async def test_idempotency_keys_and_limits_hold_at_the_desk(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, Terms(most_pending=1)) as desk:
        first = await desk.create(desk.key, new_ticket(), "k", "body")

        assert await desk.create(desk.key, new_ticket(), "k", "body") == (first[0], False)
        with pytest.raises(KeyReused):
            await desk.create(desk.key, new_ticket(), "k", "another")
        with pytest.raises(TooManyPending):
            await desk.create(desk.key, new_ticket(), "", "")
        assert (await desk.statuses())[Status.PENDING] == 1


@on_a_loop
async def test_whoever_asked_may_go_and_what_was_decided_is_told_all_the_same(sqlite_url: str) -> None:
    """Given a person who hangs up during the commit, then those who wait are told of it."""
    async with open_desk(sqlite_url, BY_EVENTS) as desk:
        ticket = await desk.file()
        waiting = await desk.waits(ticket.id)
        deciding = asyncio.create_task(desk.decide(ticket.id, YES))
        await asyncio.sleep(0)
        deciding.cancel()

        assert (await waiting).status is Status.APPROVED
        with pytest.raises(asyncio.CancelledError):
            await deciding


# The list of pending tickets


@on_a_loop
async def test_a_list_that_changed_is_answered_at_once(database_url: str) -> None:
    async with open_desk(database_url, BY_EVENTS) as desk:
        empty = await desk.pending()
        ticket = await desk.file()

        changed = await desk.wait_for_change(empty.version, WITHIN)

        assert changed is not None
        assert changed.tickets == (ticket,)
        assert changed == await desk.pending()


@on_a_loop
async def test_a_list_is_held_until_something_changes(database_url: str) -> None:
    async with open_desk(database_url, BY_EVENTS) as desk:
        known = await desk.pending()
        assert await desk.wait_for_change(known.version, 0.02) is None
        seen = []
        for change in ("file", "tell", "decide"):
            held = asyncio.create_task(desk.wait_for_change(known.version, WITHIN))
            await asyncio.sleep(0.01)
            if change == "file":
                ticket = await desk.file(channel="#ops")
            elif change == "tell":
                await desk.note_channels((Channel("C01", "ops"),))
            else:
                await desk.decide(ticket.id, YES)
            found = await held
            assert found is not None
            known = found
            seen.append([(one.id, one.version) for one in known.tickets])

        assert seen == [[(ticket.id, 1)], [(ticket.id, 2)], []]


@on_a_loop
async def test_where_a_card_is_wakes_nobody_and_is_told_with_the_ticket(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, BY_EVENTS) as desk:
        ticket = await desk.file()
        known = await desk.pending()

        await desk.note_card(ticket.id, "https://example.slack.com/p1")

        assert await desk.wait_for_change(known.version, 0.02) is None
        found = await desk.find(ticket.id)
        assert found is not None
        assert found.card_url == "https://example.slack.com/p1"


# The end


@on_a_loop
async def test_at_the_stop_everybody_is_let_go_at_once_and_nobody_waits_any_more(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, BY_EVENTS) as desk:
        ticket = await desk.file()
        known = await desk.pending()
        with desk.subscribe(ticket.id) as waiter:
            held = asyncio.create_task(waiter.settled(WITHIN))
            listing = asyncio.create_task(desk.wait_for_change(known.version, WITHIN))
            await asyncio.sleep(0.01)

            desk.stopping.set()

            async with asyncio.timeout(WITHIN / 3):
                assert (await held, await listing) == (None, None)
                with desk.subscribe(ticket.id) as late:
                    assert await late.settled(WITHIN) is None
                assert await desk.wait_for_change("another", WITHIN) is None
        found = await desk.find(ticket.id)
        assert found is not None
        assert found.status is Status.PENDING


@on_a_loop
async def test_a_decision_under_way_at_the_stop_is_seen_through(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, BY_EVENTS) as desk:
        ticket = await desk.file()
        deciding = asyncio.create_task(desk.decide(ticket.id, YES))
        await asyncio.sleep(0)
    assert (await deciding)[1]

    async with open_desk(sqlite_url, BY_EVENTS) as again:
        found = await again.find(ticket.id)
        assert found is not None
        assert found.status is Status.APPROVED


# Keys


@on_a_loop
async def test_a_key_is_known_by_its_secret_alone(database_url: str) -> None:
    async with open_desk(database_url, BY_EVENTS) as desk:
        with desk.database.write() as tx:
            made = add_key(tx, "bot", [Scope.DECIDE], ["*"], 1)
            other = add_key(tx, "ci", [Scope.REQUEST], [], 1)

        key = await desk.key_for(str(made))
        assert key is not None
        assert (key.id, key.name, key.scopes) == (made.id, "bot", frozenset({Scope.DECIDE}))
        for wrong in ("", "gate", f"gate_{made.id}_{other.secret}", str(made)[:-1], f"{made} "):
            assert await desk.key_for(wrong) is None


@on_a_loop
async def test_a_revoked_key_works_no_more_within_the_time_it_is_kept(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, Terms(key_kept=0.05)) as desk:
        with desk.database.write() as tx:
            made = add_key(tx, "bot", [Scope.DECIDE], [], 1)
        assert await desk.key_for(str(made)) is not None
        with desk.database.write() as tx:
            revoke_key(tx, "bot", 2)

        async def is_dead() -> bool:
            return await desk.key_for(str(made)) is None

        await eventually(is_dead)


@on_a_loop
async def test_a_key_is_not_read_again_for_every_call(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, BY_EVENTS) as desk:
        with desk.database.write() as tx:
            made = add_key(tx, "bot", [Scope.DECIDE], [], 1)
        await desk.key_for(str(made))
        with desk.database.write() as tx:
            revoke_key(tx, "bot", 2)

        assert await desk.key_for(str(made)) is not None


# What else is done about a settled ticket


class Noted:
    """An outbox that fails where it is told to."""

    def __init__(self) -> None:
        self.recorded: list[Ticket] = []
        self.woken = 0
        self.fails = False

    def record(self, tx: Connection, ticket: Ticket) -> None:
        if self.fails:
            raise RuntimeError("it cannot be recorded")
        self.recorded.append(ticket)

    def wake(self) -> None:
        self.woken += 1


@on_a_loop
async def test_the_outbox_is_told_in_the_transaction_and_woken_after_it(sqlite_url: str) -> None:
    outbox = Noted()
    async with open_desk(sqlite_url, BY_EVENTS, outbox=outbox) as desk:
        decided, _ = await desk.decide((await desk.file()).id, YES)
        assert outbox.recorded == [decided]
        assert outbox.woken == 1

        outbox.fails = True
        ticket = await desk.file()
        with pytest.raises(RuntimeError, match="cannot be recorded"):
            await desk.decide(ticket.id, YES)
        assert await desk.find(ticket.id) == ticket


@on_a_loop
async def test_it_counts_what_it_does(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, BY_EVENTS) as desk:
        await desk.create(new_key(desk.database), new_ticket(), "", "")
        await desk.decide((await desk.file()).id, YES)
        await desk.check()

        figures = desk.figures
        assert (figures.created, figures.told, figures.settled_here) == (2, 1, 1)
        assert 0 < figures.told_after < WITHIN

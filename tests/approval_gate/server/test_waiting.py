"""The waiting room alone: who is in it, who is seen, and what a reading that fails does to a waiter."""

import asyncio

import pytest

from approval_gate.server.errors import DatabaseAway
from approval_gate.server.ticket import Status, Ticket, asked_in
from approval_gate.server.waiting import WaitingRoom
from tests.approval_gate.server.desks import WITHIN, new_ticket, on_a_loop


def ticket_in(status: Status) -> Ticket:
    return Ticket(
        **asked_in(new_ticket(1)),
        id="t",
        key_id="k",
        key_name="agent",
        status=status,
        created_at=1,
        size=1,
        version=1,
    )


class Shelf:
    """Where tickets are read: it answers when it is told to, and fails as it is told to."""

    def __init__(self, *answers: Ticket | Exception | None) -> None:
        self.answers = list(answers)
        self.may = asyncio.Event()
        self.may.set()
        self.readings = 0

    async def look(self, _ticket_id: str) -> Ticket | None:
        self.readings += 1
        await self.may.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@on_a_loop
async def test_a_settled_ticket_is_told_by_the_first_reading() -> None:
    room, shelf = WaitingRoom(), Shelf(ticket_in(Status.DENIED))
    with room.enter("t", "", shelf.look) as waiter:
        assert await waiter.settled(WITHIN) == ticket_in(Status.DENIED)


@on_a_loop
async def test_a_pending_ticket_is_read_once_and_told_by_the_room() -> None:
    room, shelf = WaitingRoom(), Shelf(ticket_in(Status.PENDING))
    with room.enter("t", "", shelf.look) as waiter:
        assert await waiter.settled(0.01) is None
        assert await waiter.settled(0.01) is None
        room.tell(ticket_in(Status.APPROVED))
        assert await waiter.settled(WITHIN) == ticket_in(Status.APPROVED)
        room.tell(ticket_in(Status.DENIED))
        assert await waiter.settled(WITHIN) == ticket_in(Status.APPROVED)
    assert shelf.readings == 1


@on_a_loop
async def test_while_the_reading_takes_long_the_wait_passes_and_the_room_may_tell() -> None:
    room, shelf = WaitingRoom(), Shelf(ticket_in(Status.PENDING))
    shelf.may.clear()
    with room.enter("t", "", shelf.look) as waiter:
        assert await waiter.settled(0.01) is None
        room.tell(ticket_in(Status.DENIED))
        assert await waiter.settled(WITHIN) == ticket_in(Status.DENIED)
    assert shelf.readings == 1


@on_a_loop
async def test_a_reading_that_the_database_did_not_answer_is_made_again() -> None:
    room, shelf = WaitingRoom(), Shelf(DatabaseAway("away"), ticket_in(Status.DENIED))
    with room.enter("t", "", shelf.look) as waiter:
        assert await waiter.settled(0.01) is None
        assert await waiter.settled(WITHIN) == ticket_in(Status.DENIED)


@on_a_loop
async def test_a_reading_that_fails_for_any_other_reason_is_no_answer() -> None:
    room, shelf = WaitingRoom(), Shelf(ValueError("a row that nobody understands"))
    with room.enter("t", "", shelf.look) as waiter, pytest.raises(ValueError, match="nobody understands"):
        await waiter.settled(WITHIN)


@on_a_loop
async def test_whoever_leaves_is_no_longer_in_the_room_nor_reading() -> None:
    room, shelf = WaitingRoom(), Shelf(ticket_in(Status.PENDING))
    shelf.may.clear()
    with room.enter("t", "k", shelf.look) as waiter, room.enter("t", "k", shelf.look):
        await waiter.settled(0.01)
        assert (len(room), room.awaited, room.present()) == (2, frozenset({"t"}), {"k": ("t",)})
        assert room.take_seen() == {}
    await asyncio.sleep(0)
    shelf.may.set()
    await asyncio.sleep(0)

    assert (len(room), room.awaited, room.present()) == (0, frozenset(), {})
    assert room.take_seen() == {"k": {"t"}}
    assert room.take_seen() == {}
    assert len(shelf.answers) == 1


@on_a_loop
async def test_only_those_who_wait_for_a_ticket_are_told_of_it() -> None:
    room, shelf = WaitingRoom(), Shelf(None, None)
    with room.enter("t", "", shelf.look) as one, room.enter("u", "", shelf.look) as other:
        room.tell(ticket_in(Status.APPROVED))

        assert await one.settled(WITHIN) is not None
        assert await other.settled(0.01) is None


@on_a_loop
async def test_when_all_are_let_go_nobody_is_told_anything() -> None:
    room, shelf = WaitingRoom(), Shelf(ticket_in(Status.PENDING))
    with room.enter("t", "", shelf.look) as waiter:
        held, change = asyncio.create_task(waiter.settled(WITHIN)), room.change
        await asyncio.sleep(0)

        room.let_go()

        assert await held is None
        assert change.is_set()
        with room.enter("t", "", shelf.look) as late:
            assert await late.settled(WITHIN) is None
        assert shelf.readings == 1

"""The list of pending tickets: read once for all who ask, and never larger than clients take."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from approval_gate.server.database import Database
from approval_gate.server.desk import Terms
from approval_gate.server.latest_pending import FRAME
from approval_gate.server.listing import Listing
from approval_gate.server.ticket import PendingList, size_of
from tests.approval_gate.server.desks import NO, WITHIN, new_ticket, on_a_loop, open_desk

MANY = 200
KIB = 1024
QUERIES = ("SELECT tickets.id, tickets.version, tickets.size", "SELECT tickets.id, tickets.key_id")


@contextmanager
def statements(database: Database, goes_on: threading.Event | None = None) -> Iterator[list[str]]:
    """Every query of the list that is sent meanwhile: in short, or whole tickets; each waits for ``goes_on``."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(QUERIES):
            sent.append(statement)
            if goes_on is not None:
                assert goes_on.wait(WITHIN)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def asked(size: int) -> dict[str, Any]:
    """Arguments of about so many bytes."""
    return {"text": "x" * size}


@on_a_loop
async def test_all_who_ask_at_once_are_told_by_one_reading(database_url: str) -> None:
    async with open_desk(database_url, Terms(sweep=3600)) as desk:
        ticket = await desk.file()
        with statements(desk.database) as sent:
            lists = await asyncio.gather(*(desk.pending() for _ in range(MANY)))

        assert {id(one) for one in lists} == {id(lists[0])}
        assert lists[0].tickets == (ticket,)
        assert len(sent) == 2  # all of them in short, and this one whole


@on_a_loop
async def test_who_comes_during_a_reading_is_told_by_the_next_one(sqlite_url: str) -> None:
    """Given a database that is slow to answer, when many ask meanwhile, then it is asked once more for all."""
    async with open_desk(sqlite_url, Terms(sweep=3600)) as desk:
        goes_on = threading.Event()
        with statements(desk.database, goes_on) as sent:
            first = asyncio.create_task(desk.pending())
            while not sent:
                await asyncio.sleep(0.001)
            later = []
            for _ in range(MANY):
                later.append(asyncio.create_task(desk.pending()))
                await asyncio.sleep(0)
            goes_on.set()
            await asyncio.gather(first, *later)

        assert len(sent) == 2


@on_a_loop
async def test_all_who_wait_for_a_change_are_told_by_few_readings(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, Terms(sweep=3600)) as desk:
        known = await desk.pending()
        waiting = [asyncio.create_task(desk.wait_for_change(known.version, WITHIN)) for _ in range(MANY)]
        await asyncio.sleep(0.05)
        with statements(desk.database) as sent:
            ticket = await desk.file()
            changed = await asyncio.gather(*waiting)

        assert {id(one) for one in changed} == {id(changed[0])}
        assert changed[0] is not None
        assert changed[0].tickets == (ticket,)
        assert len(sent) <= 5


@on_a_loop
async def test_a_list_that_is_the_same_is_not_read_again(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, Terms(sweep=3600)) as desk:
        await desk.file()
        known = await desk.pending()
        with statements(desk.database) as sent:
            again = await desk.pending()

        assert again is known
        assert len(sent) == 1


@on_a_loop
async def test_whoever_asks_after_a_change_is_told_of_it_though_a_reading_is_under_way(
    sqlite_url: str,
) -> None:
    async with open_desk(sqlite_url, Terms(sweep=3600)) as desk:
        for count in range(1, 30):
            early = asyncio.create_task(desk.pending())
            await asyncio.sleep(0)
            await desk.file()
            assert len((await desk.pending()).tickets) == count
            await early


@on_a_loop
async def test_a_new_card_is_seen_in_the_list_which_keeps_its_version(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, Terms(sweep=3600)) as desk:
        ticket = await desk.file()
        before = await desk.pending()
        await desk.note_card(ticket.id, "https://example.slack.com/p1")

        after = await desk.pending()

        assert [one.card_url for one in after.tickets] == ["https://example.slack.com/p1"]
        assert after.version == before.version


@on_a_loop
async def test_the_largest_tickets_are_left_out_where_a_list_would_be_too_long(database_url: str) -> None:
    """Given one large ticket among small ones, then it hides none of them, and is named."""
    async with open_desk(database_url, Terms(most_listed=40 * KIB)) as desk:
        first = await desk.file(arguments=asked(10))
        large = await desk.file(arguments=asked(50 * KIB))
        fits = await desk.file(arguments=asked(20 * KIB))
        last = await desk.file(arguments=asked(10))
        listed = await desk.pending()
        await desk.decide(fits.id, NO)
        await desk.decide(large.id, NO)
        without = await desk.pending()

        assert listed.tickets == (first, fits, last)
        assert listed.left_out == ((large.id, 1),)
        assert (without.tickets, without.left_out) == ((first, last), ())
        assert listed.version != without.version


@on_a_loop
async def test_a_list_without_room_for_any_names_them_all(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, Terms(most_listed=0)) as desk:
        tickets = [await desk.file() for _ in range(3)]
        listed = await desk.pending()
        changed = asyncio.create_task(desk.wait_for_change(listed.version, WITHIN))
        await desk.decide(tickets[0].id, NO)

        assert (listed.tickets, [one for one, _ in listed.left_out]) == ((), [one.id for one in tickets])
        now = await changed
        assert now is not None
        assert [one for one, _ in now.left_out] == [one.id for one in tickets[1:]]


def test_the_size_of_a_ticket_is_that_of_what_is_answered() -> None:
    """Source: the shortest JSON of 1e15 that Python and pydantic write has 18 characters."""
    small = size_of(new_ticket(0, arguments={"x": [1.0] * 100}))
    large = size_of(new_ticket(0, arguments={"x": [1e15] * 100}))

    assert large - small == 1500
    assert size_of(new_ticket(0, arguments={"ü": "ü"})) - size_of(new_ticket(0, arguments={"u": "u"})) == 2
    assert size_of(new_ticket(0)) < FRAME


@on_a_loop
async def test_a_list_is_written_once_for_all_who_are_told_it() -> None:
    written: list[PendingList] = []

    def write(pending: PendingList) -> bytes:
        written.append(pending)
        return pending.version.encode()

    listing, one, other = Listing(write), PendingList("one", ()), PendingList("other", ())

    first = await asyncio.gather(*(listing.written(one) for _ in range(MANY)))
    second = await listing.written(other)

    assert ({id(body) for body in first}, first[0], second) == ({id(first[0])}, b"one", b"other")
    assert written == [one, other]

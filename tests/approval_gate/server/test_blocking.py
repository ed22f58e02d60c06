"""Calls of the database off the event loop: done once, undone, tried again, or given up."""

import asyncio
import threading
import time

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from approval_gate.server.blocking import Blocking
from approval_gate.server.database import Database
from approval_gate.server.errors import DatabaseAway
from tests.approval_gate.server.desks import WITHIN, on_a_loop


def note(tx: Connection, name: str) -> None:
    tx.execute(text("INSERT INTO bot_notes VALUES (:name, '', 1)"), {"name": name})


def names(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT name FROM bot_notes ORDER BY name")).scalars())


class Stumbling:
    """Work that the database refuses some times, after it was done, before it goes through."""

    def __init__(self, times: int) -> None:
        self.left = times

    def work(self, tx: Connection) -> str:
        note(tx, "a")
        self.left -= 1
        if self.left >= 0:
            raise OperationalError("COMMIT", None, Exception("the database is starting up"))
        return "done"


@on_a_loop
async def test_what_was_written_is_committed_and_read_by_others(database: Database) -> None:
    blocking = Blocking(database, WITHIN)
    await blocking.write(lambda tx: note(tx, "a"))

    assert await blocking.read(names) == ["a"]
    blocking.close()


@on_a_loop
async def test_an_error_of_the_works_own_undoes_it_and_is_not_tried_again(database: Database) -> None:
    blocking, tries = Blocking(database, WITHIN), []

    def work(tx: Connection) -> None:
        note(tx, "a")
        tries.append(1)
        raise KeyError("a")

    with pytest.raises(KeyError):
        await blocking.write(work)
    assert (await blocking.read(names), tries) == ([], [1])
    blocking.close()


@on_a_loop
async def test_what_the_database_refused_is_tried_again_and_done_once(database: Database) -> None:
    blocking = Blocking(database, WITHIN)

    assert await blocking.write(Stumbling(2).work) == "done"
    assert await blocking.read(names) == ["a"]
    blocking.close()


@on_a_loop
async def test_a_database_that_refuses_for_too_long_is_away(database: Database) -> None:
    blocking = Blocking(database, 1.0)

    with pytest.raises(DatabaseAway, match="does not answer: OperationalError"):
        await blocking.write(Stumbling(1000).work)
    assert await blocking.read(names) == []
    blocking.close()


@on_a_loop
async def test_a_database_that_is_silent_for_too_long_is_away_and_what_waits_behind_is_never_begun(
    sqlite_database: Database,
) -> None:
    blocking, over = Blocking(sqlite_database, 0.5), threading.Event()
    patient = Blocking(sqlite_database, WITHIN)
    begun_at = time.monotonic()
    calls = [blocking.write(lambda _: over.wait(WITHIN)), blocking.write(lambda tx: note(tx, "behind"))]

    silent = await asyncio.gather(*calls, return_exceptions=True)

    assert time.monotonic() - begun_at < WITHIN
    assert [type(one) for one in silent] == [DatabaseAway, DatabaseAway]
    assert await patient.read(names) == []
    over.set()
    await blocking.write(lambda tx: note(tx, "later"))
    assert await patient.read(names) == ["later"]
    patient.close()
    blocking.close()


@on_a_loop
async def test_reading_goes_on_while_somebody_writes(sqlite_database: Database) -> None:
    blocking, noted, over = Blocking(sqlite_database, WITHIN), threading.Event(), threading.Event()

    def work(tx: Connection) -> None:
        note(tx, "a")
        noted.set()
        over.wait(WITHIN)

    writing = asyncio.create_task(blocking.write(work))
    await asyncio.to_thread(noted.wait, WITHIN)

    assert await blocking.read(names) == []

    over.set()
    await writing
    assert await blocking.read(names) == ["a"]
    blocking.close()

"""Many at once, in threads and in processes of their own: one verdict, one ticket, one answer for all."""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest

from approval_gate.server import store
from approval_gate.server.channel_wish import Channel
from approval_gate.server.clock import now_us
from approval_gate.server.database import Database
from approval_gate.server.errors import KeyReused
from approval_gate.server.keys import ApiKey
from approval_gate.server.store import Filing, TicketStore
from approval_gate.server.ticket import Decision, Status, Ticket, new_ticket_id
from tests.approval_gate.server.desks import HOUR, NO, YES, new_key, new_ticket

T = TypeVar("T")
REPOSITORY = Path(__file__).parents[3]
THREADS = 12
DECIDE_ALL = """
import json, random, sys
from approval_gate.server.clock import now_us
from approval_gate.server.database import Database
from approval_gate.server.store import TicketStore
from approval_gate.server.ticket import Decision, Status
url, seed, ids = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
chance, tickets = random.Random(seed), TicketStore()
chance.shuffle(ids)
database = Database(url, serving=False)
print("ready", flush=True)
sys.stdin.readline()
seen = {}
for one in ids:
    decision = Decision(chance.choice((Status.APPROVED, Status.DENIED)), f"process {seed}")
    with database.write() as tx:
        ticket = tickets.decide(tx, one, decision, now_us())
    seen[one] = [ticket.status, ticket.decided_by]
print(json.dumps(seen), flush=True)
database.close()
"""


def filing(key: ApiKey, idempotency_key: str = "", body_hash: str = "hash") -> Filing:
    return Filing(new_ticket_id(), key, new_ticket(), idempotency_key, body_hash, None, 10_000, 10**8)


def filed(database: Database, count: int) -> list[str]:
    key, tickets = new_key(database), TicketStore()
    with database.write() as tx:
        return [tickets.create(tx, filing(key), now_us())[0].id for _ in range(count)]


def at_once(works: Sequence[Callable[[], T]]) -> list[T]:
    """What each returned, all of them begun together, each in a thread of its own."""
    start = Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        start.wait(20)
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


@contextmanager
def two(url: str) -> Iterator[tuple[Database, Database]]:
    """Two gates on one database; of SQLite only one can serve, so the second is a command."""
    first = Database(url)
    second = Database(url, serving=not first.sole)
    yield first, second
    second.close()
    first.close()


@pytest.mark.parametrize("seed", range(5))
def test_of_many_decisions_at_once_one_holds_and_everybody_is_told_that_one(
    database_url: str, seed: int
) -> None:
    chance, tickets = random.Random(seed), TicketStore()
    with two(database_url) as databases:
        (ticket_id,) = filed(databases[0], 1)

        def decision(number: int) -> Callable[[], Ticket | None]:
            said = Decision(chance.choice((Status.APPROVED, Status.DENIED)), f"U{number}")

            def decide() -> Ticket | None:
                with databases[number % 2].write() as tx:
                    return tickets.decide(tx, ticket_id, said, now_us())

            return decide

        answers = at_once([decision(number) for number in range(THREADS)])
        with databases[0].read() as connection:
            (row,) = store.find(connection, [ticket_id])

    assert set(map(repr, answers)) == {repr(row)}
    assert row.status.settled
    assert row.version == 2


def test_processes_that_decide_the_same_tickets_agree_on_each(database_url: str) -> None:
    database = Database(database_url)
    ids = filed(database, 40)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", DECIDE_ALL, database_url, str(seed), *ids],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    with database.read() as connection:
        rows = {one.id: [one.status.value, one.decided_by] for one in store.find(connection, ids)}
    database.close()

    assert answers == [rows, rows]
    assert {by for _, by in rows.values()} <= {"process 0", "process 1"}


def test_a_decision_a_cancellation_and_an_expiry_at_once_leave_one_end(database_url: str) -> None:
    tickets, later = TicketStore(), new_ticket().expires_at + HOUR

    def end(database: Database, how: str, ticket_id: str) -> Ticket | None:
        with database.write() as tx:
            if how == "cancel":
                return tickets.cancel(tx, ticket_id, "agent", now_us())
            if how == "expire":
                return tickets.expire(tx, ticket_id, later)
            return tickets.decide(tx, ticket_id, YES if how == "approve" else NO, now_us())

    with two(database_url) as databases:
        for ticket_id in filed(databases[0], 8):
            ways = enumerate(("approve", "cancel", "deny", "expire"))
            answers = at_once([partial(end, databases[n % 2], how, ticket_id) for n, how in ways])

            assert len(set(map(repr, answers))) == 1


def test_filings_with_one_idempotency_key_at_once_make_one_ticket(database_url: str) -> None:
    tickets = TicketStore()
    with two(database_url) as databases:
        key = new_key(databases[0])

        def file(number: int) -> tuple[Ticket, bool]:
            with databases[number % 2].write() as tx:
                return tickets.create(tx, filing(key, "k"), now_us())

        answers = at_once([partial(file, number) for number in range(THREADS)])

        assert len({ticket.id for ticket, _ in answers}) == 1
        assert [is_new for _, is_new in answers].count(True) == 1


def test_filings_of_different_bodies_at_once_make_one_ticket_and_refuse_the_others(database_url: str) -> None:
    tickets = TicketStore()
    with two(database_url) as databases:
        key = new_key(databases[0])

        def file(number: int) -> str:
            try:
                with databases[number % 2].write() as tx:
                    return tickets.create(tx, filing(key, "k", f"body {number}"), now_us())[0].id
            except KeyReused:
                return ""

        answers = at_once([partial(file, number) for number in range(THREADS)])

        assert len([answer for answer in answers if answer]) == 1


def test_two_gates_that_sweep_at_once_settle_each_ticket_once(database_url: str) -> None:
    tickets = TicketStore()
    with two(database_url) as databases:
        ids = filed(databases[0], 100)
        later = new_ticket().expires_at + 1

        def sweep(database: Database) -> list[str]:
            with database.write() as tx:
                return [one.id for one in tickets.expire_due(tx, later)]

        swept = at_once([partial(sweep, databases[n % 2]) for n in range(4)])

        assert sorted(one for some in swept for one in some) == sorted(ids)


def test_the_bot_may_tell_two_gates_of_channels_at_once(database_url: str) -> None:
    with two(database_url) as databases:

        def tell(number: int) -> None:
            with databases[number % 2].write() as tx:
                store.note_channels(tx, [Channel(f"C{number}")], now_us())

        at_once([partial(tell, number) for number in range(6)])

"""A key that is revoked: its questions end with it, whoever waits is told, and nothing more is sent for it."""

import threading
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, select

from approval_gate.server import store
from approval_gate.server.answers import Writing
from approval_gate.server.callback import Attempt
from approval_gate.server.callback_store import CallbackStore, Due
from approval_gate.server.database import Database, callbacks
from approval_gate.server.desk import Terms
from approval_gate.server.errors import KeyRevoked
from approval_gate.server.key_store import living_key
from approval_gate.server.keys import ApiKey
from approval_gate.server.revocation import Revocation, revoke
from approval_gate.server.store import REVOKED, Filing, TicketStore
from approval_gate.server.ticket import Status, Ticket, new_ticket_id
from tests.approval_gate.server.desks import NO, YES, new_key, new_ticket, on_a_loop, open_desk

NOW = 1_800_000_000_000_000
HOOK = "https://hooks.example.com/"
ENDED_WITHIN = 0.2
"""Seconds in which a revocation that waits for nobody would be over."""


class _Undone(Exception):
    """The transaction does not come to its end."""


def file(tx: Connection, key: ApiKey, tickets: TicketStore, **changes: Any) -> Ticket:
    filing = Filing(new_ticket_id(), key, new_ticket(NOW, **changes), "", "hash", None, 500, 10**6)
    return tickets.create(tx, filing, NOW)[0]


def revoked(database: Database, key: ApiKey) -> Revocation:
    with database.write() as tx:
        done = revoke(tx, key.id, NOW + 5)
    assert done is not None
    return done


def found(database: Database, ticket: Ticket) -> Ticket:
    with database.read() as connection:
        (now,) = store.find(connection, [ticket.id])
    return now


def test_the_pending_tickets_of_a_revoked_key_are_cancelled_and_no_others(database: Database) -> None:
    key, other, tickets = new_key(database), new_key(database), TicketStore()
    with database.write() as tx:
        first, second, decided = (file(tx, key, tickets) for _ in range(3))
        theirs = file(tx, other, tickets)
        tickets.decide(tx, decided.id, NO, NOW + 1)

    done = revoked(database, key)

    assert (done.key, {one.id for one in done.cancelled}) == (key, {first.id, second.id})
    ended = found(database, first)
    assert (ended.status, ended.comment, ended.decided_by) == (Status.CANCELLED, REVOKED, "")
    assert (ended.decided_at, ended.version) == (NOW + 5, 2)
    assert found(database, decided).status is Status.DENIED
    assert found(database, theirs).status is Status.PENDING
    with database.read() as connection:
        assert living_key(connection, key.id) is None


def test_what_is_undone_revokes_nothing_and_cancels_nothing(database: Database) -> None:
    key, tickets = new_key(database), TicketStore()
    with database.write() as tx:
        ticket = file(tx, key, tickets)

    with suppress(_Undone), database.write() as tx:
        revoke(tx, key.id, NOW)
        raise _Undone

    assert found(database, ticket).status is Status.PENDING
    with database.read() as connection:
        assert living_key(connection, key.id) is not None


def test_a_revoked_key_files_nothing_any_more(database: Database) -> None:
    """Given a gate that still takes the key to live, when it files with it, then that is refused."""
    key = new_key(database)
    revoked(database, key)

    with pytest.raises(KeyRevoked), database.write() as tx:
        file(tx, key, TicketStore())


def test_a_ticket_that_is_filed_while_its_key_is_revoked_does_not_outlive_it(postgres_url: str) -> None:
    """Given a filing that is not committed yet, when the key is revoked, then that waits, and cancels it too."""
    here, there = Database(postgres_url), Database(postgres_url)
    key = new_key(here)
    with here.write() as tx:
        ticket = file(tx, key, TicketStore())
        revoking = threading.Thread(target=revoked, args=(there, key))
        revoking.start()
        revoking.join(ENDED_WITHIN)
    revoking.join(15)

    assert found(here, ticket).status is Status.CANCELLED
    here.close()
    there.close()


# Callbacks


def outbox() -> CallbackStore:
    return CallbackStore(Writing("https://gate.example.com"))


class Calling(TicketStore):
    """Tickets of which callbacks tell."""

    def __init__(self) -> None:
        self.callbacks = outbox()
        super().__init__(self)

    def record(self, tx: Connection, ticket: Ticket) -> None:
        """As an `Outbox`."""
        self.callbacks.record(tx, ticket)

    def wake(self) -> None:
        """As an `Outbox`."""


def settled(database: Database, key: ApiKey, tickets: Calling) -> Ticket:
    with database.write() as tx:
        ticket = file(tx, key, tickets, callback_url=HOOK)
        tickets.decide(tx, ticket.id, YES, NOW + 1)
    return ticket


def claimed(database: Database) -> Due | None:
    with database.write() as tx:
        return outbox().claim(tx, NOW + 10, [])


def test_nothing_more_is_sent_for_a_revoked_key(database: Database) -> None:
    key, other, tickets = new_key(database), new_key(database), Calling()
    settled(database, key, tickets)
    theirs = settled(database, other, tickets)
    with database.write() as tx:
        pending = file(tx, key, tickets, callback_url=HOOK)

    revoked(database, key)

    due = claimed(database)
    assert due is not None
    assert due.ticket_id == theirs.id
    assert claimed(database) is None
    with database.read() as connection:
        told = connection.execute(select(callbacks.c.ticket_id)).scalars().all()
    assert pending.id not in told


def test_an_attempt_under_way_is_the_last_one_and_the_log_says_so(database: Database) -> None:
    key = new_key(database)
    ticket = settled(database, key, Calling())
    due = claimed(database)
    assert due is not None

    revoked(database, key)
    with database.write() as tx:
        outbox().note(tx, due, Attempt(NOW + 11, 1, 500, "", NOW + 60))

    with database.write() as tx:
        assert outbox().claim(tx, NOW + 10**9, []) is None
        assert [one.next_at for one in outbox().log(tx, ticket.id)] == [None]


def test_an_attempt_that_would_be_made_again_is_not_and_the_log_says_so(database: Database) -> None:
    key = new_key(database)
    ticket = settled(database, key, Calling())
    due = claimed(database)
    assert due is not None
    with database.write() as tx:
        outbox().note(tx, due, Attempt(NOW + 3, 1, 500, "", NOW + 60))

    revoked(database, key)

    with database.write() as tx:
        assert outbox().claim(tx, NOW + 10**9, []) is None
        assert [one.next_at for one in outbox().log(tx, ticket.id)] == [None]


# Those who wait


@on_a_loop
async def test_those_who_wait_are_told_by_the_sweep(database_url: str) -> None:
    """Given a revocation in another process, which signals nothing, then whoever waits hears of it all the same."""
    async with open_desk(database_url) as desk:
        ticket = await desk.file()
        known = await desk.pending()
        waiting = await desk.waits(ticket.id, desk.key)

        revoked(desk.database, desk.key)

        ended = await waiting
        changed = await desk.wait_for_change(known.version, 15)
        assert (ended.status, ended.comment) == (Status.CANCELLED, REVOKED)
        assert changed is not None
        assert changed.tickets == ()


@on_a_loop
async def test_a_desk_knows_soon_that_a_key_lives_no_more(sqlite_url: str) -> None:
    async with open_desk(sqlite_url, Terms(key_kept=0.0)) as desk:
        lived = await desk.lives(desk.key)
        await desk.blocking.write(partial(revoke, id_or_name=desk.key.id, now=NOW))

        assert (lived, await desk.lives(desk.key)) == (True, False)

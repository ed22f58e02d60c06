"""Statements about tickets, on each kind of database, with the time told."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from approval_gate.server import store
from approval_gate.server.channel_wish import Channel
from approval_gate.server.database import Database, tickets
from approval_gate.server.errors import KeyReused, TooManyPending, TooMuchPending
from approval_gate.server.keys import ApiKey
from approval_gate.server.store import Filing, TicketStore
from approval_gate.server.ticket import Decision, Status, Ticket, new_ticket_id
from tests.approval_gate.server.desks import ARGUMENTS, HOUR, NO, YES, new_key, new_ticket

NOW = 1_800_000_000_000_000


class Shelf:
    """A store, with its database and an agent's key; each call is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.key = new_key(database)
        self.settled: list[Ticket] = []
        self.store = TicketStore(self)

    def record(self, tx: Connection, ticket: Ticket) -> None:
        """As an `Outbox`: whatever is settled is seen here, and settled already in that transaction."""
        assert store.find(tx, [ticket.id]) == (ticket,)
        self.settled.append(ticket)

    def wake(self) -> None:
        """As an `Outbox`."""

    def filing(self, key: ApiKey | None = None, **changes: Any) -> Filing:
        new = {name: changes.pop(name) for name in list(changes) if name not in Filing.__slots__}
        asked = Filing(new_ticket_id(), key or self.key, new_ticket(NOW, **new), "", "hash", None, 500, 10**6)
        return replace(asked, **changes)

    def file(self, filing: Filing | None = None, now: int = NOW) -> tuple[Ticket, bool]:
        with self.database.write() as tx:
            return self.store.create(tx, filing or self.filing(), now)

    def new(self, **changes: Any) -> Ticket:
        ticket, is_new = self.file(self.filing(**changes))
        assert is_new
        return ticket

    def decide(self, ticket_id: str, decision: Decision, now: int = NOW + 1) -> Ticket:
        with self.database.write() as tx:
            ticket = self.store.decide(tx, ticket_id, decision, now)
        assert ticket is not None
        return ticket

    def find(self, *ids: str) -> tuple[Ticket, ...]:
        with self.database.read() as connection:
            return store.find(connection, ids)


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


# Filing


def test_a_ticket_is_kept_as_it_was_asked(shelf: Shelf) -> None:
    filing = shelf.filing(labels={"Agent": "ä"}, justification="because\n100%", cancel_on_disconnect=True)

    ticket, is_new = shelf.file(filing)

    assert is_new
    assert (ticket,) == shelf.find(ticket.id)
    assert {name: getattr(ticket, name) for name in type(filing.new).__slots__} == {
        name: getattr(filing.new, name) for name in type(filing.new).__slots__
    }
    assert ticket.arguments == ARGUMENTS
    assert (ticket.id, ticket.key_id, ticket.key_name) == (filing.id, shelf.key.id, shelf.key.name)
    assert (ticket.status, ticket.version, ticket.created_at) == (Status.PENDING, 1, NOW)
    assert (ticket.decided_at, ticket.decided_by, ticket.comment, ticket.seconds) == (None, "", "", None)


def test_nothing_in_a_number_or_a_text_is_changed(shelf: Shelf) -> None:
    arguments = {"big": 2**63, "f": 0.1, "deep": [[{"%2541": None}]], "half": "\ud800", "nul": "\x00"}

    assert shelf.find(shelf.new(arguments=arguments).id)[0].arguments == arguments


def test_the_pending_tickets_of_a_key_may_hold_so_many_bytes_and_one_may_hold_more(shelf: Shelf) -> None:
    first = shelf.new(most_bytes=1)
    with pytest.raises(TooMuchPending):
        shelf.file(shelf.filing(most_bytes=2 * first.size - 1))

    second = shelf.new(most_bytes=2 * first.size)
    shelf.new(key=new_key(shelf.database), most_bytes=1)
    shelf.decide(first.id, NO)
    shelf.decide(second.id, NO)
    shelf.new(most_bytes=1)


def test_an_idempotency_key_gives_its_pending_ticket_once_more(shelf: Shelf) -> None:
    first = shelf.new(idempotency_key="k")

    assert shelf.file(shelf.filing(idempotency_key="k")) == (first, False)


def test_an_idempotency_key_with_another_body_is_refused(shelf: Shelf) -> None:
    shelf.new(idempotency_key="k")

    with pytest.raises(KeyReused):
        shelf.file(shelf.filing(idempotency_key="k", body_hash="another"))


def test_an_idempotency_key_begins_anew_once_its_ticket_is_settled(shelf: Shelf) -> None:
    first = shelf.new(idempotency_key="k")
    shelf.decide(first.id, NO)

    second, is_new = shelf.file(shelf.filing(idempotency_key="k", body_hash="another"))

    assert (is_new, second.id != first.id) == (True, True)
    assert shelf.find(first.id)[0].status is Status.DENIED


def test_an_idempotency_key_begins_anew_once_the_time_of_its_ticket_is_over(shelf: Shelf) -> None:
    first = shelf.new(idempotency_key="k")

    later = shelf.filing(idempotency_key="k", expires_at=NOW + 3 * HOUR)
    _, is_new = shelf.file(later, NOW + HOUR)

    assert is_new
    assert shelf.find(first.id)[0].status is Status.EXPIRED
    assert [one.id for one in shelf.settled] == [first.id]


def test_an_idempotency_key_is_each_api_keys_own(shelf: Shelf) -> None:
    shelf.new(idempotency_key="k")

    _, is_new = shelf.file(shelf.filing(new_key(shelf.database), idempotency_key="k", body_hash="another"))

    assert is_new


def test_a_filing_whose_commit_nobody_learned_of_is_found_when_it_is_tried_again(shelf: Shelf) -> None:
    for idempotency_key in ("", "k"):
        filing = shelf.filing(idempotency_key=idempotency_key, most_pending=2)
        first = shelf.file(filing)

        assert shelf.file(filing) == first == (first[0], True)


def test_a_filing_that_was_settled_before_it_is_tried_again_is_not_filed_twice(shelf: Shelf) -> None:
    filing = shelf.filing(idempotency_key="k")
    shelf.file(filing)
    shelf.decide(filing.id, NO)

    ticket, is_new = shelf.file(filing)

    assert (ticket.status, is_new) == (Status.DENIED, True)


def test_an_api_key_has_only_so_many_pending_tickets(shelf: Shelf) -> None:
    first = shelf.new(most_pending=2)
    shelf.new(most_pending=2)

    with pytest.raises(TooManyPending) as refused:
        shelf.file(shelf.filing(most_pending=2))
    assert refused.value.most == 2
    shelf.file(shelf.filing(new_key(shelf.database), most_pending=2))
    shelf.decide(first.id, YES)
    shelf.new(most_pending=2)


# Settling


def test_a_decision_is_kept_with_who_when_and_for_how_long(shelf: Shelf) -> None:
    ticket = shelf.new()

    decided = shelf.decide(ticket.id, Decision(Status.APPROVED, "U1", "go", 900), NOW + 5)

    assert decided == replace(
        ticket,
        status=Status.APPROVED,
        decided_at=NOW + 5,
        decided_by="U1",
        comment="go",
        seconds=900,
        version=2,
    )
    assert shelf.find(ticket.id) == (decided,)
    assert shelf.settled == [decided]


@pytest.mark.parametrize(("first", "second"), [(YES, NO), (NO, YES), (NO, replace(NO, by="U3"))])
def test_the_first_verdict_wins(shelf: Shelf, first: Decision, second: Decision) -> None:
    ticket = shelf.new()
    decided = shelf.decide(ticket.id, first)

    assert shelf.decide(ticket.id, second, NOW + 2) == decided
    assert decided.status is first.status
    assert shelf.settled == [decided]


def test_nobody_decides_after_the_time_is_over_whether_or_not_anybody_swept(shelf: Shelf) -> None:
    in_time, late = shelf.new(), shelf.new()

    assert shelf.decide(in_time.id, YES, NOW + HOUR - 1).status is Status.APPROVED
    assert shelf.decide(late.id, YES, NOW + HOUR).status is Status.EXPIRED
    assert [one.decided_by for one in shelf.find(late.id)] == [""]


def test_a_cancelled_ticket_is_not_decided_and_a_decided_one_not_cancelled(shelf: Shelf) -> None:
    gone, decided = shelf.new(), shelf.new()
    shelf.decide(decided.id, YES)
    with shelf.database.write() as tx:
        shelf.store.cancel(tx, gone.id, "agent", NOW + 1)
        after = shelf.store.cancel(tx, decided.id, "agent", NOW + 1)

    assert shelf.decide(gone.id, YES).status is Status.CANCELLED
    assert after is not None
    assert after.status is Status.APPROVED


def test_what_there_is_not_is_not_settled(shelf: Shelf) -> None:
    with shelf.database.write() as tx:
        assert shelf.store.decide(tx, "none", YES, NOW) is None
        assert shelf.store.cancel(tx, "none", "agent", NOW) is None
        assert shelf.store.expire(tx, "none", NOW) is None


def test_a_sweep_expires_what_is_due_and_nothing_else(shelf: Shelf) -> None:
    due = {shelf.new().id for _ in range(3)}
    later = shelf.new(expires_at=NOW + HOUR + 1)
    decided = shelf.new()
    shelf.decide(decided.id, YES)

    with shelf.database.write() as tx:
        assert shelf.store.expire_due(tx, NOW + HOUR - 1) == ()
        assert {one.id for one in shelf.store.expire_due(tx, NOW + HOUR)} == due
    assert {one.status for one in shelf.find(*due)} == {Status.EXPIRED}
    assert [one.status for one in shelf.find(later.id)] == [Status.PENDING]
    assert [one.status for one in shelf.find(decided.id)] == [Status.APPROVED]


def test_a_ticket_is_abandoned_when_its_time_without_a_waiter_is_over(shelf: Shelf) -> None:
    mine, others = shelf.new(alive_until=NOW + 10), shelf.new(alive_until=NOW + 10)
    patient = shelf.new()
    with shelf.database.write() as tx:
        store.prolong(tx, shelf.key.id, [mine.id, "none"], NOW + 20)
        assert {one.id for one in shelf.store.cancel_abandoned(tx, NOW + 10)} == {others.id}
        assert {one.id for one in shelf.store.cancel_abandoned(tx, NOW + 20)} == {mine.id}

    assert {one.status for one in shelf.find(mine.id, others.id)} == {Status.CANCELLED}
    assert {one.comment for one in shelf.find(mine.id, others.id)} == {store.ABANDONED}
    assert [one.status for one in shelf.find(patient.id)] == [Status.PENDING]


def test_only_the_key_that_filed_a_ticket_keeps_it_alive(shelf: Shelf) -> None:
    stranger, ticket = new_key(shelf.database), shelf.new(alive_until=NOW + 10)
    with shelf.database.write() as tx:
        store.prolong(tx, stranger.id, [ticket.id], NOW + 20)

        assert [one.id for one in shelf.store.cancel_abandoned(tx, NOW + 10)] == [ticket.id]


def test_the_clocks_of_all_begin_anew_and_none_is_shortened(shelf: Shelf) -> None:
    short, long = shelf.new(alive_until=NOW + 1), shelf.new(alive_until=NOW + 50)
    never = shelf.new()
    with shelf.database.write() as tx:
        store.prolong_all(tx, NOW + 30)

        assert shelf.store.cancel_abandoned(tx, NOW + 29) == ()
        assert [one.id for one in shelf.store.cancel_abandoned(tx, NOW + 49)] == [short.id]
        assert [one.id for one in shelf.store.cancel_abandoned(tx, NOW + HOUR)] == [long.id]
    assert [one.status for one in shelf.find(never.id)] == [Status.PENDING]


# Reading


def test_pending_tickets_are_listed_the_oldest_first(shelf: Shelf) -> None:
    second, _ = shelf.file(now=NOW + 1)
    first, _ = shelf.file(now=NOW)
    shelf.decide(shelf.new().id, YES)

    with shelf.database.read() as connection:
        listed = store.pending(connection)
        assert [(one.id, one.version, one.size) for one in listed] == [
            (first.id, 1, first.size),
            (second.id, 1, second.size),
        ]
        assert store.pending_versions(connection) == {first.id: 1, second.id: 1}
        assert store.count_by_status(connection) == {
            Status.PENDING: 2,
            Status.APPROVED: 1,
            Status.DENIED: 0,
            Status.EXPIRED: 0,
            Status.CANCELLED: 0,
        }


def test_any_number_of_tickets_is_found(shelf: Shelf) -> None:
    ticket = shelf.new()

    assert shelf.find(*(f"none {number}" for number in range(2 * store.CHUNK)), ticket.id) == (ticket,)
    assert shelf.find() == ()


# Retention


def test_settled_tickets_are_deleted_after_their_time_in_small_batches_and_pending_ones_never(
    shelf: Shelf,
) -> None:
    waiting, young = shelf.new(expires_at=NOW + 1000 * HOUR), shelf.new()
    shelf.decide(young.id, YES, NOW + 100)
    with shelf.database.write() as tx:
        for _ in range(store.DELETED_AT_ONCE + 5):
            old, _ = shelf.store.create(tx, shelf.filing(expires_at=NOW + 1), NOW)
        shelf.store.expire_due(tx, NOW + 1)

    with shelf.database.write() as tx:
        assert store.delete_settled(tx, NOW + 100) == store.DELETED_AT_ONCE
        assert store.delete_settled(tx, NOW + 100) == 5
        assert store.delete_settled(tx, NOW + 100) == 0
        left = tx.execute(select(func.count()).select_from(tickets)).scalar_one()
    assert left == 2
    assert len(shelf.find(waiting.id, young.id, old.id)) == 2


# What the bot tells


def test_a_wish_for_a_channel_is_judged_when_it_is_filed_and_again_when_the_bot_tells(shelf: Shelf) -> None:
    key = new_key(shelf.database, channels=("ops",))
    early = shelf.new(key=key, channel="#ops")
    decided = shelf.new(key=key, channel="#ops")
    shelf.decide(decided.id, YES)
    assert early.channel_followed is None

    with shelf.database.write() as tx:
        store.note_channels(tx, [Channel("C01", "ops"), Channel("C02", "dev")], NOW)
    late, closed = shelf.new(key=key, channel="C01"), shelf.new(key=key, channel="#dev")
    early, decided = *shelf.find(early.id), *shelf.find(decided.id)

    assert (early.channel_followed, early.channel_note, early.version) == (True, "", 2)
    assert (late.channel_followed, closed.channel_followed) == (True, False)
    assert "not open" in closed.channel_note
    assert (decided.channel_followed, decided.version) == (None, 2)


def test_what_the_bot_tells_again_changes_nothing_and_what_it_takes_back_does(shelf: Shelf) -> None:
    key = new_key(shelf.database, channels=("*",))
    ticket = shelf.new(key=key, channel="ops")
    seen = []
    for channels in ([Channel("C01", "ops")], [Channel("C01", "ops")], []):
        with shelf.database.write() as tx:
            store.note_channels(tx, channels, NOW)
        (found,) = shelf.find(ticket.id)
        seen.append((found.channel_followed, found.version))

    assert seen == [(True, 2), (True, 2), (False, 3)]


def test_where_a_card_is_changes_nothing_of_the_list(shelf: Shelf) -> None:
    ticket = shelf.new()
    with shelf.database.write() as tx:
        assert store.note_card(tx, ticket.id, "https://example.slack.com/archives/C01/p1")
        assert not store.note_card(tx, "none", "https://example.slack.com/")

    assert shelf.find(ticket.id) == (replace(ticket, card_url="https://example.slack.com/archives/C01/p1"),)

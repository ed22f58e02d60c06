"""Every statement about tickets. Whoever calls brings the transaction and the time."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from approval_gate.server.channel_wish import Channel, judge
from approval_gate.server.database import api_keys, bot_notes, tickets
from approval_gate.server.errors import KeyReused, KeyRevoked, TooManyPending, TooMuchPending
from approval_gate.server.keys import ApiKey
from approval_gate.server.ticket import Decision, NewTicket, Status, Ticket, asked_in, size_of

CHUNK: Final = 500
"""Ids in one statement, and tickets in one batch of a sweep."""
DELETED_AT_ONCE: Final = 200
ABANDONED: Final = "Nobody waited for it any more."
REVOKED: Final = "The key was revoked."
CHANNELS: Final = "channels"
"""The note in which the bot told which channels are registered."""
_JSON: Final = ("arguments", "labels")
_NOT_TOLD: Final = ("alive_until", "idempotency_key", "body_hash")
_PENDING: Final = tickets.c.status == Status.PENDING
_SETTLED: Final = tuple(status.value for status in Status if status.settled)


class Outbox(Protocol):
    """What else is done about a ticket that is settled."""

    def record(self, tx: Connection, ticket: Ticket) -> None:
        """Within the transaction that settles it, which fails with this."""

    def wake(self) -> None:
        """Something may have been recorded and committed."""


@dataclass(frozen=True, slots=True)
class Filing:
    """A ticket on its way into the store; ``alive_until`` as the column."""

    id: str
    key: ApiKey
    new: NewTicket
    idempotency_key: str
    body_hash: str
    alive_until: int | None
    most_pending: int
    most_bytes: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A pending ticket, in short: what a list of them is planned with, and what tells that it changed.

    ``size`` is the ticket's, with its card's address.
    """

    id: str
    version: int
    size: int
    card_url: str


class TicketStore:
    """First verdict wins: a ticket is settled by one statement that finds it pending, and by no other."""

    def __init__(self, outbox: Outbox | None = None) -> None:
        self._outbox = outbox

    def create(self, tx: Connection, filing: Filing, now: int) -> tuple[Ticket, bool]:
        """The ticket, and whether it is this filing that made it.

        Raises `KeyRevoked`, `KeyReused`, `TooManyPending`, `TooMuchPending`.
        """
        _check_life(tx, filing.key)
        held = and_(tickets.c.key_id == filing.key.id, tickets.c.idempotency_key == filing.idempotency_key)
        if filing.idempotency_key:
            self._settle(tx, and_(held, tickets.c.expires_at <= now), Status.EXPIRED, now)
        while True:
            # The second time round: another replica filed it at the same time, and here is what it filed.
            if known := _known(tx, filing, held):
                return known
            _check_room(tx, filing)
            if ticket := _insert(tx, filing, now):
                return ticket, True

    def decide(self, tx: Connection, ticket_id: str, decision: Decision, now: int) -> Ticket | None:
        """The ticket as it is after it, whether or not by this decision; None where there is no such ticket."""
        said = {"by": decision.by, "words": decision.comment, "holds": decision.seconds}
        return self._end(tx, ticket_id, decision.status, now, said)

    def cancel(self, tx: Connection, ticket_id: str, by: str, now: int) -> Ticket | None:
        """As `decide`."""
        return self._end(tx, ticket_id, Status.CANCELLED, now, {"by": by, "words": "", "holds": None})

    def cancel_all_of(self, tx: Connection, key_id: str, now: int) -> tuple[Ticket, ...]:
        """Those of this key, which is revoked in this very transaction."""
        own = tickets.c.key_id == key_id
        # In the order in which wishes are judged anew, so that the two never wait for each other.
        tx.execute(select(tickets.c.id).where(_PENDING, own).order_by(tickets.c.id).with_for_update())
        return self._settle(tx, own, Status.CANCELLED, now, {"comment": REVOKED})

    def expire(self, tx: Connection, ticket_id: str, now: int) -> Ticket | None:
        """As `decide`; nothing happens before its time is over."""
        own = tickets.c.id == ticket_id
        self._settle(tx, and_(own, tickets.c.expires_at <= now), Status.EXPIRED, now)
        return next(iter(find(tx, [ticket_id])), None)

    def expire_due(self, tx: Connection, now: int) -> tuple[Ticket, ...]:
        """Those whose time is over, at most `CHUNK` of them."""
        return self._settle_batch(tx, tickets.c.expires_at <= now, Status.EXPIRED, now)

    def cancel_abandoned(self, tx: Connection, now: int) -> tuple[Ticket, ...]:
        """Those for which nobody waits any more, at most `CHUNK` of them."""
        gone = tickets.c.alive_until <= now
        return self._settle_batch(tx, gone, Status.CANCELLED, now, {"comment": ABANDONED})

    def _end(
        self, tx: Connection, ticket_id: str, status: Status, now: int, said: Mapping[str, Any]
    ) -> Ticket | None:
        ended = tx.execute(_END, {"ticket": ticket_id, "as": status.value, "now": now, **said}).one_or_none()
        return self.expire(tx, ticket_id, now) if ended is None else self._recorded(tx, [ended])[0]

    def _settle_batch(
        self,
        tx: Connection,
        which: ColumnElement[bool],
        status: Status,
        now: int,
        said: Mapping[str, Any] | None = None,
    ) -> tuple[Ticket, ...]:
        # Rows that another replica is settling are left to it: two that take many each could wait for each other.
        some = select(tickets.c.id).where(_PENDING, which).limit(CHUNK).with_for_update(skip_locked=True)
        ids = tx.execute(some).scalars().all()
        return self._settle(tx, and_(tickets.c.id.in_(ids), which), status, now, said) if ids else ()

    def _settle(
        self,
        tx: Connection,
        which: ColumnElement[bool],
        status: Status,
        now: int,
        said: Mapping[str, Any] | None = None,
    ) -> tuple[Ticket, ...]:
        """Compare and set: those of them that were pending, as they are now."""
        values = {"status": status, "decided_at": now, "version": tickets.c.version + 1, **(said or {})}
        statement = update(tickets).where(_PENDING, which).values(values).returning(tickets)
        return self._recorded(tx, tx.execute(statement).all())

    def _recorded(self, tx: Connection, rows: Sequence[Row[Any]]) -> tuple[Ticket, ...]:
        settled = tuple(map(_ticket, rows))
        if self._outbox is not None:
            for ticket in settled:
                self._outbox.record(tx, ticket)
        return settled


# Made once: making a statement takes longer than it runs, and somebody waits for this one.
_END: Final = (
    update(tickets)
    .where(_PENDING, tickets.c.id == bindparam("ticket"), tickets.c.expires_at > bindparam("now"))
    .values(
        status=bindparam("as"),
        decided_at=bindparam("now"),
        version=tickets.c.version + 1,
        decided_by=bindparam("by"),
        comment=bindparam("words"),
        seconds=bindparam("holds"),
    )
    .returning(tickets)
)


def find(connection: Connection, ids: Collection[str]) -> tuple[Ticket, ...]:
    """Those of these tickets that there are, in no order."""
    found: list[Row[Any]] = []
    for chunk in chunks(ids):
        found += connection.execute(select(tickets).where(tickets.c.id.in_(chunk))).all()
    return tuple(map(_ticket, found))


def pending(connection: Connection) -> tuple[Listed, ...]:
    """All pending tickets in short, the oldest first."""
    query = select(tickets.c.id, tickets.c.version, tickets.c.size, tickets.c.card_url).where(_PENDING)
    rows = connection.execute(query.order_by(tickets.c.created_at, tickets.c.id))
    return tuple(Listed(row.id, row.version, row.size + len(row.card_url), row.card_url) for row in rows)


def pending_versions(connection: Connection) -> dict[str, int]:
    """The version of each pending ticket, by its id."""
    query = select(tickets.c.id, tickets.c.version).where(_PENDING)
    return {row.id: row.version for row in connection.execute(query)}


def count_by_status(connection: Connection) -> dict[Status, int]:
    """How many tickets there are of each status."""
    query = select(tickets.c.status, func.count()).group_by(tickets.c.status)
    counted = {Status(row[0]): int(row[1]) for row in connection.execute(query)}
    return {status: counted.get(status, 0) for status in Status}


def prolong(tx: Connection, key_id: str, ids: Sequence[str], until: int) -> None:
    """Those of these tickets, at most `CHUNK`, that this key filed are waited for until then, at least."""
    own = and_(tickets.c.id.in_(ids), tickets.c.key_id == key_id)
    tx.execute(update(tickets).where(_PENDING, own, tickets.c.alive_until < until).values(alive_until=until))


def prolong_all(tx: Connection, until: int) -> None:
    """Nobody could be seen waiting for a while: every ticket is taken to be waited for until then, at least."""
    tx.execute(update(tickets).where(_PENDING, tickets.c.alive_until < until).values(alive_until=until))


def delete_settled(tx: Connection, before: int) -> int:
    """Deletes some that were settled before that time; how many, at most `DELETED_AT_ONCE`."""
    old = and_(tickets.c.status.in_(_SETTLED), tickets.c.decided_at < before)
    some = select(tickets.c.id).where(old).limit(DELETED_AT_ONCE).with_for_update(skip_locked=True)
    return tx.execute(delete(tickets).where(tickets.c.id.in_(some))).rowcount


def note_card(tx: Connection, ticket_id: str, url: str) -> bool:
    """Whether there is such a ticket."""
    return bool(tx.execute(update(tickets).where(tickets.c.id == ticket_id).values(card_url=url)).rowcount)


def note_channels(tx: Connection, channels: Sequence[Channel], now: int) -> None:
    """Keeps which channels are registered, and judges the wishes of pending tickets anew."""
    body = json.dumps([[channel.id, channel.name] for channel in channels])
    insert = _insert_into(tx)(bot_notes).values(name=CHANNELS, body=body, noted_at=now)
    noted = {"body": insert.excluded.body, "noted_at": insert.excluded.noted_at}
    tx.execute(insert.on_conflict_do_update(index_elements=[bot_notes.c.name], set_=noted))
    wishes = (
        select(tickets.c.id, tickets.c.channel, tickets.c.channel_followed, tickets.c.channel_note)
        .add_columns(api_keys.c.channels)
        .join(api_keys, api_keys.c.id == tickets.c.key_id)
        .where(_PENDING, tickets.c.channel != "")
        .order_by(tickets.c.id)
    )
    for row in tx.execute(wishes).all():
        judged = judge(row.channel, json.loads(row.channels), channels)
        if (judged.followed, judged.note) != (row.channel_followed, row.channel_note):
            values = {"channel_followed": judged.followed, "channel_note": judged.note}
            own = and_(_PENDING, tickets.c.id == row.id)
            tx.execute(update(tickets).where(own).values(version=tickets.c.version + 1, **values))


def _known(tx: Connection, filing: Filing, held: ColumnElement[bool]) -> tuple[Ticket, bool] | None:
    """What this very filing made before, when nobody learned of its commit, or an earlier one with its key."""
    own = tickets.c.id == filing.id
    earlier = and_(_PENDING, held) if filing.idempotency_key else own
    row = tx.execute(select(tickets).where(or_(own, earlier))).first()
    if row is None:
        return None
    if row.body_hash != filing.body_hash:
        raise KeyReused(
            "this Idempotency-Key was used with another body, and its ticket is still pending: use a new key"
        )
    return _ticket(row), row.id == filing.id


def _check_life(tx: Connection, key: ApiKey) -> None:
    """Raises `KeyRevoked`. Whoever revokes the key waits for the end of this transaction, or comes before it."""
    living = select(api_keys.c.id).where(api_keys.c.id == key.id, api_keys.c.revoked_at.is_(None))
    if tx.execute(living.with_for_update(read=True)).first() is None:
        raise KeyRevoked(f"the API key {key.name} was revoked")


def _check_room(tx: Connection, filing: Filing) -> None:
    """Raises `TooManyPending`, `TooMuchPending`. One ticket always has room, however large it may be."""
    held = select(func.count(), func.coalesce(func.sum(tickets.c.size), 0))
    count, size = tx.execute(held.where(_PENDING, tickets.c.key_id == filing.key.id)).one()
    if count >= filing.most_pending:
        raise TooManyPending(filing.most_pending)
    if size and size + size_of(filing.new) > filing.most_bytes:
        raise TooMuchPending(filing.most_bytes)


def _insert(tx: Connection, filing: Filing, now: int) -> Ticket | None:
    """The ticket, filed; None where another one holds its Idempotency-Key."""
    judged = judge(filing.new.channel, filing.key.channels, _channels(tx))
    values = asked_in(filing.new) | {
        "id": filing.id,
        "key_id": filing.key.id,
        "key_name": filing.key.name,
        "size": size_of(filing.new),
        "created_at": now,
        "alive_until": filing.alive_until,
        "idempotency_key": filing.idempotency_key,
        "body_hash": filing.body_hash,
        "status": Status.PENDING,
        "version": 1,
        "decided_by": "",
        "comment": "",
        "channel_followed": judged.followed,
        "channel_note": judged.note,
        "card_url": "",
    }
    values |= {name: json.dumps(values[name], allow_nan=False) for name in _JSON}
    insert = _insert_into(tx)(tickets).values(values).on_conflict_do_nothing()
    row = tx.execute(insert.returning(tickets)).one_or_none()
    return None if row is None else _ticket(row)


def _channels(connection: Connection) -> tuple[Channel, ...] | None:
    """Which are registered; None where the bot has not told yet."""
    query = select(bot_notes.c.body).where(bot_notes.c.name == CHANNELS)
    body = connection.execute(query).scalar_one_or_none()
    return None if body is None else tuple(Channel(*pair) for pair in json.loads(body))


def _insert_into(tx: Connection) -> Any:
    """The INSERT of this database, which knows ON CONFLICT; the two have no common type."""
    return sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert


def _ticket(row: Row[Any]) -> Ticket:
    values = {name: value for name, value in row._mapping.items() if name not in _NOT_TOLD}
    values |= {name: json.loads(values[name]) for name in _JSON}
    return Ticket(**values | {"status": Status(values["status"])})


def chunks(ids: Collection[str]) -> Iterator[list[str]]:
    """The ids, as many at a time as one statement takes."""
    left = iter(ids)
    while chunk := list(islice(left, CHUNK)):
        yield chunk

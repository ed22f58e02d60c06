"""The callbacks that are to be sent: recorded in the transaction that settles a ticket, and what became of each."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, exists, insert, select, update

from approval_gate.server.answers import Writing
from approval_gate.server.callback import Attempt
from approval_gate.server.clock import SECOND
from approval_gate.server.database import callback_attempts, callbacks
from approval_gate.server.ticket import Ticket

LEASE: Final = 60 * SECOND
"""Microseconds for which one attempt is one gate's own; far longer than any takes."""


@dataclass(frozen=True, slots=True)
class Due:
    """A callback whose next attempt, number ``attempt``, is ours to make."""

    ticket_id: str
    key_id: str
    url: str
    body: bytes
    recorded_at: int
    attempt: int


class CallbackStore:
    """Every statement about callbacks."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing

    def record(self, tx: Connection, ticket: Ticket) -> None:
        """To be called in the transaction that settles the ticket."""
        if not ticket.callback_url or ticket.decided_at is None:
            return
        body = {"event": f"ticket.{ticket.status}", **self._writing.ticket(ticket).json_object()}
        tx.execute(
            insert(callbacks).values(
                ticket_id=ticket.id,
                key_id=ticket.key_id,
                url=ticket.callback_url,
                body=json.dumps(body),
                recorded_at=ticket.decided_at,
                attempts=0,
                due_at=ticket.decided_at,
            )
        )

    def resume(self, tx: Connection, now: int) -> None:
        """Makes due what another process, which is no more, was at: claimed, and without a note how it went."""
        noted = exists().where(
            callback_attempts.c.ticket_id == callbacks.c.ticket_id,
            callback_attempts.c.attempt == callbacks.c.attempts,
        )
        half_done = callbacks.c.due_at.is_not(None) & (callbacks.c.attempts > 0) & ~noted
        tx.execute(update(callbacks).where(half_done).values(due_at=now))

    def is_due(self, connection: Connection, now: int) -> bool:
        """Whether there is anything to claim."""
        return bool(connection.execute(select(exists().where(callbacks.c.due_at <= now))).scalar_one())

    def claim(self, tx: Connection, now: int, busy: Collection[str]) -> Due | None:
        """The callback that is due longest, unless its key is ``busy``; ours for `LEASE`. None where none is."""
        row = tx.execute(
            select(callbacks)
            .where(callbacks.c.due_at <= now, callbacks.c.key_id.not_in(busy))
            .order_by(callbacks.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if row is None:
            return None
        attempt = row.attempts + 1
        tx.execute(
            update(callbacks)
            .where(callbacks.c.ticket_id == row.ticket_id)
            .values(attempts=attempt, due_at=now + LEASE)
        )
        return Due(row.ticket_id, row.key_id, row.url, row.body.encode(), row.recorded_at, attempt)

    def note(self, tx: Connection, due: Due, attempt: Attempt) -> None:
        """Notes how an attempt went, and when the next one is due. May be done twice.

        There is no next one where the callbacks of its key were stopped meanwhile.
        """
        table = callback_attempts
        own = callbacks.c.ticket_id == due.ticket_id
        due_at = tx.execute(select(callbacks.c.due_at).where(own).with_for_update()).scalar_one_or_none()
        next_at = None if due_at is None else attempt.next_at
        tx.execute(
            delete(table).where(table.c.ticket_id == due.ticket_id, table.c.attempt == attempt.attempt)
        )
        tx.execute(
            insert(table).values(
                ticket_id=due.ticket_id,
                attempt=attempt.attempt,
                at=attempt.at,
                status=attempt.status,
                error=attempt.error,
                next_at=next_at,
            )
        )
        tx.execute(
            update(callbacks).where(own, callbacks.c.attempts == attempt.attempt).values(due_at=next_at)
        )

    def log(self, connection: Connection, ticket_id: str) -> tuple[Attempt, ...]:
        """The attempts of a ticket's callback, the oldest first."""
        table = callback_attempts
        rows = connection.execute(
            select(table).where(table.c.ticket_id == ticket_id).order_by(table.c.attempt)
        )
        return tuple(Attempt(row.at, row.attempt, row.status, row.error, row.next_at) for row in rows)


def stop_callbacks(tx: Connection, key_id: str, now: int) -> None:
    """Nothing more is sent for this key. An attempt under way goes on, and is the last one."""
    table = callback_attempts
    own = select(callbacks.c.ticket_id).where(callbacks.c.key_id == key_id, callbacks.c.due_at.is_not(None))
    tx.execute(update(table).where(table.c.ticket_id.in_(own), table.c.next_at > now).values(next_at=None))
    tx.execute(update(callbacks).where(callbacks.c.ticket_id.in_(own)).values(due_at=None))

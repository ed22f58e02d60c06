"""Looking at tickets: one that the caller may see, and answers held until there is something to tell."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from starlette.responses import Response

from approval_gate.server.callers import sees_all
from approval_gate.server.clock import now_us
from approval_gate.server.errors import DatabaseAway
from approval_gate.server.held_answer import HeldAnswer, Look
from approval_gate.server.keys import ApiKey
from approval_gate.server.parts import Parts
from approval_gate.server.pieces import InPieces
from approval_gate.server.ticket import Ticket
from approval_gate.server.ticket_refusals import no_such_ticket

TICKET_ID: Final = re.compile(r"[0-9a-f]{32}")

Written = Callable[[Ticket], bytes]
"""How a ticket is told to whoever waits for it."""


def checked_id(ticket_id: str) -> str:
    """The id, which has the form of one. Raises `Refused`."""
    if not TICKET_ID.fullmatch(ticket_id):
        raise no_such_ticket()
    return ticket_id


async def visible(parts: Parts, key: ApiKey, ticket_id: str) -> Ticket:
    """The ticket, if the key may see it: its own, or any with the scope decide or read. Raises `Refused`."""
    ticket = await parts.desk.find(checked_id(ticket_id), key)
    if ticket is None or not (ticket.key_id == key.id or sees_all(key)):
        raise no_such_ticket()
    return ticket


def as_json(body: bytes, status: int = 200) -> Response:
    """An answer that nobody keeps for another time."""
    return InPieces(body, status, {"Cache-Control": "no-store"}, "application/json")


def as_ticket(parts: Parts, key: ApiKey) -> Written:
    """As ``key`` sees a ticket."""
    return lambda ticket: parts.writing.ticket(ticket, key).json_bytes()


def answered(parts: Parts, ticket: Ticket, key: ApiKey, status: int = 200) -> Response:
    """The ticket as it is."""
    return as_json(as_ticket(parts, key)(ticket), status)


def held(parts: Parts, ticket: Ticket, key: ApiKey, seconds: float, written: Written) -> Response:
    """The ticket once it is settled, or as it is after so many seconds or at the gate's stop."""

    @contextmanager
    def waiting() -> Iterator[Look]:
        with parts.desk.subscribe(ticket.id, key) as waiter:

            async def look(at_most: float) -> bytes | None:
                settled = await waiter.settled(at_most)
                if settled is None:
                    # Its own tickets are cancelled with a key; of others' it is told nothing more.
                    lives = ticket.key_id == key.id or await parts.desk.lives(key)
                    return None if lives else written(ticket)
                parts.metrics.woken(settled, now_us())
                return written(settled)

            yield look

    async def as_it_is() -> bytes:
        return written(await _last_look(parts, ticket))

    if ticket.status.settled or seconds <= 0:
        return as_json(written(ticket))
    heartbeat, stopping = parts.settings.heartbeat, parts.desk.stopping
    return HeldAnswer(waiting(), as_it_is, seconds, heartbeat, stopping)


async def _last_look(parts: Parts, known: Ticket) -> Ticket:
    """The ticket as it is now; as it was known, where the gate stops or its database is away."""
    if parts.desk.stopping.is_set():
        return known
    try:
        return await parts.desk.find(known.id) or known
    except DatabaseAway:
        return known

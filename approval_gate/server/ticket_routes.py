"""Tickets over HTTP: filing, reading, waiting, listing, cancelling, and the log of a callback."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Security
from pydantic import TypeAdapter
from starlette.responses import Response

from approval_gate.server.answers import AttemptAnswer, ListAnswer, TicketAnswer, attempts
from approval_gate.server.bodies import NO_SPACE, HoldBody, TicketBody, Wait
from approval_gate.server.callers import BEARER, AnyKey, Requester, Watcher
from approval_gate.server.clock import now_us
from approval_gate.server.documented import WITH_A_BODY, answer, refusals
from approval_gate.server.errors import UnknownTicket
from approval_gate.server.filing import asked_by, file, hash_of
from approval_gate.server.held_answer import HeldAnswer, Look
from approval_gate.server.keys import ApiKey
from approval_gate.server.looking import answered, as_json, as_ticket, held, visible
from approval_gate.server.parts import GateParts, Parts
from approval_gate.server.strict_route import StrictRoute
from approval_gate.server.ticket import Ticket
from approval_gate.server.ticket_refusals import no_such_ticket, settled_otherwise

router = APIRouter(prefix="/v1", route_class=StrictRoute, dependencies=[Security(BEARER)], tags=["tickets"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=NO_SPACE,
        description="Sent again with the same body while the ticket is pending, the same ticket is meant.",
    ),
]
HowLong = Annotated[
    Wait,
    Query(
        description="Seconds to hold the answer: headers at once, a space every few seconds, then the JSON."
    ),
]
_LOG: TypeAdapter[list[AttemptAnswer]] = TypeAdapter(list[AttemptAnswer])


@router.post(
    "/tickets",
    status_code=HTTPStatus.CREATED,
    responses=answer(TicketAnswer, "It is filed.", HTTPStatus.CREATED)
    | answer(TicketAnswer, "It was filed before, with this Idempotency-Key.")
    | refusals(429, *WITH_A_BODY),
)
async def file_ticket(
    body: TicketBody, key: Requester, parts: GateParts, idempotency_key: IdempotencyKey = None
) -> Response:
    """Files a ticket, and answers at once."""
    ticket, created = await _filed(parts, key, body, idempotency_key)
    return answered(parts, ticket, key, HTTPStatus.CREATED if created else HTTPStatus.OK)


@router.post(
    "/hold",
    responses=answer(TicketAnswer, "As it is when it is settled, or after `wait` seconds.")
    | refusals(429, *WITH_A_BODY),
)
async def hold(
    body: HoldBody, key: Requester, parts: GateParts, idempotency_key: IdempotencyKey = None
) -> Response:
    """Files a ticket and holds the answer until it is settled: for gateways that hold a call."""
    ticket, _ = await _filed(parts, key, body, idempotency_key)
    return held(parts, ticket, key, body.wait, as_ticket(parts, key))


async def _filed(
    parts: Parts, key: ApiKey, body: TicketBody, idempotency_key: str | None
) -> tuple[Ticket, bool]:
    new = asked_by(body, parts, now_us())
    return await file(parts, key, new, idempotency_key or "", hash_of(body))


@router.get("/tickets/{ticket_id}", responses=answer(TicketAnswer, "The ticket as it is.") | refusals(404))
async def get_ticket(ticket_id: str, key: AnyKey, parts: GateParts, wait: HowLong = 0) -> Response:
    """One ticket; with `wait`, once it is settled."""
    ticket = await visible(parts, key, ticket_id)
    return held(parts, ticket, key, wait, as_ticket(parts, key))


@router.get("/tickets", responses=answer(ListAnswer, "All pending tickets.") | refusals())
async def list_tickets(
    key: Watcher,
    parts: GateParts,
    status: Annotated[
        Literal["pending"], Query(description="Which tickets; so far, those that wait.")
    ] = "pending",
    wait: HowLong = 0,
    since: Annotated[
        str, Query(max_length=100, description="The version you have: another one is answered at once.")
    ] = "",
) -> Response:
    """All pending tickets; with `wait`, once something has changed.

    Where they are more than 8 MiB, the largest are named in `left_out`, and are to be read one by one.
    """
    known = await parts.desk.pending()
    if wait <= 0 or (since and since != known.version):
        return as_json(await parts.listing.written(known))
    return _held_list(parts, key, known.version, wait)


def _held_list(parts: Parts, key: ApiKey, version: str, seconds: float) -> Response:
    """Whoever waits keeps the version alone: thousands who came at different times must not keep a list each."""

    @contextmanager
    def waiting() -> Iterator[Look]:
        async def look(at_most: float) -> bytes | None:
            changed = await parts.desk.wait_for_change(version, at_most)
            if changed is not None:
                return await parts.listing.written(changed)
            return None if await parts.desk.lives(key) else await as_it_is()

        yield look

    async def as_it_is() -> bytes:
        return await parts.listing.written(parts.desk.last_pending)

    return HeldAnswer(waiting(), as_it_is, seconds, parts.settings.heartbeat, parts.desk.stopping)


@router.post(
    "/tickets/{ticket_id}/cancel",
    responses=answer(TicketAnswer, "It is cancelled, now or since earlier.") | refusals(404, 409),
)
async def cancel(ticket_id: str, key: Requester, parts: GateParts) -> Response:
    """Takes back a question of the key's own."""
    ticket = await visible(parts, key, ticket_id)
    if ticket.key_id != key.id:
        raise no_such_ticket()
    try:
        ticket, cancelled = await parts.desk.cancel(ticket_id, key.name)
    except UnknownTicket as error:
        raise no_such_ticket() from error
    if not cancelled:
        raise settled_otherwise(parts.writing, ticket)
    return answered(parts, ticket, key)


@router.get(
    "/tickets/{ticket_id}/callbacks",
    responses=answer(list[AttemptAnswer], "Each attempt, the oldest first.") | refusals(404),
)
async def callback_log(ticket_id: str, key: AnyKey, parts: GateParts) -> Response:
    """How the ticket's callback went so far."""
    ticket = await visible(parts, key, ticket_id)
    log = await parts.desk.blocking.read(lambda connection: parts.callbacks.log(connection, ticket.id))
    return as_json(_LOG.dump_json(attempts(log)))

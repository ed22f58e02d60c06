"""What the bot tells the gate over HTTP: verdicts, which channels there are, and where a card is."""

from http import HTTPStatus

from fastapi import APIRouter, Security
from starlette.responses import Response

from approval_gate.server.answers import TicketAnswer
from approval_gate.server.bodies import ApprovalBody, CardBody, ChannelsBody, DenialBody
from approval_gate.server.callers import BEARER, Decider
from approval_gate.server.channel_wish import Channel
from approval_gate.server.documented import WITH_A_BODY, Responses, answer, refusals
from approval_gate.server.errors import UnknownTicket
from approval_gate.server.keys import ApiKey
from approval_gate.server.looking import answered, checked_id
from approval_gate.server.parts import GateParts, Parts
from approval_gate.server.strict_route import StrictRoute
from approval_gate.server.ticket import Decision, Status
from approval_gate.server.ticket_refusals import no_such_ticket, settled_otherwise

router = APIRouter(prefix="/v1", route_class=StrictRoute, dependencies=[Security(BEARER)], tags=["decisions"])
DECIDED: Responses = answer(TicketAnswer, "This verdict holds, recorded now or earlier.") | refusals(
    404, 409, *WITH_A_BODY
)


@router.post("/tickets/{ticket_id}/approve", responses=DECIDED)
async def approve(ticket_id: str, body: ApprovalBody, key: Decider, parts: GateParts) -> Response:
    """Records a yes, unless something else is recorded."""
    decision = Decision(Status.APPROVED, body.by, body.comment or "", body.seconds)
    return await _decide(parts, key, ticket_id, decision)


@router.post("/tickets/{ticket_id}/deny", responses=DECIDED)
async def deny(ticket_id: str, body: DenialBody, key: Decider, parts: GateParts) -> Response:
    """Records a no, unless something else is recorded."""
    return await _decide(parts, key, ticket_id, Decision(Status.DENIED, body.by, body.comment or ""))


async def _decide(parts: Parts, key: ApiKey, ticket_id: str, decision: Decision) -> Response:
    try:
        ticket, holds = await parts.desk.decide(checked_id(ticket_id), decision)
    except UnknownTicket as error:
        raise no_such_ticket() from error
    if not holds:
        raise settled_otherwise(parts.writing, ticket)
    return answered(parts, ticket, key)


@router.put(
    "/channels", status_code=HTTPStatus.NO_CONTENT, responses=refusals(*WITH_A_BODY), response_class=Response
)
async def note_channels(body: ChannelsBody, _key: Decider, parts: GateParts) -> None:
    """Tells all channels that are registered in Slack: wishes for a channel are judged by them."""
    await parts.desk.note_channels(tuple(Channel(one.id, one.name) for one in body.channels))


@router.put(
    "/tickets/{ticket_id}/card",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refusals(404, *WITH_A_BODY),
    response_class=Response,
)
async def note_card(ticket_id: str, body: CardBody, _key: Decider, parts: GateParts) -> None:
    """Tells where people find the question."""
    try:
        await parts.desk.note_card(checked_id(ticket_id), body.url)
    except UnknownTicket as error:
        raise no_such_ticket() from error

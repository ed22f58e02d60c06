"""The cloud contract of AgentSudo's SlackApproval, for its unmodified client: one to file, one to wait.

Its client takes any failure of the first call for a denial, polls the second one, and understands "approved" and
"denied" alone (agentsudo 0.4.0, agentsudo/slack.py).
"""

from http import HTTPStatus

from fastapi import APIRouter, Security
from starlette.responses import Response

from approval_gate.server.answers import AgentSudoAnswer, AgentSudoFiled, agentsudo
from approval_gate.server.bodies import LONGEST_WAIT, AgentSudoBody
from approval_gate.server.callers import BEARER, AnyKey, Requester
from approval_gate.server.clock import now_us
from approval_gate.server.documented import WITH_A_BODY, answer, refusals
from approval_gate.server.filing import asked_by_agentsudo, file, hash_of
from approval_gate.server.looking import as_json, held, visible
from approval_gate.server.parts import GateParts
from approval_gate.server.strict_route import KeyedRoute
from approval_gate.server.ticket import Ticket

router = APIRouter(route_class=KeyedRoute, dependencies=[Security(BEARER)], tags=["AgentSudo"])
PLACES = ("/agentsudo", "/api/slack")
"""What a `cloud_url` may end in."""


@router.post(
    "/approvals",
    status_code=HTTPStatus.CREATED,
    responses=answer(AgentSudoFiled, "It is filed, now or earlier.", HTTPStatus.CREATED)
    | refusals(429, *WITH_A_BODY),
)
async def file_approval(body: AgentSudoBody, key: Requester, parts: GateParts) -> Response:
    """Files AgentSudo's request; the same one again is the same ticket."""
    question = hash_of(body)
    once = f"agentsudo {body.approval_id} {question}"
    ticket, _ = await file(parts, key, asked_by_agentsudo(body, now_us()), once, question)
    return as_json(AgentSudoFiled(id=ticket.id).model_dump_json().encode(), HTTPStatus.CREATED)


@router.get(
    "/approvals/{ticket_id}",
    responses=answer(AgentSudoAnswer, "What became of it, held until then.") | refusals(404),
)
async def wait_for_approval(ticket_id: str, key: AnyKey, parts: GateParts) -> Response:
    """What became of it, held for up to five minutes; after that its client asks again."""
    ticket = await visible(parts, key, ticket_id)
    return held(parts, ticket, key, LONGEST_WAIT, _written)


def _written(ticket: Ticket) -> bytes:
    return agentsudo(ticket).model_dump_json().encode()

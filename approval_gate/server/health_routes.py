"""For whoever runs the gate: is it there, can it work, and its figures. No key is needed."""

from fastapi import APIRouter
from starlette.responses import Response

from approval_gate.server.answers import Health
from approval_gate.server.documented import answer, refusals_alone
from approval_gate.server.errors import DatabaseAway
from approval_gate.server.metrics import CONTENT_TYPE
from approval_gate.server.parts import GateParts
from approval_gate.server.problem import stopping

router = APIRouter(tags=["health"])


@router.get("/healthz", responses=answer(Health, "The process is there."))
async def healthz() -> Health:
    """Whether the process is there."""
    return Health()


@router.get("/readyz", responses=answer(Health, "The gate can work.") | refusals_alone(503))
async def readyz(parts: GateParts) -> Health:
    """Whether the gate can work: its database answers, and it is not about to stop."""
    if parts.desk.stopping.is_set():
        raise stopping()
    await parts.desk.check()
    return Health()


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"description": "The figures.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    },
)
async def metrics(parts: GateParts) -> Response:
    """The gate's figures as Prometheus reads them; without the tickets where the database is away."""
    try:
        tickets = await parts.desk.statuses()
    except DatabaseAway:
        tickets = {}
    return Response(parts.metrics.text(tickets), media_type=CONTENT_TYPE)

"""What the routes share: one gate's desk, settings and tools."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from approval_gate.server.answers import Writing
from approval_gate.server.callback_address import Guard
from approval_gate.server.callback_store import CallbackStore
from approval_gate.server.desk import Desk
from approval_gate.server.listing import Listing
from approval_gate.server.metrics import Metrics
from approval_gate.server.rate import Rate
from approval_gate.server.settings import GateSettings


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one gate."""

    settings: GateSettings
    desk: Desk
    writing: Writing
    listing: Listing
    rate: Rate
    guard: Guard
    callbacks: CallbackStore
    metrics: Metrics


def parts_of(request: Request) -> Parts:
    """The parts of the gate that was asked."""
    parts: Parts = request.app.state.parts
    return parts


async def _parts(request: Request) -> Parts:
    return parts_of(request)


GateParts = Annotated[Parts, Depends(_parts)]
"""A route's parameter."""

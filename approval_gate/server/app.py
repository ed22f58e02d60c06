"""The gate as an ASGI application: its parts, wired, and what runs beside the requests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from approval_gate.server import agentsudo_routes, decision_routes, health_routes, ticket_routes
from approval_gate.server.answers import Writing
from approval_gate.server.callback_address import Guard
from approval_gate.server.callback_deliverer import Deliverer
from approval_gate.server.callback_sender import Sender
from approval_gate.server.callback_store import CallbackStore
from approval_gate.server.clock import now_us
from approval_gate.server.database import Database
from approval_gate.server.desk import Desk
from approval_gate.server.figures import Figures
from approval_gate.server.listing import Listing
from approval_gate.server.metrics import Metrics
from approval_gate.server.parts import Parts
from approval_gate.server.problem import Problem, answer_with_problems
from approval_gate.server.rate import Rate
from approval_gate.server.settings import GateSettings
from approval_gate.server.signals import NoSignals, RedisSignals

TITLE: Final = "Approval gate"
VERSION: Final = "1"
ABOUT: Final = (
    "Approvals for every program that can make an HTTP request. File a ticket, wait for it, and go on only where "
    'its status is "approved".'
)


class _Gate(FastAPI):
    """With a description that knows what a refusal looks like."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            schema = get_openapi(
                title=self.title, version=self.version, description=ABOUT, routes=self.routes
            )
            schemas = schema["components"]["schemas"]
            schemas[Problem.__name__] = Problem.model_json_schema()
            self.openapi_schema = schema
        return self.openapi_schema


def build(settings: GateSettings, database: Database, public_url: str) -> FastAPI:
    """The application; ``public_url`` is where clients reach it. It closes the database at its end."""
    figures = Figures()
    writing = Writing(public_url)
    callbacks = CallbackStore(writing)
    guard = Guard(settings.callback_private)
    redis_url = settings.redis_url.get_secret_value()
    signals = RedisSignals(redis_url, figures) if redis_url else NoSignals()
    metrics = Metrics(figures, lambda: desk.waiters)
    secret = settings.callback_secret.get_secret_value()
    deliverer = Deliverer(callbacks, Sender(guard), secret, now_us, metrics.callback)
    desk = Desk(database, signals, terms=settings.terms, outbox=deliverer, figures=figures)
    app = _Gate(
        title=TITLE,
        version=VERSION,
        redoc_url=None,
        lifespan=lambda _: _running(desk, deliverer, database.sole),
    )
    listing = Listing(writing.listed)
    app.state.parts = Parts(settings, desk, writing, listing, Rate(settings.rate), guard, callbacks, metrics)
    for routes in (ticket_routes, decision_routes, health_routes):
        app.include_router(routes.router)
    for place in agentsudo_routes.PLACES:
        app.include_router(agentsudo_routes.router, prefix=place)
    answer_with_problems(app)
    return app


@asynccontextmanager
async def _running(desk: Desk, deliverer: Deliverer, sole: bool) -> AsyncIterator[None]:
    """From the first request to the last one: the desk first, and it goes last."""
    await desk.open()
    delivering = asyncio.create_task(deliverer.run(desk.blocking, sole), name="callbacks")
    try:
        yield
    finally:
        delivering.cancel()
        with suppress(asyncio.CancelledError):
            await delivering
        await desk.close()

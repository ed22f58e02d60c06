"""For whoever runs the bot: is it there, can it work, and its figures. No key is needed."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from slack_bot.http.metrics import CONTENT_TYPE, Metrics
from slack_bot.http.readiness import Readiness
from slack_bot.http.shared_answer import SharedAnswer


def health_routes(readiness: Readiness, metrics: Metrics) -> APIRouter:
    """GET /healthz, /readyz and /metrics."""
    router = APIRouter()
    text = SharedAnswer(metrics.text)

    @router.get("/healthz")
    async def healthz() -> Response:
        """Whether the process is there."""
        return JSONResponse({"status": "ok"})

    @router.get("/readyz")
    async def readyz() -> Response:
        """Whether the bot can do its work; 503 with what keeps it from it."""
        lacking = await readiness.lacking()
        if lacking:
            return JSONResponse({"status": "not ready", "lacking": lacking}, 503)
        return JSONResponse({"status": "ready"})

    @router.get("/metrics")
    async def figures() -> Response:
        """The bot's figures as Prometheus reads them."""
        return Response(await text.get(), media_type=CONTENT_TYPE)

    return router

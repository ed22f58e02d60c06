"""The routes of the HTTP listener as one ASGI application."""

import structlog
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

log = structlog.get_logger(__name__)


def build(*routers: APIRouter) -> FastAPI:
    """The application. It describes itself nowhere: who may call it has been told what there is."""
    app = FastAPI(title="Approval bot", openapi_url=None)
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(Exception, _of_defect)
    return app


async def _of_defect(request: Request, error: Exception) -> Response:
    """The route and the trace are in the log; what was sent is not, nor is it told back."""
    log.error("a request failed", path=request.scope["path"], exc_info=error)
    return JSONResponse({"detail": "The bot failed; its log tells more."}, 500)

"""Where Slack arrives: what it posts is verified over its bytes, and what listens for it saves it in a thread."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from fastapi import APIRouter, HTTPException
from slack_bolt import App, BoltResponse
from slack_bolt.adapter.starlette.handler import to_starlette_response
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from slack_bot.clock import SECOND
from slack_bot.figures import Figures
from slack_bot.http.body import whole_body
from slack_bot.http.signature import NotSigned, check_slacks
from slack_bot.http.slack_paths import PATHS
from slack_bot.http.slack_post import Unreadable, bolt_request

SIGNATURE, TIMESTAMP, CONTENT_TYPE = "X-Slack-Signature", "X-Slack-Request-Timestamp", "Content-Type"
MOST_BYTES: Final = 1024 * 1024
"""A press brings the card with it, and its text three times as long where it is no ASCII."""
OK: Final = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reception:
    """Bolt, with listeners that save and return, and the secret by which Slack is known, which is not empty."""

    bolt: App
    secret: str
    clock: Callable[[], int]
    figures: Figures

    def take(self, body: bytes, signature: str, timestamp: str, content_type: str) -> BoltResponse:
        """Its answer is 200 once everything is saved, and 500 where the ledger could not be written.

        Raises `NotSigned` or `Unreadable`.
        """
        check_slacks(self.secret, signature, timestamp, body, self.clock() // SECOND)
        return self.bolt.dispatch(bolt_request(body, content_type))


def slack_routes(reception: Reception) -> APIRouter:
    """POST at each of `PATHS`: whatever Slack posts is taken at any of them."""
    router = APIRouter()

    async def receive(request: Request) -> Response:
        body = await whole_body(request, MOST_BYTES)
        headers = (request.headers.get(name, "") for name in (SIGNATURE, TIMESTAMP, CONTENT_TYPE))
        try:
            answer = await asyncio.to_thread(reception.take, body, *headers)
        except NotSigned as why:
            raise _refused(reception, "not signed", why) from why
        except Unreadable as why:
            raise _refused(reception, "unreadable", why) from why
        if answer.status != OK:
            log.error(
                "Slack was not answered as it should be", path=request.scope["path"], status=answer.status
            )
        reception.figures.slack_posted("taken" if answer.status == OK else "failed")
        return to_starlette_response(answer)

    for path in PATHS:
        router.add_api_route(path, receive, methods=["POST"])
    return router


def routes_of_nobody_yet(figures: Figures) -> APIRouter:
    """POST at each of `PATHS`: 503 for whatever comes. What is not acknowledged Slack sends again, or tells of."""
    router = APIRouter()

    async def send_away() -> Response:
        figures.slack_posted("too early")
        return JSONResponse({"detail": "The bot starts: come again."}, 503)

    for path in PATHS:
        router.add_api_route(path, send_away, methods=["POST"])
    return router


def _refused(reception: Reception, outcome: str, why: Exception) -> HTTPException:
    reception.figures.slack_posted(outcome)
    log.warning("what says that it is from Slack was refused", why=str(why))
    return HTTPException(400, str(why))

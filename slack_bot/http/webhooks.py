"""Where Xerotier's webhooks arrive: each is verified, saved in the inbox, and answered at once."""

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from fastapi import APIRouter, HTTPException
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from slack_bot.clock import SECOND
from slack_bot.figures import Figures
from slack_bot.http.body import whole_body
from slack_bot.http.signature import NotSigned, check
from slack_bot.inbox import WEBHOOK, Inbox
from upstream_client.exceptions import NotUnderstood
from upstream_client.xerotier import Event, XerotierClient, read_event

PATHS: Final = ("/webhooks/xerotier", "/xerotier")
"""The second is a second name of the first, which users of the vendor's guide know."""
SIGNATURE, TIMESTAMP = "X-Webhook-Signature", "X-Webhook-Timestamp"
MOST_BYTES: Final = 256 * 1024
_PLAIN: Final = re.compile(r"[\x21-\x7e]{1,200}")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where webhooks are saved, and by which secret they are known. ``secret`` is not empty."""

    box: Inbox
    secret: str
    clock: Callable[[], int]
    figures: Figures

    def open(self, body: bytes, signature: str, timestamp: str) -> str:
        """Verifies and saves: "saved", "known" where it was before, "ignored" for what no approval needs.

        Raises `NotSigned`; `NotUnderstood`; `sqlalchemy.exc.SQLAlchemyError` where it could not be saved.
        """
        check(self.secret, signature, timestamp, body, self.clock() // SECOND)
        text = _text(body)
        event = read_event(body)
        if event is None:
            return "ignored"
        is_new = self.box.save(WEBHOOK, once_key_of(event), channel="", user_id="", payload=text, due=False)
        log.info("a webhook came", kind=event.kind.value, event_id=event.id, new=is_new)
        return "saved" if is_new else "known"


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUnderstood("A webhook is no UTF-8 text.") from error


def once_key_of(event: Event) -> str:
    """The same for each delivery of the same event, and of no other: its id may be that of something else."""
    name = event.id if _PLAIN.fullmatch(event.id) else hashlib.sha256(event.id.encode()).hexdigest()
    return f"{WEBHOOK}:{XerotierClient.name}:{event.kind.value}:{event.approval_id}:{name}"


def webhook_routes(mailbox: Mailbox) -> APIRouter:
    """POST at each of `PATHS`: 200 once it is saved, 204 for what is ignored; 400, 401, 408, 413; 500 not saved."""
    router = APIRouter()

    async def receive(request: Request) -> Response:
        body = await whole_body(request, MOST_BYTES)
        signature, timestamp = (request.headers.get(name, "") for name in (SIGNATURE, TIMESTAMP))
        try:
            became = await asyncio.to_thread(mailbox.open, body, signature, timestamp)
        except NotSigned as refused:
            raise _refused(mailbox, 401, "not signed", refused) from refused
        except NotUnderstood as unread:
            raise _refused(mailbox, 400, "unreadable", unread) from unread
        except SQLAlchemyError as failure:
            mailbox.figures.webhook_came(XerotierClient.name, "not saved")
            log.exception("a webhook could not be saved")
            raise HTTPException(500, "It could not be saved: send it again.") from failure
        mailbox.figures.webhook_came(XerotierClient.name, became)
        return Response(status_code=204) if became == "ignored" else JSONResponse({"status": became})

    for path in PATHS:
        router.add_api_route(path, receive, methods=["POST"])
    return router


def _refused(mailbox: Mailbox, status: int, outcome: str, why: Exception) -> HTTPException:
    mailbox.figures.webhook_came(XerotierClient.name, outcome)
    log.warning("a webhook was refused", status=status, why=str(why))
    return HTTPException(status, str(why))

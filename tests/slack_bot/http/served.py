"""A listener of the bot's with some routes, at a port that the kernel chose."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter

from slack_bot.http.application import build
from slack_bot.http.caller import Caller
from slack_bot.http.door import listening, url_of
from slack_bot.http.listener import HttpListener

HOST = "127.0.0.1"
SECRET = "whsec_" + "s" * 32
APPROVAL = "apr_0123456789abcdef01234567"


@contextmanager
def served(*routers: APIRouter, callers: type[Caller] = Caller) -> Iterator[str]:
    """The address, such as http://127.0.0.1:40123."""
    door = listening(HOST, 0)
    listener = HttpListener(build(*routers), door, callers)
    listener.start()
    try:
        assert listener.is_alive()
        yield url_of(door)
    finally:
        assert listener.stop()


def envelope(event: str = "exec.approval_requested", number: int = 1, **data: Any) -> dict[str, Any]:
    """An event in the documented form; another ``number`` is another event."""
    told = {
        "approval_id": APPROVAL,
        "tool_name": "delete_branch",
        "workspace_id": "ws_1",
        "risk": "destructive",
    }
    return {
        "id": f"evt_{number:024x}",
        "object": "event",
        "type": event,
        "created_at": int(time.time()),
        "data": told | {"invocation_id": "inv_1"} | data,
    }


def flat(event: str = "exec.approval_requested", **keys: Any) -> dict[str, Any]:
    """An event as the code of the vendor's guide reads it."""
    told = {
        "approval_id": APPROVAL,
        "tool_name": "delete_branch",
        "workspace_id": "ws_1",
        "risk": "destructive",
    }
    return {"event_type": event, **told, **keys}


def raw(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event).encode()


def signed(body: bytes, *, at: float | None = None, secret: str = SECRET, prefix: str = "") -> dict[str, str]:
    """The headers of a delivery."""
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Webhook-Timestamp": timestamp, "X-Webhook-Signature": prefix + digest}

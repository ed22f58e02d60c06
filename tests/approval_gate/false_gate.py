"""A server that is no gate, or a bad one: it answers as a test wants it to."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.upstream_client.serving import serving

Reply = Callable[[dict[str, Any]], web.Response]
"""Makes an answer of the ticket that was filed."""


@dataclass
class FalseGate:
    """``replies`` are the answers to the next calls, in order; afterwards it answers as a gate that says yes.

    ``calls`` are method and path of what came, ``queries`` what stood behind; ``headers`` those of the last call;
    ``keys`` the Idempotency-Keys; ``filed`` the ticket.
    """

    replies: deque[Reply] = field(default_factory=deque)
    calls: list[str] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    filed: dict[str, Any] = field(default_factory=dict)
    url: str = ""

    def then(self, *replies: Reply) -> None:
        """Answers so, one after another."""
        self.replies.extend(replies)

    async def handle(self, request: web.Request) -> web.Response:
        """Any call."""
        self.calls.append(f"{request.method} {request.path}")
        self.queries += [request.query_string] if request.query_string else []
        self.headers = dict(request.headers)
        body = await request.read()
        if request.method == "POST" and request.path == "/v1/tickets":
            self.keys.append(request.headers.get("Idempotency-Key", ""))
            asked = json.loads(body)
            self.filed = asked | {
                "id": "t1",
                "status": "pending",
                "url": "",
                "card_url": None,
                "decision": None,
            }
        if self.replies:
            return self.replies.popleft()(self.filed)
        is_new = request.method == "POST" and request.path == "/v1/tickets"
        return (pending if is_new else yes)(self.filed)


def pending(ticket: dict[str, Any], **more: Any) -> web.Response:
    """The ticket as it was filed."""
    return web.json_response({**ticket, "expires_at": "2099-01-01T00:00:00.000000Z", **more})


def yes(ticket: dict[str, Any], **more: Any) -> web.Response:
    """An approval, but for what is said otherwise."""
    decision = {"verdict": "approved", "by": "U1", "comment": "", "at": "", "seconds": None}
    return pending(ticket, **{"status": "approved", "decision": decision, **more})


def plain(status: int, text: str = "", **headers: str) -> Reply:
    """An answer that is no gate's."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _ticket: web.Response(status=status, text=text, headers=named)


def problem(status: int, detail: str, **headers: str) -> Reply:
    """A gate's refusal."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"type": "x", "title": "No", "status": status, "detail": detail}).encode()
    return lambda _ticket: web.Response(
        status=status, body=body, content_type="application/problem+json", headers=named
    )


@contextmanager
def false_gate() -> Iterator[FalseGate]:
    """On loopback, while the test runs."""
    gate = FalseGate()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", gate.handle)
    with serving(app) as gate.url:
        yield gate

"""The control API of the sandbox's Xerotier: /control/xerotier/…, JSON in and out."""

from collections.abc import Callable

from aiohttp import web
from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from sandbox.xerotier import Xerotier
from sandbox.xerotier.approvals import Verdict
from sandbox.xerotier.deliveries import Endpoint, Manner
from sandbox.xerotier.instance import Switches
from sandbox.xerotier.webhook import REQUESTED

PREFIX = "/control/xerotier"
FIELDS = TypeAdapter(dict[str, JsonValue])


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str


class _Decided(_Named):
    verdict: Verdict
    by: str = "somebody in the dashboard"


class _Escalated(_Named):
    timed_out: bool = False


class _Sent(_Named):
    type: str = REQUESTED
    manner: Manner = Manner()


def routes(xerotier: Xerotier) -> list[web.RouteDef]:
    """POST approvals, decide, time_out, escalate, webhook, send, switches; GET approvals, calls, deliveries.

    POST webhook says where events go to (see `Endpoint`); POST send delivers one again, or in another manner (see
    `Manner`); POST switches {"has_list": false} takes something away. POST answers {"ok": true}, with the id of
    what was filed; or {"ok": false, "error": words} with HTTP 400, or 404 for an unknown id.
    """
    control = _Control(xerotier)
    return [
        web.post(f"{PREFIX}/approvals", control.file),
        web.post(f"{PREFIX}/decide", control.decide),
        web.post(f"{PREFIX}/time_out", control.time_out),
        web.post(f"{PREFIX}/escalate", control.escalate),
        web.post(f"{PREFIX}/webhook", control.register),
        web.post(f"{PREFIX}/send", control.send),
        web.post(f"{PREFIX}/switches", control.switch),
        web.get(f"{PREFIX}/approvals", control.approvals),
        web.get(f"{PREFIX}/calls", control.calls),
        web.get(f"{PREFIX}/deliveries", control.deliveries),
    ]


class _Control:
    def __init__(self, xerotier: Xerotier) -> None:
        self._xerotier = xerotier

    async def file(self, request: web.Request) -> web.Response:
        body = await request.read() or b"{}"
        return _answer(lambda: self._xerotier.file_approval(**FIELDS.validate_json(body)))

    async def decide(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._decide(_Decided.model_validate_json(body)))

    async def time_out(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._xerotier.time_out(_Named.model_validate_json(body).id))

    async def escalate(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._escalate(_Escalated.model_validate_json(body)))

    async def register(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._xerotier.register(Endpoint.model_validate_json(body)))

    async def send(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._send(_Sent.model_validate_json(body)))

    async def switch(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._xerotier.switch(Switches.model_validate_json(body)))

    async def approvals(self, request: web.Request) -> web.Response:
        return web.json_response(self._xerotier.approvals())

    async def calls(self, request: web.Request) -> web.Response:
        return web.json_response(self._xerotier.calls())

    async def deliveries(self, request: web.Request) -> web.Response:
        return web.json_response(self._xerotier.deliveries())

    def _decide(self, wanted: _Decided) -> None:
        self._xerotier.decide(wanted.id, wanted.verdict, wanted.by)

    def _escalate(self, wanted: _Escalated) -> None:
        self._xerotier.escalate(wanted.id, timed_out=wanted.timed_out)

    def _send(self, wanted: _Sent) -> None:
        self._xerotier.send(wanted.id, wanted.type, wanted.manner)


def _answer(act: Callable[[], str | None]) -> web.Response:
    try:
        approval_id = act()
    except LookupError as error:
        return web.json_response({"ok": False, "error": str(error)}, status=404)
    except ValueError as error:
        return web.json_response({"ok": False, "error": str(error)}, status=400)
    return web.json_response({"ok": True, "id": approval_id} if approval_id else {"ok": True})

"""The control API of the sandbox's Privilege Manager: /control/privilege_manager/…, JSON in and out."""

from collections.abc import Callable
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from sandbox.privilege_manager import PrivilegeManager, Role, Shape

PREFIX = "/control/privilege_manager"
FIELDS = TypeAdapter(dict[str, JsonValue])


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str


class _Decided(_Named):
    verdict: Literal["approve", "deny"]
    by: str = "somebody in the console"


class _Many(BaseModel):
    model_config = ConfigDict(extra="forbid")

    count: int = Field(ge=1, le=10_000)


class _Shaped(BaseModel):
    model_config = ConfigDict(extra="forbid")

    shape: Shape


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Role


def routes(pm: PrivilegeManager) -> list[web.RouteDef]:
    """POST requests, many, withdraw, expire, decide, shape, role; GET requests, calls.

    POST many {"count": 400} files so many. POST answers {"ok": true}, with the id of a filed request; or
    {"ok": false, "error": words} with HTTP 400, or 404 for an unknown id.
    """
    control = _Control(pm)
    return [
        web.post(f"{PREFIX}/requests", control.file),
        web.get(f"{PREFIX}/requests", control.requests),
        web.post(f"{PREFIX}/many", control.file_many),
        web.post(f"{PREFIX}/shape", control.speak),
        web.post(f"{PREFIX}/role", control.give_role),
        web.post(f"{PREFIX}/withdraw", control.withdraw),
        web.post(f"{PREFIX}/expire", control.expire),
        web.post(f"{PREFIX}/decide", control.decide),
        web.get(f"{PREFIX}/calls", control.calls),
    ]


class _Control:
    def __init__(self, pm: PrivilegeManager) -> None:
        self._pm = pm

    async def file(self, request: web.Request) -> web.Response:
        body = await request.read() or b"{}"
        return _answer(lambda: self._pm.file_request(**FIELDS.validate_json(body)))

    async def file_many(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._file_many(_Many.model_validate_json(body).count))

    async def speak(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._pm.speak(_Shaped.model_validate_json(body).shape))

    async def give_role(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._pm.give_role(_Given.model_validate_json(body).role))

    async def withdraw(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._pm.withdraw(_Named.model_validate_json(body).id))

    async def expire(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._pm.expire(_Named.model_validate_json(body).id))

    async def decide(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._decide(_Decided.model_validate_json(body)))

    async def requests(self, request: web.Request) -> web.Response:
        return web.json_response(self._pm.requests())

    async def calls(self, request: web.Request) -> web.Response:
        return web.json_response(self._pm.calls())

    def _file_many(self, count: int) -> None:
        self._pm.file_requests(count)

    def _decide(self, wanted: _Decided) -> None:
        self._pm.decide(wanted.id, wanted.verdict, wanted.by)


def _answer(act: Callable[[], str | None]) -> web.Response:
    try:
        request_id = act()
    except LookupError as error:
        return web.json_response({"ok": False, "error": str(error)}, status=404)
    except ValueError as error:
        return web.json_response({"ok": False, "error": str(error)}, status=400)
    return web.json_response({"ok": True, "id": request_id} if request_id else {"ok": True})

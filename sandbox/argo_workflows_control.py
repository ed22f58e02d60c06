"""The control API of the sandbox's Argo server: /control/argo_workflows/…, JSON in and out."""

from collections.abc import Callable

from aiohttp import web
from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from sandbox.argo_workflows import ArgoWorkflows
from sandbox.argo_workflows.instance import Switches

PREFIX = "/control/argo_workflows"
FIELDS = TypeAdapter(dict[str, JsonValue])


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    namespace: str = "argo"


class _Resumed(_Named):
    by: str = ""


class _Finished(_Named):
    phase: str
    message: str = ""
    step: str = ""


class _Ended(_Named):
    strategy: str = "Stop"


def routes(argo: ArgoWorkflows) -> list[web.RouteDef]:
    """POST workflows, resume, finish, end, retry, delete, switches; GET workflows, calls.

    POST workflows submits one that comes to a suspended step; POST finish {"phase": "Failed", "message": …} lets a
    step end as somebody or the controller would; POST end {"strategy": "Stop"} stops the workflow; POST switches
    {"verbs": ["get", "list"]} takes rights away. POST answers {"ok": true}, with the name of what was submitted;
    or {"ok": false, "error": words} with HTTP 400, or 404 for an unknown workflow.
    """
    control = _Control(argo)
    return [
        web.post(f"{PREFIX}/workflows", control.submit),
        web.post(f"{PREFIX}/resume", control.resume),
        web.post(f"{PREFIX}/finish", control.finish),
        web.post(f"{PREFIX}/end", control.end),
        web.post(f"{PREFIX}/retry", control.retry),
        web.post(f"{PREFIX}/delete", control.delete),
        web.post(f"{PREFIX}/switches", control.switch),
        web.get(f"{PREFIX}/workflows", control.workflows),
        web.get(f"{PREFIX}/calls", control.calls),
    ]


class _Control:
    def __init__(self, argo: ArgoWorkflows) -> None:
        self._argo = argo

    async def submit(self, request: web.Request) -> web.Response:
        body = await request.read() or b"{}"
        return _answer(lambda: self._argo.submit(**FIELDS.validate_json(body)))

    async def resume(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._argo.resume(**_Resumed.model_validate_json(body).model_dump()))

    async def finish(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._argo.finish(**_Finished.model_validate_json(body).model_dump()))

    async def end(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._argo.end(**_Ended.model_validate_json(body).model_dump()))

    async def retry(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._argo.retry(**_Named.model_validate_json(body).model_dump()))

    async def delete(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._argo.delete(**_Named.model_validate_json(body).model_dump()))

    async def switch(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._argo.switch(Switches.model_validate_json(body)))

    async def workflows(self, request: web.Request) -> web.Response:
        return web.json_response(self._argo.workflows())

    async def calls(self, request: web.Request) -> web.Response:
        return web.json_response(self._argo.calls())


def _answer(act: Callable[[], str | None]) -> web.Response:
    try:
        name = act()
    except LookupError as error:
        return web.json_response({"ok": False, "error": str(error)}, status=404)
    except ValueError as error:
        return web.json_response({"ok": False, "error": str(error)}, status=400)
    return web.json_response({"ok": True, "name": name} if name else {"ok": True})

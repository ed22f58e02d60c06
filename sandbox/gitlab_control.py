"""The control API of the sandbox's GitLab: /control/gitlab/…, JSON in and out."""

from collections.abc import Callable

from aiohttp import web
from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from sandbox.gitlab import GitLab
from sandbox.gitlab.instance import Switches, Verdict

PREFIX = "/control/gitlab"
FIELDS = TypeAdapter(dict[str, JsonValue])


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str


class _Said(_Named):
    verdict: Verdict
    by: str = "somebody-in-gitlab"
    comment: str = ""


class _Started(_Named):
    by: str = "somebody-in-gitlab"


class _Become(_Named):
    status: str


def routes(gitlab: GitLab) -> list[web.RouteDef]:
    """POST deployments, jobs, say, start, become, switches; GET deployments, jobs, calls.

    POST say approves or rejects a deployment, start starts a job, as people do in GitLab; become
    {"status": "canceled"} puts either into another state; switches: see `Switches`. POST answers {"ok": true},
    with the id of what was filed; or {"ok": false, "error": words} with HTTP 400, or 404 for an unknown id.
    """
    control = _Control(gitlab)
    return [
        web.post(f"{PREFIX}/deployments", control.file_deployment),
        web.post(f"{PREFIX}/jobs", control.file_job),
        web.post(f"{PREFIX}/say", control.say),
        web.post(f"{PREFIX}/start", control.start),
        web.post(f"{PREFIX}/become", control.become),
        web.post(f"{PREFIX}/switches", control.switch),
        web.get(f"{PREFIX}/deployments", control.deployments),
        web.get(f"{PREFIX}/jobs", control.jobs),
        web.get(f"{PREFIX}/calls", control.calls),
    ]


class _Control:
    def __init__(self, gitlab: GitLab) -> None:
        self._gitlab = gitlab

    async def file_deployment(self, request: web.Request) -> web.Response:
        body = await request.read() or b"{}"
        return _answer(lambda: self._gitlab.file_deployment(**FIELDS.validate_json(body)))

    async def file_job(self, request: web.Request) -> web.Response:
        body = await request.read() or b"{}"
        return _answer(lambda: self._gitlab.file_job(**FIELDS.validate_json(body)))

    async def say(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._say(_Said.model_validate_json(body)))

    async def start(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._start(_Started.model_validate_json(body)))

    async def become(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._become(_Become.model_validate_json(body)))

    async def switch(self, request: web.Request) -> web.Response:
        body = await request.read()
        return _answer(lambda: self._gitlab.switch(Switches.model_validate_json(body)))

    async def deployments(self, request: web.Request) -> web.Response:
        return web.json_response(self._gitlab.deployments())

    async def jobs(self, request: web.Request) -> web.Response:
        return web.json_response(self._gitlab.jobs())

    async def calls(self, request: web.Request) -> web.Response:
        return web.json_response(self._gitlab.calls())

    def _say(self, wanted: _Said) -> None:
        self._gitlab.say(wanted.id, wanted.verdict, wanted.by, wanted.comment)

    def _start(self, wanted: _Started) -> None:
        self._gitlab.start(wanted.id, wanted.by)

    def _become(self, wanted: _Become) -> None:
        self._gitlab.become(wanted.id, wanted.status)


def _answer(act: Callable[[], str | None]) -> web.Response:
    try:
        filed = act()
    except LookupError as error:
        return web.json_response({"ok": False, "error": str(error)}, status=404)
    except ValueError as error:
        return web.json_response({"ok": False, "error": str(error)}, status=400)
    return web.json_response({"ok": True, "id": filed} if filed else {"ok": True})

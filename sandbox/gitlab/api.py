"""The HTTP API of the sandbox's GitLab."""

import asyncio

from aiohttp import web
from pydantic import JsonValue

from sandbox.gitlab import telling
from sandbox.gitlab.deciding import Deciding
from sandbox.gitlab.faults import DECISIONS, Fault
from sandbox.gitlab.pages import page
from sandbox.gitlab.people import OURS
from sandbox.gitlab.route import Route, route
from sandbox.gitlab.state import State
from sandbox.upstream_faults import played

STATUS_WORDS = ("created", "running", "success", "failed", "canceled", "skipped", "blocked")


class Api:
    """Answers requests; ``stopping`` frees those whose answer comes late."""

    def __init__(self, state: State, stopping: asyncio.Event) -> None:
        self._state = state
        self._stopping = stopping
        self._deciding = Deciding(state)

    async def answer(self, request: web.Request) -> web.Response:
        """Any request."""
        found = route(request.method, request.rel_url.raw_path)
        body = await request.read()
        with self._state.lock:
            self._state.calls.append(f"{request.method} {request.rel_url}")
            if found is None:
                return error(404, "404 Not Found")
            project = self._project(found.project)
            fault = self._state.faults.take(found.operation, project)
            if fault and fault.is_before:
                response = web.Response()
            else:
                response = self._carry_out(request, found, project, body)
        return await played(fault, request, response, _failed, self._stopping)

    def _project(self, named: str) -> int | None:
        """Its id, by id or path."""
        return next(
            (number for number, path in self._state.projects.items() if named in (str(number), path)), None
        )

    def _carry_out(
        self, request: web.Request, found: Route, project: int | None, body: bytes
    ) -> web.Response:
        state = self._state
        if request.headers.get("PRIVATE-TOKEN") != state.token:
            return error(401, "401 Unauthorized")
        if not state.scopes or (found.operation in DECISIONS and "api" not in state.scopes):
            return insufficient_scope()
        if found.operation == "user":
            return self._of_token(found)
        if project is None or state.level == 0:
            return error(404, "404 Project Not Found")
        if found.operation == "project":
            path = state.projects[project]
            return told(telling.project(project, path, state.people.url, state.level))
        if found.operation in DECISIONS:
            return self._deciding.answer(found, project, body)
        return self._read(request, found, project)

    def _of_token(self, found: Route) -> web.Response:
        if found.name == "version":
            return told({"version": "18.5.0-ee", "revision": "0123456789a"})
        if found.name == "token":
            return told(
                {"id": 1, "name": "bot", "scopes": [*self._state.scopes], "active": True, "revoked": False}
            )
        return told(self._state.people.whole(OURS))

    def _read(self, request: web.Request, found: Route, project: int) -> web.Response:
        state, path = self._state, self._state.projects[project]
        if found.operation == "list":
            return self._deployments(request, project, path)
        if found.operation == "jobs":
            return self._jobs(request, project, path)
        if found.operation == "compare":
            return self._compare(request, path)
        if found.operation == "pipeline":
            return self._pipeline(found, project, path)
        if found.operation == "get":
            one = state.deployments.get(found.number)
            if one is None or one.project != project:
                return error(404, "404 Not found")
            return told(telling.deployment(one, state.jobs[one.job], path, state.people))
        job = state.jobs.get(found.number)
        if job is None or job.project != project:
            return error(404, "404 Not found")
        return told(telling.job(job, path, state.people))

    def _deployments(self, request: web.Request, project: int, path: str) -> web.Response:
        state, query = self._state, request.query
        if query.get("status", "blocked") not in STATUS_WORDS:
            return error(400, "status does not have a valid value", "error")
        found = [
            telling.listed(one, state.jobs[one.job], path, state.people)
            for one in sorted(state.deployments.values(), key=lambda one: one.id)
            if one.project == project
            and query.get("status") in (None, one.status)
            and query.get("environment") in (None, one.asked.environment)
        ]
        return self._page(request, found[::-1] if query.get("sort") == "desc" else found)

    def _jobs(self, request: web.Request, project: int, path: str) -> web.Response:
        scope = request.query.getall("scope[]", [])
        found = [
            telling.job(one, path, self._state.people)
            for one in sorted(self._state.jobs.values(), key=lambda one: -one.id)
            if one.project == project and (not scope or one.status in scope)
        ]
        return self._page(request, found)

    def _page(self, request: web.Request, found: list[telling.Told]) -> web.Response:
        url = f"{self._state.people.url}{request.rel_url.raw_path}"
        items, headers = page(found, request.query, url, self._state.page_size)
        return web.json_response(items, headers=headers)

    def _compare(self, request: web.Request, path: str) -> web.Response:
        base, target = request.query.get("from"), request.query.get("to")
        if not base or not target:
            return error(400, "from is missing, to is missing", "error")
        state = self._state
        if not {base, target} <= set(state.history):
            return error(404, "404 Ref Not Found")
        goes_forth = state.history.index(base) < state.history.index(target)
        titles, files = (state.titles, state.files) if goes_forth else ([], [])
        return told(
            telling.comparison(base, target, titles, files, f"{state.people.url}/{path}", state.compares)
        )

    def _pipeline(self, found: Route, project: int, path: str) -> web.Response:
        jobs = self._state.jobs.values()
        job = next((one for one in jobs if (one.project, one.pipeline) == (project, found.number)), None)
        if job is None:
            return error(404, "404 Not found")
        return told(telling.pipeline(job, path, self._state.people))


def _failed(fault: Fault) -> web.Response:
    return error(fault.status, f"{fault.status} By order of the sandbox: {fault.kind}")


def error(status: int, words: str, name: str = "message") -> web.Response:
    """docs.gitlab.com/api/rest/troubleshooting"""
    return web.json_response({name: words}, status=status)


def insufficient_scope() -> web.Response:
    body = {
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": "api",
    }
    return web.json_response(body, status=403)


def told(body: JsonValue, status: int = 200) -> web.Response:
    return web.json_response(body, status=status)

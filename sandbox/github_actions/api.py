"""The HTTP API of the sandbox's GitHub."""

import asyncio
import hashlib
import re

from aiohttp import web

from sandbox.github_actions.answers import Answers, Asked, Told, refused, written
from sandbox.github_actions.faults import Fault, Operation
from sandbox.github_actions.state import State
from sandbox.upstream_faults import played

REPO = r"/repos/(?P<repository>[^/]+/[^/]+)"
RUN = rf"{REPO}/actions/runs/(?P<run>\d+)"
PATHS: tuple[tuple[Operation, str, re.Pattern[str]], ...] = (
    ("list", "GET", re.compile(rf"{REPO}/actions/runs")),
    ("run", "GET", re.compile(RUN)),
    ("pending", "GET", re.compile(rf"{RUN}/pending_deployments")),
    ("decide", "POST", re.compile(rf"{RUN}/pending_deployments")),
    ("reviews", "GET", re.compile(rf"{RUN}/approvals")),
    ("deployments", "GET", re.compile(rf"{REPO}/deployments")),
    ("statuses", "GET", re.compile(rf"{REPO}/deployments/(?P<deployment>\d+)/statuses")),
    ("compare", "GET", re.compile(rf"{REPO}/compare/(?P<range>[^/]+)")),
    ("environments", "GET", re.compile(rf"{REPO}/environments")),
    ("repositories", "GET", re.compile(r"/(?P<kind>orgs|users)/(?P<owner>[^/]+)/repos")),
    ("account", "GET", re.compile(r"/users/(?P<owner>[^/]+)")),
    ("user", "GET", re.compile(r"/user")),
)
VERSIONS = ("2022-11-28",)
WORDS = {
    "exhausted": "API rate limit exceeded for user ID 1.",
    "secondary": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
}


class Api:
    """Answers requests; ``stopping`` frees those whose answer comes late."""

    def __init__(self, state: State, stopping: asyncio.Event) -> None:
        self._state = state
        self._answers = Answers(state)
        self._stopping = stopping

    async def answer(self, request: web.Request) -> web.Response:
        """Any request."""
        body = await request.read()
        with self._state.lock:
            self._state.calls.append(f"{request.method} {request.rel_url}")
            operation, asked = _asked(request, body)
            repository = asked.parts.get("repository", "")
            fault = None if operation is None else self._state.faults.take(operation, repository)
            told = (
                Told(200, None) if fault and fault.is_before else self._carry_out(request, operation, asked)
            )
            is_sent = fault is None or fault.kind == "slow"
            response = self._sent(request, told) if is_sent else web.Response()
        return await played(fault, request, response, self._failed, self._stopping)

    def _carry_out(self, request: web.Request, operation: Operation | None, asked: Asked) -> Told:
        wrong = self._refusal(request)
        if wrong is not None:
            return wrong
        return refused(404, "Not Found") if operation is None else self._answers.to(operation, asked)

    def _refusal(self, request: web.Request) -> Told | None:
        """What GitHub refuses before it looks at the path."""
        if self._state.meter.is_used_up:
            return refused(403, WORDS["exhausted"])
        if not request.headers.get("User-Agent"):
            return refused(403, "Request forbidden by administrative rules. Give a User-Agent header.")
        if request.headers.get("Authorization") != f"Bearer {self._state.token}":
            return refused(401, "Bad credentials")
        if request.headers.get("X-GitHub-Api-Version", VERSIONS[0]) not in VERSIONS:
            return refused(400, "This version of the API is not supported.")
        return None

    def _sent(self, request: web.Request, told: Told) -> web.Response:
        """With its ETag and the limits; without a body where the client has the same one."""
        body = written(told)
        etag = f'W/"{hashlib.sha256(body).hexdigest()}"'
        same = told.status == 200 and request.method == "GET" and request.headers.get("If-None-Match") == etag
        status, sent = (304, b"") if same else (told.status, body)
        headers = {"ETag": etag, "Content-Type": "application/json; charset=utf-8", **told.headers}
        headers |= self._state.meter.headers()
        self._state.meter.count(status, sent, headers)
        headers |= self._state.meter.headers()
        return web.Response(status=status, body=sent, headers=headers)

    def _failed(self, fault: Fault) -> web.Response:
        told = refused(fault.status, WORDS.get(fault.kind, f"By order of the sandbox: {fault.kind}."))
        response = web.Response(status=fault.status, body=written(told), content_type="application/json")
        with self._state.lock:
            response.headers.update(self._state.meter.headers())
        if fault.kind == "secondary":
            response.headers["Retry-After"] = str(fault.retry_after)
        if fault.kind == "exhausted":
            response.headers["X-RateLimit-Remaining"] = "0"
        if fault.kind == "moved":
            response.headers["Location"] = "/repositories/1"
        return response


def _asked(request: web.Request, body: bytes) -> tuple[Operation | None, Asked]:
    """Which operation it is, None for one that is not known, and what it says."""
    base = f"{request.url.scheme}://{request.url.authority}"
    for operation, method, pattern in PATHS:
        found = pattern.fullmatch(request.rel_url.path)
        if found is not None and request.method == method:
            url = base + request.rel_url.raw_path
            return operation, Asked(base, url, found.groupdict(), request.query, body)
    return None, Asked(base, "", {}, request.query, body)

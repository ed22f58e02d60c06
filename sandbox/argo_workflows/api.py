"""The HTTP API of the sandbox's Argo server."""

import asyncio
import re
from collections.abc import Callable

from aiohttp import web
from pydantic import JsonValue, ValidationError

from sandbox.argo_workflows import changing, telling
from sandbox.argo_workflows.changing import Body, Unchanged
from sandbox.argo_workflows.faults import Fault, Operation
from sandbox.argo_workflows.selectors import matches
from sandbox.argo_workflows.state import State
from sandbox.argo_workflows.workflows import Workflow
from sandbox.upstream_faults import played

PATH = re.compile(r"/api/v1/workflows/([^/]+)(?:/([^/]+))?(?:/(resume|set|stop))?")
CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 422: 9, 429: 8, 500: 13}
"""gRPC's, by the status that its gateway makes of them."""
CHANGES: dict[str, tuple[str, Callable[[State, Workflow, Body], None]]] = {
    "resume": ("update", changing.resume),
    "set": ("update", changing.set_),
    "stop": ("patch", changing.stop),
}
"""By the last part of the path: what the service account needs besides get, and what is done."""


class Api:
    """Answers requests; ``stopping`` frees those whose answer comes late."""

    def __init__(self, state: State, stopping: asyncio.Event) -> None:
        self._state = state
        self._stopping = stopping

    async def answer(self, request: web.Request) -> web.Response:
        """Any request."""
        body = await request.read()
        found = PATH.fullmatch(request.rel_url.raw_path)
        operation = _operation(request, found)
        with self._state.lock:
            self._state.calls.append(f"{request.method} {request.rel_url}")
            if operation is None:
                return web.Response(status=404, text="404 page not found\n")
            fault = self._state.faults.take(operation)
            is_before = fault is not None and fault.is_before
            response = web.Response() if is_before else self._carry_out(request, found, operation, body)
        return await played(fault, request, response, _failed, self._stopping)

    def _carry_out(
        self, request: web.Request, found: re.Match[str] | None, operation: Operation, body: bytes
    ) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self._state.token}":
            return error(401, "token not valid. see https://argo-workflows.readthedocs.io/en/latest/faq/")
        if found is None:
            return self._about(request.path)
        namespace, name = found[1], found[2]
        if operation == "list":
            return self._refusal("list", namespace) or self._list(request, namespace)
        workflow = self._state.workflows.find(namespace, name)
        refusal = self._refusal("get", namespace)
        if refusal is not None or workflow is None:
            return refusal or error(404, f'workflows.argoproj.io "{name}" not found')
        if operation == "get":
            return web.json_response(telling.one(workflow))
        return self._change(workflow, operation, body)

    def _about(self, path: str) -> web.Response:
        if path.endswith("/version"):
            return web.json_response({"version": "v3.7.0", "platform": "linux/amd64"})
        return web.json_response({"subject": self._state.user, "serviceAccountName": "slack-bot"})

    def _refusal(self, verb: str, namespace: str) -> web.Response | None:
        if verb in self._state.verbs and namespace in self._state.namespaces:
            return None
        return error(
            403,
            f'workflows.argoproj.io is forbidden: User "{self._state.user}" cannot {verb} resource "workflows"'
            f' in API group "argoproj.io" in the namespace "{namespace}"',
        )

    def _list(self, request: web.Request, namespace: str) -> web.Response:
        asked = request.query
        try:
            selector = asked.get("listOptions.labelSelector", "")
            chosen = [one for one in self._state.workflows if matches(selector, one.labels())]
            limit = int(asked.get("listOptions.limit") or 0)
            first = int(asked.get("listOptions.continue") or 0)
        except ValueError as wrong:
            return error(400, str(wrong))
        here = [one for one in chosen if one.asked.namespace == namespace]
        shown = here[first : first + limit] if limit else here[first:]
        after = first + len(shown)
        metadata: dict[str, JsonValue] = {"continue": str(after)} if after < len(here) else {}
        # A Go server writes null for a list that has nothing in it.
        return web.json_response({"metadata": metadata, "items": [*map(telling.listed, shown)] or None})

    def _change(self, workflow: Workflow, operation: Operation, body: bytes) -> web.Response:
        verb, apply = CHANGES[operation]
        refusal = self._refusal(verb, workflow.asked.namespace)
        if refusal is not None:
            return refusal
        try:
            apply(self._state, workflow, Body.model_validate_json(body))
        except ValidationError as wrong:
            return error(400, f"{wrong.error_count()} fields of the body are unknown or wrong")
        except Unchanged as wrong:
            return error(500, str(wrong))
        answer = web.json_response(telling.listed(workflow))
        if self._state.is_controlled:
            self._state.workflows.control(workflow)
        return answer


def _operation(request: web.Request, found: re.Match[str] | None) -> Operation | None:
    if found is None:
        known = request.path in ("/api/v1/version", "/api/v1/userinfo")
        return "version" if known and request.method == "GET" else None
    verb = found[3]
    if verb is not None:
        wanted: Operation = "resume" if verb == "resume" else "set" if verb == "set" else "stop"
        return wanted if request.method == "PUT" else None
    if request.method != "GET":
        return None
    return "list" if found[2] is None else "get"


def _failed(fault: Fault) -> web.Response:
    return error(fault.status, f"By order of the sandbox: {fault.kind}.")


def error(status: int, words: str) -> web.Response:
    """In the shape grpc.gateway.runtime.Error."""
    code = CODES.get(status, 2)
    return web.json_response({"code": code, "message": words, "error": words}, status=status)

"""The HTTP API of the sandbox's Privilege Manager."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from pydantic import JsonValue

from sandbox.privilege_manager import swagger
from sandbox.privilege_manager.answers import enveloped, error, framework_error, json_answer
from sandbox.privilege_manager.dialect import ROOT, Body, Dialect, Order, WrongDecision
from sandbox.privilege_manager.elevations import APPROVED, DENIED, PENDING, Elevation
from sandbox.privilege_manager.faults import Fault, Operation
from sandbox.privilege_manager.report import PENDING_REPORT
from sandbox.privilege_manager.roles import may
from sandbox.privilege_manager.state import State
from sandbox.upstream_faults import played

BASE = "/tms"
SWAGGER = {"/tms/services/swagger/docs/v1": "docs", "/tms/services/swagger/ui/index": "page"}


@dataclass(frozen=True)
class Call:
    """One call, understood. ``body`` is None where it is no JSON."""

    operation: Operation
    item: str
    token: str
    body: JsonValue
    host: str

    @property
    def fields(self) -> Body:
        return self.body if isinstance(self.body, dict) else {}


class Api:
    """Answers requests; ``stopping`` frees those whose answer never comes."""

    def __init__(self, state: State, stopping: asyncio.Event) -> None:
        self._state = state
        self._stopping = stopping
        self._carry_out: dict[Operation, Callable[[Call], web.Response]] = {
            "logon": self._log_on,
            "logoff": self._log_off,
            "version": self._version,
            "catalog": lambda _: enveloped([]),
            "report": lambda _: error(404, "The report was not found."),
            "swagger": self._swagger,
            "list": self._list,
            "get": self._get,
            "approve": self._decide,
            "deny": self._decide,
        }

    async def answer(self, request: web.Request) -> web.Response:
        """Any request. Paths match in any case and with doubled slashes, as IIS takes them."""
        path = re.sub("/+", "/", request.path).lower()
        dialect = self._state.dialect
        found = _operation(dialect, request.method, path)
        if found is None:
            return self._no_path(request)
        operation, item = found
        body = _json(await request.read())
        if operation == "approve" and isinstance(body, dict) and dialect.is_denial(body):
            operation = "deny"
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return await self._under_faults(request, Call(operation, item, token, body, request.host))

    def _no_path(self, request: web.Request) -> web.Response:
        with self._state.lock:
            self._state.counts["other"] += 1
        words = f"No HTTP resource was found that matches the request URI '{request.url}'."
        return framework_error(404, words)

    async def _under_faults(self, request: web.Request, call: Call) -> web.Response:
        with self._state.lock:
            self._state.counts[call.operation] += 1
            fault = self._state.faults.take(call.operation)
            before = self._state.elevations.changes
            response = web.Response() if fault and fault.is_before else self._carried_out(call)
            changed = before != self._state.elevations.changes
        if changed:
            self._state.changed()
        return await played(fault, request, response, _failed, self._stopping)

    def _carried_out(self, call: Call) -> web.Response:
        if call.operation not in ("logon", "version") and not self._state.tokens.is_good(call.token):
            return error(401, "Authorization has been denied for this request.")
        if not may(self._state.role, call.operation, by_report=self._state.shape == "report"):
            return error(403, "The role of the user does not allow this.")
        return self._carry_out[call.operation](call)

    def _log_on(self, call: Call) -> web.Response:
        body = {key.lower(): value for key, value in call.fields.items()}
        given = (body.get("username"), body.get("password"))
        if given != (self._state.username, self._state.password):
            return error(401, "The user name or password is incorrect.")
        return json_answer(self._state.tokens.new())

    def _log_off(self, call: Call) -> web.Response:
        self._state.tokens.drop(call.token)
        return enveloped(None)

    def _version(self, call: Call) -> web.Response:
        return enveloped("12.0.5.1024")

    def _swagger(self, call: Call) -> web.Response:
        return swagger.page() if call.item == "page" else swagger.reference(self._state.dialect, call.host)

    def _list(self, call: Call) -> web.Response:
        return self._state.dialect.pending([one for one in self._state.elevations if one.status == PENDING])

    def _get(self, call: Call) -> web.Response:
        elevation = self._state.elevations.find(call.item)
        if elevation is None:
            return error(404, "Approval request not found.")
        return self._state.dialect.one(elevation)

    def _decide(self, call: Call) -> web.Response:
        try:
            order = self._state.dialect.understand(call.operation, call.item, call.fields)
        except WrongDecision as wrong:
            return error(400, str(wrong))
        elevation = self._state.elevations.find(order.request_id)
        if elevation is None:
            return error(404, "Approval request not found.")
        if elevation.status != PENDING:
            return error(409, f"The approval request is no longer pending: it is {elevation.status}.")
        self._apply(elevation, order)
        return self._state.dialect.done(elevation)

    def _apply(self, elevation: Elevation, order: Order) -> None:
        self._state.elevations.decide(elevation, order.verdict, self._state.username)
        elevation.comment = order.comment
        elevation.duration = order.duration
        elevation.decisions += 1


def _operation(dialect: Dialect, method: str, path: str) -> tuple[Operation, str] | None:
    """What a path in lower case means, and the item named in it."""
    if path in SWAGGER and method == "GET":
        return "swagger", SWAGGER[path]
    if not path.startswith(BASE + ROOT):
        return None
    for endpoint in (*dialect.endpoints, *swagger.EVERYWHERE):
        found = endpoint.pattern.fullmatch(path, len(BASE + ROOT))
        if found and method == endpoint.method:
            item = found[1] if found.re.groups else ""
            return ("list" if item == PENDING_REPORT else endpoint.operation), item
    return None


def _json(body: bytes) -> JsonValue:
    try:
        value: JsonValue = json.loads(body)
    except ValueError:
        return None
    return value


def _failed(fault: Fault) -> web.Response:
    """What is answered to a call that a fault struck, where that is of Privilege Manager's own."""
    if fault.kind in ("server_error", "server_error_after"):
        return framework_error(500, "An error has occurred.")
    if fault.kind in ("empty", "no_path"):
        return web.Response(status=404 if fault.kind == "no_path" else 200)
    if fault.kind == "error_in_200":
        return error(400, "The operation could not be completed.", http_status=200)
    status, words = REFUSALS[fault.kind]
    return error(status, words)


REFUSALS = {
    "unauthorized": (401, "Authorization has been denied for this request."),
    "forbidden": (403, "The role of the user does not allow this."),
    "not_found": (404, "Approval request not found."),
    "conflict": (409, f"The approval request is no longer pending: it is {APPROVED} or {DENIED}."),
    "gone": (410, "The approval request is gone."),
    "ratelimited": (429, "Too many requests."),
}

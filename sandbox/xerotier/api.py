"""The HTTP API of the sandbox's Xerotier."""

import asyncio
import re

from aiohttp import web
from pydantic import JsonValue

from sandbox.upstream_faults import played
from sandbox.xerotier.approvals import PENDING, VERDICTS, Approval
from sandbox.xerotier.faults import Fault, Operation
from sandbox.xerotier.state import State

PATH = re.compile(r"/([^/]+)/v1/exec/approvals(?:/([^/]+))?(?:/(approve|reject))?")


class Api:
    """Answers requests; ``stopping`` frees those whose answer comes late."""

    def __init__(self, state: State, stopping: asyncio.Event) -> None:
        self._state = state
        self._stopping = stopping

    async def answer(self, request: web.Request) -> web.Response:
        """Any request."""
        found = PATH.fullmatch(request.rel_url.raw_path)
        operation = None if found is None else _operation(request.method, found)
        if found is None or operation is None:
            return self._unknown(request)
        await request.read()  # none is read, says the vendor
        with self._state.lock:
            self._state.calls.append(f"{request.method} {request.rel_url}")
            fault = self._state.faults.take(operation)
            response = (
                web.Response() if fault and fault.is_before else self._carry_out(request, found, operation)
            )
        return await played(fault, request, response, _failed, self._stopping)

    def _unknown(self, request: web.Request) -> web.Response:
        with self._state.lock:
            self._state.calls.append(f"{request.method} {request.rel_url}")
        return error(404, "No such path.")

    def _carry_out(self, request: web.Request, found: re.Match[str], operation: Operation) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self._state.key}":
            return error(401, "The API key is not valid.")
        if not self._state.has_scope:
            return error(403, "The API key lacks the execution scope.")
        if found[1] != self._state.project_id:
            return error(404, "There is no such project.")
        if operation == "list":
            return self._list(request.query.get("status"))
        approval = self._state.approvals.find(found[2])
        if operation == "get" and not self._state.tells_of_one:
            return error(404, "No such path.")
        if approval is None:
            return error(404, "There is no such approval.")
        return _told(approval.as_told()) if operation == "get" else self._decide(approval, found[3])

    def _list(self, status: str | None) -> web.Response:
        if not self._state.has_list:
            return error(404, "No such path.")
        found = [
            one
            for one in self._state.approvals
            if status in (None, one.status) or self._is_meant(one, status)
        ]
        return _told({"object": "list", "data": [one.as_told() for one in found], "has_more": False})

    def _is_meant(self, approval: Approval, status: str | None) -> bool:
        """One that escalated waits as well, and is listed with what waits where the list is not strict."""
        return status == PENDING and approval.waits and not self._state.is_strict

    def _decide(self, approval: Approval, verb: str) -> web.Response:
        if not approval.waits:
            return error(409, f"The approval is already resolved: it is {approval.status}.")
        approval.decisions += 1
        self._state.resolve(
            approval, VERDICTS["approve" if verb == "approve" else "reject"], self._state.user
        )
        return _told(approval.as_told())


def _operation(method: str, found: re.Match[str]) -> Operation | None:
    verb = found[3]
    if verb is not None:
        return None if method != "POST" else "approve" if verb == "approve" else "reject"
    if method != "GET":
        return None
    return "list" if found[2] is None else "get"


def _failed(fault: Fault) -> web.Response:
    if fault.kind == "says_no":
        return _told({"success": False, "message": "By order of the sandbox: it was not done."})
    return error(fault.status, f"By order of the sandbox: {fault.kind}.")


def error(status: int, words: str) -> web.Response:
    """In the shape that APIs of models have."""
    return web.json_response({"error": {"message": words, "code": status}}, status=status)


def _told(body: JsonValue) -> web.Response:
    return web.json_response(body)

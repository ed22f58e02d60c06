"""The Web API over HTTP: /api/<method> and response_url, with faults, and a record of every call."""

import asyncio
import json
import secrets
from collections.abc import Callable

from aiohttp import web

from sandbox.arguments import Arguments, bearer_token, read_arguments
from sandbox.calls import Call, masked
from sandbox.connection import reset_transport
from sandbox.errors import RateLimited, SlackError
from sandbox.faults import WebFault
from sandbox.json_types import Json
from sandbox.methods import METHODS
from sandbox.response_posts import error_status, respond
from sandbox.slack import Slack


def _always_200(code: str) -> int:
    """Slack's Web API says in the body that something failed."""
    return 200


class WebApi:
    """Answers HTTP requests; ``stopping`` frees those whose answer never comes."""

    def __init__(self, slack: Slack, stopping: asyncio.Event) -> None:
        self._slack = slack
        self._stopping = stopping

    async def method(self, request: web.Request) -> web.Response:
        """One call of a Web API method."""
        call = Call(request.match_info["method"], {})
        self._slack.calls.add(call)
        try:
            values = await read_arguments(request)
        except SlackError as unreadable:
            return _response(call, unreadable.answer())
        token = bearer_token(request, values)
        call.arguments = {**values, "token": masked(token)}
        return await self._answer(request, call, lambda: self._execute(call.method, token, values))

    async def response_url(self, request: web.Request) -> web.Response:
        """One post to a response_url; on record, and for faults, under the method name `response_url`."""
        call = Call("response_url", {})
        self._slack.calls.add(call)
        try:
            call.arguments = await read_arguments(request)
        except SlackError as unreadable:
            return _response(call, unreadable.answer(), 400)
        secret = request.match_info["secret"]
        return await self._answer(
            request, call, lambda: respond(self._slack, secret, Arguments(call.arguments)), error_status
        )

    def _execute(self, name: str, token: str, values: Json) -> Json:
        method = METHODS.get(name)
        if method is None:
            self._slack.calls.unknown_methods.append(name)
            raise SlackError("unknown_method", req_method=name)
        if not token:
            raise SlackError("not_authed")
        return method.call(self._slack, self._slack.install.token(token), Arguments(values))

    async def _answer(
        self,
        request: web.Request,
        call: Call,
        execute: Callable[[], Json],
        failed: Callable[[str], int] = _always_200,
    ) -> web.Response:
        """Under the fault that strikes this call; ``failed`` gives the HTTP status of an error code."""
        fault = self._slack.faults.take(call.method)
        if fault is not None:
            call.fault = fault.kind
            if fault.kind not in ("timeout", "reset"):
                return _fail_before(request, call, fault)
        try:
            response = _response(call, execute(), headers=self._headers(call))
        except RateLimited as limited:
            return _limited(call, limited)
        except SlackError as error:
            response = _response(call, error.answer(), failed(error.code), self._headers(call))
        if fault is None:
            return response
        call.status = None
        if fault.kind == "timeout":
            await self._stopping.wait()
        return _reset(request)

    def _headers(self, call: Call) -> dict[str, str]:
        """Slack names the scopes a token has, and those a method takes."""
        method = METHODS.get(call.method)
        if method is None or method.token != "bot":
            return {}
        granted = ",".join(self._slack.install.bot_token.scopes)
        return {"x-oauth-scopes": granted, "x-accepted-oauth-scopes": ",".join(method.scopes)}


def _fail_before(request: web.Request, call: Call, fault: WebFault) -> web.Response:
    """Nothing is carried out: a reset, HTTP 500, 429, or one of Slack's error codes."""
    if fault.kind == "reset_before":
        return _reset(request)
    if fault.kind == "server_error":
        call.status = 500
        return web.Response(
            status=500, text="<html><body>Server Error</body></html>", content_type="text/html"
        )
    if fault.kind == "ratelimited":
        return _limited(call, RateLimited(fault.retry_after))
    return _response(call, SlackError(fault.kind).answer())


def _limited(call: Call, limited: RateLimited) -> web.Response:
    return _response(call, limited.answer(), 429, {"Retry-After": str(limited.retry_after)})


def _reset(request: web.Request) -> web.Response:
    """The client sees ECONNRESET; the response is never written."""
    reset_transport(request.transport)
    return web.Response()


def _response(
    call: Call, answer: Json, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    call.answer = answer
    call.status = status
    return web.Response(
        status=status,
        body=json.dumps(answer).encode(),
        content_type="application/json",
        charset="utf-8",
        headers={"x-slack-req-id": secrets.token_hex(16), **(headers or {})},
    )

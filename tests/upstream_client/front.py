"""A front before an upstream's fake: it writes down every call, and lets some of them go wrong.

What goes wrong here goes wrong with every upstream alike, and the fake tells what came through all the same.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto

import aiohttp
from aiohttp import web
from pydantic import JsonValue
from yarl import URL

from sandbox.connection import reset_transport
from tests.upstream_client.serving import serving

OF_THE_CONNECTION = ("connection", "content-length", "keep-alive", "transfer-encoding")
CONDITIONS = ("if-modified-since", "if-none-match")
"""Left out where the answer goes wrong: one that says "as before" has nothing to spoil."""
OF_OUR_CLIENT = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp would add by itself."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a client sent; ``target`` is the path and the query as they were on the wire."""

    method: str
    target: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def is_of(self, pattern: re.Pattern[str]) -> bool:
        """Whether its method and path, "POST /v1/…", match as a whole."""
        return pattern.fullmatch(f"{self.method} {self.path}") is not None


class Moment(Enum):
    """When a call goes wrong, and how."""

    BEFORE = auto()
    """It is answered here, and never gets to the upstream."""
    AFTER = auto()
    """The upstream has done it; the answer is another one."""
    SILENCE = auto()
    """The upstream has done it, and no answer comes."""
    CUT = auto()
    """The upstream has done it, and the connection breaks."""


def every_call(call: Call) -> bool:
    """For a fault that strikes whatever is sent."""
    return True


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the calls that it ``strikes``.

    With ``spoil`` the upstream's own answer comes back, after that has changed its JSON.
    """

    moment: Moment
    status: int = 200
    body: str = '{"message": "By order of the test."}'
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    strikes: Callable[[Call], bool] = every_call
    spoil: Callable[[JsonValue], None] | None = None

    def response(self) -> web.Response:
        return web.Response(
            status=self.status, text=self.body, content_type=self.kind, headers=dict(self.headers)
        )


class Front:
    """Before the server at ``target``. ``calls`` are all that came, oldest first."""

    def __init__(self, target: str) -> None:
        self.url = ""
        self.calls: list[Call] = []
        self._target = target
        self._fault: Fault | None = None

    @classmethod
    @contextmanager
    def running(cls, target: str) -> Iterator["Front"]:
        """On loopback, until the end."""
        front = cls(target)
        with serving(front._app()) as front.url:
            yield front

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """So it goes meanwhile."""
        self._fault = fault
        try:
            yield
        finally:
            self._fault = None

    def count(self, pattern: re.Pattern[str]) -> int:
        """How many calls match."""
        return sum(call.is_of(pattern) for call in list(self.calls))

    def _app(self) -> web.Application:
        app = web.Application()

        async def live(_: web.Application) -> AsyncIterator[None]:
            self._stopping = asyncio.Event()
            timeout = aiohttp.ClientTimeout(total=None)
            async with aiohttp.ClientSession(
                timeout=timeout, auto_decompress=False, trust_env=False, skip_auto_headers=OF_OUR_CLIENT
            ) as self._session:
                yield

        async def stop(_: web.Application) -> None:
            self._stopping.set()

        app.cleanup_ctx.append(live)
        app.on_shutdown.append(stop)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        call = Call(request.method, request.raw_path)
        self.calls.append(call)
        fault = self._fault
        if fault is None or not fault.strikes(call):
            return await self._passed_on(request)
        if fault.moment is Moment.BEFORE:
            return fault.response()
        async with await self._sent_on(request, CONDITIONS) as answer:
            return await self._gone_wrong(request, fault, answer)

    async def _gone_wrong(
        self, request: web.Request, fault: Fault, answer: aiohttp.ClientResponse
    ) -> web.Response:
        body = await answer.read()
        if fault.spoil is not None:
            told = json.loads(body) if body else None
            fault.spoil(told)
            return web.json_response(told, status=answer.status)
        if fault.moment is Moment.AFTER:
            return fault.response()
        if fault.moment is Moment.SILENCE:
            await self._stopping.wait()
        reset_transport(request.transport)
        return web.Response()

    async def _passed_on(self, request: web.Request) -> web.StreamResponse:
        """Piece by piece, since an answer may be held open."""
        async with await self._sent_on(request) as answer:
            headers = [item for item in answer.headers.items() if item[0].lower() not in OF_THE_CONNECTION]
            response = web.StreamResponse(status=answer.status)
            response.headers.extend(headers)
            with suppress(ConnectionError):  # the client went
                await response.prepare(request)
                async for piece in answer.content.iter_any():
                    await response.write(piece)
                await response.write_eof()
            return response

    async def _sent_on(self, request: web.Request, without: Sequence[str] = ()) -> aiohttp.ClientResponse:
        """Path, query and Host as they came; nothing is compressed."""
        left_out = (*OF_THE_CONNECTION, "accept-encoding", *without)
        return await self._session.request(
            request.method,
            URL(self._target + request.raw_path, encoded=True),
            headers=[item for item in request.headers.items() if item[0].lower() not in left_out],
            data=await request.read(),
            allow_redirects=False,
        )

"""The listener: uvicorn in a thread of the bot's process, started and stopped by the daemon."""

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from slack_bot.http.caller import Caller
from slack_bot.http.door import BACKLOG, url_of

THREADS: Final = 32
"""For what may wait for the ledger; as many things are saved by one transaction. Made as they are needed."""
ALWAYS: Final = "/healthz"
"""Answered however many ask: who gets no answer there ends the process."""
STARTS_WITHIN: Final = 10.0
DRAIN: Final = 5
"""Seconds that a stop waits for requests under way."""

CROWDED: Final = JSONResponse({"detail": "Too many ask: come again."}, 503, {"Connection": "close"})

log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    """Tells when it serves. Signals are the daemon's: outside of the main thread uvicorn takes none."""

    def __init__(self, app: FastAPI, callers: type[Caller], settled: threading.Event) -> None:
        self.app = app
        self._most = callers.most
        super().__init__(
            uvicorn.Config(
                self._answer,
                interface="asgi3",
                loop="asyncio",
                http=callers,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_graceful_shutdown=DRAIN,
            )
        )
        self._settled = settled

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Opens the door, and says so."""
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix="http-work")
        asyncio.get_running_loop().set_default_executor(threads)
        await super().startup(sockets)
        self._settled.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Waits for no more than answers under way: of a body that still comes nothing was saved."""
        for one in list(self.server_state.connections):
            if isinstance(one, Caller) and one.is_sending:
                one.give_up()
        await super().shutdown(sockets)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_crowded = len(self.server_state.connections) > self._most and scope["path"] != ALWAYS
        answer = CROWDED if is_crowded else self.app
        await answer(scope, receive, send)


class HttpListener:
    """Serves an application at a door that listens, in a thread and an event loop of its own."""

    def __init__(self, app: FastAPI, door: socket.socket, callers: type[Caller] = Caller) -> None:
        self._door = door
        self._settled = threading.Event()
        self._server = _Server(app, callers, self._settled)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def start(self) -> None:
        """Returns once it serves, or once it is clear that it does not: then `is_alive` is False."""
        self._thread.start()
        self._settled.wait(STARTS_WITHIN)
        if self.is_alive():
            log.info("listening", url=url_of(self._door))

    def serve(self, app: FastAPI) -> None:
        """From the next request on it serves this one."""
        self._server.app = app

    def end(self) -> None:
        """Takes nothing new. Returns at once; `stop` waits for what is under way."""
        self._server.should_exit = True

    def stop(self) -> bool:
        """Takes nothing new, and lets what is under way end. True where it did.

        May be called before `start`: the door is closed then.
        """
        self.end()
        if self._thread.ident is None:
            self._door.close()
            return True
        self._thread.join(DRAIN + 1.0)
        return not self.is_alive()

    def is_alive(self) -> bool:
        """Whether the thread runs; without it nobody is answered."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve([self._door]))
        finally:
            self._settled.set()
            self._door.close()

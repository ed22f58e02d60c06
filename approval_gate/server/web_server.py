"""uvicorn, as the gate runs it: thousands of held answers, and a stop that ends each of them properly."""

import gc
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

BACKLOG: Final = 2048
"""Connections that wait to be accepted, when many clients come back at once."""
KEEP_ALIVE: Final = 75
"""Seconds that an idle connection stays open: longer than most clients keep one for the next request."""
DRAIN: Final = 10
"""Seconds that a stop waits for requests under way."""
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

log = structlog.stdlib.get_logger(__name__)


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; 0 lets the system choose the port. Raises `OSError`.

    It names its protocol, which `socket.create_server` does not: only then does asyncio send small pieces at once
    (TCP_NODELAY), where the headers and the body of an answer would lie 40 ms apart.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, _, _, address = found[0]
    door = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
        door.listen(BACKLOG)
    except OSError:
        door.close()
        raise
    return door


def raise_file_limit() -> int:
    """As many open connections as this user may have; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):  # macOS says that there is no limit, and then takes none as the limit
        return soft
    return hard


class WebServer(uvicorn.Server):
    """Sets off ``on_stop`` before it waits for open connections; a signal ends it with exit code 0.

    A second signal is from somebody who does not want to wait.
    """

    def __init__(self, app: FastAPI, on_start: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="auto",  # uvloop and httptools, where they are installed: they answer sooner
                http="auto",
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=DRAIN,
            )
        )
        self._on_start = on_start
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Opens the doors, and says so."""
        await super().startup(sockets)
        # What is there now stays: the collector need not look through all modules while somebody waits.
        gc.freeze()
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Those who are held are let go first: uvicorn waits for them."""
        log.info("stopping")
        self._on_stop()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came; in the middle of anything, so that nothing more is done here."""
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's own, without raising the signal again at the end: a wanted stop is no failure."""
        before = {number: signal.signal(number, self.handle_exit) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

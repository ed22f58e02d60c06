"""A real HTTP server that takes callbacks, answers as it is told, and remembers what came."""

import ssl
import threading
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers with ``statuses`` one after another, the last one again and again; 0 hangs up without an answer."""

    def __init__(self, *statuses: int, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self._statuses = deque(statuses or (204,))
        self._came = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._take(self)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing is written to the test's output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, count: int, timeout: float = 20.0) -> list[Received]:
        """All that came, once so many did."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.received) >= count, timeout), self.received
            return list(self.received)

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        status = self._statuses.popleft() if len(self._statuses) > 1 else self._statuses[0]
        with self._came:
            self.received.append(Received(handler.path, dict(handler.headers), body))
            self._came.notify_all()
        handler.close_connection = True
        if status:
            handler.send_response(status)
            handler.send_header("Location", f"http://127.0.0.1:{self.port}/elsewhere")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

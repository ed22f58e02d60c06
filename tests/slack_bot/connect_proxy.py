"""A small HTTP proxy on a real socket: CONNECT and plain forwarding, and a list of what passed through it."""

import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast
from urllib.parse import urlsplit


class ConnectProxy(socketserver.ThreadingTCPServer):
    """``seen`` holds what every request asked for, such as "CONNECT slack.com:443".

    Every request ends at ``target``, whatever host it names: so names need not exist. With ``routes`` each ends
    at that of its host and port, and one for any other host is cut off.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, target: tuple[str, int], routes: Mapping[str, tuple[str, int]] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._target = target
        self._routes = routes
        self.seen: list[str] = []

    def end_of(self, asked: str) -> tuple[str, int] | None:
        """Where what was asked for is; None where there is no way to it."""
        if self._routes is None:
            return self._target
        verb, _, where = asked.partition(" ")
        return self._routes.get(where if verb == "CONNECT" else urlsplit(where).netloc)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(socketserver.StreamRequestHandler):
    rbufsize = 0  # what follows the head belongs to the tunnel

    def handle(self) -> None:
        proxy = cast("ConnectProxy", self.server)
        head = self._head()
        asked = " ".join(head[0].decode().split()[:2])
        proxy.seen.append(asked)
        end = proxy.end_of(asked)
        if end is None:
            return
        with socket.create_connection(end) as upstream:
            if head[0].startswith(b"CONNECT "):
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                upstream.sendall(b"".join([_origin_form(head[0]), *head[1:]]))
            back = threading.Thread(target=_pump, args=(upstream, self.connection))
            back.start()
            _pump(self.connection, upstream)
            back.join()

    def _head(self) -> list[bytes]:
        lines = [self.rfile.readline()]
        while lines[-1] not in (b"\r\n", b""):
            lines.append(self.rfile.readline())
        return lines


def _origin_form(request_line: bytes) -> bytes:
    method, url, version = request_line.split(b" ", 2)
    return b" ".join([method, urlsplit(url.decode()).path.encode(), version])


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()


@contextmanager
def connect_proxy(
    target: tuple[str, int] = ("127.0.0.1", 9), routes: Mapping[str, tuple[str, int]] | None = None
) -> Iterator[ConnectProxy]:
    with ConnectProxy(target, routes) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()

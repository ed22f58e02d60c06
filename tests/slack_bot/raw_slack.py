"""A Slack that breaks the rules: a server that speaks WebSocket frame by frame, as a test's script says."""

import base64
import hashlib
import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

Script = Callable[[socket.socket], None]
HELLO = json.dumps({"type": "hello", "num_connections": 1})


class RawSlack(socketserver.ThreadingTCPServer):
    """Answers apps.connections.open, and plays the next script on each WebSocket; the last one for ever.

    A script gets the socket after the handshake; the connection ends when it returns. ``link`` gives the
    addresses of the WebSockets, where they are not its own.
    """

    daemon_threads = True

    def __init__(self, scripts: list[Script], link: Callable[[], str] | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scripts = scripts
        self.link = link or (lambda: f"ws://127.0.0.1:{self.server_address[1]}/link")
        self.opened = threading.Semaphore(0)
        self.over = threading.Event()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api/"

    def next_script(self) -> Script:
        return self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]


class _Handler(socketserver.StreamRequestHandler):
    rbufsize = 0

    def handle(self) -> None:
        slack = cast("RawSlack", self.server)
        head = self._head()
        if "sec-websocket-key" not in head:
            body = json.dumps({"ok": True, "url": slack.link()}).encode()
            self.rfile.read(int(head.get("content-length", "0")))
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            return
        self.wfile.write(_switching(head["sec-websocket-key"]))
        slack.opened.release()
        slack.next_script()(self.connection)

    def _head(self) -> dict[str, str]:
        head: dict[str, str] = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(":")
            head[name.lower()] = value.strip()
        return head


def _switching(key: str) -> bytes:
    """RFC 6455, section 4.2.2."""
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode(), usedforsecurity=False)
    accept = base64.b64encode(digest.digest())
    return b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + (
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
    )


def text_frame(text: str) -> bytes:
    """An unmasked text frame of up to 65,535 bytes."""
    data = text.encode()
    length = bytes([len(data)]) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2, "big")
    return b"\x81" + length + data


CLOSE_FRAME = b"\x88\x02\x03\xe8"


@contextmanager
def raw_slack(*scripts: Script, link: Callable[[], str] | None = None) -> Iterator[RawSlack]:
    with RawSlack(list(scripts), link) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()

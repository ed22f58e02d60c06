"""A held answer, watched byte by byte."""

import json
import socket
import time
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from tests.approval_gate.gate_process import Caller

PATIENCE = 10.0


class Held:
    """A request on a socket of its own, whose answer is read as it comes."""

    def __init__(self, caller: Caller, method: str, path: str, body: object = None, **params: object) -> None:
        url = urlsplit(caller.url)
        self._socket = socket.create_connection((url.hostname, url.port), timeout=PATIENCE)
        sent = b"" if body is None else json.dumps(body).encode()
        query = f"?{urlencode(params)}" if params else ""
        head = [
            f"{method} {path}{query} HTTP/1.1",
            f"Host: {url.netloc}",
            f"Authorization: Bearer {caller.key}",
            "Content-Type: application/json",
            f"Content-Length: {len(sent)}",
            "Connection: close",
        ]
        self._socket.sendall("\r\n".join([*head, "", ""]).encode() + sent)
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    @property
    def status(self) -> int:
        """The status; waits for the headers."""
        self._until(lambda: b"\r\n\r\n" in self._received)
        return int(self._received.split(b" ", 2)[1])

    @property
    def head(self) -> str:
        """The headers, in small letters."""
        self._until(lambda: b"\r\n\r\n" in self._received)
        return self._received.split(b"\r\n\r\n", 1)[0].decode().lower()

    @property
    def spaces(self) -> int:
        """How many chunks of a single space were read so far."""
        return self._received.count(b"1\r\n \r\n")

    def wait_for_spaces(self, count: int) -> None:
        """Until so many came."""
        self._until(lambda: self.spaces >= count)

    def json(self) -> Any:
        """The whole answer's value; it must be complete."""
        while data := self._socket.recv(65536):
            self._received += data
        assert self._received.endswith(b"0\r\n\r\n"), self._received
        return json.loads(_unchunked(self._received.split(b"\r\n\r\n", 1)[1]))

    def leave(self) -> None:
        """Hangs up."""
        self._socket.close()

    def _until(self, there: Any) -> None:
        deadline = time.monotonic() + PATIENCE
        while not there():
            assert time.monotonic() < deadline, self._received
            data = self._socket.recv(65536)
            assert data, self._received
            self._received += data


def wait_until_waiting(caller: Caller, ticket_id: str) -> Held:
    """A GET that is held for a ticket, once it is."""
    held = Held(caller, "GET", f"/v1/tickets/{ticket_id}", wait=60)
    held.wait_for_spaces(2)
    return held


def _unchunked(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        parts.append(body[:length])
        body = body[length + 2 :]
    return b"".join(parts)

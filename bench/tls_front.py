"""TLS before the sandbox, which can be cut as networks cut it: without a word of WebSocket.

The sandbox speaks plain HTTP. Beside the TLS port there is a Web API that passes every call on, and hands out
the TLS port's address for a WebSocket.
"""

import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import requests

HOST, TLS_PORT = "127.0.0.1", 443
"""Bolt's built-in client speaks TLS on this port only."""
PASSED_ON = ("Content-Type", "Authorization")


class NoTls(Exception):
    """There can be no TLS front here; the text says why."""


class TlsFront(socketserver.ThreadingTCPServer):
    """Takes TLS connections and forwards what is in them to ``target``."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, target: tuple[str, int], certificate: Path) -> None:
        super().__init__((HOST, TLS_PORT), _Tunnel)
        self.target = target
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.open: list[ssl.SSLSocket] = []

    def cut(self, reset: bool) -> None:
        """Ends every connection to the client, by RST or by FIN, and with no word of TLS."""
        for connection in self.open:
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                socket.socket.shutdown(connection, socket.SHUT_RD)  # its thread wakes and closes it
            else:
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        self.open.clear()


class _Tunnel(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        front = cast("TlsFront", self.server)
        try:
            client = front.context.wrap_socket(self.request, server_side=True)
        except OSError:
            return  # gone before the handshake's end
        with client, socket.create_connection(front.target) as upstream:
            front.open.append(client)
            back = threading.Thread(target=_pump, args=(upstream, client), daemon=True)
            back.start()
            _pump(client, upstream)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()


class ApiFront(ThreadingHTTPServer):
    """The Web API of the sandbox at ``target``, with WebSockets behind TLS."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__((HOST, 0), _Call)
        self.target = target

    @property
    def api_url(self) -> str:
        """For SLACK_API_URL."""
        return f"http://{HOST}:{self.server_address[1]}/api/"

    def secured(self, body: str) -> str:
        """An answer, its WebSocket address leading through TLS."""
        return body.replace(f"ws://{urlsplit(self.target).netloc}/", f"wss://{HOST}:{TLS_PORT}/")


class _Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        front = cast("ApiFront", self.server)
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
        answer = requests.post(front.target + self.path, data=sent, headers=headers, timeout=30)
        body = front.secured(answer.text).encode()
        self.send_response(answer.status_code)
        for name in ("Content-Type", "x-oauth-scopes", "Retry-After"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the sandbox keeps the calls."""


def make_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file; it is its own authority. Raises `NoTls`."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise NoTls("there is no openssl to make certificates")
    path = folder / "127.0.0.1.pem"
    command = [
        *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"),
        *("-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=IP:{HOST}"),
        *("-keyout", str(folder / "key"), "-out", str(folder / "certificate")),
    ]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes((folder / "key").read_bytes() + (folder / "certificate").read_bytes())
    return path


@contextmanager
def tls_front(sandbox_url: str, certificate: Path) -> Iterator[tuple[TlsFront, str]]:
    """The front, and the address of its Web API. Raises `NoTls` where port 443 cannot be had."""
    parts = urlsplit(sandbox_url)
    try:
        front = TlsFront((parts.hostname or HOST, parts.port or 80), certificate)
    except OSError as error:
        raise NoTls(f"port {TLS_PORT} on {HOST} cannot be had: {error.strerror}") from error
    with front, ApiFront(sandbox_url) as api, _serving(front), _serving(api):
        yield front, api.api_url


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()

"""TLS before the sandbox, which can be cut as networks cut it: without a word of WebSocket."""

import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

OPENSSL = shutil.which("openssl")


class TlsFront(socketserver.ThreadingTCPServer):
    """Takes TLS connections on 127.0.0.1 and forwards what is in them to ``target``."""

    daemon_threads = True

    def __init__(self, target: tuple[str, int], certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.open: list[ssl.SSLSocket] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def cut(self, reset: bool) -> None:
        """Ends every TCP connection to the client, by FIN or by RST, and with no word of TLS."""
        for connection in self.open:
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                socket.socket.shutdown(connection, socket.SHUT_RD)  # its thread wakes and closes it
            else:
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        self.open.clear()


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        front = cast("TlsFront", self.server)
        with (
            front.context.wrap_socket(self.request, server_side=True) as client,
            socket.create_connection(front.target) as upstream,
        ):
            front.open.append(client)
            back = threading.Thread(target=_pump, args=(upstream, client))
            back.start()
            _pump(client, upstream)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        sink.close()


@contextmanager
def tls_front(target: tuple[str, int], certificate: Path) -> Iterator[TlsFront]:
    with TlsFront(target, certificate) as front:
        thread = threading.Thread(target=front.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield front
        finally:
            front.shutdown()
            thread.join()


def make_certificate(directory: Path, *names: str) -> Path:
    """A certificate for 127.0.0.1 and these names, with its key, in one file; it is its own authority."""
    known_as = ",".join(["IP:127.0.0.1", *(f"DNS:{name}" for name in names)])
    path = directory / "127.0.0.1.pem"
    command = [
        *(OPENSSL or "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        *("-noenc", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", f"subjectAltName={known_as}"),
        *("-keyout", str(directory / "key"), "-out", str(directory / "certificate")),
    ]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes((directory / "key").read_bytes() + (directory / "certificate").read_bytes())
    return path

"""Real servers for the tests, on 127.0.0.1 and a port of the kernel's choice."""

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path

from aiohttp import web

SELF_SIGNED = Path(__file__).parent / "self_signed.pem"
"""Key and certificate, for 127.0.0.1, localhost and privman.example, made with `openssl req -x509 -newkey ec`."""
HOST = "127.0.0.1"


def self_signed_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SELF_SIGNED)
    return context


@contextmanager
def serving(app: web.Application) -> Iterator[str]:
    """The application in a thread of its own; yields its address, such as http://127.0.0.1:40123."""
    started: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stopping = asyncio.Event()
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        address = f"http://{HOST}:{runner.addresses[0][1]}"
        started.set_result((address, asyncio.get_running_loop(), stopping))
        await stopping.wait()
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    address, loop, stopping = started.result(timeout=10)
    try:
        yield address
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()


@contextmanager
def raw_server(talk: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Each connection goes through ``talk`` in a thread of its own and is closed after it; yields the port."""
    listener = socket.create_server((HOST, 0))
    threads: list[threading.Thread] = []

    def accept() -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=converse, args=(connection,)))
                threads[-1].start()

    def converse(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(10)
            if tls is None:
                talk(connection)
            else:
                with tls.wrap_socket(connection, server_side=True) as secured:
                    talk(secured)

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (acceptor, *threads):
            thread.join()


def read_call(connection: socket.socket) -> bytes:
    """What the client sent: its headers, and the body as long as they say; what came until it hung up."""
    received = b""
    while not _is_whole(received) and (chunk := connection.recv(65536)):
        received += chunk
    return received


def _is_whole(received: bytes) -> bool:
    head, found, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return bool(found) and len(body) >= (int(length[1]) if length else 0)


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])

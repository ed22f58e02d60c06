"""A relay before a server, such as a proxy is: it can cut what goes through it, at any moment."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

HOST = "127.0.0.1"
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends a reset."""


class Relay:
    """Passes bytes on between whoever connects to `url` and the server at ``port``.

    While it ``loses_calls`` or ``loses_answers``, those come to nothing; ``lost`` is what did.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server((HOST, 0))
        self._lock = Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.url = f"http://{HOST}:{self._listener.getsockname()[1]}"
        self.connections = 0
        self.loses_calls = self.loses_answers = False
        self.lost = b""
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    def cut(self, *, reset: bool = False) -> int:
        """Ends every connection now; how many there were."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for one in pair:
                with suppress(OSError):  # the other side may have gone first
                    if reset:
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
        return len(pairs)

    def close(self) -> None:
        """Ends it all."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                try:
                    server = socket.create_connection((HOST, self._port))
                except OSError:
                    client.close()
                    continue
                with self._lock:
                    self._pairs.append((client, server))
                calls, answers = (client, server, "loses_calls"), (server, client, "loses_answers")
                for way in (calls, answers):
                    Thread(target=self._pass_on, args=way, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, loses: str) -> None:
        with suppress(OSError):  # cut
            while piece := source.recv(65536):
                if getattr(self, loses):
                    self.lost += piece
                else:
                    sink.sendall(piece)
        with suppress(OSError):  # as above
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def relay(url: str) -> Iterator[Relay]:
    """Before the server at this address."""
    running = Relay(int(url.rpartition(":")[2]))
    try:
        yield running
    finally:
        running.close()

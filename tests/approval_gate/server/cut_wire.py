"""A wire to PostgreSQL that is cut during a commit: before it gets there, or when only the answer is missing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from sqlalchemy import make_url

NAME = ".s.PGSQL.5432"
"""How PostgreSQL's clients call its socket in a directory."""
Cut = Literal["before", "after"]


class CutWire:
    """Passes everything on, until it is told to cut a commit; then nobody gets through until `mend`."""

    def __init__(self, url: str, folder: Path) -> None:
        target = make_url(url)
        self._target = str(Path(str(target.query["host"])) / NAME)
        self.url = target.update_query_dict({"host": str(folder)}).render_as_string(hide_password=False)
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / NAME))
        self._door.listen()
        self._cut: Cut | None = None
        self._word = b""
        self._silent: set[socket.socket] = set()
        """Towards the server: what it answers next is the outcome of a commit, and gets nowhere."""
        self._is_whole = True
        self.was_cut = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_commit_of(self, word: str, when: Cut) -> None:
        """Of the next transaction that names this: ``before`` the server gets it, or ``after`` it has answered."""
        self._word, self._cut = word.encode(), when

    def mend(self) -> None:
        """Whoever connects from now on gets through."""
        self._is_whole = True

    def close(self) -> None:
        """Nobody may connect any more."""
        _hang_up(self._door)
        self._door.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._door.accept()
                if not self._is_whole:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answer, args=(client, server), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        is_it = False
        with client, server, suppress(OSError):  # the other end hung up
            while asked := client.recv(65536):
                is_it = is_it or (self._cut is not None and self._word in asked)
                if b"COMMIT" in asked and is_it and self._cut is not None:
                    when, self._cut, self._is_whole = self._cut, None, False
                    if when == "before":
                        self.was_cut.set()
                        break
                    self._silent.add(server)
                server.sendall(asked)
            _hang_up(client, server)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):  # the other end hung up
            while answered := server.recv(65536):
                if server in self._silent:
                    self.was_cut.set()
                    break
                client.sendall(answered)
        _hang_up(client, server)


def _hang_up(*ends: socket.socket) -> None:
    """Wakes whoever reads from one of them."""
    for end in ends:
        with suppress(OSError):  # it has hung up itself
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def cut_wire(url: str, folder: Path) -> Iterator[CutWire]:
    """A whole wire to this database; its socket is in ``folder``, whose path must be short."""
    wire = CutWire(url, folder)
    try:
        yield wire
    finally:
        wire.close()

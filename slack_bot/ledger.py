"""The bot's own database: its tables, its engine, and the rule that one writer writes at a time.

SQLite by default, PostgreSQL for several replicas. Times are integer microseconds since 1970 UTC.
"""

import fcntl
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import IO, Any

from sqlalchemy import (
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
    UniqueConstraint,
    create_engine,
    event,
    false,
    inspect,
    make_url,
    select,
    text,
)

from slack_bot.logs import Redaction
from slack_bot.seal import Seal
from slack_bot.volume import journal_of

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0007"
"""The newest migration; Alembic, and its memory, are loaded only where the database is older."""

BUSY_TIMEOUT_MS = 5_000
JOURNAL_KEPT = 4 * 1024 * 1024
"""Bytes of SQLite's rollback journal that are left between two transactions."""
POSTGRESQL = {
    "connect_timeout": 5,
    "options": "-c statement_timeout=10000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000",
    "tcp_user_timeout": 10_000,
}
"""How long a silent server may hold us up; seconds, then milliseconds."""
READING = {"reading": True}
"""The option of a connection that only queries."""
NOTARY = "notary"
"""The option of an engine that says how records of the audit log are made."""
ENDING = "ending"
"""The option of a writing connection that says what is left to do at the end of its transaction."""
_MIGRATION_LOCK = 0x5AB0_0001
"""The advisory lock that lets one of several starting replicas migrate a PostgreSQL."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
_Id = BigInteger().with_variant(Integer, "sqlite")

inbox = Table(
    "inbox",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("once_key", String(300), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("user_id", String(20), nullable=False),
    Column("payload", Text, nullable=False),
    Column("reply_to", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, index=True),
    Column("handled_at", BigInteger),
    Column("result", String(60), nullable=False),
    Column("answer", Text, nullable=False),
    Column("answer_due_at", BigInteger, index=True),
    Column("answer_blocks", Text, nullable=False, server_default=text("''")),
    Column("answer_public", Boolean, nullable=False, server_default=false()),
)

requests = Table(
    "requests",
    metadata,
    Column("key", String(12), primary_key=True),
    Column("upstream", String(40), nullable=False),
    Column("upstream_id", String(300), nullable=False),
    Column("state", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("revised_at", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("look", Integer, nullable=False),
    Column("digest", String(66), nullable=False),
    Column("body", Text, nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("notice", Text, nullable=False),
    Column("verdict", String(10)),
    Column("cause", String(20)),
    Column("duration", BigInteger),
    Column("reason", Text, nullable=False),
    Column("decided_by", String(20), nullable=False),
    Column("decided_by_name", Text, nullable=False),
    Column("decided_in", String(20), nullable=False),
    Column("decided_at", BigInteger),
    Column("decision_id", String(40), nullable=False),
    Column("intent_at", BigInteger),
    Column("intent_by", String(40), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("seen_pending", Integer, nullable=False),
    Column("unsure", Boolean, nullable=False),
    Column("due_at", BigInteger),
    Column("trouble", Text, nullable=False),
    Column("outcome_status", String(20), nullable=False),
    Column("outcome_by", Text, nullable=False),
    Column("outcome_detail", Text, nullable=False),
    Column("settled_at", BigInteger),
    Column("until_at", BigInteger),
    Column("turn", BigInteger, nullable=False, server_default=text("0")),
    Column("deciders", Text, nullable=False, server_default=text("''")),
    Column("wish", String(100), nullable=False, server_default=text("''")),
    Column("routed_by", String(16), nullable=False, server_default=text("''")),
    Column("routed_to", Text, nullable=False, server_default=text("''")),
    UniqueConstraint("upstream", "upstream_id"),
)
Index("ix_requests_upstream_state", requests.c.upstream, requests.c.state)
Index("ix_requests_state_first_seen_at", requests.c.state, requests.c.first_seen_at)
Index("ix_requests_cause_decided_at", requests.c.cause, requests.c.decided_at)
Index("ix_requests_state_turn", requests.c.state, requests.c.turn)
Index("ix_requests_turn", requests.c.turn)
Index("ix_requests_state_routed_by_routed_to", *requests.c["state", "routed_by", "routed_to"])

votes = Table(
    "votes",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("request_key", String(12), ForeignKey("requests.key"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("user_id", String(20), nullable=False),
    Column("user_name", Text, nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("duration", BigInteger),
    Column("reason", Text, nullable=False),
    Column("voted_at", BigInteger, nullable=False),
    Column("inbox_id", _Id, ForeignKey("inbox.id"), nullable=False, unique=True),
    Column("until_at", BigInteger),
    Column("standing", String(20), nullable=False, server_default=text("'member'")),
    Column("groups", Text, nullable=False, server_default=text("'[]'")),
    Column("in_channel", Boolean, nullable=False, server_default=false()),
    Column("email", Text, nullable=False, server_default=text("''")),
)
Index("ix_votes_request_key_revision", votes.c.request_key, votes.c.revision)

cards = Table(
    "cards",
    metadata,
    Column("request_key", String(12), ForeignKey("requests.key"), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
    Column("claimed_by", String(40), nullable=False),
    Column("ts", String(40)),
    Column("shown_look", Integer, nullable=False),
    Column("lost_because", Text, nullable=False),
    Column("told_revision", Integer, nullable=False, server_default=text("0")),
    Column("anew_revision", Integer, nullable=False, server_default=text("0")),
    Column("shown_policy", String(25), nullable=False, server_default=text("''")),
    Column("reminders", Integer, nullable=False, server_default=text("0")),
    Column("reminded_at", BigInteger),
    Column("backup_at", BigInteger),
    Column("shown_question", String(16), nullable=False, server_default=text("''")),
    Column("shown_at", BigInteger),
    Column("proven_at", BigInteger),
)
Index("ix_cards_channel_ts", cards.c.channel, cards.c.ts)
Index("ix_cards_state", cards.c.state)

backlogs = Table(
    "backlogs",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("until", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
    Column("claimed_by", String(40), nullable=False),
    Column("ts", String(40)),
    Column("shown_count", Integer, nullable=False),
    Column("probed_at", BigInteger, nullable=False),
)

channel_names = Table(
    "channel_names",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("name", Text, nullable=False),
    Column("read_at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("request_key", String(12)),
    Column("actor", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("digest", String(66), nullable=False, server_default=text("''")),
    Column("policy", Text, nullable=False, server_default=text("''")),
    Column("artefact", Text, nullable=False, server_default=text("'[]'")),
    Column("prev", String(64), nullable=False, server_default=text("''")),
    Column("hash", String(64), nullable=False, server_default=text("''")),
)
"""``id`` is the record's place in the chain: it counts from 1 without a gap."""
Index("ix_audit_request_key", audit.c.request_key)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("mac", String(64), nullable=False),
)
"""One row: where the chain ends. ``mac`` proves that whoever says so had the key."""
_HEAD = select(audit_head.c.seq, audit_head.c.hash, audit_head.c.mac)
_HEAD_LOCKED = _HEAD.with_for_update()


class LedgerUnusable(Exception):
    """The ledger cannot be opened; the text tells the operator what to do."""


class LedgerInUse(LedgerUnusable):
    """Another process holds this SQLite ledger; two writers would answer for each other."""


class HeadUnproven(LedgerUnusable):
    """Nobody can tell where the audit log ends: nothing may be added to it, and so nothing is decided."""


@dataclass(frozen=True, slots=True)
class Notary:
    """How records of the audit log are made: without secrets, and sealed."""

    seal: Seal = field(repr=False)
    redaction: Redaction = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is left to do when a transaction's block is through: ``before`` the commit, and ``after`` it."""

    before: list[Callable[[], None]] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the audit log ends: with record ``seq``, whose hash is ``hash``."""

    seq: int
    hash: str


class Ledger:
    """An open ledger, migrated to the newest shape.

    ``sole`` tells that no other process can hold it, so whatever an earlier process left half done is ours to
    finish at once; with PostgreSQL another replica may be at it.
    """

    def __init__(self, url: str, audit_key: str, secrets: Iterable[str] = ()) -> None:
        """Opens, locks and migrates.

        ``audit_key`` seals the audit log, in which none of ``secrets`` is ever written.

        Raises `LedgerUnusable`, `OSError` where the place cannot be written, `sqlalchemy.exc.SQLAlchemyError`.
        """
        self._url = make_url(url)
        self.sole = self._url.get_backend_name() == "sqlite"
        self._lock_file = self._lock() if self.sole else None
        self._writer: AbstractContextManager[Any] = Lock() if self.sole else nullcontext()
        self.engine = (
            _sqlite_engine(url, journal_of(self._path.parent)) if self.sole else _postgresql_engine(url)
        )
        self._notary = Notary(Seal(audit_key), Redaction(secrets))
        self.engine.update_execution_options(**{NOTARY: self._notary})
        try:
            self._migrate()
            with self.read() as connection:
                head_of(connection, self._notary.seal)
        except BaseException:
            self.close()
            raise

    @property
    def _path(self) -> Path:
        return Path(self._url.database or "ledger.db")

    def _lock(self) -> IO[bytes]:
        path = self._path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _locked(path.with_name(path.name + ".lock"))
        except BlockingIOError as error:
            raise LedgerInUse(
                f"{path} is in use by another process. Stop that one, or give this one its own LEDGER_URL."
            ) from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for queries, which keep no writer waiting longer than they take."""
        with self.engine.connect().execution_options(**READING) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, undone by an exception.

        What `ending_of` it is told to do before belongs to it; what it is told to do after happens once it
        stands, and cannot undo it.
        """
        ending = Ending()
        with self._writer, self.engine.begin() as connection:
            yield connection.execution_options(**{ENDING: ending})
            for work in ending.before:
                work()
        for work in ending.after:
            work()

    def _migrate(self) -> None:
        with self.write() as connection:
            if not self.sole:
                # Another replica may be migrating, and may take as long as it takes.
                for patience in ("lock_timeout", "statement_timeout"):
                    connection.exec_driver_sql(f"SET LOCAL {patience} = 0")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            if current_revision(connection) != HEAD:
                _upgrade(connection, self._notary.seal)

    def close(self) -> None:
        """Lets go of the connections and the lock."""
        self.engine.dispose()
        if self._lock_file is not None:
            self._lock_file.close()


def ending_of(tx: Connection) -> Ending:
    """What is left to do at the end of a transaction of `Ledger.write`; of no other anybody would do it."""
    ending: Ending = tx.get_execution_options()[ENDING]
    return ending


def notary_of(connection: Connection) -> Notary:
    """How records of this ledger's audit log are made."""
    notary: Notary = connection.get_execution_options()[NOTARY]
    return notary


def head_of(connection: Connection, seal: Seal, *, lock: bool = False) -> Head:
    """Where the audit log ends; ``lock`` keeps every other writer from adding to it. Raises `HeadUnproven`."""
    found = connection.execute(_HEAD_LOCKED if lock else _HEAD).all()
    if len(found) != 1 or not seal.is_head(*found[0]):
        raise HeadUnproven(
            "AUDIT_KEY: the end of the audit log does not fit this key. Either it is not the key with which the "
            "ledger was written: give the bot that one. Or somebody rewrote the end of the log: "
            "python -m slack_bot.audit verify tells more."
        )
    return Head(found[0].seq, found[0].hash)


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
    return create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=POSTGRESQL)


def _sqlite_engine(url: str, journal: str) -> Engine:
    # Parameters are hidden in errors, and so in logs: they are what people asked for and pressed.
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


def current_revision(connection: Connection) -> str | None:
    """The newest migration that was done; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version = Table("alembic_version", MetaData(), Column("version_num", String(32)))
    return connection.execute(select(version.c.version_num)).scalar_one_or_none()


def _upgrade(connection: Connection, seal: Seal) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    config.attributes["seal"] = seal
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise LedgerUnusable(
            f"LEDGER_URL: this version of the bot cannot migrate the ledger ({error}). "
            "If a newer version used it last, start that one."
        ) from error

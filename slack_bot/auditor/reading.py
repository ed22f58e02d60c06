"""The ledger, open for reading alone, beside the bot that writes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Row, create_engine, func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from slack_bot.audit.chain import End
from slack_bot.audit.log import record_of
from slack_bot.audit.record import Record
from slack_bot.auditor.settings import CannotBegin
from slack_bot.ledger import HEAD, POSTGRESQL, audit, audit_head, current_revision, requests, votes

AT_ONCE = 500
"""Records of one query: a long one would keep the bot from writing to SQLite."""
READ_ONLY = " -c default_transaction_read_only=on"
SQLITE_PATIENCE = 10.0
"""Seconds to wait while the bot writes."""


class LedgerToRead:
    """Takes no lock that lasts, and works while the bot runs."""

    def __init__(self, url: str) -> None:
        """Raises `CannotBegin` where it cannot be opened, or is of another version."""
        self._engine = _engine(url)
        try:
            with self._connection() as connection:
                _check_version(current_revision(connection))
        except CannotBegin:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the connections."""
        self._engine.dispose()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise CannotBegin(f"LEDGER_URL: the ledger cannot be read: {error}") from error

    def end(self) -> tuple[End, int]:
        """Where the log says that it ends, and the number of the last record there is: at one moment."""
        newest = select(func.coalesce(func.max(audit.c.id), 0)).scalar_subquery()
        query = select(newest, audit_head.c.seq, audit_head.c.hash, audit_head.c.mac).select_from(
            select(1).subquery().outerjoin(audit_head, audit_head.c.id == 1)
        )
        with self._connection() as connection:
            row = connection.execute(query).one()
        return End(row[1] or 0, row[2] or "", row[3] or ""), int(row[0])

    def records(self, until: int, after: int | None = None, key: str | None = None) -> Iterator[Record]:
        """In order: those numbered up to ``until`` and beyond ``after``; of one request, where ``key`` is given."""
        query = select(audit).where(audit.c.id <= until).order_by(audit.c.id).limit(AT_ONCE)
        if key is not None:
            query = query.where(audit.c.request_key == key)
        while True:
            page = query if after is None else query.where(audit.c.id > after)
            with self._connection() as connection:
                rows = connection.execute(page).all()
            yield from map(_record, rows)
            if not rows:
                return
            after = rows[-1].id

    def first_since(self, at: int) -> int | None:
        """The number of the first record of that moment or later, in microseconds since 1970 UTC."""
        with self._connection() as connection:
            found: int | None = connection.execute(
                select(func.min(audit.c.id)).where(audit.c.at >= at)
            ).scalar()
        return found

    def requests_like(self, beginning: str, limit: int) -> list[tuple[str, str]]:
        """(key, upstream's id) of the requests whose key or id begins with this."""
        begins = [
            column.startswith(beginning, autoescape=True)
            for column in (requests.c.key, requests.c.upstream_id)
        ]
        query = select(requests.c.key, requests.c.upstream_id).where(begins[0] | begins[1])
        with self._connection() as connection:
            found = connection.execute(query.order_by(requests.c.first_seen_at).limit(limit)).all()
        return [(row.key, row.upstream_id) for row in found]

    def body_of(self, key: str) -> str:
        """What the upstream told of a request, as JSON."""
        with self._connection() as connection:
            return str(connection.execute(select(requests.c.body).where(requests.c.key == key)).scalar_one())

    def names_in(self, key: str) -> dict[str, str]:
        """Who answered a request: names by their ids in Slack."""
        query = select(votes.c.user_id, votes.c.user_name).where(votes.c.request_key == key)
        with self._connection() as connection:
            return {row.user_id: row.user_name for row in connection.execute(query)}


def _record(row: Row[tuple[Any, ...]]) -> Record:
    """The row's record. One that is none any more is given back so that its hash does not fit, and is named."""
    try:
        return record_of(row)
    except ValueError:
        detail: dict[str, object] = {"unreadable": str(row.detail)}
        return Record(row.id, 0, str(row.kind), None, str(row.actor), detail, hash=str(row.hash))


def _engine(url: str) -> Engine:
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite":
        options = {**POSTGRESQL, "options": f"{POSTGRESQL['options']}{READ_ONLY}"}
        return create_engine(url, hide_parameters=True, connect_args=options)
    path = Path(parts.database or "").absolute()
    if not path.is_file():
        raise CannotBegin(f"LEDGER_URL: there is no {path}. Say where the bot's ledger is.")
    file = URL.create("sqlite", database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
    return create_engine(file, hide_parameters=True, connect_args={"timeout": SQLITE_PATIENCE})


def _check_version(revision: str | None) -> None:
    if revision == HEAD:
        return
    if revision is None:
        raise CannotBegin("LEDGER_URL: this is no ledger of the bot, or it never started with it.")
    older = revision < HEAD
    raise CannotBegin(
        f"LEDGER_URL: the ledger is {'older' if older else 'newer'} than this version of the bot. "
        + (
            "Start the bot once: it brings the ledger up to date."
            if older
            else "Use the version that wrote it."
        )
    )

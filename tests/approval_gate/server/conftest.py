"""What the tests of the gate's server may ask for besides: databases, and a Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approval_gate.server.database import Database
from tests.approval_gate.gate_template import migrated
from tests.approval_gate.redis_server import redis_server
from tests.approval_gate.server.own_postgres import own_postgres
from tests.backends import empty_postgres_url as postgres_url
from tests.backends import postgres_server, sqlite_url

__all__ = ["own_postgres", "postgres_server", "postgres_url", "redis_server", "sqlite_url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The GATE_DATABASE_URL of an empty database, of each kind; SQLite's is migrated already."""
    if request.param == "sqlite":
        return migrated(tmp_path / "ledger.db")
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A new, open database of each kind."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """A new, open SQLite database, for what does not depend on the kind."""
    opened = Database(migrated(tmp_path / "ledger.db"))
    yield opened
    opened.close()

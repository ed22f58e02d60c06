import signal
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.exc import IntegrityError

from approval_gate.server.database import (
    HEAD,
    MIGRATIONS,
    VERSION_TABLE,
    Database,
    DatabaseInUse,
    DatabaseUnusable,
    api_keys,
    metadata,
)
from slack_bot.ledger import Ledger
from tests.approval_gate.server.desks import new_key
from tests.audit_key import AUDIT_KEY

REPOSITORY = Path(__file__).parents[3]
OPEN = """
import sys
from approval_gate.server.database import Database
database = Database(sys.argv[1], serving=sys.argv[2] == "serving")
print("alembic" in sys.modules, flush=True)
sys.stdin.read()
database.close()
"""


class Opener:
    """Another process that has the database open, or is about to."""

    def __init__(self, url: str, how: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OPEN, url, how],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def said(self) -> str:
        """Whether it had loaded Alembic, once the database is open."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        _, errors = self.process.communicate("", timeout=20)
        assert (self.process.returncode, errors) == (0, "")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=20)


def test_the_migrations_give_exactly_the_tables_of_the_code(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "compare_server_default": True, "version_table": VERSION_TABLE},
        )
        assert compare_metadata(context, metadata) == []


def test_the_migrations_give_the_names_constraints_and_indexes_of_the_code(database: Database) -> None:
    with database.read() as connection:
        migrated = shape(inspect(connection))
    with database.write() as tx:
        metadata.drop_all(tx)
        metadata.create_all(tx)
        created = shape(inspect(tx))

    assert migrated == created


def shape(found: object) -> dict[str, object]:
    """Every name in the database: columns in their order, keys, constraints, indexes with their conditions."""
    names: dict[str, object] = {}
    for table in metadata.tables:
        of = {
            what: getattr(found, f"get_{what}")(table)
            for what in ("columns", "pk_constraint", "foreign_keys", "indexes")
        }
        names[table] = {
            "columns": [(one["name"], str(one["type"]), one["nullable"]) for one in of["columns"]],
            "primary": (of["pk_constraint"]["name"], of["pk_constraint"]["constrained_columns"]),
            "foreign": sorted((one["name"], one["options"].get("ondelete")) for one in of["foreign_keys"]),
            "indexes": sorted(
                (
                    one["name"],
                    one["column_names"],
                    one["unique"],
                    sorted(map(str, one["dialect_options"].values())),
                )
                for one in of["indexes"]
            ),
        }
    return names


def test_the_newest_migration_is_the_one_that_the_code_names() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]


def test_what_was_written_is_there_after_it_is_opened_again_without_loading_alembic(
    database_url: str,
) -> None:
    first = Database(database_url)
    key = new_key(first)
    first.close()

    second = Opener(database_url, "command")
    assert second.said() == "False"
    second.end()
    third = Database(database_url)
    with third.read() as connection:
        assert connection.execute(text("SELECT id FROM api_keys")).scalar_one() == key.id
    third.close()


def test_an_error_undoes_the_whole_block_and_does_not_tell_what_was_to_be_written(database: Database) -> None:
    key = new_key(database, "the first name")
    again = {"id": key.id, "name": "for the secret project", "secret_hash": "", "scopes": "", "channels": ""}

    def rename_and_add(tx: Connection) -> None:
        tx.execute(text("UPDATE api_keys SET name = 'another'"))
        tx.execute(insert(api_keys).values(created_at=1, **again))

    with pytest.raises(IntegrityError) as failure, database.write() as tx:
        rename_and_add(tx)

    assert "for the secret project" not in str(failure.value)
    with database.read() as connection:
        assert connection.execute(text("SELECT name FROM api_keys")).scalar_one() == "the first name"


def test_a_second_gate_is_refused_and_commands_are_not(sqlite_url: str) -> None:
    gate = Opener(sqlite_url, "serving")
    assert gate.said() == "True"

    with pytest.raises(DatabaseInUse, match="in use by another gate"):
        Database(sqlite_url)
    beside = Database(sqlite_url, serving=False)
    new_key(beside)
    beside.close()
    gate.end()


def test_a_gate_that_was_killed_keeps_nobody_out(sqlite_url: str) -> None:
    gate = Opener(sqlite_url, "serving")
    gate.said()
    gate.kill()

    Database(sqlite_url).close()


def test_several_processes_may_open_a_new_database_at_once(database_url: str) -> None:
    openers = [Opener(database_url, "command") for _ in range(3)]

    for opener in openers:
        opener.end()
    opened = Database(database_url)
    new_key(opened)
    opened.close()


def test_a_database_of_a_newer_version_is_refused_with_what_to_do(database_url: str) -> None:
    database = Database(database_url)
    with database.write() as tx:
        tx.execute(text("UPDATE gate_version SET version_num = '9999'"))
    database.close()

    with pytest.raises(DatabaseUnusable, match="start that one"):
        Database(database_url)


def test_a_gate_and_a_bot_may_share_one_postgresql(postgres_url: str) -> None:
    bot = Ledger(postgres_url, AUDIT_KEY)
    gate = Database(postgres_url)
    new_key(gate)
    gate.close()
    bot.close()

    Ledger(postgres_url, AUDIT_KEY).close()
    Database(postgres_url).close()


@pytest.mark.parametrize(("setting", "limit"), [("statement_timeout", "10s"), ("lock_timeout", "5s")])
def test_a_postgresql_keeps_nobody_waiting_for_ever(postgres_url: str, setting: str, limit: str) -> None:
    database = Database(postgres_url)
    with database.read() as connection:
        assert connection.execute(text(f"SHOW {setting}")).scalar_one() == limit
    database.close()

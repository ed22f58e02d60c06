import errno
import fcntl
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, func, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from slack_bot.ledger import (
    BUSY_TIMEOUT_MS,
    HEAD,
    MIGRATIONS,
    Ledger,
    LedgerInUse,
    LedgerUnusable,
    audit,
    cards,
    metadata,
    requests,
    votes,
)
from slack_bot.volume import journal_of
from tests.audit_key import AUDIT_KEY
from tests.slack_bot.examples import NOW, added, pressed

REPOSITORY = Path(__file__).parents[2]
HOLD = """
import sys
from slack_bot.ledger import Ledger
ledger = Ledger(*sys.argv[1:])
print("held", flush=True)
sys.stdin.read()
ledger.close()
"""
OPEN = """
import sys
from slack_bot.ledger import Ledger
Ledger(*sys.argv[1:]).close()
print("alembic" in sys.modules)
"""


class Holder:
    """Another process that has the ledger open."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, url, AUDIT_KEY],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "held\n"

    def end(self) -> None:
        self.process.communicate("", timeout=20)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=20)


def opened_in_a_process(url: str) -> str:
    """Whether a new process that opened the ledger had loaded Alembic."""
    ran = subprocess.run(
        [sys.executable, "-c", OPEN, url, AUDIT_KEY],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return ran.stdout.strip()


def statements_of(ledger: Ledger) -> list[str]:
    """What is sent to the database from now on."""
    sent: list[str] = []

    @event.listens_for(ledger.engine, "before_cursor_execute")
    def _note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    return sent


def numbers(ledger: Ledger) -> list[int]:
    with ledger.read() as connection:
        return list(connection.execute(select(audit.c.at).order_by(audit.c.id)).scalars())


def add_number(ledger: Ledger, at: int) -> None:
    with ledger.write() as tx:
        tx.execute(insert(audit).values(at=at, kind="test", actor="bot", detail="{}"))


# What the tables are


def test_the_migrations_give_exactly_the_tables_of_the_code(ledger: Ledger) -> None:
    with ledger.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_migrations_give_the_names_constraints_and_indexes_of_the_code(
    ledger: Ledger, tmp_path: Path
) -> None:
    with ledger.read() as connection:
        migrated = shape(inspect(connection))
    with ledger.write() as tx:
        metadata.drop_all(tx)
        metadata.create_all(tx)
        created = shape(inspect(tx))
    assert migrated == created


def shape(found: object) -> dict[str, object]:
    """Every name in the database: columns in their order, keys, constraints, indexes."""
    names: dict[str, object] = {}
    for table in metadata.tables:
        of = {
            what: getattr(found, f"get_{what}")(table)
            for what in ("columns", "pk_constraint", "foreign_keys", "unique_constraints", "indexes")
        }
        names[table] = {
            "columns": [(one["name"], str(one["type"]), one["nullable"]) for one in of["columns"]],
            "primary": (of["pk_constraint"]["name"], of["pk_constraint"]["constrained_columns"]),
            "foreign": sorted((one["name"], one["referred_table"]) for one in of["foreign_keys"]),
            "unique": sorted((one["name"], tuple(one["column_names"])) for one in of["unique_constraints"]),
            "indexes": sorted((one["name"], tuple(one["column_names"])) for one in of["indexes"]),
        }
    return names


def test_the_newest_script_is_the_one_the_code_opens_without_alembic() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD


def test_only_the_first_opening_loads_alembic(sqlite_url: str) -> None:
    assert opened_in_a_process(sqlite_url) == "True"
    assert opened_in_a_process(sqlite_url) == "False"


def test_what_was_written_is_there_after_opening_again(empty_ledger_url: str) -> None:
    first = Ledger(empty_ledger_url, AUDIT_KEY)
    add_number(first, 7)
    first.close()

    second = Ledger(empty_ledger_url, AUDIT_KEY)
    assert numbers(second) == [7]
    second.close()


def test_a_ledger_of_a_newer_version_is_not_touched_and_says_so(empty_ledger_url: str) -> None:
    ledger = Ledger(empty_ledger_url, AUDIT_KEY)
    with ledger.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ledger.close()

    with pytest.raises(LedgerUnusable, match=r"LEDGER_URL: .*newer version"):
        Ledger(empty_ledger_url, AUDIT_KEY)


def test_a_migration_that_fails_leaves_nothing_behind_and_lets_go(sqlite_url: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.db") as made_by_hand:
        made_by_hand.execute("CREATE TABLE votes (id INTEGER)")
    made_by_hand.close()

    for _ in range(2):  # the second time is not refused by a lock that the first kept
        with pytest.raises(SQLAlchemyError, match="votes already exists"):
            Ledger(sqlite_url, AUDIT_KEY)

    left = sqlite3.connect(tmp_path / "ledger.db")
    assert left.execute("SELECT name FROM sqlite_master").fetchall() == [("votes",)]
    left.close()


def test_replicas_that_start_at_once_migrate_once(empty_postgres_url: str) -> None:
    ledgers: list[Ledger] = []
    threads = [
        threading.Thread(target=lambda: ledgers.append(Ledger(empty_postgres_url, AUDIT_KEY)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(ledgers) == 4
    for ledger in ledgers:
        ledger.close()


# One process at a time


def test_a_second_process_is_refused_in_words_until_the_first_ends(sqlite_url: str) -> None:
    holder = Holder(sqlite_url)
    try:
        with pytest.raises(LedgerInUse, match=r"in use by another process.*LEDGER_URL"):
            Ledger(sqlite_url, AUDIT_KEY)
    finally:
        holder.end()

    Ledger(sqlite_url, AUDIT_KEY).close()


def test_a_killed_process_holds_nothing(sqlite_url: str) -> None:
    holder = Holder(sqlite_url)
    holder.kill()

    Ledger(sqlite_url, AUDIT_KEY).close()


def test_one_process_cannot_open_it_twice_and_close_lets_go(sqlite_url: str) -> None:
    first = Ledger(sqlite_url, AUDIT_KEY)
    with pytest.raises(LedgerInUse):
        Ledger(sqlite_url, AUDIT_KEY)
    first.close()
    first.close()

    Ledger(sqlite_url, AUDIT_KEY).close()


def test_several_replicas_share_a_postgresql(empty_postgres_url: str) -> None:
    first, second = Ledger(empty_postgres_url, AUDIT_KEY), Ledger(empty_postgres_url, AUDIT_KEY)
    add_number(first, 1)
    assert numbers(second) == [1]
    assert not first.sole
    first.close()
    second.close()


def test_a_missing_directory_is_made(tmp_path: Path) -> None:
    Ledger(f"sqlite:///{tmp_path / 'state' / 'bot' / 'ledger.db'}", AUDIT_KEY).close()
    assert (tmp_path / "state" / "bot" / "ledger.db").exists()


def test_a_place_that_cannot_be_written_is_named_and_not_taken_for_one_in_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=str(tmp_path / "file")):
        Ledger(f"sqlite:///{tmp_path / 'file' / 'ledger.db'}", AUDIT_KEY)


def test_a_lock_file_that_cannot_be_written_is_named_and_not_taken_for_one_in_use(tmp_path: Path) -> None:
    (tmp_path / "ledger.db.lock").mkdir()
    with pytest.raises(IsADirectoryError, match=r"ledger\.db\.lock"):
        Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", AUDIT_KEY)


def test_a_disk_that_cannot_lock_files_is_not_taken_for_one_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_file: object, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OSError, match="No locks available"):
        Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", AUDIT_KEY)


# How it is written and read


def test_a_write_begins_immediately_and_a_read_takes_no_write_lock(sqlite_ledger: Ledger) -> None:
    sent = statements_of(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        tx.execute(text("SELECT 1"))
    with sqlite_ledger.read() as connection:
        connection.execute(text("SELECT 2"))
    with sqlite_ledger.write() as tx:
        tx.execute(text("SELECT 3"))

    beginnings = [statement for statement in sent if statement.startswith("BEGIN")]
    assert beginnings == ["BEGIN IMMEDIATE", "BEGIN", "BEGIN IMMEDIATE"]


def test_the_driver_itself_begins_nothing(sqlite_ledger: Ledger) -> None:
    with sqlite_ledger.read() as connection:
        connection.execute(text("SELECT 1"))
    with sqlite_ledger.write() as tx:
        driver = tx.connection.driver_connection
        assert driver is not None
        assert driver.isolation_level is None


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("busy_timeout", BUSY_TIMEOUT_MS),
        ("synchronous", 2),  # FULL
        ("foreign_keys", 1),
    ],
)
def test_every_connection_keeps_the_pragmas(sqlite_ledger: Ledger, pragma: str, value: object) -> None:
    with sqlite_ledger.read() as one, sqlite_ledger.read() as another:
        for connection in (one, another):
            assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == value


def test_every_connection_keeps_the_journal_that_its_folder_takes(sqlite_ledger: Ledger) -> None:
    journal = journal_of(Path(str(sqlite_ledger.engine.url.database)).parent)
    with sqlite_ledger.read() as one, sqlite_ledger.read() as another:
        for connection in (one, another):
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == journal.lower()


def test_an_exception_undoes_the_whole_block(ledger: Ledger) -> None:
    def fail_after_writing() -> None:
        with ledger.write() as tx:
            tx.execute(insert(audit).values(at=1, kind="test", actor="bot", detail="{}"))
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_writing()
    assert numbers(ledger) == []
    add_number(ledger, 2)
    assert numbers(ledger) == [2]


def test_a_read_sees_what_was_committed_and_nothing_that_was_not(ledger: Ledger) -> None:
    with ledger.write() as tx:
        tx.execute(insert(audit).values(at=1, kind="test", actor="bot", detail="{}"))
        assert numbers(ledger) == []
    assert numbers(ledger) == [1]


def test_reads_go_on_while_somebody_writes(ledger: Ledger) -> None:
    with ledger.write() as tx:
        tx.execute(insert(audit).values(at=1, kind="test", actor="bot", detail="{}"))
        began = time.monotonic()
        assert numbers(ledger) == []
        assert time.monotonic() - began < BUSY_TIMEOUT_MS / 1000 / 2


def test_a_write_while_somebody_reads_is_done_when_the_reader_ends(ledger: Ledger) -> None:
    with ledger.read() as connection:
        connection.execute(select(audit)).all()
        writer = threading.Thread(target=add_number, args=(ledger, 1))
        writer.start()
    writer.join(10)
    assert not writer.is_alive()
    assert numbers(ledger) == [1]


def test_concurrent_writers_never_fork(sqlite_ledger: Ledger) -> None:
    """Each reads the newest number and adds the next; two that decide from one reading would add it twice."""

    def add_many() -> None:
        for _ in range(50):
            with sqlite_ledger.write() as tx:
                newest = tx.execute(select(func.coalesce(func.max(audit.c.at), 0))).scalar_one()
                tx.execute(insert(audit).values(at=newest + 1, kind="test", actor="bot", detail="{}"))

    threads = [threading.Thread(target=add_many) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert numbers(sqlite_ledger) == list(range(1, 301))


def test_without_our_own_lock_sqlite_itself_keeps_writers_apart(sqlite_ledger: Ledger) -> None:
    """`BEGIN IMMEDIATE` is what holds; the lock in the process only spares the waiting."""

    def add_many() -> None:
        for _ in range(25):
            with sqlite_ledger.engine.begin() as tx:
                newest = tx.execute(select(func.coalesce(func.max(audit.c.at), 0))).scalar_one()
                tx.execute(insert(audit).values(at=newest + 1, kind="test", actor="bot", detail="{}"))

    threads = [threading.Thread(target=add_many) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert numbers(sqlite_ledger) == list(range(1, 51))


# What the tables themselves refuse


def test_a_vote_needs_its_request_and_its_press(ledger: Ledger) -> None:
    row = added(ledger)
    vote = {
        "request_key": row.key,
        "revision": 1,
        "channel": "C01APPROVALS",
        "user_id": "U02APPROVER",
        "user_name": "Approver",
        "verdict": "approve",
        "reason": "",
        "voted_at": NOW,
    }
    with pytest.raises(IntegrityError), ledger.write() as tx:
        tx.execute(insert(votes).values(**vote, inbox_id=12345))
    with pytest.raises(IntegrityError), ledger.write() as tx:
        tx.execute(insert(votes).values(**(vote | {"request_key": "nosuchkey234"}), inbox_id=pressed(tx)))


def test_one_press_is_one_vote(ledger: Ledger) -> None:
    row = added(ledger)
    vote = {"revision": 1, "channel": "C01APPROVALS", "user_id": "U02APPROVER", "user_name": "Approver"}
    more = {"request_key": row.key, "verdict": "approve", "reason": "", "voted_at": NOW}
    with ledger.write() as tx:
        press = pressed(tx)
        tx.execute(insert(votes).values(**vote, **more, inbox_id=press))
    with pytest.raises(IntegrityError), ledger.write() as tx:
        tx.execute(insert(votes).values(**vote, **more, inbox_id=press))


def test_one_request_has_one_row_and_one_card_a_channel(ledger: Ledger) -> None:
    row = added(ledger)
    card = {"request_key": row.key, "channel": "C01APPROVALS", "state": "claimed", "claimed_at": NOW}
    more = {"claimed_by": "one", "shown_look": 0, "lost_because": ""}
    with ledger.write() as tx:
        tx.execute(insert(cards).values(**card, **more))
    with pytest.raises(IntegrityError), ledger.write() as tx:
        tx.execute(insert(cards).values(**card, **more))
    with pytest.raises(IntegrityError):
        added(ledger)


def test_times_keep_their_microseconds(ledger: Ledger) -> None:
    row = added(ledger)
    at = 253_402_300_799_999_999  # the last microsecond of the year 9999
    with ledger.write() as tx:
        tx.execute(update(requests).where(requests.c.key == row.key).values(decided_at=at))
    with ledger.read() as connection:
        assert connection.execute(select(requests.c.decided_at)).scalar_one() == at

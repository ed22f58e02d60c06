"""What is written of each record, to the last field."""

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from slack_bot import audit
from slack_bot.audit import Kind, records
from slack_bot.ledger import Ledger
from tests.audit_key import AUDIT_KEY
from tests.slack_bot.chains import SHA1, WITH_FILE
from tests.slack_bot.examples import NOW, added

SECRET = "correct horse battery"


@pytest.mark.parametrize("key", [None, "nosuchkey234"])
def test_where_there_is_no_request_nothing_is_told_of_one(sqlite_ledger: Ledger, key: str | None) -> None:
    with sqlite_ledger.write() as tx:
        audit.append(tx, NOW, Kind.SECURITY, key, "U05OUTSIDER")
    with sqlite_ledger.read() as connection:
        (record,) = records(connection)
    assert (record.request_key, record.digest, record.policy, record.artefact) == (key, "", "", ())


def test_a_secret_in_what_was_asked_for_is_not_in_the_record(sqlite_url: str) -> None:
    ledger = Ledger(sqlite_url, AUDIT_KEY, [SHA1])
    row = added(ledger, WITH_FILE)
    with ledger.read() as connection:
        (record,) = records(connection, row.key)
    ledger.close()
    assert record.artefact == ("sha1:[redacted]",)


def test_what_is_left_without_one_secret_is_looked_at_again(sqlite_url: str) -> None:
    """Given a secret that appears only once another is taken out, then that is taken out as well."""
    ledger = Ledger(sqlite_url, AUDIT_KEY, [SECRET, "before-[redacted]-after"])
    with ledger.write() as tx:
        audit.append(tx, NOW, Kind.VOTE, None, reason=f"It is before-{SECRET}-after.")
    with ledger.read() as connection:
        (record,) = records(connection)
    ledger.close()
    assert record.detail == {"reason": "It is [redacted]."}


def test_whoever_looks_into_the_table_reads_the_words_as_they_were_written(sqlite_ledger: Ledger) -> None:
    with sqlite_ledger.write() as tx:
        audit.append(tx, NOW, Kind.REFUSAL, None, "U05OUTSIDER", answer="Grüße 🙂")
    with sqlite_ledger.read() as connection:
        (detail,) = connection.execute(text("SELECT detail FROM audit")).one()
    assert detail == '{"answer": "Grüße 🙂"}'


def test_a_record_is_told_with_what_is_said_besides(sqlite_ledger: Ledger) -> None:
    with sqlite_ledger.write() as tx:
        audit.append(tx, NOW, Kind.INTENT, None)
    with sqlite_ledger.read() as connection:
        (record,) = records(connection)
    with capture_logs() as told:
        audit.tell_again(sqlite_ledger)
    assert told == [record.as_json() | {"event": "audit", "log_level": "info", "again": True}]


def test_records_come_in_their_order_whatever_order_the_database_would_choose(sqlite_ledger: Ledger) -> None:
    with sqlite_ledger.write() as tx:
        for number in range(3):
            audit.append(tx, NOW, Kind.CHANGED_OUTSIDE, None, what=f"C0{number}")
    with sqlite_ledger.read() as connection:
        connection.execute(text("PRAGMA reverse_unordered_selects = ON"))
        backwards = [*connection.execute(text("SELECT id FROM audit")).scalars()]
        in_order = [record.seq for record in records(connection)]
    assert (backwards, in_order) == ([3, 2, 1], [1, 2, 3])


def test_a_place_whose_record_was_cut_off_is_not_taken_again(sqlite_ledger: Ledger) -> None:
    """Given a log whose newest record somebody deleted, when the next one is written, then the gap stays."""
    for _ in range(2):
        with sqlite_ledger.write() as tx:
            audit.append(tx, NOW, Kind.INTENT, None)
    with sqlite_ledger.write() as tx:
        tx.execute(text("DELETE FROM audit WHERE id = 2"))
    with sqlite_ledger.write() as tx:
        audit.append(tx, NOW, Kind.INTENT, None)
    with sqlite_ledger.read() as connection:
        assert [record.seq for record in records(connection)] == [1, 3]

"""Records: written with the change they tell of or not at all, chained, and told in the log once they stand."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from slack_bot import approvals, audit
from slack_bot.audit import THE_BOT, Kind, Record, records
from slack_bot.audit.chain import Chain, End
from slack_bot.ledger import HeadUnproven, Ledger, LedgerUnusable, audit_head
from slack_bot.rows import State
from slack_bot.seal import GENESIS, Seal
from tests.audit_key import AUDIT_KEY
from tests.slack_bot.chains import POLICY, SEAL, SHA1, WITH_FILE, filled
from tests.slack_bot.examples import CHANGED, NOW, REQUEST, added, ballot, read, voted
from upstream_client.models import Verdict

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


def test_records_come_back_in_the_order_of_writing_with_what_they_tell(ledger: Ledger) -> None:
    key = added(ledger).key
    with ledger.write() as tx:
        audit.append(tx, NOW + 1, Kind.VOTE, key, "U02APPROVER", verdict=Verdict.APPROVE, revision=1)
        audit.append(tx, NOW, Kind.SECURITY, None, "U05OUTSIDER", rule="malformed press", value=None)
    with ledger.read() as connection:
        seen, vote, security = records(connection)
    assert (seen.kind, seen.actor, seen.request_key) == ("request_seen", THE_BOT, key)
    told = Record(
        2, NOW + 1, "vote", key, "U02APPROVER", {"verdict": "approve", "revision": 1}, REQUEST.digest
    )
    assert vote == replace(told, prev=seen.hash, hash=vote.hash)
    assert security.request_key is None
    assert security.detail == {"rule": "malformed press", "value": None}
    assert (seen.seq, vote.seq, security.seq) == (1, 2, 3)
    assert (seen.prev, security.prev) == (GENESIS, vote.hash)


def test_the_records_of_one_request_are_those_alone(ledger: Ledger) -> None:
    key = added(ledger).key
    with ledger.write() as tx:
        audit.append(tx, NOW, Kind.CARD_LOST, "otherrequest")
        audit.append(tx, NOW, Kind.CARD_POSTED, key, ts="1.2")
    with ledger.read() as connection:
        assert [record.kind for record in records(connection, key)] == ["request_seen", "card_posted"]
        assert records(connection, "nosuchkey234") == []


def test_a_record_stands_only_where_its_transaction_stands(ledger: Ledger) -> None:
    def fail_after_writing() -> None:
        with ledger.write() as tx:
            audit.append(tx, NOW, Kind.INTENT, None)
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_writing()
    with ledger.read() as connection:
        assert records(connection) == []


def test_a_value_that_is_no_json_stops_the_transaction(ledger: Ledger) -> None:
    """No record, no decision: it must not be left out in silence."""
    with pytest.raises(TypeError), ledger.write() as tx:
        audit.append(tx, NOW, Kind.VOTE, None, verdict=object())
    with ledger.read() as connection:
        assert records(connection) == []


@settings(
    deadline=None,
    derandomize=True,
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(told=st.dictionaries(st.sampled_from(["by", "comment", "why"]), TEXTS | st.integers() | st.none()))
def test_any_text_comes_back_as_it_was(ledger: Ledger, told: dict[str, object]) -> None:
    with ledger.write() as tx:
        audit.append(tx, NOW, Kind.REQUEST_GONE, None, THE_BOT, **told)
    with ledger.read() as connection:
        assert records(connection)[-1].detail == told


def test_every_kind_fits_its_column() -> None:
    assert max(len(kind) for kind in Kind) <= 40


def test_digest_policy_and_artefact_stand_in_fields_of_their_own(ledger: Ledger) -> None:
    """Given a request for a file whose hash is known, then every record of it says which one it was."""
    seen, vote, decided, *_ = filled(ledger)
    assert {record.digest for record in (seen, vote, decided)} == {WITH_FILE.digest}
    assert {record.artefact for record in (seen, vote, decided)} == {(f"sha1:{SHA1}",)}
    assert (seen.policy, vote.policy, decided.policy) == ("", POLICY, POLICY)
    assert "digest" not in vote.detail | decided.detail | seen.detail
    assert "policy" not in vote.detail | decided.detail


def test_a_record_tells_the_digest_that_holds_from_then_on(ledger: Ledger) -> None:
    row = added(ledger)
    with ledger.write() as tx:
        approvals.refresh(tx, NOW, row, CHANGED)
    with ledger.read() as connection:
        first, changed = records(connection)
    assert (first.digest, changed.digest) == (REQUEST.digest, CHANGED.digest)
    assert changed.detail == {"was": REQUEST.digest}


def test_a_request_whose_body_is_broken_is_recorded_all_the_same(ledger: Ledger) -> None:
    row = added(ledger, WITH_FILE)
    with ledger.write() as tx:
        tx.execute(text("UPDATE requests SET body = '{}'"))
        audit.append(tx, NOW, Kind.NOT_SENT, row.key)
    with ledger.read() as connection:
        *_, record = records(connection)
    assert (record.digest, record.artefact) == (WITH_FILE.digest, ())


def end_of(ledger: Ledger) -> End:
    with ledger.read() as connection:
        return End(*connection.execute(audit_head.select().with_only_columns(*list(audit_head.c)[1:])).one())


def test_what_is_written_is_a_chain_that_ends_where_its_head_says(ledger: Ledger) -> None:
    written = filled(ledger)
    assert [record.seq for record in written] == list(range(1, 7))
    assert Chain(SEAL).follow(written, end_of(ledger)) is None


# No record, no decision; no decision, no record


def test_where_the_record_cannot_be_written_nothing_is_decided(ledger: Ledger) -> None:
    row = added(ledger)

    def full(*execution: object) -> None:
        if "INSERT INTO audit" in str(execution[2]):
            raise OperationalError("INSERT INTO audit", None, OSError("disk full"))

    event.listen(ledger.engine, "before_cursor_execute", full)
    with capture_logs() as told, pytest.raises(OperationalError), ledger.write() as tx:
        approvals.vote(tx, NOW, row.key, ballot(tx, row))
    event.remove(ledger.engine, "before_cursor_execute", full)
    assert read(ledger) == row
    assert told == []
    assert voted(ledger, row).state is State.DECIDED


HEADS = {
    "cut off": "UPDATE audit_head SET seq = 0",
    "of another key": "UPDATE audit_head SET mac = :mac",
    "taken out": "DELETE FROM audit_head",
    "doubled": "INSERT INTO audit_head SELECT 2, seq, hash, mac FROM audit_head",
}


@pytest.mark.parametrize("how", HEADS)
def test_where_the_head_is_not_proven_nothing_is_decided(ledger: Ledger, how: str) -> None:
    """Given a log whose end was rewritten, when the bot went on from it, it would prove what was done."""
    row = added(ledger)
    with ledger.write() as tx:
        other = Seal("another key, another key, another").of_head(1, row.digest)
        tx.execute(text(HEADS[how]), {"mac": other} if ":mac" in HEADS[how] else {})
    with pytest.raises(HeadUnproven, match="AUDIT_KEY"), ledger.write() as tx:
        approvals.vote(tx, NOW, row.key, ballot(tx, row))
    assert read(ledger) == row


def test_with_another_key_the_ledger_is_not_opened_and_the_words_say_why(ledger_url: str) -> None:
    first = Ledger(ledger_url, AUDIT_KEY)
    filled(first)
    first.close()
    with pytest.raises(LedgerUnusable, match="not the key with which the ledger was written"):
        Ledger(ledger_url, "another key, another key, another")
    Ledger(ledger_url, AUDIT_KEY).close()


def test_a_record_is_made_in_a_transaction_of_the_ledger_alone(sqlite_ledger: Ledger) -> None:
    with pytest.raises(KeyError), sqlite_ledger.engine.begin() as tx:
        audit.append(tx, NOW, Kind.INTENT, None)


# Told in the log


def test_a_record_is_one_line_of_the_log_with_all_its_fields_once_it_stands(ledger: Ledger) -> None:
    with capture_logs() as told:
        with ledger.write() as tx:
            audit.append(tx, NOW, Kind.VOTE, None, "U02APPROVER", verdict="approve")
            audit.append(tx, NOW, Kind.DECIDED, None, "U02APPROVER", verdict="approve")
            assert told == []
        with ledger.read() as connection:
            written = records(connection)
    assert told == [record.as_json() | {"event": "audit", "log_level": "info"} for record in written]


def test_what_is_undone_leaves_no_line(ledger: Ledger) -> None:
    def fail_after_writing() -> None:
        with ledger.write() as tx:
            audit.append(tx, NOW, Kind.INTENT, None)
            raise LookupError

    with capture_logs() as told, pytest.raises(LookupError):
        fail_after_writing()
    assert told == []


def test_after_a_start_the_newest_are_told_again_in_the_same_words(ledger: Ledger) -> None:
    """Given a process that was killed between a commit and its line, then the next one says it."""
    with capture_logs() as told:
        filled(ledger)
    with capture_logs() as again:
        audit.tell_again(ledger, newest=2)
    assert [{**line, "again": True} for line in told[-2:]] == again


SECRET = "correct horse battery"


def test_what_is_secret_is_in_no_record_and_so_the_log_shows_what_the_ledger_holds(sqlite_url: str) -> None:
    ledger = Ledger(sqlite_url, AUDIT_KEY, [SECRET])
    with ledger.write() as tx:
        audit.append(
            tx, NOW, Kind.VOTE, None, f"Bearer {SECRET}", policy=SECRET, token="t", reason=[f"is {SECRET}"]
        )
    with ledger.read() as connection:
        (record,) = records(connection)
    ledger.close()
    assert (record.actor, record.policy) == ("Bearer [redacted]", "[redacted]")
    assert record.detail == {"token": "[redacted]", "reason": ["is [redacted]"]}
    assert record.is_sealed_by(SEAL)


# Several at once


@pytest.fixture
def replicas(postgres_url: str) -> Iterator[tuple[Ledger, Ledger]]:
    both = Ledger(postgres_url, AUDIT_KEY), Ledger(postgres_url, AUDIT_KEY)
    yield both
    for one in both:
        one.close()


def write_many(ledger: Ledger, who: str, count: int) -> None:
    for number in range(count):
        with ledger.write() as tx:
            audit.append(tx, NOW, Kind.INTENT, None, who, number=number)
            audit.append(tx, NOW, Kind.OUTCOME, None, who, number=number)


def all_at_once(*work: threading.Thread) -> None:
    for thread in work:
        thread.start()
    for thread in work:
        thread.join(60)


def test_threads_of_two_replicas_do_not_fork_the_chain(replicas: tuple[Ledger, Ledger]) -> None:
    people = [(ledger, f"{place}{thread}") for place, ledger in enumerate(replicas) for thread in "abc"]
    all_at_once(*(threading.Thread(target=write_many, args=(*one, 20)) for one in people))
    with replicas[0].read() as connection:
        written = records(connection)
    assert Chain(SEAL).follow(written, end_of(replicas[0])) is None
    assert len(written) == 2 * 20 * len(people)
    for _, who in people:
        told = [(record.detail["number"], record.kind) for record in written if record.actor == who]
        assert told == [(number, kind) for number in range(20) for kind in ("intent", "outcome")]


def test_who_records_first_and_locks_a_row_then_keeps_nobody_waiting(replicas: tuple[Ledger, Ledger]) -> None:
    """Given one that records and then takes a row, and one that does it the other way round, then both end."""
    one, another = replicas
    row = added(one)
    taking = text("SELECT 1 FROM requests FOR UPDATE")
    recorded, locked = threading.Event(), threading.Event()
    done: list[str] = []

    def record_first() -> None:
        with one.write() as tx:
            audit.append(tx, NOW, Kind.INTENT, row.key)
            recorded.set()
            assert locked.wait(10)
            tx.execute(taking)
        done.append("one")

    def lock_first() -> None:
        with another.write() as tx:
            assert recorded.wait(10)
            tx.execute(taking)
            locked.set()
            audit.append(tx, NOW, Kind.OUTCOME, row.key)
        done.append("another")

    all_at_once(threading.Thread(target=record_first), threading.Thread(target=lock_first))
    assert sorted(done) == ["another", "one"]

"""The migration that chains the audit log: over the records that exist, in their order, gaps or not."""

import json
from collections.abc import Sequence

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from slack_bot import audit
from slack_bot.audit import Kind, Record, records
from slack_bot.audit.chain import Chain, End
from slack_bot.ledger import MIGRATIONS, Ledger, audit_head
from slack_bot.rows import body_of, hash_of, key_of
from slack_bot.seal import GENESIS
from tests.audit_key import AUDIT_KEY
from tests.slack_bot.chains import SEAL, SHA1, WITH_FILE
from tests.slack_bot.examples import NOW

KEY = key_of(WITH_FILE.upstream, WITH_FILE.id)
OLD_DIGEST = "v1" + "a" * 64
NUMBERS = "revision revised_at version look first_seen_at changed_at missing attempts seen_pending"
WORDS = (
    "notice reason decided_by decided_by_name decided_in decision_id intent_by trouble "
    "outcome_status outcome_by outcome_detail"
)
Old = tuple[str, str | None, dict[str, object]]
STORY: Sequence[Old] = [
    ("request_seen", KEY, {"id": WITH_FILE.id, "digest": OLD_DIGEST}),
    ("card_posted", KEY, {"ts": "1.2"}),
    ("security_event", None, {"rule": "malformed press", "digits": 2**60}),
    ("request_changed", KEY, {"was": OLD_DIGEST, "digest": WITH_FILE.digest}),
    ("vote", KEY, {"verdict": "approve", "digest": WITH_FILE.digest, "rate": 1.0}),
    ("decided", KEY, {"verdict": "approve", "reason": "Ünïcode\\u0000"}),
    ("vote", "otherrequest", {"verdict": "deny"}),
]


def at_0002(url: str, story: Sequence[Old] = STORY, gap: int = 3) -> None:
    """A ledger as the version before left it, whose records' numbers have gaps."""
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        _add_request(connection)
        for place, (kind, key, detail) in enumerate(story):
            row = {"id": 5 + place * gap, "at": NOW + place, "kind": kind, "key": key, "actor": "U02APPROVER"}
            connection.execute(
                text("INSERT INTO audit VALUES (:id, :at, :kind, :key, :actor, :detail)"),
                row | {"detail": json.dumps(detail, ensure_ascii=False)},
            )
    engine.dispose()


def _add_request(connection: Connection) -> None:
    body = body_of(WITH_FILE)
    told: dict[str, object] = {
        "key": KEY,
        "upstream": WITH_FILE.upstream,
        "upstream_id": WITH_FILE.id,
        "state": "decided",
        "digest": WITH_FILE.digest,
        "body": body,
        "body_hash": hash_of(body),
        "unsure": False,
    }
    numbers = dict.fromkeys(NUMBERS.split(), 1)
    words = dict.fromkeys(WORDS.split(), "")
    row = told | numbers | words
    columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO requests ({columns}) VALUES ({values})"), row)  # noqa: S608 - names of ours


def opened(url: str) -> tuple[Ledger, list[Record], End]:
    ledger = Ledger(url, AUDIT_KEY)
    with ledger.read() as connection:
        head = connection.execute(audit_head.select()).one()
        return ledger, records(connection), End(head.seq, head.hash, head.mac)


def test_the_records_that_exist_become_a_chain_in_their_order(empty_ledger_url: str) -> None:
    at_0002(empty_ledger_url)
    ledger, written, end = opened(empty_ledger_url)
    assert Chain(SEAL).follow(written, end) is None
    assert [record.seq for record in written] == list(range(1, len(STORY) + 1))
    told = [(record.kind, record.request_key, record.detail) for record in written]
    assert told == list(STORY)
    assert [record.at for record in written] == [NOW + place for place in range(len(STORY))]
    ledger.close()


def test_a_record_gets_the_digest_and_the_artefact_that_held_then_where_they_are_known(
    empty_ledger_url: str,
) -> None:
    at_0002(empty_ledger_url)
    ledger, written, _ = opened(empty_ledger_url)
    new = (WITH_FILE.digest, (f"sha1:{SHA1}",))
    old = (OLD_DIGEST, ())
    nothing = ("", ())
    assert [(one.digest, one.artefact) for one in written] == [old, old, nothing, new, new, new, nothing]
    ledger.close()


def test_the_chain_goes_on_after_them(empty_ledger_url: str) -> None:
    at_0002(empty_ledger_url)
    ledger, before, _ = opened(empty_ledger_url)
    with ledger.write() as tx:
        audit.append(tx, NOW, Kind.OUTCOME, KEY, outcome="approved")
    ledger.close()
    ledger, after, end = opened(empty_ledger_url)
    assert after[:-1] == before
    assert after[-1].prev == before[-1].hash
    assert Chain(SEAL).follow(after, end) is None
    ledger.close()


@pytest.mark.parametrize("gap", [1, 2])
def test_more_records_than_are_read_together_are_all_chained(sqlite_url: str, gap: int) -> None:
    at_0002(sqlite_url, [("vote", None, {"number": number}) for number in range(1_001)], gap)
    ledger, written, end = opened(sqlite_url)
    assert [record.detail["number"] for record in written] == list(range(1_001))
    assert Chain(SEAL).follow(written, end) is None
    ledger.close()


def test_a_ledger_without_a_record_gets_a_head_that_is_proven(empty_ledger_url: str) -> None:
    at_0002(empty_ledger_url, [])
    ledger, written, end = opened(empty_ledger_url)
    assert (written, end.seq, end.hash) == ([], 0, GENESIS)
    assert end.is_sealed_by(SEAL)
    ledger.close()

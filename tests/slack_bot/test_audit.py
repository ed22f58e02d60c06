import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slack_bot import audit
from slack_bot.audit import THE_BOT, Kind, Record, records
from slack_bot.ledger import Ledger
from tests.slack_bot.examples import NOW, added
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
    assert vote == Record(vote.id, NOW + 1, "vote", key, "U02APPROVER", {"verdict": "approve", "revision": 1})
    assert security.request_key is None
    assert security.detail == {"rule": "malformed press", "value": None}
    assert seen.id < vote.id < security.id


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

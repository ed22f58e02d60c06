"""What a ledger that fails says, and how long it may keep us waiting."""

import threading

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError, OperationalError

from slack_bot.ledger import Ledger, requests
from tests.audit_key import AUDIT_KEY
from tests.slack_bot.examples import added


def test_an_error_does_not_tell_what_was_to_be_written(ledger: Ledger) -> None:
    """It goes to the log, and people's own words must not."""
    row = added(ledger)
    secret = "for the secret project"
    with pytest.raises(IntegrityError) as failure, ledger.write() as tx:
        tx.execute(insert(requests).values(key=row.key, notice=secret))
    assert "INSERT INTO requests" in str(failure.value)
    assert secret not in str(failure.value.statement)
    assert "parameters hidden" in str(failure.value)


@pytest.mark.parametrize(
    ("setting", "limit"),
    [
        ("statement_timeout", "10s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "1min"),
    ],
)
def test_a_postgresql_keeps_nobody_waiting_for_ever(postgres_url: str, setting: str, limit: str) -> None:
    ledger = Ledger(postgres_url, AUDIT_KEY)
    with ledger.read() as connection:
        assert connection.execute(text(f"SHOW {setting}")).scalar_one() == limit
    ledger.close()


def test_whoever_waits_for_a_replica_that_hangs_gives_up_and_may_try_again(postgres_url: str) -> None:
    one, another = Ledger(postgres_url, AUDIT_KEY), Ledger(postgres_url, AUDIT_KEY)
    row = added(one)
    locked, over = threading.Event(), threading.Event()
    taking = requests.select().where(requests.c.key == row.key).with_for_update()

    def hang() -> None:
        with one.write() as tx:
            tx.execute(taking)
            locked.set()
            assert over.wait(30)

    hanging = threading.Thread(target=hang)
    hanging.start()
    assert locked.wait(10)
    with another.write() as tx:
        tx.execute(text("SET LOCAL lock_timeout = '200ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            tx.execute(taking)
    over.set()
    hanging.join(30)
    with another.write() as tx:
        assert tx.execute(taking).one().key == row.key
    another.close()
    one.close()

"""What waits for an answer: counted, and the oldest first."""

from dataclasses import asdict, fields, replace

import pytest
from sqlalchemy import insert

from slack_bot import approvals
from slack_bot.ledger import Ledger, backlogs, cards
from slack_bot.rows import (
    BacklogRow,
    CardRow,
    CardState,
    LineState,
    backlogs_of,
    card_of,
    shown_in,
    waiting_requests,
)
from tests.slack_bot.examples import CHANNEL, NOW, OTHER_CHANNEL, REQUEST, added, voted

UPSTREAMS = {REQUEST.upstream}


def waiting(ledger: Ledger, limit: int = 10, upstreams: set[str] | None = None) -> tuple[int, list[str]]:
    with ledger.read() as connection:
        total, rows = waiting_requests(connection, UPSTREAMS if upstreams is None else upstreams, limit)
    return total, [row.upstream_id for row in rows]


def asked(ledger: Ledger, count: int) -> list[str]:
    """So many requests, each first seen a microsecond before the one in front of it."""
    ids = [f"request {number}" for number in range(count)]
    with ledger.write() as tx:
        for age, one in enumerate(ids):
            approvals.add(tx, NOW - age, replace(REQUEST, id=one))
    return ids


def test_with_nothing_waiting_there_is_nothing(ledger: Ledger) -> None:
    assert waiting(ledger) == (0, [])


@pytest.mark.parametrize("limit", [0, 1, 3, 9])
def test_all_are_counted_and_the_oldest_are_given(ledger: Ledger, limit: int) -> None:
    ids = asked(ledger, 5)
    assert waiting(ledger, limit) == (5, ids[::-1][:limit])


def test_what_was_answered_waits_no_more(ledger: Ledger) -> None:
    voted(ledger, added(ledger))
    asked(ledger, 2)
    assert waiting(ledger)[0] == 2


def test_only_the_given_upstreams_count(ledger: Ledger) -> None:
    added(ledger)
    assert waiting(ledger, upstreams={"gate"}) == (0, [])
    assert waiting(ledger, upstreams=set()) == (0, [])


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (CardState.CLAIMED, True),
        (CardState.POSTED, True),
        (CardState.SETTLED, False),
        (CardState.LOST, False),
    ],
)
def test_shown_in_a_channel_is_what_may_be_answered_there(
    ledger: Ledger, state: CardState, counts: bool
) -> None:
    key = added(ledger).key
    with ledger.write() as tx:
        tx.execute(insert(cards).values(asdict(CardRow(key, CHANNEL, state, NOW, "one", None, 0, ""))))
    with ledger.read() as connection:
        assert shown_in(connection, CHANNEL) == ({key} if counts else set())
        assert shown_in(connection, OTHER_CHANNEL) == set()


def test_a_backlogs_row_has_exactly_the_columns_of_its_table() -> None:
    assert [field.name for field in fields(BacklogRow)] == [column.name for column in backlogs.columns]


def test_a_backlog_is_found_by_its_channel(ledger: Ledger) -> None:
    row = BacklogRow(CHANNEL, NOW, LineState.POSTED, NOW, "a process", "1.2", 21)
    with ledger.write() as tx:
        tx.execute(insert(backlogs).values(asdict(row)))
    with ledger.read() as connection:
        assert backlogs_of(connection) == backlogs_of(connection, CHANNEL) == [row]
        assert backlogs_of(connection, OTHER_CHANNEL) == []


def test_a_card_is_found_by_its_request_and_channel(ledger: Ledger) -> None:
    key = added(ledger).key
    card = CardRow(key, CHANNEL, CardState.POSTED, NOW, "a process", "1.2", 1, "", 1)
    with ledger.write() as tx:
        tx.execute(insert(cards).values(asdict(card)))
    with ledger.read() as connection:
        assert card_of(connection, key, CHANNEL) == card
        assert card_of(connection, key, OTHER_CHANNEL) is None
        assert card_of(connection, "another", CHANNEL) is None

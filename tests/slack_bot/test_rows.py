from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, insert, select, update

from slack_bot import approvals
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger, cards, requests, votes
from slack_bot.rows import (
    CardRow,
    CardState,
    RequestRow,
    State,
    VoteRow,
    body_of,
    card_at,
    cards_in,
    cards_of,
    key_of,
    request_by_key,
    requests_in,
    votes_of,
)
from tests.audit_key import AUDIT_KEY
from tests.slack_bot.examples import (
    APPROVER,
    CHANNEL,
    NOW,
    OTHER_CHANNEL,
    REQUEST,
    added,
    decided_row,
    pending_row,
    read,
    settled_row,
    voted,
)
from upstream_client.models import ONE_TIME, ApprovalRequest, Duration, Fact, Risk, Verdict

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
REQUESTS = st.builds(
    ApprovalRequest,
    upstream=st.just("privilege_manager"),
    id=st.just("one"),
    title=TEXTS,
    requester=TEXTS,
    requester_email=TEXTS,
    justification=TEXTS,
    facts=st.lists(st.builds(Fact, TEXTS, TEXTS, TEXTS, st.booleans()), max_size=3).map(tuple),
    risk=st.sampled_from(Risk),
    link=TEXTS,
    requested_at=st.none() | st.integers(-(2**62), 2**62),
    requested=TEXTS,
    expires_at=st.none() | st.integers(0, 2**62),
    durations=st.lists(st.builds(Duration, st.none() | st.integers(1, 2**40)), max_size=3).map(tuple),
)


@pytest.mark.parametrize(("table", "row"), [(requests, RequestRow), (cards, CardRow), (votes, VoteRow)])
def test_a_row_has_exactly_the_columns_of_its_table(table: Table, row: type) -> None:
    assert [field.name for field in fields(row)] == [column.name for column in table.columns]


@settings(deadline=None, derandomize=True)
@given(REQUESTS)
def test_a_request_comes_back_from_its_body_as_it_was(asked: ApprovalRequest) -> None:
    row = replace(pending_row(), body=body_of(asked))
    assert row.asked == asked
    assert row.asked.digest == asked.digest


@settings(
    deadline=None,
    derandomize=True,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(asked=REQUESTS)
def test_a_request_comes_back_from_the_ledger_as_it_was(ledger: Ledger, asked: ApprovalRequest) -> None:
    with ledger.write() as tx:
        row = request_by_key(tx, key_of(asked.upstream, asked.id))
        if row is None:
            approvals.add(tx, NOW, asked)
        else:
            approvals.refresh(tx, NOW, row, asked)
    assert read(ledger, asked).asked == asked


@pytest.mark.parametrize(
    "row",
    [pending_row(), decided_row(), decided_row(Verdict.DENY), *map(settled_row, State)],
    ids=lambda row: row.state,
)
def test_a_row_comes_back_typed(ledger: Ledger, row: RequestRow) -> None:
    values = {field.name: getattr(row, field.name) for field in fields(row)}
    with ledger.write() as tx:
        tx.execute(insert(requests).values(values))
    back = read(ledger)
    assert back == row
    assert isinstance(back.state, State)
    assert back.verdict is None or isinstance(back.verdict, Verdict)
    assert isinstance(back.unsure, bool)


def test_the_chosen_duration_is_a_duration() -> None:
    assert decided_row(duration=Duration(900)).for_how_long == Duration(900)
    assert decided_row().for_how_long.words == "one time"


@pytest.mark.parametrize(
    ("seconds", "left"),
    [(3_600, 3_600), (3_599, 3_540), (120, 120), (119, 60), (60, 60), (59, None), (0, None), (-1, None)],
)
def test_until_a_moment_whole_minutes_are_left_and_less_than_one_is_nothing(
    seconds: int, left: int | None
) -> None:
    row = replace(decided_row(duration=Duration(3_600)), until_at=NOW + seconds * SECOND)
    assert row.left(NOW) == (None if left is None else Duration(left))


def test_until_a_moment_never_more_is_left_than_people_chose_though_the_clock_was_set_back() -> None:
    row = replace(decided_row(duration=Duration(3_600)), until_at=NOW + 3_600 * SECOND)
    assert row.left(NOW - 7_200 * SECOND) == Duration(3_600)


@pytest.mark.parametrize("duration", [ONE_TIME, Duration(90)])
def test_of_a_length_all_is_left_whenever_it_is_sent(duration: Duration) -> None:
    assert decided_row(duration=duration).left(NOW + 10**15) == duration


def test_turns_follow_one_another_though_the_clock_was_set_back(ledger: Ledger) -> None:
    for at, name in (
        (NOW, "first"),
        (NOW - 60 * SECOND, "a minute back"),
        (NOW - 50 * SECOND, "still back"),
        (NOW + 9, "after"),
    ):
        added_at(ledger, at, name)
    names = ("first", "a minute back", "still back", "after")
    turns = [read(ledger, replace(REQUEST, id=name)).turn for name in names]
    assert turns == [NOW, NOW + 1, NOW + 2, NOW + 9]


def test_what_is_in_one_list_keeps_its_order_in_whatever_order_it_is_added(ledger: Ledger) -> None:
    for at, name in ((NOW + 1, "second"), (NOW, "first"), (NOW + 2, "third")):
        added_at(ledger, at, name)
    turns = [read(ledger, replace(REQUEST, id=name)).turn for name in ("first", "second", "third")]
    assert turns == [NOW, NOW + 1, NOW + 2]


def added_at(ledger: Ledger, at: int, name: str) -> None:
    with ledger.write() as tx:
        approvals.add(tx, at, replace(REQUEST, id=name))


def test_an_unknown_key_is_nothing(ledger: Ledger) -> None:
    with ledger.write() as tx:
        assert request_by_key(tx, "nosuchkey234") is None
        assert request_by_key(tx, "nosuchkey234", lock=True) is None


def test_requests_are_found_by_upstream_and_state_oldest_first(ledger: Ledger) -> None:
    later, first, answered, other = (
        replace(REQUEST, id=name) for name in ("later", "first", "answered", "x")
    )
    other = replace(other, upstream="gate")
    with ledger.write() as tx:
        for at, asked in ((NOW + 2, later), (NOW, first), (NOW + 1, answered), (NOW, other)):
            approvals.add(tx, at, asked)
        changed = update(requests).where(requests.c.upstream_id == "answered")
        tx.execute(changed.values(state=State.DECIDED))
    with ledger.read() as connection:
        pending = requests_in(connection, "privilege_manager", State.PENDING)
        live = requests_in(connection, "privilege_manager", State.PENDING, State.DECIDED)
        assert [row.upstream_id for row in pending] == ["first", "later"]
        assert [row.upstream_id for row in live] == ["first", "answered", "later"]
        assert requests_in(connection, "privilege_manager", State.APPROVED) == []
        assert requests_in(connection, "privilege_manager") == []


def put_card(ledger: Ledger, key: str, channel: str, state: CardState, at: int, ts: str | None) -> CardRow:
    card = CardRow(key, channel, state, at, "one", ts, 0, "")
    with ledger.write() as tx:
        tx.execute(insert(cards).values({field.name: getattr(card, field.name) for field in fields(card)}))
    return card


def test_cards_are_found_by_request_by_state_and_by_message(ledger: Ledger) -> None:
    one, two = added(ledger).key, added(ledger, replace(REQUEST, id="two")).key
    second = put_card(ledger, one, OTHER_CHANNEL, CardState.POSTED, NOW, "1.1")
    first = put_card(ledger, one, CHANNEL, CardState.CLAIMED, NOW + 5, None)
    older = put_card(ledger, two, CHANNEL, CardState.CLAIMED, NOW + 1, None)
    with ledger.read() as connection:
        assert cards_of(connection, one) == [first, second]
        assert cards_in(connection, CardState.CLAIMED) == [older, first]
        assert cards_in(connection, CardState.CLAIMED, one) == [first]
        assert cards_in(connection, CardState.LOST) == []
        assert card_at(connection, OTHER_CHANNEL, "1.1") == second
        assert card_at(connection, CHANNEL, "1.1") is None
        assert card_at(connection, OTHER_CHANNEL, "1.2") is None


def test_votes_are_those_of_one_revision_and_one_channel(ledger: Ledger) -> None:
    row = voted(ledger, added(ledger))
    with ledger.read() as connection:
        (vote,) = votes_of(connection, row.key, 1, CHANNEL)
        assert vote == VoteRow(
            vote.id, row.key, 1, CHANNEL, APPROVER, "Approver", Verdict.APPROVE, None, "", NOW, vote.inbox_id
        )
        assert votes_of(connection, row.key, 2, CHANNEL) == []
        assert votes_of(connection, row.key, 1, OTHER_CHANNEL) == []


def test_a_locked_row_keeps_other_writers_off_until_the_transaction_ends(postgres_url: str) -> None:
    one, another = Ledger(postgres_url, AUDIT_KEY), Ledger(postgres_url, AUDIT_KEY)
    key = added(one).key
    with one.write() as tx:
        assert request_by_key(tx, key, lock=True)
        with another.write() as waiting:
            free = select(requests.c.key).with_for_update(skip_locked=True)
            assert waiting.execute(free).all() == []
    with another.write() as tx:
        assert request_by_key(tx, key, lock=True)
    another.close()
    one.close()

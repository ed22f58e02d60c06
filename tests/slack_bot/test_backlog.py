"""Of what was already waiting at most 20 cards stand in a channel; what comes later is shown at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from sandbox import Sandbox
from slack_bot.ledger import cards, requests
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import LineState, State, key_of, requests_in
from tests.rig import APPROVALS, SECOND_CHANNEL, Rig, has_buttons
from tests.slack_bot.backlogged import (
    ALL_SHOWN,
    CARDS,
    POST,
    backlog,
    counting,
    deny,
    lines,
    pile,
    posts,
    rig_in,
)

MANY = 10_000


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with rig_in(sandbox, tmp_path) as running:
        yield running


def keys(rig: Rig, channel: str = APPROVALS) -> list[str]:
    return [card["metadata"]["event_payload"]["request"] for card in rig.cards(channel)]


def key(request: str) -> str:
    return key_of("privilege_manager", request)


def seen(rig: Rig) -> list[str]:
    """The keys of all that waits, the oldest first."""
    with rig.ledger.read() as connection:
        return [row.key for row in requests_in(connection, "privilege_manager", State.PENDING)]


def unanswered(rig: Rig, channel: str = APPROVALS) -> list[dict[str, Any]]:
    return [card for card in rig.cards(channel) if has_buttons(card)]


def test_of_four_hundred_at_the_first_start_twenty_get_a_card_and_a_line_counts_the_others(rig: Rig) -> None:
    pile(rig, 400)
    rig.run()
    assert keys(rig) == seen(rig)[:CARDS]
    assert lines(rig) == [counting(20, 380)]
    assert rig.control.messages(APPROVALS)[-1]["text"] == lines(rig)[0]
    assert len(posts(rig)) == CARDS + 1


def test_up_to_twenty_at_once_all_get_their_cards_and_no_line(rig: Rig) -> None:
    pile(rig, CARDS)
    rig.run()
    assert len(rig.cards()) == CARDS
    assert lines(rig) == []
    assert backlog(rig) is None


def test_one_more_than_twenty_at_once_waits_for_room(rig: Rig) -> None:
    pile(rig, CARDS + 1)
    rig.run()
    assert len(rig.cards()) == CARDS
    assert lines(rig) == [counting(20, 1)]


def test_a_new_request_on_top_of_a_full_backlog_is_shown_at_once_and_takes_no_turn_of_another(
    rig: Rig,
) -> None:
    pile(rig, 30)
    rig.run()
    rig.clock.advance(60)
    new = rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    assert keys(rig)[-1] == key(new)
    rig.run()
    assert lines(rig) == [counting(21, 10)]
    deny(rig, rig.cards()[0])
    rig.run()
    assert len(unanswered(rig)) == CARDS
    assert lines(rig) == [counting(20, 10)]


def test_a_new_request_is_shown_before_the_rest_of_the_twenty(rig: Rig) -> None:
    pile(rig, 30)
    rig.step("publisher")
    rig.clock.advance(1)
    new = rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    assert keys(rig)[1] == key(new)
    rig.run()
    assert len(rig.cards()) == CARDS
    assert lines(rig) == [counting(20, 11)]


def test_after_the_clock_was_set_back_a_new_request_is_shown_at_once_as_before(rig: Rig) -> None:
    pile(rig, 40)
    rig.run()
    rig.clock.advance(-3_600)
    rig.restart()
    for _ in range(2):
        new = rig.control.file_request()
        rig.step("poller")
        rig.run()
        assert keys(rig)[-1] == key(new)
        rig.clock.advance(600)
    assert len(rig.cards()) == CARDS + 2
    rig.clock.advance(10)
    rig.run()
    assert lines(rig) == [counting(22, 20)]


def test_when_more_than_twenty_come_at_once_on_top_of_a_backlog_they_join_it(rig: Rig) -> None:
    pile(rig, 30)
    rig.run()
    rig.clock.advance(60)
    pile(rig, CARDS + 1)
    rig.run()
    assert len(rig.cards()) == CARDS
    assert lines(rig) == [counting(20, 31)]


def test_as_cards_settle_the_next_ones_follow_until_all_have_theirs(rig: Rig) -> None:
    pile(rig, 25)
    in_turn = seen(rig)
    rig.run()
    deny(rig, *rig.cards()[:3])
    rig.run()
    assert keys(rig) == in_turn[:23]
    assert len(unanswered(rig)) == CARDS
    assert lines(rig) == [counting(20, 2)]
    deny(rig, *unanswered(rig)[:2])
    rig.run()
    assert len(rig.cards()) == 25
    assert lines(rig) == [ALL_SHOWN]


def test_a_request_that_is_withdrawn_before_its_card_is_counted_no_more(rig: Rig) -> None:
    ids = pile(rig, 25)
    rig.run()
    waiting = [one for one in ids if key(one) not in keys(rig)]
    for one in waiting[:2]:
        rig.control.withdraw(one)
    rig.step("poller")
    rig.step("poller")
    rig.clock.advance(10)
    rig.run()
    assert lines(rig) == [counting(20, 3)]
    assert len(rig.cards()) == CARDS


def test_a_restart_posts_nothing_more(rig: Rig) -> None:
    pile(rig, 30)
    rig.run()
    before = len(posts(rig))
    rig.restart()
    rig.clock.advance(3600)
    rig.look()
    assert len(posts(rig)) == before
    assert lines(rig) == [counting(20, 10)]


def test_a_restart_in_the_middle_of_the_twenty_goes_on_where_it_was(rig: Rig) -> None:
    pile(rig, 30)
    for _ in range(7):
        rig.step("publisher")
        rig.clock.advance(1)
    rig.restart()
    rig.run()
    assert len(keys(rig)) == len(set(keys(rig))) == CARDS
    assert lines(rig) == [counting(20, 10)]


def test_each_channel_has_its_own_backlog(sandbox: Sandbox, tmp_path: Path) -> None:
    with rig_in(sandbox, tmp_path, APPROVALS, SECOND_CHANNEL) as rig:
        pile(rig, 25)
        rig.run()
        assert len(rig.cards(SECOND_CHANNEL)) == CARDS
        deny(rig, *rig.cards(SECOND_CHANNEL)[:2], channel=SECOND_CHANNEL)
        rig.run()
        assert lines(rig, APPROVALS) == lines(rig, SECOND_CHANNEL) == [counting(20, 3)]


def test_a_channel_registered_later_has_what_already_waits_for_its_backlog(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with rig_in(sandbox, tmp_path) as rig:
        for _ in range(CARDS + 2):
            rig.ask()
        assert len(rig.cards()) == CARDS + 2
    with rig_in(sandbox, tmp_path, APPROVALS, SECOND_CHANNEL) as rig:
        rig.run()
        assert len(rig.cards(SECOND_CHANNEL)) == CARDS
        assert lines(rig, SECOND_CHANNEL) == [counting(20, 2)]
        assert lines(rig, APPROVALS) == []


def test_a_channel_removed_and_registered_again_starts_afresh_with_what_has_no_card_yet(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with rig_in(sandbox, tmp_path) as rig:
        pile(rig, 25)
        rig.run()
    with Rig(sandbox, tmp_path, {SECOND_CHANNEL: ChannelPolicy()}) as rig:
        rig.run()
        assert backlog(rig) is None
        assert lines(rig)[0].startswith("No more cards follow here")
        rig.run()
        assert len(rig.cards()) == CARDS
    with rig_in(sandbox, tmp_path) as rig:
        rig.run()
        assert len(rig.cards()) == 25
        assert len(lines(rig)) == 1


def test_a_card_in_a_channel_that_is_registered_no_more_settles_and_no_other_follows(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with rig_in(sandbox, tmp_path) as rig:
        ids = pile(rig, 25)
        rig.run()
    with Rig(sandbox, tmp_path, {SECOND_CHANNEL: ChannelPolicy()}) as rig:
        for one in ids:
            rig.control.withdraw(one)
        rig.look()
        rig.look()
        assert len(rig.cards()) == CARDS
        assert unanswered(rig) == []


@pytest.mark.parametrize("kind", ["timeout", "reset", "reset_before", "ratelimited", "server_error"])
def test_whatever_goes_wrong_with_a_post_twenty_cards_stand_there(rig: Rig, kind: str) -> None:
    rig.control.faults(method=POST, kind=kind, nth=19, times=3)
    pile(rig, 22)
    rig.run()
    assert len(rig.cards()) == len(set(keys(rig))) == CARDS
    assert lines(rig) == [counting(20, 2)]


def test_a_request_that_cannot_be_drawn_keeps_none_of_the_backlog_waiting(rig: Rig) -> None:
    ids = pile(rig, 25)
    broken = min(key(one) for one in ids)
    with rig.ledger.write() as tx:
        tx.execute(update(requests).where(requests.c.key == broken).values(body="{}"))
    for _ in range(60):
        rig.step("publisher")
        rig.clock.advance(1)
    assert len(rig.cards()) == CARDS
    assert broken not in keys(rig)


def test_with_ten_thousand_waiting_a_look_is_a_few_queries_that_an_index_answers(rig: Rig) -> None:
    pile(rig, 25)
    rig.run()
    copied(rig, MANY)
    rig.run()
    assert lines(rig) == [counting(20, 5 + MANY)]
    before = len(rig.control.calls())
    asked: list[tuple[str, Any]] = []
    event.listen(rig.ledger.engine, "before_cursor_execute", lambda *execution: asked.append(execution[2:4]))
    assert rig.step("publisher") is None
    looked = [one for one in asked if one[0].startswith("SELECT")]
    assert len(rig.control.calls()) == before
    assert len(looked) <= 15
    with rig.ledger.read() as connection:
        plans = {
            row.detail
            for statement, parameters in looked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        }
    assert not [plan for plan in plans if plan.startswith(("SCAN requests", "SCAN cards"))]


def copied(rig: Rig, times: int) -> None:
    """So many more requests wait, like one of those that wait without a card, and were seen with it."""
    shown = select(cards.c.request_key)
    with rig.ledger.write() as tx:
        like = select(requests).where(requests.c.key.not_in(shown)).limit(1)
        row = dict(tx.execute(like).mappings().one())
        names = [f"copy{number:08}" for number in range(times)]
        tx.execute(insert(requests), [row | {"key": name, "upstream_id": name} for name in names])


def test_the_ledger_forgets_the_line_that_said_its_last_words(rig: Rig) -> None:
    pile(rig, CARDS + 1)
    rig.run()
    deny(rig, rig.cards()[0])
    rig.run()
    found = backlog(rig)
    assert found is not None
    assert (found.state, found.ts, found.shown_count) == (LineState.NONE, None, 0)

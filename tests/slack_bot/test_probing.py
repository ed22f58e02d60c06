"""Slack tells nobody that a message was deleted: once a day the oldest cards of a full channel are looked at."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.publisher.backlog import Backlog
from slack_bot.rows import CardState, cards_in
from tests.rig import APPROVALS, Rig, at_statement
from tests.slack_bot.backlogged import (
    ALL_SHOWN,
    CARDS,
    UPDATE,
    backlog,
    counting,
    deny,
    lines,
    pile,
    posts,
    rig_in,
)
from tests.slack_bot.test_replicas import replicas

HOUR = 3_600
DAY = 24 * HOUR


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with rig_in(sandbox, tmp_path) as running:
        yield running


def delete_all(rig: Rig) -> None:
    """As a retention policy does."""
    for card in rig.cards():
        rig.control.delete(APPROVALS, card["ts"])


def card_edits(rig: Rig) -> int:
    return sum(bool(edit["arguments"].get("metadata")) for edit in posts(rig, method=UPDATE))


def gone(rig: Rig) -> int:
    """How many cards are given up."""
    with rig.ledger.read() as connection:
        return len(cards_in(connection, CardState.LOST))


def test_what_retention_deleted_keeps_no_room_for_ever(rig: Rig) -> None:
    pile(rig, 40)
    rig.run()
    delete_all(rig)
    rig.clock.advance(DAY - 60)
    rig.run()
    assert rig.cards() == []

    rig.clock.advance(HOUR)
    rig.run()
    assert len(rig.cards()) == CARDS
    assert lines(rig) == [counting(20, 20)]

    delete_all(rig)
    rig.clock.advance(DAY + HOUR)
    rig.run()
    assert len(rig.cards()) == CARDS
    assert gone(rig) == CARDS
    assert lines(rig) == [ALL_SHOWN]


def test_what_is_posted_anew_is_counted_all_the_while(rig: Rig) -> None:
    pile(rig, 40)
    rig.run()
    delete_all(rig)
    rig.clock.advance(DAY + HOUR)
    for _ in range(5):
        rig.step("publisher")
        look = Backlog(rig.publisher._board).look(APPROVALS)
        assert (look.waiting, look.shown) == (40, len(rig.cards()))
        rig.clock.advance(1)


def test_cards_that_stand_are_looked_at_once_a_day_and_stay(rig: Rig) -> None:
    pile(rig, 40)
    rig.run()
    before = [card["ts"] for card in rig.cards()]
    for _ in range(50):
        rig.clock.advance(HOUR)
        rig.run()
    assert card_edits(rig) == 2 * CARDS
    assert [card["ts"] for card in rig.cards()] == before
    assert lines(rig) == [counting(20, 20)]


def test_a_restart_looks_no_sooner(rig: Rig) -> None:
    pile(rig, 40)
    rig.run()
    rig.clock.advance(DAY + 60)
    rig.run()
    assert card_edits(rig) == CARDS
    rig.restart()
    rig.clock.advance(DAY - HOUR)
    rig.run()
    assert card_edits(rig) == CARDS


def test_after_the_clock_was_set_back_it_is_looked_again_in_time(rig: Rig) -> None:
    pile(rig, 40)
    rig.run()
    rig.clock.advance(10 * DAY)
    rig.run()
    rig.clock.advance(-8 * DAY)
    rig.run()
    found = backlog(rig)
    assert found is not None
    assert 0 < found.probed_at <= rig.clock.now()


@pytest.mark.parametrize("answered", [1, 20])
def test_where_there_is_room_or_nothing_left_to_follow_nothing_is_looked_at(rig: Rig, answered: int) -> None:
    pile(rig, 21)
    rig.run()
    deny(rig, *rig.cards()[:answered])
    rig.run()
    before = card_edits(rig)
    rig.clock.advance(2 * DAY)
    rig.run()
    assert card_edits(rig) == before


def test_of_two_replicas_one_looks(sandbox: Sandbox, tmp_path: Path, postgres_url: str) -> None:
    with replicas(sandbox, tmp_path, postgres_url, (APPROVALS,)) as both:
        pile(both.a, 40)
        both.rest()
        both.clock.advance(DAY + HOUR)
        both.rest()
        assert card_edits(both.a) == CARDS


def test_of_two_replicas_that_find_it_due_at_once_one_looks(
    sandbox: Sandbox, tmp_path: Path, postgres_url: str
) -> None:
    with replicas(sandbox, tmp_path, postgres_url, (APPROVALS,)) as both:
        pile(both.a, 40)
        both.rest()
        both.clock.advance(DAY + HOUR)
        with at_statement(both.a, "UPDATE backlogs SET probed_at", lambda: both.b.run("publisher")):
            both.a.step("publisher")
        both.rest()
        assert card_edits(both.a) == CARDS

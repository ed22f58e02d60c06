"""Two processes over one PostgreSQL fill the same channel: 20 cards, one line, and each fact told once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from sandbox import Sandbox
from slack_bot.rows import LineState
from tests.rig import APPROVALS, Rig, at_statement
from tests.slack_bot.backlogged import (
    ALL_SHOWN,
    CARDS,
    POST,
    backlog,
    counting,
    deny,
    line_edits,
    lines,
    pile,
    posts,
)
from tests.slack_bot.test_replicas import Replicas, replicas

HISTORY = "conversations.history"
LONG = "because " * 200


@pytest.fixture
def both(sandbox: Sandbox, tmp_path: Path, postgres_url: str) -> Iterator[Replicas]:
    with replicas(sandbox, tmp_path, postgres_url, (APPROVALS,)) as running:
        yield running


def up_to_the_line(rig: Rig) -> None:
    pile(rig, 25)
    for _ in range(CARDS):
        rig.step("publisher")
        rig.clock.advance(1)
    assert len(rig.cards()) == CARDS
    assert lines(rig) == []


def test_in_turns_they_fill_the_channel_and_count_what_is_left_once(both: Replicas) -> None:
    pile(both.a, 40)
    for _ in range(40):
        both.a.step("publisher")
        both.b.step("publisher")
        both.clock.advance(1)
    both.rest()
    assert len(both.a.cards()) == CARDS
    assert lines(both.a) == [counting(20, 20)]
    deny(both.a, *both.a.cards()[:3])
    both.rest()
    assert lines(both.a) == [counting(20, 17)]


def test_both_find_too_many_at_once(both: Replicas) -> None:
    pile(both.a, 25)
    with at_statement(both.a, "INSERT INTO backlogs", lambda: both.b.step("publisher")):
        both.a.step("publisher")
    both.rest()
    assert len(both.a.cards()) == CARDS
    assert lines(both.a) == [counting(20, 5)]


def test_both_want_to_post_the_line(both: Replicas) -> None:
    up_to_the_line(both.a)
    with at_statement(both.a, "UPDATE backlogs", lambda: both.b.step("publisher")):
        both.a.step("publisher")
    both.rest()
    assert lines(both.a) == [counting(20, 5)]
    assert len(posts(both.a)) == CARDS + 1


@pytest.mark.parametrize("table", ["cards", "backlogs"])
def test_whoever_comes_second_looks_after_what_the_first_one_claimed(both: Replicas, table: str) -> None:
    if table == "cards":
        pile(both.a, 1)
        words = "INSERT INTO cards"
    else:
        up_to_the_line(both.a)
        words = "UPDATE backlogs"
    both.a.control.faults(method=POST, kind="reset")
    with at_statement(both.a, words, lambda: both.b.step("publisher")):
        assert both.a.step("publisher") == 0.0
    wait = both.a.step("publisher")
    assert wait is not None
    assert 55 < wait <= 60


@pytest.mark.parametrize(("kind", "more"), [("reset", 0), ("reset_before", 1)])
def test_the_line_of_a_dead_replica_is_taken_over_after_a_minute(
    both: Replicas, kind: str, more: int
) -> None:
    up_to_the_line(both.a)
    both.a.control.faults(method=POST, kind=kind)
    both.a.step("publisher")
    both.a.restart()
    found = backlog(both.a)
    assert found is not None
    assert found.state is LineState.CLAIMED
    both.clock.advance(50)
    wait = both.b.step("publisher")
    assert wait is not None
    assert 5 < wait < 10
    assert both.a.control.calls(HISTORY) == []
    both.rest()
    assert lines(both.a) == [counting(20, 5)]
    assert len(posts(both.a)) == CARDS + 1 + more


@contextmanager
def after_transaction(rig: Rig, words: str, happens: Callable[[], object]) -> Iterator[None]:
    """Lets something happen where the first transaction with these words has just ended."""
    begun = over = False

    def statement(*execution: object) -> None:
        nonlocal begun
        begun = begun or words in str(execution[2])

    def given_back(*_connection: object) -> None:
        nonlocal over
        if begun and not over:
            over = True
            happens()

    event.listen(rig.ledger.engine, "before_cursor_execute", statement)
    event.listen(rig.ledger.engine, "checkin", given_back)
    try:
        yield
    finally:
        event.remove(rig.ledger.engine, "before_cursor_execute", statement)
        event.remove(rig.ledger.engine, "checkin", given_back)
    assert over, f"no transaction with {words}"


def test_a_replica_that_was_thought_dead_before_it_posted_the_line_takes_it_back(both: Replicas) -> None:
    up_to_the_line(both.a)

    def thought_dead() -> None:
        both.clock.advance(61)
        both.b.run("publisher")

    with after_transaction(both.a, "UPDATE backlogs", thought_dead):
        both.a.step("publisher")
    assert len(posts(both.a)) == CARDS + 2
    assert lines(both.a) == [counting(20, 5)]
    both.rest()
    assert lines(both.a) == [counting(20, 5)]


def test_a_replica_that_was_thought_dead_after_it_posted_leaves_the_line_that_the_other_adopted(
    both: Replicas,
) -> None:
    up_to_the_line(both.a)

    def thought_dead() -> None:
        both.clock.advance(61)
        both.b.run("publisher")

    with at_statement(both.a, "UPDATE backlogs", thought_dead, nth=2):
        both.a.step("publisher")
    both.rest()
    assert lines(both.a) == [counting(20, 5)]
    assert len(posts(both.a)) == CARDS + 1


def test_an_edit_that_another_replica_overtook_is_made_again(both: Replicas) -> None:
    up_to_the_line(both.a)
    both.rest()
    both.clock.advance(60)
    deny(both.a, *both.a.cards()[:2])
    both.clock.advance(1)
    both.a.step("publisher")
    both.clock.advance(1)
    before = len(line_edits(both.a))

    def overtaken() -> None:
        deny(both.a, both.a.cards()[2])
        both.clock.advance(2)
        both.b.run("publisher")

    with at_statement(both.a, "UPDATE backlogs", overtaken):
        both.a.step("publisher")
    both.rest()
    assert lines(both.a) == [counting(20, 2)]
    assert len(line_edits(both.a)) - before == 3


def test_its_last_words_are_said_once(both: Replicas) -> None:
    pile(both.a, CARDS + 1)
    both.rest()
    deny(both.a, both.a.cards()[0])
    both.rest()
    assert lines(both.a) == [ALL_SHOWN]
    found = backlog(both.b)
    assert found is not None
    assert found.state is LineState.NONE


def replies(rig: Rig) -> list[str]:
    return [
        call["arguments"]["blocks"][0]["block_id"]
        for call in posts(rig)
        if call["arguments"].get("thread_ts")
    ]


def test_the_replica_that_posted_the_card_tells_the_facts(both: Replicas) -> None:
    both.a.control.file_request(reason=LONG)
    both.a.step("poller")
    both.a.step("publisher")
    wait = both.b.step("publisher")
    assert wait is not None
    assert 55 < wait <= 60
    both.clock.advance(1)
    both.a.step("publisher")
    both.rest()
    assert replies(both.a) == ["whole_1"]


def test_the_facts_that_a_dead_replica_owes_are_told_by_the_other_after_a_minute(both: Replicas) -> None:
    both.a.control.file_request(reason=LONG)
    both.a.step("poller")
    both.a.step("publisher")
    both.a.restart()
    both.clock.advance(50)
    both.b.step("publisher")
    assert replies(both.a) == []
    both.clock.advance(11)
    with at_statement(both.a, "SET claimed_at", lambda: both.b.step("publisher")):
        both.a.step("publisher")
    both.rest()
    assert replies(both.a) == ["whole_1"]

"""What comes before what: what people sent before what nobody did, and earlier answers before later ones."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert

from sandbox import Sandbox
from slack_bot import inbox as box
from slack_bot.clock import SECOND
from slack_bot.inbox import Inbox, Item
from slack_bot.ledger import Ledger, cards
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import CardRow, CardState
from tests.rig import APPROVALS, APPROVER, SECOND_APPROVER, Rig
from tests.slack_bot.examples import CHANNEL, NOW, OTHER_CHANNEL, added
from tests.slack_bot.forms import opened

LATER = NOW + 30 * SECOND
KEY, OTHER_KEY = "abcdefghijkl", "lkjihgfedcba"
CLICK = f'{{"action_id":"deny_request","value":"{KEY}.0123456789abcdef"}}'
DIRECTLY = "D02APPROVER"
MEANT = "words that mean the request"

_numbers = count()


def left(ledger: Ledger, kind: str, channel: str = CHANNEL, payload: str = "{}") -> Item:
    """Something that waits to be handled."""
    once = f"{kind}:{next(_numbers)}"
    inbox = Inbox(ledger, lambda: NOW, lambda: None)
    assert inbox.save(kind, once, channel=channel, user_id=APPROVER, payload=payload)
    with ledger.read() as connection:
        found = [*box.due_items(connection, NOW, 1_000), *box.due_outcomes(connection, NOW, 1_000)]
    return max(found, key=lambda item: item.id)


def answer_left(ledger: Ledger, kind: str, channel: str = CHANNEL) -> Item:
    """An answer that waits to be sent."""
    item = left(ledger, kind, channel)
    with ledger.write() as tx:
        box.finish(tx, item, NOW, "answered", "Words")
    return item


def answers_at(ledger: Ledger, now: int) -> list[Item]:
    """Whose answers are due."""
    with ledger.read() as connection:
        return [answer.item for answer in box.due_answers(connection, now)]


# Outcomes, which nobody sent


def test_outcomes_are_not_among_what_people_sent(ledger: Ledger) -> None:
    outcome, other = left(ledger, "outcome", ""), left(ledger, "outcome", "")
    with ledger.read() as connection:
        assert box.due_items(connection, NOW) == []
        assert not box.waits(connection)
    click = left(ledger, "click")
    with ledger.read() as connection:
        assert box.due_items(connection, NOW) == [click]
        assert box.due_outcomes(connection, NOW, 1) == [outcome]
        assert box.due_outcomes(connection, NOW, 9) == [outcome, other]
        assert box.waits(connection)


def test_all_outcomes_that_are_due_are_put_off_together_and_nothing_else_is(ledger: Ledger) -> None:
    first, second, click = left(ledger, "outcome"), left(ledger, "outcome"), left(ledger, "click")
    with ledger.write() as tx:
        box.postpone(tx, second, LATER + 1)
        box.postpone_outcomes(tx, NOW, LATER)
    with ledger.read() as connection:
        assert box.due_items(connection, NOW) == [click]
        assert box.due_outcomes(connection, LATER - 1, 9) == []
        assert box.due_outcomes(connection, LATER, 9) == [first]
        assert box.due_outcomes(connection, LATER + 1, 9) == [first, second]


def test_answers_that_tell_an_outcome_come_after_the_others(ledger: Ledger) -> None:
    outcome, click = answer_left(ledger, "outcome", ""), answer_left(ledger, "click")
    assert answers_at(ledger, NOW) == [click, outcome]


@pytest.mark.parametrize("direct", [True, False])
def test_answers_are_put_off_by_the_way_they_go(ledger: Ledger, direct: bool) -> None:
    direct_ones = [answer_left(ledger, "command", DIRECTLY), answer_left(ledger, "command", "")]
    in_channels = [answer_left(ledger, "click")]
    with ledger.write() as tx:
        box.postpone_due_answers(tx, NOW, LATER, direct=direct)
    assert answers_at(ledger, NOW) == (in_channels if direct else direct_ones)
    assert answers_at(ledger, LATER) == [*direct_ones, *in_channels]


def test_an_answer_is_marked_sent_once(ledger: Ledger) -> None:
    answer_left(ledger, "click")
    with ledger.write() as tx:
        (answer,) = box.due_answers(tx, NOW)
        assert box.answered(tx, answer)
        assert not box.answered(tx, answer)


# Earlier answers to the same request


def earlier(ledger: Ledger, item: Item, key: str = KEY) -> int | None:
    with ledger.write() as tx:
        return box.earlier_waits(tx, item, key, lambda words: words == MEANT)


def test_an_earlier_answer_to_the_same_request_is_known_until_it_is_handled(ledger: Ledger) -> None:
    first, second = left(ledger, "click", payload=CLICK), left(ledger, "click", payload=CLICK)
    assert earlier(ledger, first) is None
    assert earlier(ledger, second) == NOW
    with ledger.write() as tx:
        box.postpone(tx, first, LATER)
    assert earlier(ledger, second) == LATER
    assert earlier(ledger, second, OTHER_KEY) is None
    with ledger.write() as tx:
        box.finish(tx, first, NOW, "counted")
    assert earlier(ledger, second) is None


def test_of_several_earlier_answers_the_last_one_that_is_due_is_told(ledger: Ledger) -> None:
    items = [left(ledger, "submission", payload=CLICK) for _ in range(3)]
    with ledger.write() as tx:
        box.postpone(tx, items[0], LATER)
    assert earlier(ledger, items[2]) == LATER


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("click", CLICK.replace(KEY, f"details.{KEY}")),
        ("click", CLICK.replace(KEY, OTHER_KEY)),
        ("submission", '{"reason":"See \\"value\\":\\"' + KEY + '.0123456789abcdef\\"."}'),
        ("mention", CLICK),
        ("outcome", CLICK),
    ],
)
def test_nothing_else_that_came_earlier_is_an_answer_to_it(ledger: Ledger, kind: str, payload: str) -> None:
    left(ledger, kind, payload=payload)
    assert earlier(ledger, left(ledger, "click", payload=CLICK)) is None


@pytest.mark.parametrize(
    ("channel", "words", "is_waited_for"),
    [
        (CHANNEL, MEANT, True),
        (CHANNEL, "words that mean another one", False),
        (OTHER_CHANNEL, MEANT, False),
        (DIRECTLY, MEANT, False),
        ("", MEANT, False),
    ],
)
def test_words_are_waited_for_where_a_card_of_the_request_stands_and_they_may_mean_it(
    ledger: Ledger, channel: str, words: str, is_waited_for: bool
) -> None:
    row = added(ledger)
    with ledger.write() as tx:
        card = CardRow(row.key, CHANNEL, CardState.POSTED, NOW, "bot", "1.1", 1, "")
        tx.execute(insert(cards).values(asdict(card)))
    left(ledger, "spoken", channel, words)
    vote = left(ledger, "click")
    assert earlier(ledger, vote, row.key) == (NOW if is_waited_for else None)
    assert earlier(ledger, vote, OTHER_KEY) is None


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    policy = ChannelPolicy(users=(APPROVER, SECOND_APPROVER))
    with Rig(sandbox, tmp_path, {APPROVALS: policy}) as running:
        yield running


def waiting(rig: Rig) -> list[Item]:
    with rig.ledger.read() as connection:
        return box.due_items(connection, rig.clock.now())


def test_what_the_listeners_save_of_a_press_and_of_a_form_is_found(rig: Rig) -> None:
    """Given a deny pressed, and one written in a form, when a third answer comes, then it knows of them."""
    rig.ask()
    key = rig.row().key
    opened(rig, "reason")
    rig.control.submit(APPROVER, {"reason_text": "No"})
    rig.press(SECOND_APPROVER, "deny_request")
    rig.press(APPROVER, "approve_request")
    form, deny, approve = waiting(rig)
    assert (form.kind, deny.kind) == ("submission", "click")
    assert earlier(rig.ledger, form, key) is None
    assert earlier(rig.ledger, deny, key) == form.received_at
    assert earlier(rig.ledger, approve, key) == deny.received_at


# However much came before


def test_what_waits_is_found_without_looking_at_all_that_ever_came(sqlite_ledger: Ledger) -> None:
    asked: list[tuple[str, Any]] = []
    item = left(sqlite_ledger, "click", payload=CLICK)
    with sqlite_ledger.write() as tx:
        event.listen(tx, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        box.due_items(tx, NOW)
        box.due_outcomes(tx, NOW)
        box.waits(tx)
        box.earlier_waits(tx, item, KEY, lambda words: False)
        box.due_answers(tx, NOW)
        box.next_due(tx)
        box.postpone_outcomes(tx, NOW, LATER)
        box.postpone_due_answers(tx, NOW, LATER, direct=True)
        for statement, values in asked[:]:
            plan = [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert not any(step.startswith("SCAN") for step in plan), (statement, plan)
    assert len(asked) > 8

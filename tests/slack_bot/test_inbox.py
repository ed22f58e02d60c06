import threading
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from slack_bot.clock import SECOND
from slack_bot.inbox import (
    LONGEST_WAIT,
    Answer,
    Inbox,
    Item,
    answered,
    due_answers,
    due_items,
    finish,
    is_waiting,
    next_due,
    postpone,
    postpone_answer,
    take_answer,
)
from slack_bot.ledger import Ledger, inbox
from tests.audit_key import AUDIT_KEY
from tests.slack_bot.examples import APPROVER, CHANNEL, NOW

LATER = NOW + 30 * SECOND
ADDRESS = "https://hooks.slack.com/actions/T1/2/3"


@dataclass
class Box:
    """An inbox on a clock that the test moves, and how often it told the clerk."""

    ledger: Ledger
    now: int = NOW
    woken: int = 0
    inbox: Inbox = field(init=False)

    def __post_init__(self) -> None:
        self.inbox = Inbox(self.ledger, lambda: self.now, self.wake)

    def wake(self) -> None:
        self.woken += 1

    def save(self, once_key: str = "click:1", payload: str = "{}", reply_to: str = "") -> bool:
        return self.inbox.save(
            "click", once_key, channel=CHANNEL, user_id=APPROVER, payload=payload, reply_to=reply_to
        )

    def items(self, now: int = NOW) -> list[Item]:
        with self.ledger.read() as connection:
            return due_items(connection, now)

    def answers(self, now: int = NOW) -> list[Answer]:
        with self.ledger.read() as connection:
            return due_answers(connection, now)

    def next_due(self) -> int | None:
        with self.ledger.read() as connection:
            return next_due(connection)

    def finish(self, item: Item, now: int = NOW, result: str = "counted", answer: str = "") -> None:
        with self.ledger.write() as tx:
            finish(tx, item, now, result, answer)


@pytest.fixture
def box(ledger: Ledger) -> Box:
    return Box(ledger)


# Saving


def test_whoever_wants_to_know_is_told_that_something_could_not_be_saved(ledger: Ledger) -> None:
    told: list[str] = []
    full = Inbox(ledger, lambda: NOW, lambda: told.append("saved"), lambda: told.append("failed"))
    with ledger.write() as tx:
        tx.exec_driver_sql("ALTER TABLE inbox RENAME TO away")
    with pytest.raises(SQLAlchemyError):
        full.save("click", "click:1", channel=CHANNEL, user_id=APPROVER, payload="{}")
    with ledger.write() as tx:
        tx.exec_driver_sql("ALTER TABLE away RENAME TO inbox")
    assert full.save("click", "click:1", channel=CHANNEL, user_id=APPROVER, payload="{}")
    assert told == ["failed", "saved"]


def test_what_is_saved_waits_as_it_came_and_the_clerk_is_told(box: Box) -> None:
    assert box.save(payload='{"value": "ä\\u0000"}')
    (item,) = box.items()
    assert item == Item(item.id, "click", CHANNEL, APPROVER, '{"value": "ä\\u0000"}', "", NOW)
    assert box.woken == 1


def test_the_same_thing_again_is_not_saved_again_nor_told(box: Box) -> None:
    assert box.save("event:Ev1")
    assert not box.save("event:Ev1", payload='{"other": 1}')
    assert box.save("event:Ev2")
    assert [item.payload for item in box.items()] == ["{}", "{}"]
    assert box.woken == 2


def test_the_same_thing_is_known_after_it_was_handled(box: Box) -> None:
    box.save()
    box.finish(box.items()[0])
    assert not box.save()
    assert box.items() == []


def test_a_delivery_that_comes_twice_at_once_is_saved_once(ledger: Ledger) -> None:
    box = Box(ledger)
    barrier = threading.Barrier(4)
    results: list[bool] = []

    def deliver() -> None:
        barrier.wait(10)
        results.append(box.save())

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == [False, False, False, True]
    assert len(box.items()) == 1


def test_where_the_ledger_cannot_be_written_saving_says_so(sqlite_ledger: Ledger) -> None:
    """Returning in silence, the click would be acknowledged and lost."""
    box = Box(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        inbox.drop(tx)
    with pytest.raises(SQLAlchemyError):
        box.save()
    assert box.woken == 0


def test_a_key_of_any_length_is_kept(box: Box) -> None:
    assert box.save("x" * 1_000)
    assert not box.save("x" * 1_000)


def test_two_long_keys_that_differ_at_their_end_are_two_things(box: Box) -> None:
    assert box.save("x" * 1_000 + "1")
    assert box.save("x" * 1_000 + "2")


# Handling


def test_items_come_in_the_order_they_came_and_a_hundred_at_a_time(box: Box) -> None:
    for number in range(103):
        box.save(f"click:{number}", payload=str(number))
    items = box.items()
    assert [item.payload for item in items] == [str(number) for number in range(100)]
    for item in items:
        box.finish(item)
    assert [item.payload for item in box.items()] == ["100", "101", "102"]


def test_an_item_that_was_postponed_keeps_its_place(box: Box) -> None:
    for number in range(2):
        box.save(f"click:{number}", payload=str(number))
    with box.ledger.write() as tx:
        postpone(tx, box.items()[0], NOW + 5)
    assert [item.payload for item in box.items(LATER)] == ["0", "1"]


def test_what_came_later_is_not_due_earlier(box: Box) -> None:
    box.now = LATER
    box.save()
    assert box.items(NOW) == []
    assert len(box.items(LATER)) == 1


def test_a_postponed_item_comes_again_when_its_time_has_come(box: Box) -> None:
    box.save()
    (item,) = box.items()
    with box.ledger.write() as tx:
        postpone(tx, item, LATER)
    assert box.items(LATER - 1) == []
    assert box.items(LATER) == [item]
    assert box.next_due() == LATER


def test_an_item_is_finished_once(box: Box) -> None:
    box.save()
    (item,) = box.items()
    with box.ledger.write() as tx:
        assert is_waiting(tx, item)
    box.finish(item, NOW, "counted", "Thank you.")
    with box.ledger.write() as tx:
        assert not is_waiting(tx, item)
    with box.ledger.write() as tx:
        answered(tx, box.answers()[0])

    box.finish(item, LATER, "refused", "Once more.")
    with box.ledger.write() as tx:
        postpone(tx, item, LATER)
    with box.ledger.read() as connection:
        row = connection.execute(select(inbox)).one()
    assert (row.due_at, row.handled_at, row.result, row.answer) == (None, NOW, "counted", "Thank you.")
    assert box.items(LATER) == []
    assert box.answers(LATER) == []


def test_of_two_replicas_the_second_waits_and_finds_it_handled(postgres_url: str) -> None:
    one, another = Ledger(postgres_url, AUDIT_KEY), Ledger(postgres_url, AUDIT_KEY)
    Box(one).save()
    (item,) = Box(one).items()
    found: list[bool] = []
    began = threading.Event()

    def handle() -> None:
        with another.write() as tx:
            began.set()
            found.append(is_waiting(tx, item))

    second = threading.Thread(target=handle)
    with one.write() as tx:
        assert is_waiting(tx, item)
        second.start()
        assert began.wait(10)
        finish(tx, item, NOW, "counted")
    second.join(30)
    assert found == [False]
    another.close()
    one.close()


# Answering


def test_an_answer_is_due_from_the_handling_until_it_is_sent(box: Box) -> None:
    box.save()
    (item,) = box.items()
    box.finish(item, LATER, "refused", "You are not an approver here.")
    assert box.items(LATER) == []
    assert box.answers(LATER - 1) == []
    (answer,) = box.answers(LATER)
    assert answer == Answer(item, "You are not an approver here.")
    assert box.next_due() == LATER

    with box.ledger.write() as tx:
        answered(tx, answer)
    assert box.answers(LATER) == []
    assert box.next_due() is None


def test_without_words_there_is_no_answer(box: Box) -> None:
    box.save()
    box.finish(box.items()[0])
    assert box.answers(LATER) == []
    assert box.next_due() is None


def test_a_postponed_answer_comes_again_unless_somebody_sent_it_meanwhile(box: Box) -> None:
    box.save()
    box.finish(box.items()[0], NOW, "refused", "No.")
    (answer,) = box.answers()
    with box.ledger.write() as tx:
        postpone_answer(tx, answer, LATER)
    assert box.answers(LATER - 1) == []
    assert box.answers(LATER) == [answer]

    with box.ledger.write() as tx:
        answered(tx, answer)
        postpone_answer(tx, answer, LATER + SECOND)
    assert box.answers(LATER + SECOND) == []


# Where answers may go


def reply_to(box: Box) -> str:
    with box.ledger.read() as connection:
        return str(connection.execute(select(inbox.c.reply_to)).scalar_one())


def test_the_address_for_answers_is_kept_until_the_answer_is_sent(box: Box) -> None:
    box.save(reply_to=ADDRESS)
    (item,) = box.items()
    assert item.reply_to == ADDRESS
    box.finish(item, NOW, "refused", "No.")
    (answer,) = box.answers()
    with box.ledger.write() as tx:
        postpone_answer(tx, answer, LATER)
    assert box.answers(LATER)[0].item.reply_to == reply_to(box) == ADDRESS
    with box.ledger.write() as tx:
        answered(tx, answer)
    assert reply_to(box) == ""


def test_without_an_answer_the_address_is_forgotten_with_the_handling(box: Box) -> None:
    box.save(reply_to=ADDRESS)
    box.finish(box.items()[0])
    assert reply_to(box) == ""


# A clock that is set back


def test_what_is_due_further_off_than_anything_is_put_off_is_due_now(box: Box) -> None:
    box.save()
    (item,) = box.items()
    before = NOW - LONGEST_WAIT
    assert box.items(before) == []
    assert box.items(before - 1) == [item]
    box.finish(item, NOW, "refused", "No.")
    (answer,) = box.answers()
    assert box.answers(before) == []
    assert box.answers(before - 1) == [answer]
    with box.ledger.write() as tx:
        assert not take_answer(tx, answer, before, NOW)
        assert take_answer(tx, answer, before - 1, before)
    assert box.answers(before) == [answer]


# When to look next


def test_nothing_waiting_is_no_time(box: Box) -> None:
    assert box.next_due() is None


def test_the_next_time_is_the_earliest_of_items_and_answers(box: Box) -> None:
    for number in range(3):
        box.save(f"click:{number}")
    first, second, third = box.items()
    with box.ledger.write() as tx:
        postpone(tx, first, NOW + 50)
        postpone(tx, second, NOW + 40)
        finish(tx, third, NOW + 30, "refused", "No.")
    assert box.next_due() == NOW + 30
    with box.ledger.write() as tx:
        answered(tx, box.answers(NOW + 30)[0])
    assert box.next_due() == NOW + 40

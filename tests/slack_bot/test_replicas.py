"""Two processes over one PostgreSQL do the same work at the same time: one card, one verdict, one decision."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.applier import ABANDONED_AFTER
from slack_bot.clock import SECOND
from slack_bot.rows import CardState, RequestRow, State, cards_in, requests_in
from tests.clock import Clock
from tests.rig import (
    APPROVALS,
    APPROVER,
    APPROVERS,
    OUTSIDER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Killed,
    Rig,
    at_statement,
    has_buttons,
)

CHANNELS = dict.fromkeys((APPROVALS, SECOND_CHANNEL), APPROVERS)
PEOPLE = ((APPROVER, "approve_request"), (SECOND_APPROVER, "deny_request"))
WORKERS = ("poller", "clerk", "applier", "publisher")


class Replicas:
    """Two of them, on one clock."""

    def __init__(self, a: Rig, b: Rig) -> None:
        self.a, self.b = a, b
        self.clock = a.clock

    def rest(self) -> None:
        """Both until neither has more to do; what one holds back for the other included."""
        for _ in range(3):
            for rig in (self.a, self.b):
                rig.run()

    def cards(self, state: CardState) -> int:
        with self.a.ledger.read() as connection:
            return len(cards_in(connection, state))


@contextmanager
def replicas(sandbox: Sandbox, folder: Path, url: str, channels: tuple[str, ...]) -> Iterator[Replicas]:
    clock, policies = Clock(), {channel: CHANNELS[channel] for channel in channels}
    with (
        Rig(sandbox, folder, policies, ledger_url=url, clock=clock) as a,
        Rig(sandbox, folder, policies, ledger_url=url, clock=clock) as b,
    ):
        yield Replicas(a, b)


@pytest.fixture
def both(sandbox: Sandbox, tmp_path: Path, postgres_url: str) -> Iterator[Replicas]:
    with replicas(sandbox, tmp_path, postgres_url, (APPROVALS,)) as running:
        yield running


def settled_once(rig: Rig, request: str, channels: tuple[str, ...] = (APPROVALS,)) -> None:
    """One card in each channel, one decision upstream, one verdict, and the cards say the same."""
    upstream = rig.upstream_request(request)
    assert upstream["decisions"] == 1
    row = next(row for row in all_rows(rig) if row.upstream_id == request)
    assert row.state.value == upstream["status"].lower()
    kinds = [record.kind for record in rig.audit(row.key)]
    assert [kinds.count(kind) for kind in ("request_seen", "decided", "outcome")] == [1, 1, 1], kinds
    for channel in channels:
        cards = [
            card for card in rig.cards(channel) if card["metadata"]["event_payload"]["request"] == row.key
        ]
        assert len(cards) == 1
        assert f"{upstream['status']} by {row.decided_by_name}" in cards[0]["blocks"][0]["text"]["text"]
        assert not has_buttons(cards[0])


def all_rows(rig: Rig) -> list[RequestRow]:
    with rig.ledger.read() as connection:
        return requests_in(connection, rig.upstream.name, *State)


def answered_once(rig: Rig, user: str) -> None:
    assert len(rig.told(user)) == 1


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_order_of_their_steps_everything_is_done_once(both: Replicas, seed: int) -> None:
    chance = random.Random(seed)
    requests = [both.a.control.file_request() for _ in range(2)]
    for _ in range(60):
        chance.choice((both.a, both.b)).step(chance.choice(WORKERS))
        both.clock.advance(chance.random() / 2)
        for card in both.a.cards():
            if has_buttons(card) and chance.random() < 0.1:
                user, action_id = chance.choice(PEOPLE)
                both.a.press(user, action_id, card=card)
    both.rest()
    for card in both.a.cards():
        if has_buttons(card):
            both.a.press(APPROVER, "approve_request", card=card)
    both.rest()
    for request in requests:
        settled_once(both.a, request)


def test_at_the_same_time_in_threads_everything_is_done_once(
    sandbox: Sandbox, tmp_path: Path, postgres_url: str
) -> None:
    channels = (APPROVALS, SECOND_CHANNEL)
    with replicas(sandbox, tmp_path, postgres_url, channels) as both:
        requests = [sandbox.control.file_request() for _ in range(2)]
        with running(both.a, both.b) as failures:
            sandbox.control.eventually(lambda: both.cards(CardState.POSTED) == 4 and both.a.cards(), 15)
            with ThreadPoolExecutor(4) as people:
                presses = [
                    people.submit(press_as_shown, both.a, channel, card, *person)
                    for channel in channels
                    for card in both.a.cards(channel)
                    for person in PEOPLE
                ]
                assert all(press.result() for press in presses)
            sandbox.control.eventually(lambda: all(map(says_done, shown(both.a))) and shown(both.a), 15)
            everything_told = len(requests) * (2 * len(channels) - 1)
            sandbox.control.eventually(lambda: len(told(both.a)) >= everything_told and told(both.a), 15)
        assert failures == []
        for request in requests:
            settled_once(both.a, request, channels)
        assert len(told(both.a)) == everything_told


def press_as_shown(rig: Rig, channel: str, card: dict[str, Any], user: str, action_id: str) -> bool:
    """Somebody presses what they see, even if the card is drawn anew by now. Whether it was acknowledged."""
    buttons = card["blocks"][-1]["elements"]
    value = next(one["value"] for one in buttons if one["action_id"] == action_id)
    answer = rig.press(user, action_id, card=card, channel=channel, value=value, force=True)
    return bool(answer["acknowledged"])


def shown(rig: Rig) -> list[dict[str, Any]]:
    return rig.cards(APPROVALS) + rig.cards(SECOND_CHANNEL)


def says_done(card: dict[str, Any]) -> bool:
    return str(card["blocks"][0]["text"]["text"]).startswith(("✅", "⛔"))


def told(rig: Rig) -> list[str]:
    return rig.told(APPROVER) + rig.told(SECOND_APPROVER)


@contextmanager
def running(*rigs: Rig) -> Iterator[list[Exception]]:
    """Every reconciler of every replica in a thread of its own; what they raised."""
    over, failures = threading.Event(), list[Exception]()

    def work(rig: Rig, name: str) -> None:
        while not over.is_set():
            try:
                wait = rig.step(name)
            except Exception as error:  # noqa: BLE001 - the test tells which
                failures.append(error)
                return
            over.wait(0.05 if wait is None else min(wait, 0.05))
            rig.clock.advance(0.01)

    threads = [threading.Thread(target=work, args=(rig, name)) for rig in rigs for name in WORKERS]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_both_take_in_the_same_new_requests(both: Replicas) -> None:
    for _ in range(3):
        both.a.control.file_request()
    with at_statement(both.a, "INSERT INTO requests", lambda: both.b.step("poller")):
        both.a.step("poller")
    both.a.step("poller")
    assert len(all_rows(both.a)) == 3
    assert [record.kind for record in both.a.audit()] == ["request_seen"] * 3


def die() -> None:
    """The process is gone; what its transaction wrote is undone."""
    raise Killed


def test_both_want_to_post_the_same_card(both: Replicas) -> None:
    both.a.control.file_request()
    both.a.step("poller")
    with at_statement(both.a, "INSERT INTO cards", lambda: both.b.step("publisher")):
        both.a.step("publisher")
    both.rest()
    assert len(both.a.cards()) == 1
    assert len(both.a.control.calls("chat.postMessage")) == 1


def claimed_and_dead(both: Replicas, kind: str) -> None:
    """One of them set out to post a card, was lost with Slack's answer, and is another process by now."""
    both.a.control.file_request()
    both.a.step("poller")
    both.a.control.faults(method="chat.postMessage", kind=kind)
    both.a.step("publisher")
    both.a.restart()
    assert both.cards(CardState.CLAIMED) == 1


@pytest.mark.parametrize(("kind", "posts"), [("reset", 1), ("reset_before", 2)])
def test_the_claim_of_a_dead_replica_is_taken_over_after_a_minute(
    both: Replicas, kind: str, posts: int
) -> None:
    claimed_and_dead(both, kind)
    both.clock.advance(50)
    for rig in (both.a, both.b):
        wait = rig.step("publisher")
        assert wait is not None
        assert 5 < wait < 10
    assert both.a.control.calls("conversations.history") == []
    both.clock.advance(11)
    with at_statement(both.a, "UPDATE cards", lambda: both.b.step("publisher")):
        both.a.step("publisher")
    both.rest()
    assert len(both.a.cards()) == len(both.a.control.messages(APPROVALS)) == 1
    assert len(both.a.control.calls("chat.postMessage")) == posts
    both.a.press(APPROVER, "approve_request")
    both.rest()
    settled_once(both.a, all_rows(both.a)[0].upstream_id)


def test_a_replica_that_was_thought_dead_before_it_posted_takes_its_card_back(both: Replicas) -> None:
    both.a.control.file_request()
    both.a.step("poller")

    def thought_dead() -> None:
        both.clock.advance(61)
        both.b.run("publisher")

    with at_statement(both.a, "FROM requests \nWHERE requests.key", thought_dead):
        both.a.step("publisher")
    assert len(both.a.control.calls("chat.postMessage")) == 2
    assert len(both.a.cards()) == 1
    both.a.press(APPROVER, "approve_request")
    both.rest()
    settled_once(both.a, all_rows(both.a)[0].upstream_id)


def test_a_replica_that_was_thought_dead_after_it_posted_leaves_the_card_that_the_other_adopted(
    both: Replicas,
) -> None:
    both.a.control.file_request()
    both.a.step("poller")

    def thought_dead() -> None:
        both.clock.advance(61)
        both.b.run("publisher")

    with at_statement(both.a, "UPDATE cards", thought_dead):
        both.a.step("publisher")
    assert len(both.a.cards()) == 1
    both.a.press(APPROVER, "approve_request")
    both.rest()
    settled_once(both.a, all_rows(both.a)[0].upstream_id)


def test_an_edit_that_another_replica_overtook_is_made_again(both: Replicas) -> None:
    both.a.ask()
    both.a.press(APPROVER, "approve_request")
    both.a.step("clerk")
    both.clock.advance(1)

    def overtaken() -> None:
        both.b.step("applier")
        both.b.step("publisher")

    with at_statement(both.a, "FOR UPDATE", overtaken):
        both.a.step("publisher")
    assert len(both.a.control.calls("chat.update")) == 3
    assert both.a.headline() == "Approved by Approver"
    both.rest()
    assert len(both.a.control.calls("chat.update")) == 3


def test_a_request_that_waits_again_while_its_final_look_is_drawn_gets_its_buttons_back(
    both: Replicas,
) -> None:
    both.a.control.withdraw(both.a.ask())
    both.a.step("poller")
    both.a.step("poller")
    assert both.a.row().state is State.ELSEWHERE

    def waits_again() -> None:
        row = both.b.row()
        with both.b.ledger.write() as tx:
            approvals.relist(tx, both.clock.now(), row, row.asked)

    with at_statement(both.a, "FOR UPDATE", waits_again):
        both.a.step("publisher")
    both.rest()
    assert both.cards(CardState.POSTED) == 1
    assert has_buttons(both.a.card())


def test_a_press_that_both_handle_counts_once(both: Replicas) -> None:
    request = both.a.ask()
    both.a.press(APPROVER, "approve_request")
    with at_statement(both.a, "FROM inbox \nWHERE inbox.id", lambda: both.b.step("clerk")):
        both.a.step("clerk")
    both.rest()
    settled_once(both.a, request)


def test_an_answer_that_both_would_send_is_sent_once(both: Replicas) -> None:
    both.a.ask()
    both.a.press(OUTSIDER, "approve_request")
    with at_statement(both.a, "SET answer_due_at", lambda: both.b.step("clerk")):
        both.a.step("clerk")
    both.rest()
    answered_once(both.a, OUTSIDER)


def test_an_answer_whose_replica_died_while_sending_is_sent_by_the_other_after_a_minute(
    both: Replicas,
) -> None:
    both.a.ask()
    both.a.press(OUTSIDER, "approve_request")
    both.a.control.faults(method="chat.postEphemeral", kind="reset_before")
    with pytest.raises(Killed), at_statement(both.a, "SET answer_due_at", die, nth=2):
        both.a.step("clerk")
    wait = both.b.step("clerk")
    assert wait is not None
    assert 50 < wait <= 60
    assert both.b.told(OUTSIDER) == []
    both.rest()
    answered_once(both.a, OUTSIDER)


def decided(both: Replicas, verdict: str) -> str:
    request = both.a.ask()
    both.a.press(APPROVER, f"{verdict}_request")
    both.a.step("clerk")
    return request


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_a_verdict_that_both_would_send_is_sent_once(both: Replicas, verdict: str) -> None:
    request = decided(both, verdict)
    with at_statement(both.a, "UPDATE requests", lambda: both.b.step("applier")):
        both.a.step("applier")
    both.rest()
    settled_once(both.a, request)
    assert both.a.control.upstream_calls()[verdict] == 1


@pytest.mark.parametrize("kind", ["reset", "reset_before"])
def test_a_verdict_whose_replica_died_while_sending_is_left_alone_and_then_looked_up(
    both: Replicas, kind: str
) -> None:
    request = decided(both, "deny")
    both.a.upstream_fails("deny", kind)
    with pytest.raises(Killed), at_statement(both.a, "UPDATE requests", die, nth=2):
        both.a.step("applier")
    both.a.restart()
    before = both.a.control.upstream_calls()
    for rig in (both.a, both.b):
        wait = rig.step("applier")
        assert wait is not None
        assert ABANDONED_AFTER / SECOND - 20 < wait <= ABANDONED_AFTER / SECOND
    assert both.a.control.upstream_calls() == before
    both.clock.advance(ABANDONED_AFTER / SECOND + 1)
    both.rest()
    settled_once(both.a, request)

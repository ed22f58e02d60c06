"""One card for each request and channel, which always comes to show how the request stands."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from sandbox import Sandbox
from slack_bot.ledger import requests
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import CardRow, CardState, State, cards_in, key_of
from tests.rig import (
    APPROVALS,
    APPROVER,
    APPROVERS,
    OTHER_BOT,
    OUR_BOT,
    SECOND_CHANNEL,
    Rig,
    has_buttons,
)

GENERAL, ARCHIVED, PRIVATE = "C02GENERAL", "C04ARCHIVED", "C05PRIVATE"
POST, UPDATE, HISTORY = "chat.postMessage", "chat.update", "conversations.history"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with rig_in(sandbox, tmp_path, APPROVALS) as running:
        yield running


def rig_in(sandbox: Sandbox, folder: Path, *channels: str) -> Rig:
    """Not yet running; patient with Slack for a second."""
    made = Rig(sandbox, folder, dict.fromkeys(channels, APPROVERS))
    made.slack_timeout = 2
    return made


def calls(rig: Rig, method: str, channel: str = "") -> list[dict[str, Any]]:
    return [call for call in rig.control.calls(method) if channel in ("", call["arguments"]["channel"])]


def ledger_cards(rig: Rig, state: CardState) -> list[CardRow]:
    with rig.ledger.read() as connection:
        return cards_in(connection, state)


def decided(rig: Rig, card: dict[str, Any] | None = None) -> None:
    """Somebody denied it, and the upstream took that; the card does not show it yet."""
    rig.press(APPROVER, "deny_request", card=card)
    rig.step("clerk")
    rig.step("applier")


@pytest.mark.parametrize(
    ("kind", "posts"),
    [
        ("timeout", 1),
        ("reset", 1),
        ("reset_before", 2),
        ("server_error", 2),
        ("internal_error", 2),
        ("fatal_error", 2),
        ("ratelimited", 2),
    ],
)
def test_whatever_goes_wrong_while_posting_there_is_one_card(rig: Rig, kind: str, posts: int) -> None:
    rig.control.faults(method=POST, kind=kind)
    rig.ask()
    assert len(rig.cards()) == 1
    assert len(calls(rig, POST)) == posts
    assert [record.kind for record in rig.audit(rig.row().key)] == ["request_seen", "card_posted"]
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.headline() == "Approved by Approver"


@pytest.mark.parametrize("kind", ["ratelimited", "server_error", "timeout", "not_in_channel", "invalid_auth"])
def test_while_the_history_does_not_tell_a_lost_card_is_not_posted_again(rig: Rig, kind: str) -> None:
    rig.control.faults(method=POST, kind="reset")
    rig.control.faults(method=HISTORY, kind=kind, times=2)
    rig.ask()
    assert len(rig.cards()) == len(calls(rig, POST)) == 1
    assert len(calls(rig, HISTORY)) == 3
    assert ledger_cards(rig, CardState.POSTED)[0].ts == rig.card()["ts"]


def forged(rig: Rig, request: str) -> dict[str, Any]:
    """The metadata of a request's card, as any app could write it."""
    key = key_of("privilege_manager", request)
    return {"event_type": "approval_request", "event_payload": {"request": key, "digest": "", "revision": 1}}


@pytest.mark.parametrize("kind", ["reset", "reset_before"])
def test_only_a_message_of_our_own_is_adopted(rig: Rig, kind: str) -> None:
    rig.control.faults(method=POST, kind=kind)
    request = rig.control.file_request()
    rig.step("poller")
    rig.control.message(APPROVALS, OTHER_BOT, "A card!", metadata=forged(rig, request))
    rig.run()
    assert len(rig.cards()) == 1
    assert rig.card()["user"] == OUR_BOT
    assert ledger_cards(rig, CardState.POSTED)[0].ts == rig.card()["ts"]


def test_the_card_of_another_request_is_not_adopted(rig: Rig) -> None:
    rig.ask()
    rig.control.faults(method=POST, kind="reset_before")
    rig.ask()
    assert len(rig.cards()) == 2
    assert len({card.ts for card in ledger_cards(rig, CardState.POSTED)}) == 2


def test_a_lost_card_is_found_behind_many_other_messages(rig: Rig) -> None:
    rig.control.faults(method=POST, kind="reset")
    rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    for number in range(230):
        rig.control.message(APPROVALS, APPROVER, f"message {number}")
    rig.run()
    assert len(rig.cards()) == 1
    assert len(calls(rig, HISTORY)) == 3


@pytest.mark.parametrize(("kind", "messages"), [("reset", 2), ("reset_before", 1)])
def test_without_the_right_to_read_the_history_a_lost_card_is_posted_again_and_the_newest_counts(
    tmp_path: Path, kind: str, messages: int
) -> None:
    with (
        Sandbox(declined_scopes=["channels:history"]) as sandbox,
        rig_in(sandbox, tmp_path, APPROVALS) as rig,
    ):
        rig.control.faults(method=POST, kind=kind)
        with capture_logs() as logs:
            rig.ask()
        assert len(rig.cards()) == messages
        assert "channels:history" in next(entry["hint"] for entry in logs if entry.get("hint"))
        if messages == 2:
            rig.press(APPROVER, "approve_request", card=rig.cards()[0])
            rig.run()
            assert "This card is no longer the current one" in rig.told(APPROVER)[0]
        rig.press(APPROVER, "approve_request")
        rig.run()
        assert rig.headline() == "Approved by Approver"


def test_a_press_on_a_card_whose_posting_is_not_yet_sure_counts(rig: Rig) -> None:
    rig.control.faults(method=POST, kind="reset")
    rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    assert ledger_cards(rig, CardState.CLAIMED)
    rig.press(APPROVER, "deny_request")
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert len(rig.cards()) == 1


def test_a_lost_card_of_a_request_that_no_longer_waits_is_found_and_settled(rig: Rig) -> None:
    rig.control.faults(method=POST, kind="reset")
    request = rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    rig.control.withdraw(request)
    rig.step("poller")
    rig.step("poller")
    rig.run()
    assert rig.headline() == "Withdrawn"
    assert not has_buttons(rig.card())


@pytest.mark.parametrize("hours", [-1, 0.2])
def test_a_lost_card_is_found_though_the_clock_was_set(rig: Rig, hours: float) -> None:
    rig.control.faults(method=POST, kind="reset")
    rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    rig.clock.advance(3600 * hours)
    rig.run()
    assert len(rig.cards()) == 1
    assert ledger_cards(rig, CardState.POSTED)


def test_a_limit_on_posts_holds_for_its_channel_and_another_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    with rig_in(sandbox, tmp_path, APPROVALS, SECOND_CHANNEL) as rig:
        rig.control.faults(method=POST, kind="ratelimited", retry_after=30)
        rig.control.file_request()
        rig.step("poller")
        wait = rig.step("publisher")
        assert wait is not None
        assert (len(rig.cards(APPROVALS)), len(rig.cards(SECOND_CHANNEL))) == (0, 1)
        rig.clock.advance(28)
        rig.step("publisher")
        assert len(calls(rig, POST, APPROVALS)) == 1
        rig.clock.advance(3)
        rig.run()
        assert len(rig.cards(APPROVALS)) == 1
        assert len(calls(rig, POST, APPROVALS)) == 2


def test_a_limit_on_edits_is_respected_and_posts_go_on(rig: Rig) -> None:
    rig.ask()
    decided(rig)
    rig.clock.advance(2)
    rig.control.faults(method=UPDATE, kind="ratelimited", retry_after=40)
    rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    assert len(rig.cards()) == 2
    rig.clock.advance(38)
    rig.step("publisher")
    assert len(calls(rig, UPDATE)) == 1
    rig.run()
    assert len(calls(rig, UPDATE)) == 2
    assert not has_buttons(rig.cards()[0])


def test_each_channel_gets_one_post_a_second(sandbox: Sandbox, tmp_path: Path) -> None:
    with rig_in(sandbox, tmp_path, APPROVALS, SECOND_CHANNEL) as rig:
        for _ in range(3):
            rig.control.file_request()
        rig.step("poller")
        for shown in (1, 2, 3):
            wait = rig.step("publisher")
            rig.step("publisher")
            assert len(rig.cards(APPROVALS)) == len(rig.cards(SECOND_CHANNEL)) == shown
            assert (wait is None) is (shown == 3)
            rig.clock.advance(1)


@pytest.mark.parametrize(
    ("channel", "code", "broken", "repaired"),
    [
        (GENERAL, "not_in_channel", {}, {"join": [OUR_BOT]}),
        (PRIVATE, "channel_not_found", {"leave": [OUR_BOT]}, {"join": [OUR_BOT]}),
        (SECOND_CHANNEL, "is_archived", {"archived": True}, {"archived": False}),
    ],
)
def test_a_channel_that_takes_no_posts_is_tried_ever_more_slowly_and_keeps_no_other_waiting(
    sandbox: Sandbox,
    tmp_path: Path,
    channel: str,
    code: str,
    broken: dict[str, Any],
    repaired: dict[str, Any],
) -> None:
    with rig_in(sandbox, tmp_path, channel, APPROVALS) as rig:
        rig.control.change_channel(channel, **broken)
        for _ in range(3):
            rig.control.file_request()
        rig.step("poller")
        with capture_logs() as logs:
            for _ in range(20):
                rig.step("publisher")
                rig.clock.advance(1)
        errors = [entry for entry in logs if entry["log_level"] == "error"]
        assert {code in entry["why"] and entry["channel"] for entry in errors} == {channel}
        assert "invite the bot" in errors[0]["hint"]
        assert [entry["again_in"] for entry in errors] == [1, 2, 4, 8, 16]
        assert len(rig.cards(APPROVALS)) == 3

        rig.control.change_channel(channel, **repaired)
        rig.run()
        assert len(rig.cards(channel)) == 3


def test_a_card_that_can_never_be_drawn_again_is_given_up_and_recorded(rig: Rig) -> None:
    rig.ask()
    key = rig.card()["metadata"]["event_payload"]["request"]
    rig.press(APPROVER, "deny_request")
    rig.control.delete(APPROVALS, rig.card()["ts"])
    rig.run()
    rig.clock.advance(3600)
    rig.run()
    assert len(calls(rig, UPDATE)) == 1
    assert [card.lost_because for card in ledger_cards(rig, CardState.LOST)] == ["message_not_found"]
    assert [record.kind for record in rig.audit(key)][-1] == "card_lost"
    assert rig.row(key).state is State.DENIED


def test_twelve_failed_edits_keep_nothing_else_waiting_and_the_card_settles(rig: Rig) -> None:
    rig.ask()
    decided(rig)
    rig.control.faults(method=UPDATE, kind="server_error", times=12)
    rig.clock.advance(2)
    rig.step("publisher")
    rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    assert len(rig.cards()) == 2
    first = rig.cards()[0]
    assert has_buttons(first)
    rig.run()
    assert len(calls(rig, UPDATE)) == 13
    assert not has_buttons(rig.cards()[0])


def test_while_slack_does_not_answer_edits_they_take_turns_with_posts(rig: Rig) -> None:
    for _ in range(3):
        rig.ask()
    for card in rig.cards():
        decided(rig, card)
    rig.clock.advance(2)
    rig.control.faults(method=UPDATE, kind="timeout", times=3)
    rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    assert len(calls(rig, UPDATE)) == 1
    assert len(rig.cards()) == 4


def test_answered_cards_are_drawn_before_others(rig: Rig) -> None:
    for _ in range(3):
        rig.ask()
    with rig.ledger.write() as tx:
        tx.execute(update(requests).values(look=requests.c.look + 1))
    newest = rig.card()
    decided(rig, newest)
    rig.clock.advance(2)
    rig.run()
    drawn = [call["arguments"]["ts"] for call in calls(rig, UPDATE)]
    assert len(drawn) == 3
    assert drawn[0] == newest["ts"]


def test_a_token_that_is_refused_is_tried_with_one_card_and_not_with_all(rig: Rig) -> None:
    rig.control.faults(method=POST, kind="invalid_auth")
    for _ in range(4):
        rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    rig.step("publisher")
    assert len(calls(rig, POST)) == 1
    rig.run()
    assert len(rig.cards()) == 4
    for card in rig.cards():
        decided(rig, card)
    rig.clock.advance(2)
    rig.control.faults(method=UPDATE, kind="token_revoked")
    rig.step("publisher")
    rig.step("publisher")
    assert len(calls(rig, UPDATE)) == 1
    rig.run()
    assert not any(map(has_buttons, rig.cards()))


def test_a_card_that_slack_finds_fault_with_keeps_no_other_waiting(rig: Rig) -> None:
    rig.control.faults(method=POST, kind="msg_too_long", times=2)
    first, second = rig.control.file_request(), rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    rig.clock.advance(1)
    rig.run()
    shown = [card["metadata"]["event_payload"]["request"] for card in rig.cards()]
    assert shown == [key_of("privilege_manager", one) for one in (second, first)]


def test_a_request_of_an_upstream_that_is_no_longer_configured_is_left_as_it_is(rig: Rig) -> None:
    rig.ask()
    rig.control.withdraw(rig.control.file_request())
    rig.control.file_request()
    rig.step("poller")
    with rig.ledger.write() as tx:
        tx.execute(update(requests).values(upstream="taken out", look=requests.c.look + 1))
    before = len(rig.control.calls())
    with capture_logs() as logs:
        assert rig.step("publisher") is None
    assert logs == []
    assert len(rig.control.calls()) == before


def test_a_request_that_cannot_be_drawn_keeps_no_other_waiting(rig: Rig) -> None:
    rig.ask()
    with rig.ledger.write() as tx:
        tx.execute(update(requests).values(body="{}", look=requests.c.look + 1))
    sound = rig.control.file_request()
    rig.step("poller")
    with capture_logs() as logs:
        for _ in range(4):
            rig.step("publisher")
            rig.clock.advance(1)
    assert rig.card()["metadata"]["event_payload"]["request"] == key_of("privilege_manager", sound)
    broken = [entry["event"] for entry in logs if entry["log_level"] == "error"]
    assert set(broken) == {"a card cannot be drawn"}


def test_a_decision_is_shown_at_once_though_the_clock_was_set_back(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.clock.advance(-3600)
    rig.step("publisher")
    assert rig.headline() == "Approved by Approver, waiting for Privilege Manager"


def test_a_stopped_publisher_calls_nobody(rig: Rig) -> None:
    rig.control.file_request()
    rig.step("poller")
    rig.publisher.stop()
    rig.step("publisher")
    assert calls(rig, POST) == []
    assert ledger_cards(rig, CardState.CLAIMED) == []


def test_a_card_stays_in_a_channel_that_is_no_longer_registered_and_still_settles(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with rig_in(sandbox, tmp_path, APPROVALS) as rig:
        request = rig.ask()
    with Rig(sandbox, tmp_path, {SECOND_CHANNEL: ChannelPolicy()}) as rig:
        rig.control.withdraw(request)
        rig.look()
        rig.look()
        assert rig.headline(APPROVALS) == "Withdrawn"

"""Presses that must not count: forged, stale, doubled, late. Each is answered in private, in words."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from slack_bot.rows import State, key_of
from tests.rig import (
    APPROVALS,
    APPROVER,
    APPROVERS,
    OUTSIDER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Rig,
    has_buttons,
)
from tests.slack_bot.verdicts import press_here

GENERAL = "C02GENERAL"
NOT_OURS = "This button does not belong to this card, so I did nothing."
UNKNOWN = f"{key_of('privilege_manager', 'never asked')}.{'0' * 16}"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}) as running:
        yield running


def value_of(card: dict[str, Any]) -> str:
    """What the buttons of a card carry."""
    return next(
        str(element["value"])
        for block in card["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "button"
    )


def refused(rig: Rig, user: str, words: str, kind: str) -> None:
    """One private answer, a record of why, nothing called upstream, and the newest card as it was."""
    before = rig.control.upstream_calls()
    rig.run()
    assert [words in told for told in rig.told(user)] == [True]
    records = [record for record in rig.audit() if record.kind in ("refusal", "security_event")]
    assert [(record.kind, record.actor) for record in records] == [(kind, user)]
    assert rig.control.upstream_calls() == before
    assert has_buttons(rig.card())
    assert rig.row().state is State.PENDING


@pytest.mark.parametrize(
    "forge",
    [
        lambda value: "",
        lambda value: "approve",
        lambda value: value.partition(".")[0],
        lambda value: value.upper(),
        lambda value: value + "\n",
        lambda value: value + "0",
        lambda value: f" {value}",
        lambda value: value.replace(".", "/../"),
        lambda value: value.replace(".", ".https://evil.example/"),
        lambda value: "\uff11" * 12 + value[12:],
        lambda value: "x" * 2_000,
        lambda value: "x" * 2_001,
        lambda value: None,
        lambda value: {"request": value},
        lambda value: [value],
        lambda value: UNKNOWN,
    ],
)
def test_a_forged_value_reaches_nothing(rig: Rig, forge: Callable[[str], object]) -> None:
    rig.ask()
    rig.press(APPROVER, "approve_request", value=forge(value_of(rig.card())))
    refused(rig, APPROVER, NOT_OURS, "security_event")


def test_the_value_of_another_card_reaches_neither_request(rig: Rig) -> None:
    rig.ask()
    rig.ask()
    first, second = rig.cards()
    rig.press(APPROVER, "approve_request", card=second, value=value_of(first))
    refused(rig, APPROVER, NOT_OURS, "security_event")
    assert all(map(has_buttons, rig.cards()))


def test_the_right_request_with_facts_nobody_showed_is_refused(rig: Rig) -> None:
    rig.ask()
    key = value_of(rig.card()).partition(".")[0]
    rig.press(APPROVER, "approve_request", value=f"{key}.{'f' * 16}")
    refused(rig, APPROVER, "The request changed since the card you saw", "refusal")


def test_a_card_pressed_in_the_name_of_another_channel_is_refused(rig: Rig) -> None:
    rig.ask()
    rig.press(
        APPROVER,
        "approve_request",
        channel=SECOND_CHANNEL,
        card=rig.card(APPROVALS),
        value=value_of(rig.card(APPROVALS)),
        force=True,
    )
    refused(rig, APPROVER, "This card is no longer the current one", "refusal")


def test_a_message_of_somebody_else_that_looks_like_a_card_is_refused(rig: Rig) -> None:
    rig.ask()
    fake = rig.control.message(APPROVALS, APPROVER, "Approve this!")
    rig.press(APPROVER, "approve_request", card=fake, value=value_of(rig.card()), force=True)
    refused(rig, APPROVER, "This card is no longer the current one", "refusal")


def test_a_press_in_a_channel_that_is_not_registered_is_refused(rig: Rig) -> None:
    rig.ask()
    fake = rig.control.message(GENERAL, APPROVER, "Approve this!")
    rig.press(APPROVER, "deny_request", channel=GENERAL, card=fake, value=value_of(rig.card()), force=True)
    refused(rig, APPROVER, "No approvals are decided in this channel any more", "refusal")


@pytest.mark.parametrize("duration", ["901", "0", "-900", "9e2", "", "forever", "x" * 150])
def test_a_duration_that_is_not_offered_is_refused(rig: Rig, duration: str) -> None:
    rig.ask()
    press_here(rig, APPROVER, duration=duration)
    refused(rig, APPROVER, "I need a duration that the card offers", "security_event")


def test_an_action_that_is_neither_approve_nor_deny_decides_nothing(rig: Rig) -> None:
    rig.ask()
    press_here(rig, APPROVER, action_id="escalate_request")
    refused(rig, APPROVER, NOT_OURS, "security_event")


def test_choosing_a_duration_is_acknowledged_and_decides_nothing(rig: Rig) -> None:
    rig.ask()
    assert rig.press(APPROVER, "choose_duration", value="900")["acknowledged"]
    rig.run()
    assert rig.told(APPROVER) == []
    assert rig.row().state is State.PENDING


@pytest.mark.parametrize("value", [None, "x" * 2_500])
def test_a_malformed_press_from_outside_the_channel_is_answered_and_blocks_nobody(
    sandbox: Sandbox, tmp_path: Path, value: str | None
) -> None:
    with Rig(sandbox, tmp_path, {SECOND_CHANNEL: APPROVERS}) as rig:
        rig.ask()
        card = rig.card(SECOND_CHANNEL)
        for user in (OUTSIDER, APPROVER):
            rig.press(user, "approve_request", card=card, channel=SECOND_CHANNEL, value=value, force=True)
        rig.run()
        assert [NOT_OURS in told for told in rig.told(OUTSIDER)] == [True]
        assert [NOT_OURS in told for told in rig.told(APPROVER)] == [True]


def test_a_press_that_slack_delivers_twice_counts_once(rig: Rig) -> None:
    request = rig.ask()
    rig.control.faults(socket="duplicate", times=1)
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.headline() == "Approved by Approver"
    assert rig.told(APPROVER) == []
    kinds = [record.kind for record in rig.audit(rig.row().key)]
    assert (kinds.count("vote"), kinds.count("intent")) == (1, 1)
    assert rig.upstream_request(request)["decisions"] == 1


def test_a_refused_press_that_slack_delivers_twice_is_answered_once(rig: Rig) -> None:
    rig.ask()
    rig.control.faults(socket="duplicate", times=1)
    rig.press(OUTSIDER, "approve_request")
    refused(rig, OUTSIDER, "You are not an approver here", "refusal")


def decided_by_second(rig: Rig, request: str) -> None:
    rig.press(SECOND_APPROVER, "approve_request")
    rig.step("clerk")


def approved_by_second(rig: Rig, request: str) -> None:
    decided_by_second(rig, request)
    rig.run()


def denied_by_second(rig: Rig, request: str) -> None:
    rig.press(SECOND_APPROVER, "deny_request")
    rig.run()


def unconfirmed_by_second(rig: Rig, request: str) -> None:
    rig.press(SECOND_APPROVER, "deny_request")
    rig.upstream_fails("deny", "reset")
    rig.step("clerk")
    rig.step("applier")
    rig.upstream_fails("get", "not_found")
    rig.run()


def settled(rig: Rig, act: Callable[[], None]) -> None:
    act()
    rig.look()
    rig.look()


def expired(rig: Rig, request: str) -> None:
    settled(rig, lambda: rig.control.expire(request))


def withdrawn(rig: Rig, request: str) -> None:
    settled(rig, lambda: rig.control.withdraw(request))


def approved_elsewhere(rig: Rig, request: str) -> None:
    settled(rig, lambda: rig.control.decide_elsewhere(request, "approve", "<!channel> Admin"))


def denied_elsewhere(rig: Rig, request: str) -> None:
    settled(rig, lambda: rig.control.decide_elsewhere(request, "deny", "Console Admin"))


def gone_elsewhere(rig: Rig, request: str) -> None:
    rig.upstream_fails("get", "not_found")
    withdrawn(rig, request)


@pytest.mark.parametrize(
    ("happens", "user", "words"),
    [
        (
            decided_by_second,
            APPROVER,
            f"<@{SECOND_APPROVER}> has approved this request, and Privilege Manager",
        ),
        (approved_by_second, APPROVER, f"<@{SECOND_APPROVER}> has approved this request."),
        (denied_by_second, APPROVER, f"<@{SECOND_APPROVER}> has denied this request."),
        (unconfirmed_by_second, APPROVER, "Privilege Manager has not confirmed it."),
        (expired, APPROVER, "the request expired in Privilege Manager."),
        (withdrawn, APPROVER, "it was withdrawn."),
        (approved_elsewhere, APPROVER, "it was approved in Privilege Manager by &lt;!channel&gt; Admin."),
        (denied_elsewhere, APPROVER, "it was denied in Privilege Manager by Console Admin."),
        (gone_elsewhere, APPROVER, "it no longer waits in Privilege Manager."),
        (approved_by_second, SECOND_APPROVER, "Your earlier answer counts"),
        (unconfirmed_by_second, SECOND_APPROVER, "has not confirmed it."),
        (withdrawn, OUTSIDER, "You are not an approver here"),
    ],
)
def test_a_late_press_is_answered_with_what_happened(
    rig: Rig, happens: Callable[[Rig, str], None], user: str, words: str
) -> None:
    request = rig.ask()
    card = rig.card()
    happens(rig, request)
    before = rig.upstream_request(request)["decisions"]
    state = rig.row().state
    rig.press(user, "deny_request", card=card, value=value_of(card), force=True)
    rig.step("clerk")
    assert [words in told for told in rig.told(user)] == [True]
    assert rig.row().state is state
    rig.run()
    assert rig.upstream_request(request)["decisions"] <= max(before, 1)
    assert "refusal" in [record.kind for record in rig.audit(rig.row().key)]


def test_a_vote_in_one_channel_and_a_press_in_another_do_not_add_up_to_two_decisions(rig: Rig) -> None:
    request = rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.press(SECOND_APPROVER, "deny_request", channel=SECOND_CHANNEL, card=rig.card(SECOND_CHANNEL))
    rig.run()
    assert rig.upstream_request(request)["decisions"] == 1
    assert rig.headline(APPROVALS) == rig.headline(SECOND_CHANNEL) == "Approved by Approver"
    assert "You were not the first" in rig.told(SECOND_APPROVER)[0]

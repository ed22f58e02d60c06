"""The main job: request → card → press → upstream → settled card, on real sockets."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.policy import ChannelPolicy
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS,
    GUEST,
    OTHER_BOT,
    OUTSIDER,
    REQUESTER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    STRANGER,
    Rig,
    has_buttons,
)


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


def test_a_request_becomes_a_card_that_says_what_is_asked_by_whom_and_where(rig: Rig) -> None:
    rig.ask(
        user=r"ACME\requester",
        computer="WKS-0421",
        file=r"C:\Downloads\setup.exe",
        reason="The printer needs its driver.",
    )
    card, words = rig.card(), rig.words()
    assert "setup.exe" in card["blocks"][0]["text"]["text"]
    for told in (r"ACME\requester", "WKS-0421", r"C:\Downloads\setup.exe", "The printer needs its driver."):
        assert told in words
    assert "not rated" in words
    assert "Privilege Manager" in words
    assert "setup.exe" in card["text"]
    assert r"ACME\requester" in card["text"]
    assert has_buttons(card)


def test_approve_reaches_the_upstream_and_the_card_says_by_whom(rig: Rig) -> None:
    request = rig.ask(file=r"C:\setup.exe")
    before = rig.words()

    answer = rig.press(APPROVER, "approve_request", values={"choose_duration": "900"})
    assert answer["acknowledged"]
    rig.run()

    assert rig.headline() == "Approved by Approver"
    assert "Approved for 15 minutes by" in rig.words()
    assert not has_buttons(rig.card())
    assert "setup.exe" in rig.words()
    assert len(rig.cards()) == 1
    asked = [fact for fact in before.split("\n") if fact.startswith("WKS")]
    assert all(fact in rig.words() for fact in asked)
    taken = rig.upstream_request(request)
    assert (taken["status"], taken["decisions"], taken["duration"]) == ("Approved", 1, 15)
    assert f"({APPROVER})" in taken["comment"]
    assert f"[{rig.row().decision_id}]" in taken["comment"]


def test_deny_reaches_the_upstream_and_the_card_says_by_whom(rig: Rig) -> None:
    request = rig.ask()
    rig.press(SECOND_APPROVER, "deny_request")
    rig.run()
    assert rig.headline() == "Denied by Second Approver"
    assert not has_buttons(rig.card())
    denied = rig.upstream_request(request)
    assert (denied["status"], denied["decisions"]) == ("Denied", 1)


@pytest.mark.parametrize(
    ("chosen", "words", "minutes"),
    [
        ("once", "one time", None),
        ("900", "15 minutes", 15),
        ("1800", "30 minutes", 30),
        ("3600", "1 hour", 60),
        ("14400", "4 hours", 240),
        ("86400", "1 day", 1440),
    ],
)
def test_the_approval_holds_for_as_long_as_was_chosen(
    rig: Rig, chosen: str, words: str, minutes: int | None
) -> None:
    request = rig.ask()
    rig.press(APPROVER, "approve_request", values={"choose_duration": chosen})
    rig.run()
    assert f"Approved for {words} by" in rig.words()
    assert rig.upstream_request(request)["duration"] == minutes


def test_a_press_without_a_choice_in_the_menu_approves_for_one_time(rig: Rig) -> None:
    request = rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.upstream_request(request)["duration"] is None


def test_until_the_upstream_took_it_the_card_says_that_it_waits(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.clock.advance(1)
    rig.run("publisher")
    assert rig.headline() == "Approved by Approver, waiting for Privilege Manager"
    assert not has_buttons(rig.card())
    rig.run()
    assert rig.headline() == "Approved by Approver"


def test_when_the_upstream_answers_quickly_a_decided_request_costs_one_post_and_one_edit(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.step("applier")
    rig.run()
    assert rig.headline() == "Approved by Approver"
    assert len(rig.control.calls("chat.postMessage")) == 1
    assert len(rig.control.calls("chat.update")) == 1


def test_of_two_people_at_once_the_first_decides_and_the_other_is_told_who_did(rig: Rig) -> None:
    request = rig.ask()
    card = rig.card()
    with ThreadPoolExecutor(2) as people:
        presses = [
            people.submit(rig.press, APPROVER, "approve_request", card=card),
            people.submit(rig.press, SECOND_APPROVER, "deny_request", card=card),
        ]
        assert all(press.result()["acknowledged"] for press in presses)
    rig.run()

    first = rig.row().decided_by
    second = ({APPROVER, SECOND_APPROVER} - {first}).pop()
    assert rig.upstream_request(request)["decisions"] == 1
    assert rig.told(first) == []
    assert len(rig.told(second)) == 1
    assert f"<@{first}>" in rig.told(second)[0]
    assert "You were not the first" in rig.told(second)[0]


def test_a_second_press_of_the_same_person_changes_nothing(rig: Rig) -> None:
    request = rig.ask()
    card = rig.card()
    for _ in range(2):
        rig.press(APPROVER, "approve_request", card=card, force=True)
    rig.run()
    assert rig.upstream_request(request)["decisions"] == 1
    assert "Your earlier answer counts" in rig.told(APPROVER)[0]


@pytest.mark.parametrize("action_id", ["approve_request", "deny_request"])
@pytest.mark.parametrize(
    ("user", "words"),
    [
        (OUTSIDER, "You are not an approver here"),
        (REQUESTER, "You are not an approver here"),
        (GUEST, "Guests cannot decide here"),
        (OTHER_BOT, "Bots cannot decide"),
        (STRANGER, "People of another workspace cannot decide here"),
    ],
)
def test_whoever_is_no_approver_is_refused_in_private_and_nothing_is_called(
    rig: Rig, user: str, words: str, action_id: str
) -> None:
    request = rig.ask()
    rig.press(user, action_id, force=True)
    rig.run()
    assert words in rig.told(user)[0]
    assert rig.upstream_request(request)["decisions"] == 0
    assert has_buttons(rig.card())
    refusals = [record for record in rig.audit() if record.kind == "refusal"]
    assert [record.actor for record in refusals] == [user]


def test_a_guest_who_is_named_may_decide(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: ChannelPolicy(users=(GUEST,))}) as rig:
        rig.ask()
        rig.press(GUEST, "approve_request")
        rig.run()
        assert rig.headline() == "Approved by Guest"


def test_everyone_here_means_the_channels_full_members_and_only_if_chosen(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: ChannelPolicy(everyone=True)}) as rig:
        rig.ask()
        rig.press(GUEST, "approve_request")
        rig.run()
        assert "Guests cannot decide" in rig.told(GUEST)[0]
        rig.press(OUTSIDER, "approve_request")
        rig.run()
        assert rig.headline() == "Approved by Outsider"


def test_where_nobody_is_named_nobody_may_decide(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: ChannelPolicy()}) as rig:
        rig.ask()
        rig.press(ADMIN, "approve_request")
        rig.run()
        assert "Nobody may decide in this channel yet" in rig.told(ADMIN)[0]
        assert has_buttons(rig.card())


def test_somebody_outside_the_channel_who_presses_is_answered_through_the_press_itself(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Rig(sandbox, tmp_path, {SECOND_CHANNEL: APPROVERS}) as rig:
        rig.ask()
        rig.press(
            OUTSIDER, "approve_request", card=rig.card(SECOND_CHANNEL), channel=SECOND_CHANNEL, force=True
        )
        rig.run()
        assert "You are not an approver here" in rig.told(OUTSIDER)[0]


def test_every_channel_gets_a_card_and_all_of_them_settle(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}) as rig:
        rig.ask()
        assert len(rig.cards(APPROVALS)) == len(rig.cards(SECOND_CHANNEL)) == 1
        rig.press(APPROVER, "approve_request")
        rig.run()
        assert rig.headline(APPROVALS) == rig.headline(SECOND_CHANNEL) == "Approved by Approver"


def test_a_press_that_waited_for_a_quarter_of_an_hour_is_not_counted(rig: Rig) -> None:
    request = rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.clock.advance(15 * 60 + 1)
    rig.run()
    assert "please press again" in rig.told(APPROVER)[0]
    assert rig.upstream_request(request)["decisions"] == 0
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.headline() == "Approved by Approver"


def test_the_audit_tells_the_story_in_order(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.run()
    kinds = [record.kind for record in rig.audit(rig.row().key)]
    assert kinds == ["request_seen", "card_posted", "click", "vote", "decided", "intent", "outcome"]

"""Of two answers the one that was given first is counted first, also where Slack put off the look at it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import State
from tests.rig import APPROVALS, APPROVER, APPROVERS, OUTSIDER, SECOND_APPROVER, SECOND_CHANNEL, Rig
from tests.slack_bot.conversing import hear
from tests.slack_bot.forms import choose, opened

PERSON = "users.info"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    policy = ChannelPolicy(users=(APPROVER, SECOND_APPROVER))
    with Rig(sandbox, tmp_path, {APPROVALS: policy}) as running:
        running.ask()
        yield running


def remembered(rig: Rig, user: str = APPROVER) -> None:
    """Who they are was read a moment ago, so that nobody asks Slack for it."""
    choose(rig, "comment", user)
    rig.step("clerk")


def limited(rig: Rig) -> None:
    rig.control.faults(method=PERSON, kind="ratelimited", retry_after=25)


def deny_by_form(rig: Rig) -> None:
    opened(rig, "reason", SECOND_APPROVER)
    rig.clock.advance(61)  # who they are is forgotten by now
    remembered(rig)
    rig.control.submit(SECOND_APPROVER, {"reason_text": "Not today."})


def deny_by_button(rig: Rig) -> None:
    remembered(rig)
    rig.press(SECOND_APPROVER, "deny_request")


@pytest.mark.parametrize("deny", [deny_by_button, deny_by_form])
def test_a_deny_that_was_put_off_wins_over_an_approval_that_came_later(
    rig: Rig, deny: Callable[[Rig], None]
) -> None:
    deny(rig)
    limited(rig)
    rig.step("clerk")
    rig.press(APPROVER, "approve_request")
    wait = rig.step("clerk")
    assert rig.row().state is State.PENDING
    assert wait == pytest.approx(25, abs=2)
    rig.run()
    assert rig.headline() == "Denied by Second Approver"
    assert "You were not the first" in rig.told(APPROVER)[-1]


def test_an_approval_waits_for_nothing_that_was_put_off_for_another_request(rig: Rig) -> None:
    remembered(rig)
    first = rig.card()
    rig.ask()
    rig.press(SECOND_APPROVER, "deny_request", card=first)
    limited(rig)
    rig.step("clerk")
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    assert rig.row().state is State.DECIDED


def test_a_deny_waits_for_no_approval_that_was_put_off(rig: Rig) -> None:
    remembered(rig)
    rig.press(SECOND_APPROVER, "approve_request")
    limited(rig)
    rig.step("clerk")
    rig.press(APPROVER, "deny_request")
    rig.step("clerk")
    assert rig.row().state is State.DECIDED


# Words, of which nobody knows yet which card they mean


def test_words_of_an_outsider_that_were_put_off_hold_up_no_request_but_the_one_they_name(rig: Rig) -> None:
    """Given an outsider's words that wait for Slack, when another request is approved, then it is at once."""
    named = rig.row().key
    first = rig.card()
    rig.ask()
    remembered(rig)
    hear(rig, OUTSIDER, f"approve {named}")
    limited(rig)
    rig.step("clerk")
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    assert rig.row().state is State.DECIDED
    rig.press(APPROVER, "approve_request", card=first)
    rig.step("clerk")
    assert rig.row(named).state is State.PENDING
    rig.run()
    assert rig.row(named).state is State.APPROVED


def test_a_no_in_the_words_of_another_channel_where_the_card_stands_is_waited_for(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}) as rig:
        rig.ask()
        remembered(rig)
        hear(rig, SECOND_APPROVER, f"deny {rig.row().key[:4]} Not today.", SECOND_CHANNEL)
        limited(rig)
        rig.step("clerk")
        rig.press(APPROVER, "approve_request")
        rig.step("clerk")
        assert rig.row().state is State.PENDING
        rig.run()
        assert rig.headline() == "Denied by Second Approver"

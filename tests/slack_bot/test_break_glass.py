"""One approver decides for the whole quorum: where that is allowed, with a reason, and so that all are told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from slack_bot.clerk import ANSWERS_COUNT_FOR
from slack_bot.clock import MINUTE, SECOND
from slack_bot.listeners.break_glass import NOT_ALLOWED, UNKNOWN_REQUESTER
from slack_bot.policy import BreakGlass, ChannelPolicy, Terms
from slack_bot.rows import State
from tests.rig import (
    APPROVALS,
    APPROVER,
    APPROVERS,
    OUTSIDER,
    REQUESTER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Killed,
    Rig,
)
from tests.slack_bot.conversing import drawn, mention, posted, recorded, rules
from tests.slack_bot.forms import modal, modals, opened, option_of, rewrite
from tests.slack_bot.quorums import ASKED_BY, TWO, ask_rated
from tests.slack_bot.verdicts import press_here
from upstream_client.models import HOUR, Duration, Risk

WHY = "The site is down, and nobody else is awake."
TERMS = Terms(approvals=TWO, break_glass=BreakGlass(True, SECOND_CHANNEL))
GLASS = replace(APPROVERS, terms=TERMS)


@contextmanager
def allowing(
    sandbox: Sandbox, folder: Path, break_glass: BreakGlass | None = None, **terms: Any
) -> Iterator[Rig]:
    """A bot in whose channel two must approve, and one may break the glass."""
    said = replace(TERMS, break_glass=break_glass or TERMS.break_glass, **terms)
    with Rig(sandbox, folder, {APPROVALS: replace(GLASS, terms=said)}) as rig:
        yield rig


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with allowing(sandbox, tmp_path) as running:
        yield running


def announcements(rig: Rig, channel: str = APPROVALS) -> list[str]:
    """What was said to everybody there of a broken glass."""
    return [drawn(one) for one in posted(rig, channel) if "broke the glass, to approve" in str(one["text"])]


def broken(rig: Rig, user: str = APPROVER, **values: str) -> dict[str, Any]:
    """Somebody fills in the form, and everything comes to rest; what Slack was answered."""
    opened(rig, "break_glass", user)
    answer: dict[str, Any] = rig.control.submit(user, {"typed_duration": "1h", "reason_text": WHY, **values})
    rig.run()
    return answer


def change_policy(rig: Rig, policy: ChannelPolicy) -> None:
    """The operator declares another one, and starts the bot anew."""
    rig.declared = [replace(one, policy=policy) for one in rig.declared]
    rig.restart()


def not_decided(rig: Rig, rule: str, user: str = APPROVER) -> str:
    """Nothing was counted, announced or called; what the person was told."""
    rig.run()
    assert rules(rig) == [rule]
    assert rig.row().state is State.PENDING
    assert announcements(rig) == announcements(rig, SECOND_CHANNEL) == []
    assert recorded(rig, "vote", "break_glass") == []
    assert all(one["decisions"] == 0 for one in rig.control.upstream_requests())
    (told,) = rig.told(user)
    return told


def test_one_approver_decides_alone_with_a_reason_and_everybody_is_told(rig: Rig) -> None:
    request = rig.ask(**ASKED_BY)
    assert broken(rig)["acknowledged"]
    assert rig.headline() == "Approved by Approver, who broke the glass"
    assert rig.card()["blocks"][0]["text"]["text"].startswith("🚨 ")
    assert f"Reason: {WHY}" in rig.words()
    taken = rig.upstream_request(request)
    assert (taken["status"], taken["decisions"], taken["duration"]) == ("Approved", 1, 60)
    assert WHY in taken["comment"]
    for channel in (APPROVALS, SECOND_CHANNEL):
        (said,) = announcements(rig, channel)
        assert all(told in said for told in (WHY, "1 hour", "0 of 2", "ACME\\requester", "setup.exe"))
        (message,) = [one for one in posted(rig, channel) if "broke the glass, to approve" in one["text"]]
        assert {APPROVER, REQUESTER} <= set(str(message["blocks"]).split("'"))
    assert rig.told(APPROVER) == []


def test_it_is_marked_in_the_audit_log_before_the_decision(rig: Rig) -> None:
    rig.ask(**ASKED_BY)
    broken(rig)
    kinds = [one.kind for one in rig.audit(rig.row().key) if one.actor == APPROVER]
    assert kinds == ["click", "click", "vote", "break_glass", "decided"]
    (glass,) = recorded(rig, "break_glass")
    assert (glass.detail["reason"], glass.detail["needed"]) == (WHY, 2)
    assert "0 of 2" in announcements(rig)[0]


def test_where_the_named_channel_is_this_one_it_is_announced_once(sandbox: Sandbox, tmp_path: Path) -> None:
    with allowing(sandbox, tmp_path, BreakGlass(True, APPROVALS)) as rig:
        rig.ask(**ASKED_BY)
        broken(rig)
        assert len(announcements(rig)) == 1
        assert announcements(rig, SECOND_CHANNEL) == []


def test_where_the_named_channel_takes_no_post_the_decision_and_the_announcement_here_stand(rig: Rig) -> None:
    request = rig.ask(**ASKED_BY)
    rig.control.change_channel(SECOND_CHANNEL, archived=True)
    broken(rig)
    assert rig.headline() == "Approved by Approver, who broke the glass"
    assert len(announcements(rig)) == 1
    assert rig.upstream_request(request)["decisions"] == 1


def told_of(rig: Rig, kind: str) -> list[tuple[object, object]]:
    """The channels of these records, and why."""
    return [(one.detail["channel"], one.detail["why"]) for one in recorded(rig, kind)]


def broken_while_archived(rig: Rig) -> None:
    """The named channel took no post so far, and that was told by now to whoever asks."""
    rig.ask(**ASKED_BY)
    opened(rig, "break_glass")
    rig.control.change_channel(SECOND_CHANNEL, archived=True)
    rig.control.submit(APPROVER, {"typed_duration": "1h", "reason_text": WHY})
    rig.step("clerk")
    rig.step("clerk")


def test_what_was_announced_is_on_record_with_the_request(rig: Rig) -> None:
    rig.ask(**ASKED_BY)
    broken(rig)
    assert told_of(rig, "announced") == [(APPROVALS, ""), (SECOND_CHANNEL, "")]
    assert {one.request_key for one in recorded(rig, "announced")} == {rig.row().key}
    assert recorded(rig, "not_announced") == []
    assert rig.notes == []


def test_what_could_not_be_announced_in_half_an_hour_is_on_record_and_in_the_status(rig: Rig) -> None:
    broken_while_archived(rig)
    begun = rig.clock.now()
    assert len(rig.notes) == 1
    assert "Invite me there, or name another channel." in mention(rig, APPROVER, "status")
    rig.run()
    assert told_of(rig, "announced") == [(APPROVALS, "")]
    assert told_of(rig, "not_announced") == [(SECOND_CHANNEL, "is_archived")]
    assert rig.clock.now() - begun == pytest.approx(ANSWERS_COUNT_FOR, abs=MINUTE)
    tries = [
        one for one in rig.control.calls("chat.postMessage") if one["arguments"]["channel"] == SECOND_CHANNEL
    ]
    assert 8 < len(tries) < 20
    assert len(rig.notes) == 1


def test_a_channel_that_takes_posts_again_is_told_what_it_missed(rig: Rig) -> None:
    broken_while_archived(rig)
    rig.control.change_channel(SECOND_CHANNEL, archived=False)
    rig.run()
    assert len(announcements(rig, SECOND_CHANNEL)) == 1
    assert told_of(rig, "announced") == [(APPROVALS, ""), (SECOND_CHANNEL, "")]
    assert recorded(rig, "not_announced") == []
    assert rig.notes == []


def test_an_announcement_for_which_slack_has_no_answer_is_on_record_as_not_made(rig: Rig) -> None:
    rig.ask(**ASKED_BY)
    opened(rig, "break_glass")
    rig.control.submit(APPROVER, {"typed_duration": "1h", "reason_text": WHY})
    rig.control.faults(method="chat.postMessage", kind="reset_before")
    rig.step("clerk")
    rig.clock.advance(ANSWERS_COUNT_FOR / SECOND + 1)
    rig.control.faults(method="chat.postMessage", kind="reset_before", times=2)
    rig.run("clerk")
    assert [channel for channel, _ in told_of(rig, "not_announced")] == [APPROVALS, SECOND_CHANNEL]
    assert all(why for _, why in told_of(rig, "not_announced"))


def test_an_announcement_is_made_once_wherever_the_process_dies(rig: Rig) -> None:
    request = rig.ask(**ASKED_BY)
    opened(rig, "break_glass")
    rig.control.submit(APPROVER, {"typed_duration": "1h", "reason_text": WHY})
    with rig.killed_at(1), pytest.raises(Killed):
        rig.step("clerk")
    assert rig.row().state is State.PENDING
    assert announcements(rig) == []
    rig.restart()
    rig.run()
    assert len(announcements(rig)) == len(announcements(rig, SECOND_CHANNEL)) == 1
    assert rig.upstream_request(request)["decisions"] == 1


def test_a_form_delivered_twice_is_announced_once(rig: Rig) -> None:
    rig.ask(**ASKED_BY)
    opened(rig, "break_glass")
    rig.control.faults(socket="duplicate", times=1)
    rig.control.submit(APPROVER, {"typed_duration": "1h", "reason_text": WHY})
    rig.run()
    assert len(announcements(rig)) == len(recorded(rig, "break_glass")) == 1


@pytest.mark.parametrize("reason", [" \n ", "\u200b", "\x00"])
def test_without_a_reason_that_can_be_read_the_form_says_so_and_nothing_is_saved(
    rig: Rig, reason: str
) -> None:
    rig.ask(**ASKED_BY)
    answer = broken(rig, reason_text=reason)
    assert answer["errors"] == {"reason": "Please write a reason."}
    assert rig.row().state is State.PENDING
    assert rules(rig) == announcements(rig) == []


def test_nobody_breaks_the_glass_for_their_own_request(sandbox: Sandbox, tmp_path: Path) -> None:
    policy = replace(GLASS, users=(REQUESTER,))
    with Rig(sandbox, tmp_path, {APPROVALS: policy}) as rig:
        rig.ask(**ASKED_BY)
        rig.press(REQUESTER, "more_choices", value=option_of(rig.card(), "more_choices", "break_glass"))
        assert "You asked for this yourself" in not_decided(rig, "not one's own", REQUESTER)
        assert modals(rig, REQUESTER) == []


@pytest.mark.parametrize("risk", [Risk.UNRATED, Risk.LOW, Risk.CRITICAL])
def test_where_nobody_can_tell_who_asked_the_glass_stays_whole_whatever_the_risk(
    rig: Rig, risk: Risk
) -> None:
    ask_rated(rig, risk, email="nobody@example.com")
    rig.press(APPROVER, "more_choices", value=option_of(rig.card(), "more_choices", "break_glass"))
    told = not_decided(rig, "cannot tell who asked")
    assert told == UNKNOWN_REQUESTER or risk is Risk.CRITICAL
    assert modals(rig) == []


def test_whoever_may_not_decide_may_not_break_the_glass(rig: Rig) -> None:
    rig.ask(**ASKED_BY)
    rig.press(OUTSIDER, "more_choices", value=option_of(rig.card(), "more_choices", "break_glass"))
    assert "You are not an approver here" in not_decided(rig, "not an approver", OUTSIDER)
    assert modals(rig, OUTSIDER) == []


def test_where_it_is_not_allowed_it_is_not_offered_and_a_forged_choice_is_refused(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with allowing(sandbox, tmp_path, BreakGlass(False, SECOND_CHANNEL)) as rig:
        rig.ask(**ASKED_BY)
        assert "break_glass" not in json.dumps(rig.card()["blocks"])
        details = option_of(rig.card(), "more_choices", "details")
        forged = details.replace("details.", "break_glass.")
        press_here(rig, APPROVER, action_id="more_choices", value=forged)
        assert not_decided(rig, "break-glass not allowed") == NOT_ALLOWED
        assert modals(rig) == []


def test_a_comment_form_cannot_be_turned_into_one_that_breaks_the_glass(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with allowing(sandbox, tmp_path, BreakGlass(False)) as rig:
        rig.ask(**ASKED_BY)
        form = opened(rig, "comment")
        rewrite(rig, form, callback_id="break_glass_form")
        rig.control.submit(APPROVER, {"typed_duration": "1h", "reason_text": WHY})
        assert not_decided(rig, "break-glass not allowed") == NOT_ALLOWED


def test_the_policy_is_read_anew_when_the_form_comes_back(rig: Rig) -> None:
    rig.ask(**ASKED_BY)
    opened(rig, "break_glass")
    change_policy(rig, replace(GLASS, terms=replace(TERMS, break_glass=BreakGlass(False))))
    rig.control.submit(APPROVER, {"typed_duration": "1h", "reason_text": WHY})
    assert not_decided(rig, "break-glass not allowed") == NOT_ALLOWED


def test_where_one_is_enough_by_now_no_glass_has_to_be_broken(rig: Rig) -> None:
    rig.ask(**ASKED_BY)
    opened(rig, "break_glass")
    change_policy(rig, replace(GLASS, terms=Terms(break_glass=BreakGlass(True))))
    rig.control.submit(APPROVER, {"typed_duration": "1h", "reason_text": WHY})
    assert "Please press “Approve”" in not_decided(rig, "break-glass not needed")


def test_it_holds_no_longer_than_the_channel_allows(sandbox: Sandbox, tmp_path: Path) -> None:
    with allowing(sandbox, tmp_path, longest=Duration(HOUR)) as rig:
        rig.ask(**ASKED_BY)
        assert "at most" in broken(rig, typed_duration="2h")["errors"]["duration"]
        assert recorded(rig, "vote", "break_glass", "refusal") == []


def test_whoever_submits_after_the_others_have_decided_breaks_nothing(rig: Rig) -> None:
    request = rig.ask(**ASKED_BY)
    opened(rig, "break_glass")
    rig.press(SECOND_APPROVER, "deny_request")
    rig.run()
    rig.control.submit(APPROVER, {"typed_duration": "1h", "reason_text": WHY})
    rig.run()
    assert rig.headline() == "Denied by Second Approver"
    assert "You were not the first" in rig.told(APPROVER)[0]
    assert announcements(rig) == []
    assert recorded(rig, "break_glass") == []
    assert rig.upstream_request(request)["decisions"] == 1


def test_the_form_says_where_it_is_announced(rig: Rig) -> None:
    rig.ask(**ASKED_BY)
    opened(rig, "break_glass")
    shown = str(modal(rig)["blocks"][0])
    assert APPROVALS in shown
    assert SECOND_CHANNEL in shown


def test_an_approval_until_a_moment_that_has_passed_keeps_nobody_from_breaking_the_glass(rig: Rig) -> None:
    """Given that it counts no more, then theirs is not all that is missing, and the form counts from nobody."""
    rig.ask(**ASKED_BY)
    rig.control.change_user(SECOND_APPROVER, tz="Etc/UTC")
    ends = datetime.fromtimestamp((rig.clock.now() + 10 * MINUTE) / SECOND, UTC)
    mention(rig, SECOND_APPROVER, f"approve {rig.row().key} until {ends:%H:%M}")
    rig.run()
    assert len(recorded(rig, "vote")) == 1
    rig.clock.advance(15 * 60)
    assert broken(rig)["acknowledged"]
    assert rig.headline() == "Approved by Approver, who broke the glass"
    assert "0 of 2" in announcements(rig)[0]

"""Where an answer goes: to one person, to all, into a direct message; with or without a layout."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot import inbox
from slack_bot.clock import SECOND
from slack_bot.inbox import LONGEST_WAIT
from tests.rig import ADMIN, APPROVALS, APPROVER, OUR_BOT, OUTSIDER, SECOND_APPROVER, Rig

ANSWER, POST, OPEN = "chat.postEphemeral", "chat.postMessage", "conversations.open"
BLOCKS = [{"type": "section", "text": {"type": "plain_text", "text": "Laid out", "emoji": True}}]


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


def leave_answer(rig: Rig, channel: str, user: str, *, public: bool, blocks: str = "") -> None:
    """Somebody mentioned the bot, and a handler has dealt with it."""
    rig.saved.clear()
    rig.control.message(channel, user, "<@U07BOT> status")
    assert rig.saved.wait(10)
    with rig.ledger.write() as tx:
        [item] = inbox.due_items(tx, rig.clock.now())
        inbox.finish(tx, item, rig.clock.now(), "answered", "Words", blocks=blocks, public=public)


def test_an_answer_for_all_is_a_message_in_the_channel(rig: Rig) -> None:
    leave_answer(rig, APPROVALS, APPROVER, public=True, blocks=json.dumps(BLOCKS))
    rig.run("clerk")
    message = rig.control.messages(APPROVALS)[-1]
    assert (message["text"], message["blocks"][0]["text"]["text"]) == ("Words", "Laid out")
    assert rig.told(APPROVER) == []


def test_an_answer_for_one_may_be_laid_out_too(rig: Rig) -> None:
    leave_answer(rig, APPROVALS, APPROVER, public=False, blocks=json.dumps(BLOCKS))
    rig.run("clerk")
    [private] = rig.control.ephemerals(APPROVER)
    assert private["blocks"][0]["text"]["text"] == "Laid out"


def test_somebody_who_is_not_in_the_channel_any_more_is_answered_directly(rig: Rig) -> None:
    """Given a mention, when its author left meanwhile, then a direct message brings the answer."""
    leave_answer(rig, APPROVALS, OUTSIDER, public=False)
    rig.control.change_channel(APPROVALS, leave=[OUTSIDER])
    rig.run("clerk")
    assert [one["text"] for one in rig.control.messages("D05OUTSIDER")] == ["Words"]


def test_without_the_scope_for_it_the_answer_is_given_up(tmp_path: Path) -> None:
    with Sandbox(declined_scopes=["im:write"]) as sandbox, Rig(sandbox, tmp_path) as rig:
        leave_answer(rig, APPROVALS, OUTSIDER, public=False)
        rig.control.change_channel(APPROVALS, leave=[OUTSIDER])
        rig.run("clerk")
        with rig.ledger.read() as connection:
            assert inbox.next_due(connection) is None
        assert len(rig.control.calls("conversations.open")) == 1


def test_in_a_direct_message_it_is_a_plain_message(rig: Rig) -> None:
    leave_answer(rig, OUR_BOT, APPROVER, public=False)
    rig.run("clerk")
    assert rig.control.messages("D02APPROVER")[-1]["text"] == "Words"


def test_a_lost_answer_is_sent_again_when_slack_asked_to_wait(rig: Rig) -> None:
    leave_answer(rig, APPROVALS, OUTSIDER, public=False)
    rig.control.change_channel(APPROVALS, leave=[OUTSIDER])
    rig.control.faults(method="conversations.open", kind="ratelimited", retry_after=2)
    rig.run("clerk")
    assert [one["text"] for one in rig.control.messages("D05OUTSIDER")] == ["Words"]


# Limits


def left_directly_and_in_a_channel(rig: Rig) -> None:
    leave_answer(rig, OUR_BOT, APPROVER, public=False)
    leave_answer(rig, APPROVALS, OUTSIDER, public=False)


def told_directly(rig: Rig, user: str = APPROVER) -> list[str]:
    messages = rig.control.messages(f"D{user[1:]}")
    return [str(one["text"]) for one in messages if one.get("bot_id") == "B01SANDBOX"]


def test_a_limit_on_direct_messages_holds_up_no_answer_in_a_channel(rig: Rig) -> None:
    left_directly_and_in_a_channel(rig)
    rig.control.faults(method=POST, kind="ratelimited", retry_after=60)
    assert rig.step("clerk") == 0
    rig.step("clerk")
    assert rig.told(OUTSIDER) == ["Words"]
    assert told_directly(rig) == []
    rig.run("clerk")
    assert told_directly(rig) == ["Words"]


def test_a_limit_on_answers_in_channels_holds_up_no_direct_one(rig: Rig) -> None:
    leave_answer(rig, APPROVALS, OUTSIDER, public=False)
    leave_answer(rig, OUR_BOT, APPROVER, public=False)
    rig.control.faults(method=ANSWER, kind="ratelimited", retry_after=60)
    assert rig.step("clerk") == 0
    rig.step("clerk")
    assert told_directly(rig) == ["Words"]
    assert rig.told(OUTSIDER) == []


def test_a_limit_met_on_the_way_round_holds_up_no_answer_in_a_channel(rig: Rig) -> None:
    """Given somebody who left the channel, when no conversation can be opened yet, then the others are told."""
    for user in (OUTSIDER, ADMIN, SECOND_APPROVER):
        leave_answer(rig, APPROVALS, user, public=False)
    rig.control.change_channel(APPROVALS, leave=[OUTSIDER])
    rig.control.faults(method=OPEN, kind="ratelimited", retry_after=60)
    rig.step("clerk")
    rig.step("clerk")
    assert rig.told(ADMIN) == rig.told(SECOND_APPROVER) == ["Words"]
    assert rig.control.calls(POST) == []
    rig.run("clerk")
    assert told_directly(rig, OUTSIDER) == ["Words"]


@pytest.mark.parametrize(("channel", "method"), [(OUR_BOT, POST), (APPROVALS, ANSWER)])
def test_a_limit_longer_than_anything_is_put_off_is_kept_for_as_long_as_that(
    rig: Rig, channel: str, method: str
) -> None:
    for user in (APPROVER, ADMIN):
        leave_answer(rig, channel, user, public=False)
    rig.control.faults(method=method, kind="ratelimited", retry_after=3600)
    longest = LONGEST_WAIT / SECOND
    assert rig.step("clerk") == pytest.approx(longest, abs=0.1)
    rig.step("clerk")
    assert len(rig.control.calls(method)) == 1
    rig.clock.advance(longest)
    rig.step("clerk")
    assert len(rig.control.calls(method)) == 3

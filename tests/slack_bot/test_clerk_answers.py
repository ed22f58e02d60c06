"""Where an answer goes: to one person, to all, into a direct message; with or without a layout."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot import inbox
from tests.rig import APPROVALS, APPROVER, OUR_BOT, OUTSIDER, Rig

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

"""What is said to the bot in a channel: saved once, before Slack is told, and answered later."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from sandbox import Sandbox
from sandbox.timing import Timing
from slack_bot.conversation import LONGEST_TEXT, Said, Way
from slack_bot.ledger import inbox
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS, OTHER_BOT, OUR_BOT, OUTSIDER, Rig
from tests.slack_bot.conversing import hear, mention, posted

HELLO = f"<@{OUR_BOT}> help"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS}) as running:
        yield running


def test_a_mention_is_kept_with_its_words_and_where_they_were_said(rig: Rig) -> None:
    hear(rig, OUTSIDER, "status")
    with rig.ledger.read() as connection:
        kept = connection.execute(select(inbox)).mappings().one()
    assert (kept["kind"], kept["channel"], kept["user_id"]) == ("mention", APPROVALS, OUTSIDER)
    assert Said.model_validate_json(kept["payload"]) == Said(
        way=Way.MENTION, user=OUTSIDER, channel=APPROVALS, text=f"<@{OUR_BOT}> status"
    )


def test_a_mention_that_slack_delivers_twice_is_answered_once(rig: Rig) -> None:
    rig.control.faults(socket="duplicate", times=1)
    mention(rig, OUTSIDER)
    assert len(rig.told(OUTSIDER)) == 1


def test_a_mention_that_could_not_be_saved_is_delivered_again_and_answered(tmp_path: Path) -> None:
    soon = Timing(acknowledge_within=0.3)
    with Sandbox(timing=soon) as sandbox, Rig(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        with rig.killed_at(1):
            rig.control.message(APPROVALS, OUTSIDER, HELLO)
            rig.control.eventually(lambda: rig.control.deliveries()[1:])
        rig.control.eventually(lambda: _answered(rig, OUTSIDER))
        assert len(rig.told(OUTSIDER)) == 1


def _answered(rig: Rig, user: str) -> list[str]:
    rig.run("clerk")
    return rig.told(user)


def test_of_endless_words_only_so_much_is_kept_and_nothing_is_done(rig: Rig) -> None:
    endless = "remove " * 5_000
    told = mention(rig, ADMIN, endless)
    assert told.startswith("That was longer than any command")
    with rig.ledger.read() as connection:
        payload = json.loads(connection.execute(select(inbox.c.payload)).scalar_one())
    assert (len(payload["text"]), payload["is_cut"]) == (LONGEST_TEXT, True)
    assert rig.channels.get(APPROVALS) is not None


def test_a_mention_by_another_bot_is_answered_as_any_and_nothing_is_posted(rig: Rig) -> None:
    assert APPROVERS.groups[0] in mention(rig, OTHER_BOT)
    assert posted(rig) == []


@pytest.mark.parametrize("words", ["approvers everyone", "remove", "autoapprove off"])
def test_another_bot_changes_nothing(rig: Rig, words: str) -> None:
    assert mention(rig, OTHER_BOT, words) == "Bots cannot do this."
    assert rig.channels.get(APPROVALS) is not None


def test_an_answer_waits_for_slack_and_is_then_given(rig: Rig) -> None:
    rig.control.faults(method="users.info", kind="ratelimited", retry_after=20)
    hear(rig, APPROVER, "status")
    rig.step("clerk")
    assert rig.told(APPROVER) == []
    rig.run("clerk")
    assert len(rig.told(APPROVER)) == 1

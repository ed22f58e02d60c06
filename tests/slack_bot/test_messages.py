"""What people write to the bot directly."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from sandbox import Sandbox
from sandbox.timing import Timing
from slack_bot.ledger import inbox
from slack_bot.listeners.messages import is_said_to_us
from slack_bot.slack_api import call
from slack_bot.web_client import web_client
from tests.rig import ADMIN, APPROVALS, APPROVERS, OUR_BOT, OUTSIDER, Rig
from tests.slack_bot.conversing import direct, said, write

SAID: dict[str, Any] = {"type": "message", "channel_type": "im", "user": ADMIN, "text": "status"}


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS}) as running:
        yield running


def kept(rig: Rig) -> list[str]:
    with rig.ledger.read() as connection:
        return list(connection.execute(select(inbox.c.kind)).scalars())


def test_words_are_answered_in_the_same_conversation(rig: Rig) -> None:
    assert write(rig, OUTSIDER, "status").startswith("In all: no request is waiting")
    assert rig.told(OUTSIDER) == []


def test_the_bots_own_answer_is_no_question(rig: Rig) -> None:
    write(rig, OUTSIDER, "help")
    write(rig, OUTSIDER, "help")
    assert kept(rig) == ["direct", "direct"]


def test_what_another_post_of_the_bot_says_there_is_not_obeyed(rig: Rig) -> None:
    client = web_client(rig.settings(), timeout=2, retries=False)
    said(rig, ADMIN, "help", OUR_BOT)
    call(client, "chat.postMessage", {"channel": direct(ADMIN), "text": "remove"})
    rig.run("clerk")
    assert kept(rig) == ["direct"]


def test_a_message_that_slack_delivers_twice_is_answered_once(rig: Rig) -> None:
    rig.control.faults(socket="duplicate", times=1)
    assert write(rig, OUTSIDER, "help").count("begin with my name") == 1


def test_a_message_that_could_not_be_saved_is_delivered_again_and_answered(tmp_path: Path) -> None:
    soon = Timing(acknowledge_within=0.3)
    with Sandbox(timing=soon) as sandbox, Rig(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        with rig.killed_at(1):
            rig.control.message(OUR_BOT, OUTSIDER, "help")
            rig.control.eventually(lambda: rig.control.deliveries()[1:])
        rig.control.eventually(lambda: kept(rig))
        rig.run("clerk")
        assert len(rig.control.messages(direct(OUTSIDER))) == 2


def test_a_mention_in_it_is_no_hindrance(rig: Rig) -> None:
    assert "In all" in write(rig, OUTSIDER, f"<@{OUR_BOT}> status")


@pytest.mark.parametrize(
    ("event", "is_said"),
    [
        ({}, True),
        ({"subtype": "file_share"}, True),
        ({"subtype": "file_share", "text": ""}, False),
        ({"text": "  \n"}, False),
        ({"text": None}, False),
        ({"channel_type": "channel"}, False),
        ({"channel_type": "mpim"}, False),
        ({"channel_type": None}, False),
        ({"bot_id": "B09OTHER"}, False),
        ({"bot_profile": {"id": "B09OTHER"}}, False),
        ({"hidden": True}, False),
        ({"subtype": "message_changed"}, False),
        ({"subtype": "message_deleted"}, False),
        ({"subtype": "bot_message"}, False),
        ({"subtype": "channel_join"}, False),
        ({"subtype": "a_subtype_to_come"}, False),
    ],
)
def test_only_what_a_person_says_directly_is_heard(event: dict[str, Any], is_said: bool) -> None:
    assert is_said_to_us(SAID | event) is is_said

"""The slash command says the same as a mention, where the app may have one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from sandbox import Sandbox
from slack_bot.ledger import inbox
from tests.rig import ADMIN, APPROVALS, APPROVERS, GUEST, OUTSIDER, Rig
from tests.slack_bot.conversing import command, direct, posted, write

GENERAL = "C02GENERAL"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS}) as running:
        yield running


def test_it_is_acknowledged_with_nothing_and_answered_in_private(rig: Rig) -> None:
    assert rig.control.command(APPROVALS, OUTSIDER, "/approvals", "status")["acknowledged"]
    assert rig.told(OUTSIDER) == []
    rig.run("clerk")
    assert "waiting on cards here" in rig.told(OUTSIDER)[0]
    assert posted(rig) == []


def test_it_is_saved_before_it_is_acknowledged_and_nobody_is_told_it_was_not(rig: Rig) -> None:
    rig.control.command(APPROVALS, OUTSIDER, "/approvals", "status")
    with rig.ledger.read() as connection:
        kept = connection.execute(select(inbox)).mappings().one()
    assert (kept["kind"], kept["channel"], kept["user_id"]) == ("command", APPROVALS, OUTSIDER)
    assert rig.control.warnings(OUTSIDER) == []


def test_one_that_could_not_be_saved_is_not_acknowledged(rig: Rig) -> None:
    with rig.killed_at(1):
        assert not rig.control.command(APPROVALS, OUTSIDER, "/approvals", "status")["acknowledged"]
    assert rig.control.warnings(OUTSIDER)


def test_one_that_slack_delivers_twice_is_answered_once(rig: Rig) -> None:
    rig.control.faults(socket="duplicate", times=1)
    command(rig, OUTSIDER, "help")
    assert len(rig.told(OUTSIDER)) == 1


def test_two_of_the_same_words_are_two(rig: Rig) -> None:
    command(rig, OUTSIDER, "help")
    command(rig, OUTSIDER, "help")
    assert len(rig.told(OUTSIDER)) == 2


def test_in_a_channel_without_the_bot_it_is_answered_all_the_same(rig: Rig) -> None:
    """Slack takes no answer of ours there but at the address that came with the command."""
    told = command(rig, OUTSIDER, "", GENERAL)
    assert told.startswith("This channel is not registered")
    assert "`status`" in told


def test_in_a_direct_conversation_it_is_answered_there(rig: Rig) -> None:
    write(rig, ADMIN, "help")
    before = len(rig.control.messages(direct(ADMIN)))
    rig.control.command(direct(ADMIN), ADMIN, "/approvals", "status")
    rig.run("clerk")
    (answer,) = rig.control.messages(direct(ADMIN))[before:]
    assert answer["text"].startswith("In all:")


def test_people_and_channels_in_it_come_as_ids(rig: Rig) -> None:
    told = command(rig, ADMIN, f"autoapprove <#{APPROVALS}|approvals> status")
    assert told == "I approve nothing without a person here: no schedule is set."


def test_a_guest_may_ask_and_not_change(rig: Rig) -> None:
    assert "Deciding is for" in command(rig, GUEST, "policy")
    assert command(rig, GUEST, "remove").startswith("Guests cannot do this")
    assert rig.channels.get(APPROVALS) is not None

"""How the bot is, told in private; what can be written to it; and what is off without a scope."""

import json
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.server import MANIFEST
from slack_bot.command_parser import HELP
from slack_bot.conversation.scopes import WITHOUT, missing
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS,
    APPROVERS_GROUP,
    GUEST,
    OUTSIDER,
    SECOND_CHANNEL,
    STRANGER,
)
from tests.slack_bot.conversing import (
    block_state,
    command,
    mention,
    posted,
    registered,
    rules,
    talking,
    write,
)
from tests.slack_bot.forms import opened

OPTIONAL: list[str] = json.loads(MANIFEST.read_text())["oauth_config"]["scopes"]["bot_optional"]


def test_the_table_of_what_is_off_names_the_optional_scopes_of_the_manifest() -> None:
    assert list(WITHOUT) == sorted(OPTIONAL)


def test_missing_are_the_scopes_that_were_not_granted() -> None:
    assert missing(OPTIONAL) == []
    assert [scope for scope, _ in missing(set(OPTIONAL) - {"commands"})] == ["commands"]


def test_in_its_channel_everything_is_told_in_private(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        rig.ask()
        sandbox.control.file_request()
        rig.step("poller")
        here, cards, schedule, everywhere, as_of = mention(rig, OUTSIDER, "status").splitlines()
        assert here.startswith(f"The channel was registered by <@{ADMIN}>, <!date^")
        assert here.endswith(f"Until approvers are picked, only <@{ADMIN}> may decide here.")
        assert cards == "1 request is waiting on cards here."
        assert schedule == "I approve nothing without a person here: no schedule is set."
        assert everywhere == "In all: 2 requests are waiting."
        assert as_of == "Privilege Manager: as of less than a minute ago."
        assert len(posted(rig)) == 2


def test_where_the_channel_is_declared_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        first = mention(rig, APPROVER, "status").splitlines()[0]
        assert first == f"This is declared in channels.json. Deciding is for <!subteam^{APPROVERS_GROUP}>."


def test_in_a_channel_that_is_not_registered_the_answer_says_so_and_how_things_stand_else(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {SECOND_CHANNEL: APPROVERS}) as rig:
        first, *others = mention(rig, OUTSIDER, "status").splitlines()
        assert first.startswith("This channel is not registered")
        assert "Admins are the admins and owners of this workspace." in first
        assert others == [
            "In all: no request is waiting.",
            "⚠️ Privilege Manager: not read yet since I started.",
        ]


def test_where_another_channels_schedule_approves_that_is_told_here_too(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    channels = {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}
    with talking(sandbox, tmp_path, channels) as rig:
        mention(rig, ADMIN, "autoapprove on hours mon-fri 09:00-17:00 UTC", SECOND_CHANNEL)
        for words in ("status", "autoapprove status", "autoapprove off"):
            told = mention(rig, ADMIN, words)
            assert f"Another schedule is still on in <#{SECOND_CHANNEL}>, and what it covers" in told


def test_directly_every_channel_and_every_schedule_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    channels = {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}
    with talking(sandbox, tmp_path, channels) as rig:
        mention(rig, ADMIN, "autoapprove all on hours mon-fri 09:00-17:00 UTC")
        mention(rig, ADMIN, "autoapprove off")
        _, _, channels_line, *schedules = write(rig, OUTSIDER, "status").splitlines()
        assert channels_line == f"I post in <#{APPROVALS}> and <#{SECOND_CHANNEL}>."
        assert [line.partition(":")[0] for line in schedules] == [
            "The schedule is on in every channel without a schedule of its own",
            f"I approve nothing without a person in <#{APPROVALS}>",
        ]


@pytest.mark.parametrize("user", [GUEST, STRANGER])
def test_guests_and_strangers_are_told_of_their_channel_alone(
    sandbox: Sandbox, tmp_path: Path, user: str
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        rig.notes.append("The ledger is not durable.")
        told = mention(rig, user, "status")
        assert "waiting on cards here" in told
        assert "In all" not in told
        assert "durable" not in told
        assert write(rig, user, "status").startswith("Guests and people of other workspaces")


def test_the_operators_notes_are_told_and_what_they_quote_mentions_nobody(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        rig.notes.append("My ledger lies in <!channel>.")
        assert mention(rig, OUTSIDER, "status").splitlines()[-1] == "⚠️ My ledger lies in &lt;!channel&gt;."


@pytest.mark.parametrize("folder", ["channels", "schedules"])
def test_while_the_state_cannot_be_read_the_answer_says_so_and_that_nothing_is_approved(
    sandbox: Sandbox, tmp_path: Path, folder: str
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        block_state(tmp_path, folder)
        rig.refresher.work(rig.clock.now())
        last = mention(rig, ADMIN, "status").splitlines()[-1]
        assert last.startswith("⚠️ I cannot read the channels and schedules that are stored:")
        assert "approve nothing without a person" in last


@pytest.mark.parametrize("declined", OPTIONAL)
def test_each_scope_that_was_declined_is_told_with_what_is_off(tmp_path: Path, declined: str) -> None:
    with Sandbox(declined_scopes=[declined]) as sandbox, talking(sandbox, tmp_path) as rig:
        registered(rig)
        lines = mention(rig, ADMIN, "status").splitlines()
        assert lines[-2:] == [
            "The app was not given these optional scopes, so this is off:",
            f"• `{declined}`: {WITHOUT[declined]}",
        ]


def test_with_the_four_required_scopes_alone_every_conversation_works(tmp_path: Path) -> None:
    with Sandbox(declined_scopes=OPTIONAL) as sandbox, talking(sandbox, tmp_path) as rig:
        registered(rig)
        rig.ask(file="setup.exe")
        assert mention(rig, ADMIN, f"approvers <@{APPROVER}>").startswith("This holds from now on.")
        assert "may decide" in mention(rig, APPROVER, "policy") or "Deciding is for" in rig.told(APPROVER)[-1]
        assert "1 request is waiting" in mention(rig, APPROVER, "pending")
        assert "1 request is waiting" in write(rig, APPROVER, "pending")
        opened(rig, "comment")
        rig.control.submit(APPROVER, {"typed_duration": "90m", "reason_text": "For the release."})
        rig.run()
        assert rig.headline() == "Approved by Approver"
        rig.ask()
        assert mention(rig, ADMIN, "autoapprove on hours mon-fri 09:00-17:00 UTC").startswith("The schedule")
        assert len(mention(rig, ADMIN, "status").splitlines()) == 5 + 1 + len(OPTIONAL)
        rig.press(APPROVER, "deny_request")
        rig.run("clerk", "applier", "publisher")
        assert rig.headline() == "Denied by Approver"
        assert "is not registered any more" in mention(rig, ADMIN, "remove")


def test_a_mention_in_a_registered_channel_is_answered_with_how_it_stands_and_what_to_write(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        told = mention(rig, OUTSIDER)
        first, second, *lines = told.splitlines()
        assert first == (
            "I post approval requests here. No request is waiting on cards here. "
            f"Deciding is for <!subteam^{APPROVERS_GROUP}>."
        )
        assert "begin with my name" in second
        assert lines == [f"• `{command}`: {does}" for command, does in HELP]


@pytest.mark.parametrize("topic", ["approvers", "autoapprove", "remove"])
def test_help_on_one_command_tells_of_it_alone(sandbox: Sandbox, tmp_path: Path, topic: str) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        _, *lines = mention(rig, OUTSIDER, f"help {topic}").splitlines()
        assert lines
        assert all(line.startswith(f"• `{topic}") for line in lines)


def test_unknown_words_get_the_nearest_command_wherever_they_are_said(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        for say in (mention, write, command):
            assert "`status`" in say(rig, OUTSIDER, "stauts")


def test_help_is_for_everybody_everywhere(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        for user in (GUEST, STRANGER, OUTSIDER):
            assert f"`{HELP[0][0]}`" in write(rig, user, "help")
            assert f"`{HELP[0][0]}`" in mention(rig, user, "help")
        assert rules(rig) == []


def test_nobody_but_the_one_who_asked_hears_the_answer(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        for words in ("", "status", "pending", "policy", "help", "autoapprove status", "nonsense"):
            mention(rig, OUTSIDER, words)
        assert posted(rig) == []
        assert rig.told(APPROVER) == []

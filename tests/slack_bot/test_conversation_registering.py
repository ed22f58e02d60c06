"""An admin mentions the bot in a channel: requests are posted there from then on, until somebody removes it."""

import json
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.server import MANIFEST
from slack_bot.channel import Source
from slack_bot.channel_store import Channel
from slack_bot.ledger import inbox as inbox_table
from slack_bot.policy import Admins, ChannelPolicy
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS,
    APPROVERS_GROUP,
    GUEST,
    OTHER_BOT,
    OUTSIDER,
    SECOND_CHANNEL,
    STRANGER,
    Killed,
    Rig,
    at_statement,
)
from tests.slack_bot.backlogged import counting, lines, pile
from tests.slack_bot.conversing import (
    announced,
    block_state,
    command,
    drawn,
    hear,
    mention,
    posted,
    recorded,
    registered,
    rules,
    talking,
    write,
)

NOT_REGISTERED = "This channel is not registered"
PRIVATE, SHARED = "C05PRIVATE", "C06SHARED"
BOTH = (APPROVALS, SECOND_CHANNEL)


@pytest.mark.parametrize("words", ["", "hello", "hi!"])
def test_an_admin_registers_a_channel_by_mentioning_the_bot_without_another_word(
    sandbox: Sandbox, tmp_path: Path, words: str
) -> None:
    with talking(sandbox, tmp_path) as rig:
        assert mention(rig, ADMIN, words) == ""
        channel = rig.channels.get(APPROVALS)
        assert channel is not None
        assert (channel.source, channel.registered_by) == (Source.STORE, ADMIN)
        assert channel.policy == ChannelPolicy(registered_by=ADMIN)
        (welcome,) = posted(rig)
        assert "Who may decide" in drawn(welcome)


def test_what_waits_already_is_posted_then_20_cards_and_a_line_in_each_channel_through_a_restart(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        pile(rig, 45)
        rig.run()
        for channel in BOTH:
            assert rig.cards(channel) == []
            registered(rig, channel)
        for _ in range(12):
            rig.step("publisher")
            rig.clock.advance(1)
        rig.restart()
        rig.run()
        for channel in BOTH:
            assert len(rig.cards(channel)) == 20
            assert lines(rig, channel) == [counting(20, 25)]
        for card in rig.cards()[:2]:
            rig.press(ADMIN, "deny_request", card=card)
        rig.run()
        for channel in BOTH:
            assert len(rig.cards(channel)) == 22
            assert lines(rig, channel) == [counting(20, 23)]
        assert mention(rig, ADMIN, "pending").endswith("… and 23 more.")


def test_the_registration_is_on_record_as_wished_and_as_done(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        wish, done = recorded(rig, "intent", "channel_registered")
        assert (wish.kind, done.kind, done.actor) == ("intent", "channel_registered", ADMIN)
        assert (done.detail["what"], done.detail["before"]) == (APPROVALS, None)
        assert done.detail["after"] == {
            "users": [],
            "groups": [],
            "everyone": False,
            "registered_by": ADMIN,
        }


@pytest.mark.parametrize(
    ("user", "rule"),
    [
        (APPROVER, "admins only"),
        (GUEST, "admins only: no guests"),
        (STRANGER, "admins only: no strangers"),
        (OTHER_BOT, "admins only: no bots"),
    ],
)
def test_nobody_else_registers_a_channel_and_is_told_who_can(
    sandbox: Sandbox, tmp_path: Path, user: str, rule: str
) -> None:
    with talking(sandbox, tmp_path) as rig:
        told = mention(rig, user)
        assert told.startswith(NOT_REGISTERED)
        assert "an admin mentions me here" in told
        assert rig.channels.all() == []
        assert rules(rig) == [rule]
        assert posted(rig) == []


def test_admins_are_the_named_and_the_group_and_then_no_others(sandbox: Sandbox, tmp_path: Path) -> None:
    admins = Admins(users=(OUTSIDER,), group=APPROVERS_GROUP)
    with talking(sandbox, tmp_path, admins=admins) as rig:
        assert f"<@{OUTSIDER}> and <!subteam^{APPROVERS_GROUP}>" in mention(rig, ADMIN)
        assert rig.channels.all() == []
        mention(rig, APPROVER)
        mention(rig, APPROVER, channel=SECOND_CHANNEL)
        assert [one.registered_by for one in rig.channels.all()] == [APPROVER, APPROVER]


def test_where_the_admins_group_cannot_be_read_only_the_named_are_admins(tmp_path: Path) -> None:
    admins = Admins(users=(OUTSIDER,), group=APPROVERS_GROUP)
    with (
        Sandbox(declined_scopes=["usergroups:read"]) as sandbox,
        talking(sandbox, tmp_path, admins=admins) as rig,
    ):
        told = mention(rig, APPROVER)
        assert f"who is in the admins' group <!subteam^{APPROVERS_GROUP}> (missing_scope)." in told
        assert rules(rig) == ["cannot tell who is an admin"]
        mention(rig, OUTSIDER)
        assert [one.registered_by for one in rig.channels.all()] == [OUTSIDER]


def test_an_admin_who_is_one_no_more_registers_nothing_a_minute_later(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        sandbox.control.change_user(ADMIN, is_admin=False)
        rig.clock.advance(61)
        assert NOT_REGISTERED in mention(rig, ADMIN, channel=SECOND_CHANNEL)
        assert rig.channels.get(SECOND_CHANNEL) is None


def test_a_command_in_a_channel_that_is_not_registered_registers_nothing(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        for words in ("pending", "policy", "autoapprove off", "approvers everyone"):
            assert "not registered" in mention(rig, ADMIN, words)
        for words in ("help", "thanks!", "statsu", "who are you?"):
            *lines, last = mention(rig, ADMIN, words).splitlines()
            assert lines
            assert last.startswith(NOT_REGISTERED)
            assert "mentions me here without any other words" in last
        assert rig.channels.all() == []


@pytest.mark.parametrize("words", ["", "help", "hello"])
def test_the_slash_command_and_direct_words_register_nothing(
    sandbox: Sandbox, tmp_path: Path, words: str
) -> None:
    with talking(sandbox, tmp_path) as rig:
        command(rig, ADMIN, words)
        write(rig, ADMIN, words or "help")
        assert rig.channels.all() == []


def test_a_registered_channel_is_not_registered_again_by_another_admin(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, admins=Admins(users=(OUTSIDER,))) as rig:
        registered(rig)
        told = mention(rig, OUTSIDER)
        assert told.startswith("I post approval requests here. No request is waiting on cards here.")
        assert f"Until approvers are picked, only <@{ADMIN}> may decide here." in told
        assert "`status`" in told
        assert len(posted(rig)) == 1


def test_two_admins_at_once_have_one_channel_and_one_welcome(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, admins=Admins(users=(OUTSIDER,))) as rig:
        hear(rig, OUTSIDER)
        hear(rig, ADMIN)
        rig.run("clerk")
        assert [one.registered_by for one in rig.channels.all()] == [OUTSIDER]
        assert len(posted(rig)) == 1
        assert f"only <@{OUTSIDER}> may decide here" in rig.told(ADMIN)[0]


def test_a_mention_that_slack_delivers_twice_registers_once(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        rig.control.faults(socket="duplicate", times=1)
        registered(rig)
        assert len(posted(rig)) == 1
        assert len(recorded(rig, "channel_registered")) == 1
        assert rig.told(ADMIN) == []


@pytest.mark.parametrize("transaction", [1, 2])
def test_a_crash_in_the_middle_leaves_one_registration_with_its_record_and_its_welcome(
    sandbox: Sandbox, tmp_path: Path, transaction: int
) -> None:
    """Transaction 1 puts the wish on record; after it the channel is stored; 2 closes the item."""
    with talking(sandbox, tmp_path) as rig:
        hear(rig, ADMIN)
        with rig.killed_at(transaction) as strike, pytest.raises(Killed):
            rig.step("clerk")
        assert strike.struck
        assert recorded(rig, "channel_registered") == []
        rig.restart()
        rig.run("clerk")
        assert [one.registered_by for one in rig.channels.all()] == [ADMIN]
        (done,) = recorded(rig, "channel_registered")
        assert done.detail["before"] is None
        assert len(recorded(rig, "intent")) == 1
        assert len(posted(rig)) == 1


def test_where_the_wish_cannot_be_recorded_nothing_is_stored(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        hear(rig, ADMIN)
        with at_statement(rig, "INSERT INTO audit", _disk_full):
            rig.step("clerk")
        assert rig.channels.all() == []
        rig.run("clerk")
        assert len(rig.channels.all()) == len(posted(rig)) == 1


def _disk_full() -> None:
    raise OSError("disk full")


def test_a_private_channel_is_registered_as_any(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig, PRIVATE)
        assert len(posted(rig, PRIVATE)) == 1


def test_in_a_channel_shared_with_another_organisation_the_welcome_says_who_cannot_decide(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        assert "shared with another organisation" in drawn(registered(rig, SHARED))
        assert "shared with another organisation" not in drawn(registered(rig))


def test_removing_it_takes_the_channel_and_its_schedule_and_says_so_to_all(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        mention(rig, ADMIN, "autoapprove on hours mon-fri 09:00-17:00 Europe/Berlin")
        told = mention(rig, ADMIN, "remove")
        assert told.startswith(f"<#{APPROVALS}> is not registered any more")
        assert rig.channels.all() == []
        assert rig.schedules.all() == {}
        assert announced(rig)[-1].startswith(f"<@{ADMIN}> has removed this channel")
        (done,) = recorded(rig, "channel_removed")
        before = done.detail["before"]
        assert isinstance(before, dict)
        assert before["schedule"]["on"] is True
        assert done.detail["after"] is None
        assert rig.channels.get(APPROVALS) is None


def test_removed_is_removed_after_a_restart_too_and_can_be_registered_anew(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        mention(rig, ADMIN, "remove")
        rig.restart()
        assert rig.channels.all() == []
        registered(rig)
        assert len(recorded(rig, "channel_registered")) == 2


@pytest.mark.parametrize("transaction", [1, 2])
def test_a_crash_in_the_middle_of_removing_leaves_it_removed_recorded_and_said(
    sandbox: Sandbox, tmp_path: Path, transaction: int
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        hear(rig, ADMIN, "remove")
        with rig.killed_at(transaction), pytest.raises(Killed):
            rig.step("clerk")
        rig.restart()
        rig.run("clerk")
        assert rig.channels.all() == []
        (done,) = recorded(rig, "channel_removed")
        before = done.detail["before"]
        assert isinstance(before, dict)
        assert before["policy"]["registered_by"] == ADMIN
        assert [text.startswith(f"<@{ADMIN}> has removed") for text in announced(rig)] == [False, True]


def test_only_admins_remove_a_channel(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        assert "This is for admins" in mention(rig, APPROVER, "remove")
        assert rules(rig) == ["admins only"]
        assert rig.channels.get(APPROVALS) is not None


def test_a_channel_that_a_file_declares_is_not_removed(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        mention(rig, ADMIN, "autoapprove on hours mon-fri 09:00-17:00 Europe/Berlin")
        assert "declared in channels.json" in mention(rig, ADMIN, "remove")
        assert rig.channels.get(APPROVALS) is not None
        assert APPROVALS in rig.schedules.all()
        assert rules(rig) == ["declared elsewhere"]


def test_directly_a_channel_is_removed_by_its_name(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        assert write(rig, ADMIN, "remove").startswith("Which channel do you mean?")
        assert "is not registered, so there is nothing" in write(rig, ADMIN, f"remove <#{SECOND_CHANNEL}>")
        assert "is not registered any more" in write(rig, ADMIN, f"remove <#{APPROVALS}|approvals>")
        assert rig.channels.all() == []
        assert "has removed this channel" in announced(rig)[-1]


def test_a_schedule_left_from_before_is_told_in_the_welcome(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        mention(rig, ADMIN, "autoapprove on hours mon-fri 09:00-17:00 Europe/Berlin")
        rig.store.delete("channels", APPROVALS)
        rig.refresher.work(rig.clock.now())
        assert "A schedule from before still approves requests here" in drawn(registered(rig))


def test_where_SLACK_CHANNEL_alone_declares_it_an_admins_mention_posts_the_welcome(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    rig = Rig(sandbox, tmp_path, {})
    rig.declared = [Channel(APPROVALS, ChannelPolicy(), Source.ENVIRONMENT, is_default=True)]
    with rig:
        assert "Nobody may decide here yet. An admin has to mention me in it" in mention(rig, APPROVER)
        registered(rig)
        channel = rig.channels.get(APPROVALS)
        assert channel is not None
        assert (channel.source, channel.registered_by) == (Source.ENVIRONMENT, ADMIN)
        assert mention(rig, ADMIN).startswith("I post approval requests here.")
        assert "declared by SLACK_CHANNEL" in mention(rig, ADMIN, "remove")


def test_what_the_store_does_not_take_is_not_done_and_the_words_say_why(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        block_state(tmp_path, "channels")
        told = mention(rig, ADMIN)
        assert told.startswith("I could not store this, so I go on as before.")
        assert rig.channels.all() == []
        assert rules(rig) == ["state cannot be written"]
        assert posted(rig) == []


def test_where_slack_does_not_tell_what_kind_of_conversation_it_is_nothing_is_registered(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given both scopes, when Slack says that one is missing all the same, then it is among a few people."""
    with talking(sandbox, tmp_path) as rig:
        rig.control.faults(method="conversations.info", kind="missing_scope")
        assert "what kind of channel this is (missing_scope)" in mention(rig, ADMIN)
        assert rig.channels.all() == []
        assert rules(rig) == ["cannot tell what kind of channel"]


def test_what_was_begun_before_a_crash_is_finished_however_long_it_takes(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        hear(rig, ADMIN)
        with rig.killed_at(2), pytest.raises(Killed):
            rig.step("clerk")
        rig.clock.advance(60 * 60)
        rig.restart()
        rig.run("clerk")
        assert len(recorded(rig, "channel_registered")) == len(posted(rig)) == 1


def test_with_the_four_required_scopes_alone_a_channel_is_registered(tmp_path: Path) -> None:
    optional = json.loads(MANIFEST.read_text())["oauth_config"]["scopes"]["bot_optional"]
    with Sandbox(declined_scopes=optional) as sandbox, talking(sandbox, tmp_path) as rig:
        welcome = drawn(registered(rig))
        assert "nobody decides by being in a user group" in welcome


def test_what_waited_too_long_is_not_done(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        hear(rig, ADMIN)
        rig.clock.advance(15 * 60 + 1)
        rig.run("clerk")
        assert rig.channels.all() == []
        assert "within 15 minutes" in rig.told(ADMIN)[0]
        assert rules(rig) == ["too old"]


def test_everything_that_was_asked_is_handled_in_the_end(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        mention(rig, ADMIN, "remove")
        with rig.ledger.read() as connection:
            rows = connection.execute(inbox_table.select()).mappings().all()
        assert [row["due_at"] for row in rows] == [None] * len(rows)
        assert [row["answer_due_at"] for row in rows] == [None] * len(rows)

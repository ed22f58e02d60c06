"""Admins name in words who may decide in a channel; anybody is told."""

from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.conversation.approvers import MOST_USERS
from slack_bot.policy import ChannelPolicy
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS,
    APPROVERS_GROUP,
    GUEST,
    OTHER_BOT,
    OUR_BOT,
    OUTSIDER,
    REQUESTER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Killed,
)
from tests.slack_bot.conversing import (
    announced,
    block_state,
    command,
    hear,
    mention,
    recorded,
    registered,
    rules,
    talking,
    write,
)

GROUP = f"<!subteam^{APPROVERS_GROUP}|@it-approvers>"


@pytest.mark.parametrize(
    ("words", "policy"),
    [
        (f"<@{APPROVER}>", ChannelPolicy(users=(APPROVER,), registered_by=ADMIN)),
        (
            f"<@{APPROVER}> <@{SECOND_APPROVER}|second> {GROUP}",
            ChannelPolicy((APPROVER, SECOND_APPROVER), (APPROVERS_GROUP,), registered_by=ADMIN),
        ),
        ("everyone", ChannelPolicy(everyone=True, registered_by=ADMIN)),
        (f"<@{GUEST}>", ChannelPolicy(users=(GUEST,), registered_by=ADMIN)),
    ],
)
def test_an_admin_names_who_may_decide_from_now_on(
    sandbox: Sandbox, tmp_path: Path, words: str, policy: ChannelPolicy
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        told = mention(rig, ADMIN, f"approvers {words}")
        assert told.startswith("This holds from now on. Deciding is for ")
        channel = rig.channels.get(APPROVALS)
        assert channel is not None
        assert channel.policy == policy
        (line,) = announced(rig)[1:]
        assert line.startswith("From now on: Deciding is for")
        assert line.endswith(f"<@{ADMIN}> has set this.")
        (done,) = recorded(rig, "channel_changed")
        assert (done.actor, done.detail["what"]) == (ADMIN, APPROVALS)
        assert done.detail["before"] == {
            "users": [],
            "groups": [],
            "everyone": False,
            "registered_by": ADMIN,
        }
        assert done.detail["after"] == {
            "users": list(policy.users),
            "groups": list(policy.groups),
            "everyone": policy.everyone,
            "registered_by": ADMIN,
        }


def test_whoever_is_named_decides_and_the_admin_who_registered_it_no_more(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        rig.ask()
        rig.press(APPROVER, "approve_request")
        rig.run()
        assert rig.told(APPROVER)[-1] == f"Until approvers are picked, only <@{ADMIN}> may decide here."
        mention(rig, ADMIN, f"approvers <@{APPROVER}>")
        rig.press(ADMIN, "approve_request")
        rig.run()
        assert "You are not an approver here." in rig.told(ADMIN)[-1]
        rig.press(APPROVER, "approve_request")
        rig.run()
        assert rig.headline() == "Approved by Approver"


def test_until_somebody_is_named_the_admin_who_registered_it_decides(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        rig.ask()
        rig.press(ADMIN, "deny_request")
        rig.run()
        assert rig.headline() == "Denied by Admin"


def test_nobody_but_an_admin_names_approvers(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        told = mention(rig, APPROVER, f"approvers <@{APPROVER}>")
        assert told == "This is for admins: the admins and owners of this workspace."
        assert rules(rig) == ["admins only"]
        assert recorded(rig, "channel_changed", "intent")[1:] == []


@pytest.mark.parametrize(
    ("words", "rule", "told"),
    [
        (f"<@{OTHER_BOT}>", "no bots", "is a bot, and bots cannot decide"),
        ("<@U08DEACTIVATED>", "no deactivated accounts", "is deactivated"),
        ("<@U99NOBODY>", "cannot tell who is named", "who <@U99NOBODY> is (user_not_found)"),
        ("<!subteam^S99NOTHING>", "no such group", "is no user group that is in use here"),
    ],
)
def test_who_cannot_decide_is_not_named_and_nothing_changes(
    sandbox: Sandbox, tmp_path: Path, words: str, rule: str, told: str
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        assert told in mention(rig, ADMIN, f"approvers <@{APPROVER}> {words}")
        assert rules(rig) == [rule]
        channel = rig.channels.get(APPROVALS)
        assert channel is not None
        assert not channel.policy.names_somebody


def test_the_bot_itself_is_no_approver(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        command(rig, ADMIN, f"approvers <@{OUR_BOT}>")
        channel = rig.channels.get(APPROVALS)
        assert channel is not None
        assert not channel.policy.names_somebody


def test_more_people_than_anybody_looks_over_are_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    many = " ".join(f"<@U0MANY{number:03}>" for number in range(MOST_USERS + 1))
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        assert "Please make a user group of them" in mention(rig, ADMIN, f"approvers {many}")
        assert rules(rig) == ["too many approvers"]


def test_words_that_are_too_long_are_not_cut_and_obeyed(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        told = mention(rig, ADMIN, f"approvers <@{APPROVER}>" + " " * 2_000 + f"<@{SECOND_APPROVER}>")
        assert told == "That was longer than any command, so I did nothing. Please write it shorter."
        assert rules(rig) == ["too long"]


def test_a_group_that_cannot_be_checked_is_kept_and_the_answer_says_so(tmp_path: Path) -> None:
    with Sandbox(declined_scopes=["usergroups:read"]) as sandbox, talking(sandbox, tmp_path) as rig:
        registered(rig)
        told = mention(rig, ADMIN, f"approvers {GROUP}")
        assert "nobody decides by being in a user group" in told
        channel = rig.channels.get(APPROVALS)
        assert channel is not None
        assert channel.policy.groups == (APPROVERS_GROUP,)


def test_everyone_where_the_members_cannot_be_read_is_kept_and_the_answer_says_so(tmp_path: Path) -> None:
    with Sandbox(declined_scopes=["channels:read"]) as sandbox, talking(sandbox, tmp_path) as rig:
        registered(rig)
        assert "nobody decides by being in it" in mention(rig, ADMIN, "approvers everyone")


def test_a_channel_of_the_file_keeps_the_approvers_that_the_file_names(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        assert "declared in channels.json" in mention(rig, ADMIN, "approvers everyone")
        assert rules(rig) == ["declared elsewhere"]
        channel = rig.channels.get(APPROVALS)
        assert channel is not None
        assert channel.policy == APPROVERS


def test_approvers_are_named_in_their_channel_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        assert write(rig, ADMIN, "approvers everyone") == "Please write this in the channel that you mean."


def test_what_the_store_does_not_take_changes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        block_state(tmp_path, "channels")
        assert mention(rig, ADMIN, "approvers everyone").startswith("I could not store this")
        channel = rig.channels.get(APPROVALS)
        assert channel is not None
        assert not channel.policy.everyone
        assert recorded(rig, "channel_changed") == []
        assert len(announced(rig)) == 1


@pytest.mark.parametrize("transaction", [1, 2])
def test_a_crash_in_the_middle_leaves_one_change_with_what_was_before(
    sandbox: Sandbox, tmp_path: Path, transaction: int
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        hear(rig, ADMIN, "approvers everyone")
        with rig.killed_at(transaction), pytest.raises(Killed):
            rig.step("clerk")
        rig.restart()
        rig.run("clerk")
        (done,) = recorded(rig, "channel_changed")
        before, after = done.detail["before"], done.detail["after"]
        assert isinstance(before, dict)
        assert isinstance(after, dict)
        assert (before["everyone"], after["everyone"]) == (False, True)
        assert len(announced(rig)) == 2


def test_what_was_begun_before_a_crash_does_not_undo_what_somebody_else_set_since(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        hear(rig, ADMIN, "approvers everyone")
        with rig.killed_at(2), pytest.raises(Killed):
            rig.step("clerk")
        rig.restart()
        rig.channels.set_policy(APPROVALS, ChannelPolicy(users=(APPROVER,)), SECOND_APPROVER)
        rig.run("clerk")
        channel = rig.channels.get(APPROVALS)
        assert channel is not None
        assert channel.policy == ChannelPolicy(users=(APPROVER,), registered_by=ADMIN)
        assert "somebody else has changed the same since" in rig.told(ADMIN)[-1]
        assert rules(rig) == ["changed by somebody else since"]


def test_anybody_in_the_channel_is_told_who_may_decide_and_where_that_comes_from(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {SECOND_CHANNEL: APPROVERS}) as rig:
        registered(rig)
        told = mention(rig, OUTSIDER, "policy")
        assert told.startswith(f"The channel was registered by <@{ADMIN}>, <!date^")
        assert f"Until approvers are picked, only <@{ADMIN}> may decide here. (built in)" in told
        told = mention(rig, SECOND_APPROVER, "policy", SECOND_CHANNEL)
        assert told.startswith("This is declared in channels.json. This holds here:")
        assert f"• *who*: Deciding is for <!subteam^{APPROVERS_GROUP}>. (this channel)" in told.splitlines()


def test_where_the_file_names_nobody_the_answer_says_what_an_admin_must_do(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: ChannelPolicy()}) as rig:
        told = mention(rig, REQUESTER, "policy")
        assert (
            "• *who*: Nobody may decide here yet. An admin has to name its approvers in channels.json."
            in told
        )


def test_directly_the_policies_of_all_channels_are_told_to_those_who_may_decide(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    channels = {APPROVALS: APPROVERS, SECOND_CHANNEL: ChannelPolicy(users=(OUTSIDER,))}
    with talking(sandbox, tmp_path, channels) as rig:
        for user in (ADMIN, APPROVER, OUTSIDER):
            told = write(rig, user, "policy")
            assert [line.partition(":")[0] for line in told.splitlines() if line[0] != "•"] == [
                f"<#{APPROVALS}>",
                f"<#{SECOND_CHANNEL}>",
            ]
        assert write(rig, REQUESTER, "policy").startswith("I tell this to those who may decide")
        assert write(rig, GUEST, "policy").startswith("Guests and people of other workspaces")
        assert rules(rig) == ["approvers only", "members only"]


def test_directly_an_admin_is_told_that_no_channel_is_registered(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        assert write(rig, ADMIN, "policy").startswith("No channel is registered yet.")

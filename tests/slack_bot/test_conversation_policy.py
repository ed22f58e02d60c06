"""The whole policy is told in conversation, each part with where it comes from, within Slack's limits."""

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot import answers
from slack_bot.channel import Channel, Source
from slack_bot.policy import (
    Approvals,
    BreakGlass,
    ChannelPolicy,
    OnSilence,
    Seat,
    Silence,
    Silences,
    Terms,
    text_of,
)
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS, APPROVERS_GROUP, OUTSIDER, SECOND_CHANNEL
from tests.slack_bot.conversing import command, mention, registered, talking, write
from upstream_client.models import Duration, Risk

STRICT = ChannelPolicy(
    groups=(APPROVERS_GROUP,),
    terms=Terms(
        approvals=Approvals(medium=2),
        seats=(Seat("S02ONCALL", 1, Risk.HIGH),),
        silence=Silences(any=Silence(remind_after=600, deadline=3_600)),
        longest=Duration(3_600),
    ),
    defaults=Terms(own_requests=True, break_glass=BreakGlass(True, SECOND_CHANNEL)),
)


def channel(id: str, policy: ChannelPolicy) -> Channel:
    return Channel(id, policy, Source.STORE, ADMIN, 1)


def test_every_part_of_the_policy_is_told_with_where_it_comes_from(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: replace(STRICT, defaults=Terms())}) as rig:
        for told in (mention(rig, OUTSIDER, "policy"), command(rig, OUTSIDER, "policy")):
            assert told.splitlines()[1:] == [
                f"• *who*: Deciding is for <!subteam^{APPROVERS_GROUP}>. From high risk upwards it is for "
                "<!subteam^S02ONCALL> too. (this channel)",
                "• *how many*: 1 person must approve what has low risk. (built in)",
                "• *how many*: 2 people must approve what has medium risk. What has no risk counts as medium. "
                "(this channel)",
                "• *how many*: 2 people must approve what has high or critical risk. (built in)",
                "• *seats*: Of those who approve there must be 1 of <!subteam^S02ONCALL> from high risk upwards. "
                "One person fills one seat. (this channel)",
                "• *own requests*: Nobody may approve what they asked for themselves; they may deny it. (built in)",
                "• *unknown requesters*: Where I cannot tell who in Slack asked, nobody may approve what has high "
                "or critical risk. (built in)",
                "• *silence*: While nobody answers what has any risk, I remind after 10 minutes, then ever more "
                "rarely; after 1 hour, or shortly before it expires upstream, it is denied, or left to the "
                "upstream where that escalates by itself. (this channel)",
                "• *longest*: An approval holds for 1 hour at most. (this channel)",
                "• *nothing else*: Nobody may break the glass. (built in)",
            ]


def test_what_the_defaults_say_is_told_as_theirs() -> None:
    told = answers.policy_of(channel(APPROVALS, STRICT))
    assert "(the defaults of channels.json)" in next(
        one for one in told.splitlines() if "own requests" in one
    )
    assert (
        f"announced in this channel, and in <#{SECOND_CHANNEL}> if that is another. (the defaults of channels.json)"
        in told
    )


def test_what_was_opted_out_of_in_slack_is_told_as_this_channels(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        policy = ChannelPolicy(terms=Terms(approvals=Approvals(high=1, critical=1)))
        rig.channels.set_policy(APPROVALS, policy, ADMIN)
        told = mention(rig, OUTSIDER, "policy")
        assert "• *how many*: 1 person must approve what has high or critical risk. (this channel)" in told


def test_directly_a_few_policies_are_told_whole(sandbox: Sandbox, tmp_path: Path) -> None:
    channels = {APPROVALS: APPROVERS, SECOND_CHANNEL: replace(STRICT, defaults=Terms())}
    with talking(sandbox, tmp_path, channels) as rig:
        told = write(rig, APPROVER, "policy")
        assert f"<#{SECOND_CHANNEL}>: This is declared in channels.json. This holds here:" in told
        assert "• *longest*: An approval holds for 1 hour at most. (this channel)" in told
        assert told.count("• *who*: ") == 2


@pytest.mark.parametrize("count", [10, 60, 500])
def test_of_many_channels_it_is_told_who_decides_in_as_many_as_one_message_takes(count: int) -> None:
    channels = [channel(f"C{number:09}", STRICT) for number in range(count)]
    lines = answers.policies_of(channels)
    shown = [line for line in lines if line.startswith("<#C")]
    assert len("\n".join(lines)) <= answers.MOST_TOLD + 200
    assert shown
    assert all(f"Deciding is for <!subteam^{APPROVERS_GROUP}>" in line for line in shown)
    assert lines[-1].endswith("To see all that holds in a channel, write `policy` there.")
    assert (f"… and {count - len(shown)} more." in lines[-1]) is (len(shown) < count)


CROWD = tuple(f"U{number:019}" for number in range(500))


def test_of_a_very_long_list_of_people_the_end_is_counted_and_no_mention_is_cut() -> None:
    told = answers.policy_of(channel(APPROVALS, ChannelPolicy(users=CROWD)))
    assert f"<@{CROWD[19]}> and 480 more. (this channel)" in told
    assert told.count("<@U00") == 20
    assert told.count("<") == told.count(">")


def test_a_very_long_backup_hides_neither_the_deadline_nor_its_verdict() -> None:
    """Given a backup of 500 people, when the policy is told, then the sentence is whole; the audit has them all."""
    backup = Silence(600, 1_800, CROWD, (), 3_600, OnSilence.APPROVE)
    policy = ChannelPolicy(users=CROWD, everyone=True, terms=Terms(silence=Silences(any=backup)))
    told = answers.policy_of(channel(APPROVALS, policy))
    (silence,) = [one for one in told.splitlines() if one.startswith("• *silence*")]
    assert f"<@{CROWD[19]}> and 480 more, who may then decide as well; after 1 hour" in silence
    assert "it is approved" in silence
    assert f"<@{CROWD[19]}>, 480 more and the full members of this channel. (this channel)" in told
    assert len(told) < answers.MOST_TOLD
    assert text_of(policy).count("<@") == 2 * len(CROWD)


def test_of_a_very_long_list_of_seats_the_end_is_counted() -> None:
    seats = tuple(Seat(f"S{number:09}") for number in range(80))
    told = answers.policy_of(channel(APPROVALS, ChannelPolicy(users=CROWD[:1], terms=Terms(seats=seats))))
    (line,) = [one for one in told.splitlines() if one.startswith("• *seats*")]
    assert f"… and {80 - line.count('<!subteam')} more. (this channel)" in line
    assert line.count("<") == line.count(">")

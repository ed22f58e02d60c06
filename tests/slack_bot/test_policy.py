from dataclasses import dataclass

import pytest

from slack_bot.policy import ChannelPolicy, LookUps, Refusal, Standing, Voter, describe, may_decide, verdict
from upstream_client.models import Verdict

PERSON = "U02APPROVER"
GROUP, OTHER_GROUP = "S01APPROVERS", "S03OTHERS"

NOBODY = ChannelPolicy()
NAMED = ChannelPolicy(users=(PERSON,))
SOMEBODY_ELSE = ChannelPolicy(users=("U03SECOND",))
BY_GROUP = ChannelPolicy(groups=(GROUP,))
EVERYONE = ChannelPolicy(everyone=True)
ALL_RULES = ChannelPolicy(users=("U03SECOND",), groups=(GROUP,), everyone=True)
POLICIES = [NOBODY, NAMED, SOMEBODY_ELSE, BY_GROUP, EVERYONE, ALL_RULES]


def voter(standing: Standing, *groups: str, in_channel: bool = False) -> Voter:
    return Voter(PERSON, standing, frozenset(groups), in_channel)


MEMBER = voter(Standing.MEMBER)
ANYTHING = [
    voter(standing, *groups, in_channel=here)
    for standing in Standing
    for groups in ((), (GROUP,))
    for here in (False, True)
]


@pytest.mark.parametrize(
    ("policy", "who", "rule"),
    [
        (NOBODY, MEMBER, "no approvers"),
        (NOBODY, voter(Standing.MEMBER, GROUP, in_channel=True), "no approvers"),
        (NAMED, MEMBER, None),
        (SOMEBODY_ELSE, MEMBER, "not an approver"),
        (SOMEBODY_ELSE, voter(Standing.MEMBER, GROUP, in_channel=True), "not an approver"),
        (BY_GROUP, MEMBER, "not an approver"),
        (BY_GROUP, voter(Standing.MEMBER, GROUP), None),
        (BY_GROUP, voter(Standing.MEMBER, GROUP, OTHER_GROUP), None),
        (BY_GROUP, voter(Standing.MEMBER, OTHER_GROUP), "not an approver"),
        (BY_GROUP, voter(Standing.MEMBER, in_channel=True), "not an approver"),
        (EVERYONE, voter(Standing.MEMBER, in_channel=True), None),
        (EVERYONE, voter(Standing.MEMBER), "not an approver"),
        (EVERYONE, voter(Standing.MEMBER, GROUP), "not an approver"),
        (EVERYONE, voter(Standing.GUEST, in_channel=True), "no guests"),
        (BY_GROUP, voter(Standing.GUEST, GROUP), "no guests"),
        (BY_GROUP, voter(Standing.STRANGER, GROUP), "no strangers"),
        (BY_GROUP, voter(Standing.BOT, GROUP), "no bots"),
        (BY_GROUP, voter(Standing.DEACTIVATED, GROUP), "no deactivated accounts"),
        (ALL_RULES, voter(Standing.MEMBER, in_channel=True), None),
        (ALL_RULES, voter(Standing.MEMBER, GROUP), None),
        (ALL_RULES, MEMBER, "not an approver"),
    ],
)
def test_who_may_decide(policy: ChannelPolicy, who: Voter, rule: str | None) -> None:
    refusal = may_decide(policy, who)
    assert (refusal.rule if refusal else None) == rule


@pytest.mark.parametrize("who", ANYTHING, ids=str)
def test_the_named_may_whatever_their_account(who: Voter) -> None:
    assert may_decide(NAMED, who) is None


@pytest.mark.parametrize("policy", [one for one in POLICIES if one is not NAMED], ids=str)
@pytest.mark.parametrize("who", [one for one in ANYTHING if one.standing is not Standing.MEMBER], ids=str)
def test_guests_strangers_bots_and_deactivated_never_unless_named(policy: ChannelPolicy, who: Voter) -> None:
    assert isinstance(may_decide(policy, who), Refusal)


@pytest.mark.parametrize("who", ANYTHING, ids=str)
def test_without_a_list_nobody_may(who: Voter) -> None:
    assert isinstance(may_decide(NOBODY, who), Refusal)


@pytest.mark.parametrize(
    ("policy", "who", "words"),
    [
        (
            NOBODY,
            MEMBER,
            "Nobody may decide in this channel yet: an admin has to name its approvers.",
        ),
        (
            ALL_RULES,
            MEMBER,
            "You are not an approver here. Deciding is for <@U03SECOND>, <!subteam^S01APPROVERS> and "
            "the full members of this channel.",
        ),
        (
            BY_GROUP,
            voter(Standing.GUEST, GROUP),
            "Guests cannot decide here unless they are named as approvers.",
        ),
        (
            BY_GROUP,
            voter(Standing.STRANGER),
            "People of another workspace cannot decide here unless they are named as approvers.",
        ),
        (BY_GROUP, voter(Standing.BOT), "Bots cannot decide."),
        (BY_GROUP, voter(Standing.DEACTIVATED), "Deactivated accounts cannot decide."),
    ],
)
def test_a_refusal_says_which_rule_and_what_would_satisfy_it(
    policy: ChannelPolicy, who: Voter, words: str
) -> None:
    refusal = may_decide(policy, who)
    assert refusal is not None
    assert refusal.words == words


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (NOBODY, "Nobody may decide here yet."),
        (NAMED, "Deciding is for <@U02APPROVER>."),
        (BY_GROUP, "Deciding is for <!subteam^S01APPROVERS>."),
        (EVERYONE, "Deciding is for the full members of this channel."),
        (
            ChannelPolicy(users=("U02APPROVER", "U03SECOND")),
            "Deciding is for <@U02APPROVER> and <@U03SECOND>.",
        ),
        (
            ALL_RULES,
            "Deciding is for <@U03SECOND>, <!subteam^S01APPROVERS> and the full members of this channel.",
        ),
    ],
)
def test_a_policy_describes_itself(policy: ChannelPolicy, words: str) -> None:
    assert describe(policy) == words


@pytest.mark.parametrize(
    ("policy", "look_ups"),
    [
        (NOBODY, LookUps((), channel_members=False)),
        (NAMED, LookUps((), channel_members=False)),
        (BY_GROUP, LookUps((GROUP,), channel_members=False)),
        (EVERYONE, LookUps((), channel_members=True)),
        (ALL_RULES, LookUps((GROUP,), channel_members=True)),
        (ChannelPolicy(users=(PERSON,), groups=(GROUP,), everyone=True), LookUps((), channel_members=False)),
    ],
)
def test_only_what_the_policy_turns_on_is_looked_up(policy: ChannelPolicy, look_ups: LookUps) -> None:
    assert policy.asks_of(PERSON) == look_ups


@dataclass(frozen=True)
class Cast:
    """A vote, as much of it as the count reads."""

    verdict: Verdict


@pytest.mark.parametrize(
    ("votes", "decided"),
    [
        ([], None),
        ([Verdict.APPROVE], Verdict.APPROVE),
        ([Verdict.DENY], Verdict.DENY),
        ([Verdict.DENY, Verdict.APPROVE, Verdict.APPROVE], Verdict.DENY),
        ([Verdict.APPROVE, Verdict.DENY], Verdict.APPROVE),
    ],
)
def test_the_first_vote_decides(votes: list[Verdict], decided: Verdict | None) -> None:
    assert verdict([Cast(vote) for vote in votes]) is decided

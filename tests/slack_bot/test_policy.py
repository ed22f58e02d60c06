from dataclasses import dataclass

import pytest

from slack_bot.policy import (
    Admins,
    ChannelPolicy,
    LookUps,
    Refusal,
    Standing,
    Voter,
    describe,
    describe_admins,
    may_administer,
    may_decide,
)

PERSON = "U02APPROVER"
GROUP, OTHER_GROUP = "S01APPROVERS", "S03OTHERS"

NOBODY = ChannelPolicy()
REGISTERED = ChannelPolicy(registered_by=PERSON)
REGISTERED_BY_OTHER = ChannelPolicy(registered_by="U04ADMIN")
NAMED = ChannelPolicy(users=(PERSON,))
SOMEBODY_ELSE = ChannelPolicy(users=("U03SECOND",))
BY_GROUP = ChannelPolicy(groups=(GROUP,))
EVERYONE = ChannelPolicy(everyone=True)
ALL_RULES = ChannelPolicy(users=("U03SECOND",), groups=(GROUP,), everyone=True)
POLICIES = [NOBODY, REGISTERED, NAMED, SOMEBODY_ELSE, BY_GROUP, EVERYONE, ALL_RULES]


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
        (REGISTERED, MEMBER, None),
        (REGISTERED, voter(Standing.GUEST), "no guests"),
        (REGISTERED, voter(Standing.STRANGER), "no strangers"),
        (REGISTERED, voter(Standing.DEACTIVATED), "no deactivated accounts"),
        (REGISTERED_BY_OTHER, MEMBER, "no approvers"),
        (REGISTERED_BY_OTHER, voter(Standing.MEMBER, GROUP, in_channel=True), "no approvers"),
        (ChannelPolicy(users=("U03SECOND",), registered_by=PERSON), MEMBER, "not an approver"),
        (ChannelPolicy(groups=(GROUP,), registered_by=PERSON), MEMBER, "not an approver"),
        (ChannelPolicy(everyone=True, registered_by=PERSON), MEMBER, "not an approver"),
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
            REGISTERED_BY_OTHER,
            MEMBER,
            "Until approvers are picked, only <@U04ADMIN> may decide here.",
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
        (REGISTERED_BY_OTHER, "Until approvers are picked, only <@U04ADMIN> may decide here."),
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
        (REGISTERED, LookUps((), channel_members=False)),
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
class Account:
    """Somebody, as much of them as the rule for admins reads."""

    standing: Standing = Standing.MEMBER
    is_admin: bool = False
    id: str = PERSON


WORKSPACE_ADMIN = Account(is_admin=True)
BY_NAME = Admins(users=(PERSON,))
BY_ADMIN_GROUP = Admins(group=GROUP)


@pytest.mark.parametrize(
    ("admins", "account", "in_group", "rule"),
    [
        (Admins(), WORKSPACE_ADMIN, False, None),
        (Admins(), Account(), False, "admins only"),
        (Admins(), Account(), True, "admins only"),
        (Admins(users=("U03SECOND",)), WORKSPACE_ADMIN, False, None),
        (Admins(users=("U03SECOND",)), Account(), False, "admins only"),
        (BY_ADMIN_GROUP, WORKSPACE_ADMIN, False, "admins only"),
        (BY_ADMIN_GROUP, Account(), True, None),
        (BY_ADMIN_GROUP, Account(), False, "admins only"),
        (BY_ADMIN_GROUP, Account(Standing.GUEST), True, "admins only: no guests"),
        (BY_ADMIN_GROUP, Account(Standing.STRANGER, is_admin=True), True, "admins only: no strangers"),
        (BY_ADMIN_GROUP, Account(Standing.DEACTIVATED), True, "admins only: no deactivated accounts"),
        (BY_ADMIN_GROUP, Account(Standing.BOT), True, "admins only: no bots"),
        (Admins(), Account(Standing.GUEST, is_admin=True), False, "admins only: no guests"),
        (Admins(), Account(Standing.STRANGER, is_admin=True), False, "admins only: no strangers"),
        (
            Admins(),
            Account(Standing.DEACTIVATED, is_admin=True),
            False,
            "admins only: no deactivated accounts",
        ),
        (Admins(), Account(Standing.BOT, is_admin=True), False, "admins only: no bots"),
        (BY_NAME, Account(), False, None),
        (BY_NAME, Account(Standing.GUEST), False, None),
        (BY_NAME, Account(Standing.STRANGER), False, None),
        (BY_NAME, Account(Standing.BOT), False, "admins only: no bots"),
        (Admins(users=(PERSON,), group=GROUP), Account(), False, None),
    ],
)
def test_who_may_administer(admins: Admins, account: Account, in_group: bool, rule: str | None) -> None:
    refusal = may_administer(admins, account, in_group)
    assert (refusal.rule if refusal else None) == rule


@pytest.mark.parametrize(
    ("admins", "account", "asks"),
    [
        (Admins(), Account(), False),
        (BY_ADMIN_GROUP, Account(), True),
        (BY_ADMIN_GROUP, Account(Standing.GUEST), False),
        (BY_ADMIN_GROUP, Account(Standing.BOT), False),
        (Admins(users=(PERSON,), group=GROUP), Account(), False),
    ],
)
def test_the_group_is_read_only_where_it_can_help(admins: Admins, account: Account, asks: bool) -> None:
    assert admins.asks_of(account) is asks
    if not asks:
        assert may_administer(admins, account, True) == may_administer(admins, account, False)


@pytest.mark.parametrize(
    ("admins", "words"),
    [
        (Admins(), "the admins and owners of this workspace"),
        (BY_ADMIN_GROUP, "<!subteam^S01APPROVERS>"),
        (BY_NAME, "<@U02APPROVER> and the admins and owners of this workspace"),
        (Admins((PERSON, "U03SECOND"), GROUP), "<@U02APPROVER>, <@U03SECOND> and <!subteam^S01APPROVERS>"),
    ],
)
def test_who_the_admins_are_is_told_in_words(admins: Admins, words: str) -> None:
    assert describe_admins(admins) == words
    refusal = may_administer(admins, Account(id="U05OUTSIDER"), False)
    assert refusal is not None
    assert refusal.words == f"This is for admins: {words}."

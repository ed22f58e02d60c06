"""Who may decide, and what the votes add up to. Pure: values in, a verdict and its reason in words out."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from upstream_client.models import Verdict


class Standing(StrEnum):
    """What kind of account somebody has."""

    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"
    BOT = "bot"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """Who may decide in a channel: named people, members of user groups, or all its full members.

    Until somebody is named, only ``registered_by``: the admin who registered the channel.
    """

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    everyone: bool = False
    registered_by: str = ""

    @property
    def names_somebody(self) -> bool:
        """Whether approvers were named at all."""
        return bool(self.users or self.groups or self.everyone)

    def asks_of(self, user_id: str) -> "LookUps":
        """What must be known of somebody before `may_decide` can tell: nothing of those who are named."""
        if user_id in self.users:
            return LookUps(groups=(), channel_members=False)
        return LookUps(groups=self.groups, channel_members=self.everyone)


@dataclass(frozen=True, slots=True)
class Admins:
    """Who may register channels and set schedules: named people and a group's members.

    With no ``group``, the workspace's own admins and owners may as well.
    """

    users: tuple[str, ...] = ()
    group: str = ""

    def asks_of(self, account: "Account") -> bool:
        """Whether `may_administer` must know if somebody is in the group: not of those it cannot help."""
        is_named = account.id in self.users
        return bool(self.group) and not is_named and account.standing is Standing.MEMBER


@dataclass(frozen=True, slots=True)
class LookUps:
    """What to read from Slack about one voter."""

    groups: tuple[str, ...]
    channel_members: bool


@dataclass(frozen=True, slots=True)
class Voter:
    """Somebody who pressed a button, and what the look-ups told."""

    user_id: str
    standing: Standing
    groups: frozenset[str] = frozenset()
    in_channel: bool = False


class Account(Protocol):
    """What must be known of somebody who wants to change something."""

    @property
    def id(self) -> str: ...

    @property
    def standing(self) -> Standing: ...

    @property
    def is_admin(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: the rule's name, and a sentence that says what would satisfy it."""

    rule: str
    words: str


_NEVER = {
    Standing.GUEST: Refusal("no guests", "Guests cannot decide here unless they are named as approvers."),
    Standing.STRANGER: Refusal(
        "no strangers", "People of another workspace cannot decide here unless they are named as approvers."
    ),
    Standing.BOT: Refusal("no bots", "Bots cannot decide."),
    Standing.DEACTIVATED: Refusal("no deactivated accounts", "Deactivated accounts cannot decide."),
}


def may_decide(policy: ChannelPolicy, voter: Voter) -> Refusal | None:
    """None where the voter may decide, else why not.

    Named people may, whatever their account; of all others only full members of the workspace, and of those
    the members of a named group, or everyone in the channel if that was chosen. With no list: nobody but the
    admin who registered the channel.
    """
    if voter.user_id in policy.users:
        return None
    if voter.standing is not Standing.MEMBER:
        return _NEVER[voter.standing]
    if not policy.names_somebody:
        if policy.registered_by and voter.user_id == policy.registered_by:
            return None
        return Refusal("no approvers", _until_picked(policy))
    if voter.groups & set(policy.groups) or (policy.everyone and voter.in_channel):
        return None
    return Refusal("not an approver", f"You are not an approver here. Deciding is for {_who(policy)}.")


_NEVER_ADMINS = {
    Standing.GUEST: Refusal(
        "admins only: no guests", "Guests cannot do this unless they are named as admins."
    ),
    Standing.STRANGER: Refusal(
        "admins only: no strangers",
        "People of another workspace cannot do this unless they are named as admins.",
    ),
    Standing.BOT: Refusal("admins only: no bots", "Bots cannot do this."),
    Standing.DEACTIVATED: Refusal(
        "admins only: no deactivated accounts",
        "Deactivated accounts cannot do this unless they are named as admins.",
    ),
}


def may_administer(admins: Admins, account: Account, in_group: bool) -> Refusal | None:
    """None where somebody may register channels and set schedules, else why not.

    ``in_group``: whether they are in the admins' group; see `Admins.asks_of`. Bots never; the named, whatever
    their account otherwise; of all others full members only, in the group if there is one, else admins and
    owners of the workspace.
    """
    if account.standing is Standing.BOT:
        return _NEVER_ADMINS[Standing.BOT]
    if account.id in admins.users:
        return None
    if account.standing is not Standing.MEMBER:
        return _NEVER_ADMINS[account.standing]
    if in_group if admins.group else account.is_admin:
        return None
    return Refusal("admins only", f"This is for admins: {describe_admins(admins)}.")


def describe_admins(admins: Admins) -> str:
    """Who they are, in words, with mentions as Slack writes them."""
    others = f"<!subteam^{admins.group}>" if admins.group else "the admins and owners of this workspace"
    return _listed([*(f"<@{user}>" for user in admins.users), others])


def _who(policy: ChannelPolicy) -> str:
    people = [f"<@{user}>" for user in policy.users] + [f"<!subteam^{group}>" for group in policy.groups]
    if policy.everyone:
        people.append("the full members of this channel")
    return _listed(people)


def _listed(people: Sequence[str]) -> str:
    return people[0] if len(people) == 1 else ", ".join(people[:-1]) + " and " + people[-1]


def _until_picked(policy: ChannelPolicy) -> str:
    if policy.registered_by:
        return f"Until approvers are picked, only <@{policy.registered_by}> may decide here."
    return "Nobody may decide in this channel yet: an admin has to name its approvers."


def describe(policy: ChannelPolicy) -> str:
    """Who may decide, in words, with mentions as Slack writes them."""
    if policy.names_somebody:
        return f"Deciding is for {_who(policy)}."
    return _until_picked(policy) if policy.registered_by else "Nobody may decide here yet."


class Vote(Protocol):
    """What the count needs to know of a vote."""

    @property
    def verdict(self) -> Verdict: ...


def verdict(votes: Sequence[Vote]) -> Verdict | None:
    """What the votes, in their order, add up to: the first one decides. None while nobody has voted."""
    return votes[0].verdict if votes else None

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
    """Who may decide in a channel: named people, members of user groups, or all its full members."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    everyone: bool = False

    def asks_of(self, user_id: str) -> "LookUps":
        """What must be known of somebody before `may_decide` can tell: nothing of those who are named."""
        if user_id in self.users:
            return LookUps(groups=(), channel_members=False)
        return LookUps(groups=self.groups, channel_members=self.everyone)


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
    the members of a named group, or everyone in the channel if that was chosen. With no list: nobody.
    """
    if voter.user_id in policy.users:
        return None
    if voter.standing is not Standing.MEMBER:
        return _NEVER[voter.standing]
    if not (policy.users or policy.groups or policy.everyone):
        return Refusal(
            "no approvers", "Nobody may decide in this channel yet: an admin has to name its approvers."
        )
    if voter.groups & set(policy.groups) or (policy.everyone and voter.in_channel):
        return None
    return Refusal("not an approver", f"You are not an approver here. Deciding is for {_who(policy)}.")


def _who(policy: ChannelPolicy) -> str:
    people = [f"<@{user}>" for user in policy.users] + [f"<!subteam^{group}>" for group in policy.groups]
    if policy.everyone:
        people.append("the full members of this channel")
    return people[0] if len(people) == 1 else ", ".join(people[:-1]) + " and " + people[-1]


def describe(policy: ChannelPolicy) -> str:
    """Who may decide, in words, with mentions as Slack writes them."""
    if not (policy.users or policy.groups or policy.everyone):
        return "Nobody may decide here yet."
    return f"Deciding is for {_who(policy)}."


class Vote(Protocol):
    """What the count needs to know of a vote."""

    @property
    def verdict(self) -> Verdict: ...


def verdict(votes: Sequence[Vote]) -> Verdict | None:
    """What the votes, in their order, add up to: the first one decides. None while nobody has voted."""
    return votes[0].verdict if votes else None

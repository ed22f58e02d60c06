"""What the votes add up to. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from slack_bot.policy.approvers import may_decide
from slack_bot.policy.channel_policy import ChannelPolicy
from slack_bot.policy.mentions import listed, mention_group
from slack_bot.policy.own import claimed
from slack_bot.policy.risks import counted_as
from slack_bot.policy.standing import Standing, Voter
from slack_bot.policy.terms import Seat
from upstream_client.models import MINUTE, ApprovalRequest, Risk, Verdict

MICROSECONDS = 1_000_000
"""In a second."""


class Vote(Protocol):
    """What the count needs to know of a vote: what it says, and who gave it as they were then."""

    @property
    def user_id(self) -> str: ...

    @property
    def verdict(self) -> Verdict: ...

    @property
    def standing(self) -> Standing: ...

    @property
    def groups(self) -> frozenset[str]: ...

    @property
    def in_channel(self) -> bool: ...

    @property
    def email(self) -> str: ...

    @property
    def until_at(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody would answer, an approval unless said otherwise, to see what that makes of the votes."""

    voter: Voter
    verdict: Verdict = Verdict.APPROVE
    until_at: int | None = None

    @property
    def user_id(self) -> str:
        """Who answers."""
        return self.voter.user_id

    @property
    def standing(self) -> Standing:
        """What kind of account they have."""
        return self.voter.standing

    @property
    def groups(self) -> frozenset[str]:
        """The user groups they are in."""
        return self.voter.groups

    @property
    def in_channel(self) -> bool:
        """Whether they are in the channel."""
        return self.voter.in_channel

    @property
    def email(self) -> str:
        """Their address in Slack."""
        return self.voter.email


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a request has come.

    ``given``: who has approved, as far as it counts, in their order; ``needed``: how many must. ``open_seats``:
    the user groups of whom somebody is still needed, once for each. ``risk`` is what it was counted as.
    """

    verdict: Verdict | None
    given: tuple[str, ...]
    needed: int
    open_seats: tuple[str, ...]
    risk: Risk

    @property
    def more(self) -> int:
        """How many approvals are missing, those of the open seats included."""
        return max(self.needed - len(self.given), len(self.open_seats))

    @property
    def asked_in_all(self) -> int:
        """How many approvals there will be at least: those that fill no seat make none superfluous."""
        return len(self.given) + self.more

    @property
    def missing(self) -> str:
        """In words: "1 more", "1 of @sre and 1 more"; "" where nothing is."""
        seats = {group: self.open_seats.count(group) for group in dict.fromkeys(self.open_seats)}
        words = [f"{count} of {mention_group(group)}" for group, count in seats.items()]
        others = self.more - len(self.open_seats)
        if others:
            words.append(f"{others} more")
        return listed(words) if words else ""

    @property
    def rule(self) -> str:
        """The name of what asks for it."""
        return "seats" if self.open_seats else f"approvals for {self.risk.value} risk"


def count(
    policy: ChannelPolicy,
    asked: ApprovalRequest,
    votes: Sequence[Vote],
    *,
    backup_called: bool = False,
    now: int | None = None,
) -> Tally:
    """What the votes, in their order, add up to.

    One deny ends it. Of each person the latest approval counts, if the policy as it is now lets them decide, if
    it is not known by now that they asked for it themselves, and until the moment that they named (at ``now``,
    where it is given). Different people must have approved: as many as the risk asks for, and each seat must be
    filled by somebody of its group; one person fills one seat.
    """
    risk = asked.risk
    valid = [vote for vote in votes if _counts(policy, risk, vote, backup_called=backup_called)]
    own = _own(policy, asked)
    approvals = {
        vote.user_id: vote.groups
        for vote in {one.user_id: one for one in valid if one.verdict is Verdict.APPROVE}.values()
        if not own(vote) and not has_run_out(vote, now)
    }
    needed = policy.needed(risk)
    unfilled = _unfilled(policy.seats(risk), approvals)
    verdict = None
    if any(vote.verdict is Verdict.DENY for vote in valid):
        verdict = Verdict.DENY
    elif len(approvals) >= needed and not unfilled:
        verdict = Verdict.APPROVE
    return Tally(verdict, tuple(approvals), needed, unfilled, counted_as(risk))


def _counts(policy: ChannelPolicy, risk: Risk, vote: Vote, *, backup_called: bool) -> bool:
    voter = Voter(vote.user_id, vote.standing, vote.groups, vote.in_channel)
    return may_decide(policy, voter, risk, backup_called=backup_called) is None


def _own(policy: ChannelPolicy, asked: ApprovalRequest) -> Callable[[Vote], bool]:
    """Tells the votes of whoever asked: it may have become known only after they had voted."""
    who = claimed(policy, asked)

    def is_own(vote: Vote) -> bool:
        by_address = bool(vote.email) and vote.email.casefold() in who.emails
        return not policy.allows_own and (vote.user_id == who.user_id or by_address)

    return is_own


def has_run_out(vote: Vote, now: int | None) -> bool:
    """Whether the moment until which it approves is not even a minute away."""
    return now is not None and vote.until_at is not None and vote.until_at - now < MINUTE * MICROSECONDS


def _unfilled(seats: Sequence[Seat], approvals: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The groups of the seats that stay empty, when as many as can be are filled."""
    places = [seat.group for seat in seats for _ in range(seat.count)]
    sitting: dict[int, str] = {}
    for user in approvals:
        _find_place(user, places, approvals, sitting, set())
    return tuple(group for place, group in enumerate(places) if place not in sitting)


def _find_place(
    user: str,
    places: Sequence[str],
    approvals: Mapping[str, frozenset[str]],
    sitting: dict[int, str],
    tried: set[int],
) -> bool:
    """Seats somebody, be it that others have to move up. False where there is no place for them."""
    for place, group in enumerate(places):
        if group not in approvals[user] or place in tried:
            continue
        tried.add(place)
        other = sitting.get(place)
        if other is None or _find_place(other, places, approvals, sitting, tried):
            sitting[place] = user
            return True
    return False

"""What goes into a decision: an approver's answer on its way into the count, or what a schedule gives."""

from dataclasses import dataclass
from enum import StrEnum

from slack_bot.clock import utc_text
from slack_bot.policy import ChannelPolicy, Voter
from upstream_client.models import Duration, Verdict


class Counting(StrEnum):
    """What became of a ballot."""

    COUNTED = "counted"
    CHANGED = "changed"
    """The request is not what the card showed, or the press is from before votes became void."""
    TOO_LATE = "too late"
    """The request no longer waits."""
    RUN_OUT = "run out"
    """The moment until which it approves came too close before it could be counted."""
    REPEATED = "repeated"
    """The same person's approval counts already, and more are needed."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One approver's answer on its way into the count.

    ``shown`` is the digest's beginning, from the card; ``pressed_at`` is when the press was saved. ``voter`` is
    who answers, as it was looked up, and ``rules`` the policy that is applied, with the ``backup_called`` or not.
    ``until_at`` is the moment until which it approves, where a moment was named and not a length of time.
    ``break_glass``: it is meant to decide for the whole quorum.
    """

    shown: str
    channel: str
    voter: Voter
    user_name: str
    verdict: Verdict
    duration: Duration
    inbox_id: int
    pressed_at: int
    rules: ChannelPolicy
    reason: str = ""
    until_at: int | None = None
    backup_called: bool = False
    break_glass: bool = False

    @property
    def user_id(self) -> str:
        """Who answers."""
        return self.voter.user_id


def how_long(duration: Duration, until_at: int | None) -> str:
    """In words: "2 hours", or "2 hours, until 2026-11-20 17:00 UTC"."""
    return duration.words if until_at is None else f"{duration.words}, until {utc_text(until_at)}"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a schedule gives a request. ``channel`` is whose schedule it is, "" for the one for all.

    ``words`` describe the schedule, ``set_by`` is the user id of whoever set it.
    """

    channel: str
    duration: Duration
    words: str
    set_by: str


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A verdict because nobody answered in time, in ``channel``, whose policy's text is ``policy``.

    ``words`` say how long was waited.
    """

    channel: str
    verdict: Verdict
    duration: Duration
    words: str
    policy: str

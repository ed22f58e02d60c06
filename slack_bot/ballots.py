"""What goes into a decision: an approver's answer on its way into the count, or what a schedule gives."""

from dataclasses import dataclass
from enum import StrEnum

from slack_bot.clock import utc_text
from upstream_client.models import Duration, Verdict


class Counting(StrEnum):
    """What became of a ballot."""

    COUNTED = "counted"
    CHANGED = "changed"
    """The request is not what the card showed, or the press is from before votes became void."""
    TOO_LATE = "too late"
    """The request no longer waits."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One approver's answer on its way into the count.

    ``shown`` is the digest's beginning, from the card; ``pressed_at`` is when the press was saved. ``until_at`` is
    the moment until which it approves, where a moment was named and not a length of time. ``policy`` is the
    text of the policy that allows it.
    """

    shown: str
    channel: str
    user_id: str
    user_name: str
    verdict: Verdict
    duration: Duration
    inbox_id: int
    pressed_at: int
    reason: str = ""
    until_at: int | None = None
    policy: str = ""


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

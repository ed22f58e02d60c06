"""What the operator may say of how a channel decides, beside who decides there. Pure.

A channel's own terms hold first, then those for all channels, then what is built in; so each of them can be
left unsaid, which is None or empty.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from slack_bot.policy.risks import counted_as
from upstream_client.models import Duration, Risk


@dataclass(frozen=True, slots=True)
class Approvals:
    """How many people must approve, by risk."""

    low: int | None = None
    medium: int | None = None
    high: int | None = None
    critical: int | None = None

    def of(self, risk: Risk) -> int | None:
        """What is said for this risk."""
        by_risk = {
            Risk.LOW: self.low,
            Risk.MEDIUM: self.medium,
            Risk.HIGH: self.high,
            Risk.CRITICAL: self.critical,
        }
        return by_risk[counted_as(risk)]


BUILT_IN_APPROVALS = Approvals(1, 1, 2, 2)
ONE_IS_ENOUGH = Approvals(1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Seat:
    """So many of those who approve must be of this user group, from this risk upwards."""

    group: str
    count: int = 1
    from_risk: Risk = Risk.LOW


class OnSilence(StrEnum):
    """What is done where nobody has answered in time."""

    DENY = "deny"
    APPROVE = "approve"
    LEAVE = "leave"
    """It is left to the upstream."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What happens while nobody answers. Times are seconds since the request was shown; None for never.

    ``then`` is None where it depends on the upstream: left to one that escalates by itself, else a denial.
    """

    remind_after: int | None = None
    backup_after: int | None = None
    backup_users: tuple[str, ...] = ()
    backup_groups: tuple[str, ...] = ()
    deadline: int | None = None
    then: OnSilence | None = None


@dataclass(frozen=True, slots=True)
class Silences:
    """What happens while nobody answers, by risk; ``any`` for those of which nothing is said."""

    any: Silence | None = None
    low: Silence | None = None
    medium: Silence | None = None
    high: Silence | None = None
    critical: Silence | None = None

    def of(self, risk: Risk) -> Silence | None:
        """What is said for this risk."""
        by_risk = {
            Risk.LOW: self.low,
            Risk.MEDIUM: self.medium,
            Risk.HIGH: self.high,
            Risk.CRITICAL: self.critical,
        }
        return by_risk[counted_as(risk)] or self.any


class RefusedFrom(StrEnum):
    """From which risk upwards nobody may approve where it cannot be told who asked."""

    NEVER = "never"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class UserName:
    r"""How an upstream's user names become e-mail addresses: ``pattern`` ``CORP\*``, ``email`` ``*@example.com``.

    One ``*`` in each: what stands for it in the name stands for it in the address. ``upstream`` is "" for any.
    """

    pattern: str
    email: str
    upstream: str = ""


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """Whether one approver may decide for the whole quorum, and where that is announced besides."""

    allowed: bool
    announce_in: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """All of it.

    ``own_requests``: whether people may approve what they asked for themselves. ``requesters``: upstream's
    user names and their Slack user ids. ``longest``: the longest approval.
    """

    approvals: Approvals = field(default_factory=Approvals)
    seats: tuple[Seat, ...] | None = None
    own_requests: bool | None = None
    unknown_requester_refused_from: RefusedFrom | None = None
    requesters: tuple[tuple[str, str], ...] = ()
    user_names: tuple[UserName, ...] = ()
    silence: Silences = field(default_factory=Silences)
    longest: Duration | None = None
    break_glass: BreakGlass | None = None

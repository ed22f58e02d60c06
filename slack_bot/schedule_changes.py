"""What somebody may change about an auto-approve schedule, one value each; and the schedule after it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TypeAlias

from slack_bot.clock import SECOND
from slack_bot.public_holidays import has_any
from slack_bot.schedule import Hours, Schedule, has_ended, trouble
from upstream_client.models import Duration, Risk


class NotApplicable(ValueError):
    """The change makes no sense for this schedule; the text says what to do."""


@dataclass(frozen=True, slots=True)
class TurnOn:
    """Begin to approve without a person."""


@dataclass(frozen=True, slots=True)
class TurnOff:
    """Approve nothing without a person."""


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """Change nothing, tell how things stand."""


@dataclass(frozen=True, slots=True)
class SetHours:
    """When people are at work."""

    hours: Hours


@dataclass(frozen=True, slots=True)
class SetHolidays:
    """Whose public holidays count; none for ()."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetDuration:
    """For how long requests are approved."""

    duration: Duration


@dataclass(frozen=True, slots=True)
class SetMaxRisk:
    """Up to which stated risk."""

    risk: Risk


@dataclass(frozen=True, slots=True)
class SetRatedOnly:
    """Whether requests of no stated risk are left to people."""

    rated_only: bool


@dataclass(frozen=True, slots=True)
class SetUntil:
    """The last local day on which anything is approved; None for no end."""

    until: date | None


Change: TypeAlias = (
    TurnOn
    | TurnOff
    | ShowStatus
    | SetHours
    | SetHolidays
    | SetDuration
    | SetMaxRisk
    | SetRatedOnly
    | SetUntil
)


def apply(
    changes: Sequence[Change], schedule: Schedule | None, now: int, command: str = "autoapprove"
) -> Schedule:
    """The schedule with the changes made; ``set_by`` and ``set_at`` are left to the caller.

    Raises `NotApplicable` where it would be turned on without hours, its end has passed at ``now``
    (microseconds since 1970 UTC), or a calendar is named that has no day in sight. ``command`` is how a change
    to this schedule begins, for what the error tells to write.
    """
    changed = schedule or Schedule()
    for change in changes:
        changed = _with(change, changed)
        if isinstance(change, SetHolidays):
            _check_calendars(change.names, now)
    if any(isinstance(change, TurnOn) for change in changes):
        _check_usable(changed, command)
    if any(isinstance(change, TurnOn | SetUntil) for change in changes):
        _check_end(changed, now, command)
    return changed


def _with(change: Change, schedule: Schedule) -> Schedule:
    match change:
        case TurnOn() | TurnOff():
            return replace(schedule, on=isinstance(change, TurnOn))
        case SetHours(hours):
            return replace(schedule, hours=hours)
        case SetHolidays(names):
            return replace(schedule, holidays=names)
        case SetDuration(duration):
            return replace(schedule, duration=duration)
        case SetMaxRisk(risk):
            return replace(schedule, max_risk=risk)
        case SetRatedOnly(rated_only):
            return replace(schedule, rated_only=rated_only)
        case SetUntil(until):
            return replace(schedule, until=until)
        case ShowStatus():
            return schedule


def _check_calendars(names: Sequence[str], now: int) -> None:
    """Of some countries the calendar is empty: in a war, or where nobody lives."""
    year = datetime.fromtimestamp(now // SECOND, UTC).year
    empty = [name for name in names if not has_any(name, (year, year + 1))]
    if empty:
        raise NotApplicable(
            f"I know no public holiday of `{empty[0]}` in {year} and {year + 1}, so it would change nothing. "
            "Please leave it out, or name another region."
        )


def _check_usable(schedule: Schedule, command: str) -> None:
    if schedule.hours is None:
        raise NotApplicable(
            "I need the business hours first: what is outside them is approved. "
            f"For example `{command} on hours mon-fri 09:00-17:00 Europe/Berlin`."
        )
    if why := trouble(schedule):
        raise NotApplicable(f"I cannot turn this schedule on: {why}. Please set that anew.")


def _check_end(schedule: Schedule, now: int, command: str) -> None:
    if has_ended(schedule, now):
        raise NotApplicable(
            f"{schedule.until} is over, so nothing would be approved. "
            f"Give a later last day, as in `{command} until 2026-12-24`, or write `{command} until never`."
        )

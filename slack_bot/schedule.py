"""Auto-approve schedules: what is approved outside business hours, without a person. Pure; times are passed in.

Whatever cannot be evaluated approves nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from slack_bot.business_hours import Hours, Window
from slack_bot.language.duration_text import LONGEST
from slack_bot.language.hours_text import write_windows
from slack_bot.language.time_zones import jump, moments, wall_clock, zone_named
from slack_bot.public_holidays import is_holiday, is_known
from upstream_client.models import ONE_TIME, ApprovalRequest, Duration, Risk

__all__ = [
    "Hours",
    "Window",
    "Schedule",
    "should_auto_approve",
    "why_not",
    "is_open",
    "next_change",
    "trouble",
    "has_ended",
    "describe",
    "describe_hours",
    "warning",
]

RISKS = (Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL)
"""In their order; unrated is none of them."""
LOOK_AHEAD = 370
"""So many days: more than a year, so that every holiday comes by."""
_DAY_US = 24 * 60 * 60 * 1_000_000
EN_DASH = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is approved without a person, and when.

    Covered are requests at or below ``max_risk``, and those of no stated risk unless ``rated_only``, while
    nobody is at work: outside ``hours``, and on the public holidays of ``holidays`` ("DE-BE"). They are
    approved for ``duration``. ``until`` is the last local day. ``set_by`` is a Slack user id, ``set_at`` is
    in microseconds since 1970 UTC.
    """

    on: bool = False
    hours: Hours | None = None
    holidays: tuple[str, ...] = ()
    duration: Duration = ONE_TIME
    max_risk: Risk = Risk.LOW
    rated_only: bool = False
    until: date | None = None
    set_by: str = ""
    set_at: int | None = None


def should_auto_approve(schedule: Schedule, request: ApprovalRequest, now: int) -> bool:
    """Whether the schedule approves the request now; ``now`` is in microseconds since 1970 UTC."""
    return why_not(schedule, request, now) is None


def why_not(schedule: Schedule, request: ApprovalRequest, now: int) -> str | None:
    """None where the schedule approves the request now, else why it leaves it to people: "people are at work".

    Of the request only its risk, who states that or tells of it at all, and its expiry count. That its facts are
    still the ones on its card, and that its upstream takes the duration, is for the caller to see to.
    """
    return _why_closed(schedule, now) or _why_not_this(schedule, request, now)


def is_open(schedule: Schedule, now: int) -> bool:
    """Whether it is on and nobody is at work: whether it approves anything now."""
    return _why_closed(schedule, now) is None


def _why_closed(schedule: Schedule, now: int) -> str | None:
    if not schedule.on:
        return "auto-approve is off"
    hours, zone = schedule.hours, _zone(schedule)
    why = trouble(schedule)
    if why or hours is None or zone is None:
        return why or "no business hours are set"
    local = wall_clock(now, zone)
    if schedule.until is not None and local.date() > schedule.until:
        return f"auto-approve ended on {schedule.until}"
    # A holiday is one by the date on the wall. The night that a window reaches into from a holiday is work.
    if hours.hold(local) and not is_holiday(schedule.holidays, local.date()):
        return "people are at work"
    return None


def _why_not_this(schedule: Schedule, request: ApprovalRequest, now: int) -> str | None:
    if request.expires_at is not None and request.expires_at <= now:
        return "the request has expired"
    if request.is_claim:
        return "only others tell of it, and not the system that asks"
    if request.risk_claimed:
        return "its risk is only claimed by whoever asks"
    if request.risk is Risk.UNRATED:
        return "the request has no stated risk" if schedule.rated_only else None
    if RISKS.index(request.risk) > RISKS.index(schedule.max_risk):
        return f"its risk is {request.risk}, and at most {schedule.max_risk} is approved without a person"
    return None


def trouble(schedule: Schedule) -> str | None:
    """Why the schedule cannot be evaluated, so that it approves nothing; None where it can."""
    hours = schedule.hours
    if hours is None:
        return "no business hours are set"
    if hours.problem:
        return f"its business hours cannot be used: {hours.problem}"
    if _zone(schedule) is None:
        return f"its time zone {_shown(hours.zone)} is not known"
    if unknown := [name for name in schedule.holidays if not is_known(name)]:
        return f"no public holidays are known of {_shown(unknown[0])}"
    if schedule.max_risk not in RISKS:
        return f"{_shown(schedule.max_risk)} is no risk that requests can be compared with"
    if not _is_duration(schedule.duration):
        return "its duration is not between 1 minute and 30 days"
    return None


def _is_duration(duration: Duration) -> bool:
    return duration.seconds is None or 60 <= duration.seconds <= LONGEST


def _zone(schedule: Schedule) -> ZoneInfo | None:
    return zone_named(schedule.hours.zone) if schedule.hours else None


def has_ended(schedule: Schedule, now: int) -> bool:
    """Whether the last day of ``until`` is over: by the hours' zone, without hours everywhere on earth."""
    if schedule.until is None:
        return False
    zone = _zone(schedule) or ZoneInfo("Etc/GMT+12")
    return wall_clock(now, zone).date() > schedule.until


def next_change(schedule: Schedule, now: int) -> int | None:
    """When `is_open` changes next, in microseconds since 1970 UTC; None if not within 370 days."""
    hours, zone = schedule.hours, _zone(schedule)
    if hours is None or zone is None or not schedule.on or trouble(schedule) or has_ended(schedule, now):
        return None
    opened = is_open(schedule, now)
    for moment in _edges(hours, zone, now):
        if is_open(schedule, moment) is not opened:
            return moment
    return None


def _edges(hours: Hours, zone: ZoneInfo, now: int) -> Iterator[int]:
    """When it may change: at the windows' ends, at midnight, and when the clock is put forward or back."""
    today = wall_clock(now, zone).date()
    last = now + LOOK_AHEAD * _DAY_US
    for day in range(LOOK_AHEAD + 2):
        date_there = today + timedelta(days=day)
        found = {moment for wall in hours.edges(date_there) for moment in moments(wall, zone)}
        if (jumped := jump(date_there, zone)) is not None:
            found.add(jumped)
        yield from sorted(moment for moment in found if now < moment <= last)


def describe(schedule: Schedule) -> str:
    """What it covers while it is on, in words: "outside mon-fri 09:00-17:30 (Europe/Berlin), one time, ...".

    With en dashes for the hyphens. Fit for mrkdwn as for plain text.
    """
    length = schedule.duration.words
    parts = [
        _when(schedule),
        length if schedule.duration == ONE_TIME else f"for {length}",
        f"up to {schedule.max_risk} risk{', rated only' if schedule.rated_only else ' and unrated'}",
    ]
    if schedule.until is not None:
        parts.append(f"until the end of {schedule.until}")
    return ", ".join(parts)


def _when(schedule: Schedule) -> str:
    hours = schedule.hours
    if hours is None:
        return "at no time, since no business hours are set"
    when = f"outside {_dashed(hours)} ({_shown(hours.zone)})"
    if not schedule.holidays:
        return when
    *others, last = map(_shown, schedule.holidays)
    return f"{when} and on public holidays of {', '.join(others)}{' and ' if others else ''}{last}"


def describe_hours(schedule: Schedule) -> str:
    """In short, for a card: "outside mon-fri 09:00-17:30 Europe/Berlin", with en dashes; "" without hours."""
    hours = schedule.hours
    return f"outside {_dashed(hours)} {_shown(hours.zone)}" if hours else ""


def _dashed(hours: Hours) -> str:
    return "at no known times" if hours.problem else write_windows(hours).replace("-", EN_DASH)


def _shown(name: str) -> str:
    """A name out of the store, which somebody may have written by hand: nothing in it can mark up a text."""
    return re.sub(r"[^\w/+ -]", "?", name[:60])


def warning(schedule: Schedule, command: str = "autoapprove") -> str:
    """What somebody must be told who turns it on: what becomes of requests of no stated risk.

    ``command`` is how a change to this schedule begins.
    """
    if schedule.rated_only:
        return "Requests of no stated risk are left to people."
    return (
        "Some systems state no risk of their requests, such as Privilege Manager: those of no stated risk are "
        f"covered too. To leave them to people, write `{command} rated-only`. Tickets of the gate, GitLab's jobs "
        "that are started by hand and steps of Argo Workflows are left to people anyway: nobody but whoever asks "
        "says how bad a wrong yes would be, unless a risk rule does."
    )

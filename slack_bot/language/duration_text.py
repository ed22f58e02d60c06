"""How long an approval holds, as people write it: "90m", "2 hours", "once", "until 18:00". Pure."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from slack_bot.business_hours import DAY_MINUTES
from slack_bot.language.clock_text import Clock, NotATime, read_clock
from slack_bot.language.suggestion import nearest
from slack_bot.language.time_zones import moments, wall_clock, zone_named
from slack_bot.language.typed_text import normal
from upstream_client.models import DAY, HOUR, MINUTE, ONE_TIME, Duration

LONGEST = 30 * DAY
"""In seconds."""
_WEEK = 7 * DAY
_MINUTE_US = MINUTE * 1_000_000
_NOON = 12 * 60
_HALF_DAY_US = 12 * HOUR * 1_000_000
_JUST_NOW_US = HOUR * 1_000_000
"""Somebody who names a time that passed less than this ago hardly means the same time tomorrow."""
_LONGEST_TEXT = 80
_EXAMPLES = "Write 90m, 1h30m, 2 hours, 1d or once"
_MORNING = "I cannot tell whether that is in the morning. Write “until 18:00”, “until 6pm” or “until 6am”."
_JUST_PASSED = "That has just passed. Write a later time, “until tomorrow 18:00”, or a length such as 90m."
_ONCE = frozenset({"once", "one time", "one-time", "onetime", "1 time", "just once", "only once", "1x"})
_UNITS = {
    MINUTE: ("m", "min", "mins", "minute", "minutes"),
    HOUR: ("h", "hr", "hrs", "hour", "hours"),
    DAY: ("d", "day", "days"),
    _WEEK: ("w", "week", "weeks"),
}
_SECONDS_IN = {name: seconds for seconds, names in _UNITS.items() for name in names}
_PART = re.compile(r"(?:and |, ?)?([0-9]{1,6}|an?(?= )) ?([a-z]+)[ ]?", re.ASCII)
_UNTIL = re.compile(r"(?:until|till|til) (.+)")
_HOURS_AND_MINUTES = re.compile(r"([0-9]{1,6})h([0-5][0-9])", re.ASCII)
"""Without a unit behind the minutes. "1h 30" might be an hour, and 30 of something else."""
_HALF = re.compile(r"(?<=[0-9]) (?=[ap]\.?m\b)")


class NotADuration(ValueError):
    """The text is no length of time; the error's text says what to write. It repeats nothing, to fit any place."""


class NotThen(NotADuration):
    """It is a moment, and none until which anything is approved."""


def read_duration(text: str, now: int, zone: str) -> Duration:
    """The duration that ``text`` asks for, counted from ``now`` (microseconds since 1970 UTC).

    "until 18:00" is until the next 18:00 by the clock of ``zone``, an IANA name, and none within the hour after
    it; whole minutes, rounded down, at least 1 and at most 30 days. Raises `NotADuration`.
    """
    end = read_end(text, now, zone)
    if end is None:
        return read_length(text)
    if end - now < _MINUTE_US:
        raise NotThen("That is less than a minute away. Write a later time, or a length such as 90m.")
    return _checked((end - now) // _MINUTE_US * MINUTE)


def read_end(text: str, now: int, zone: str) -> int | None:
    """The moment that "until 18:00" names, in microseconds since 1970 UTC; None where ``text`` names none.

    As `read_duration`, which tells how long that is from ``now``. Raises `NotADuration`.
    """
    match = _UNTIL.fullmatch(_plain(text))
    return _until(match[1], now, zone) if match else None


def read_length(text: str) -> Duration:
    """As `read_duration`, of lengths alone: a moment such as "until 18:00" is none. Raises `NotADuration`."""
    plain = _plain(text).removeprefix("for ")
    if plain in _ONCE:
        return ONE_TIME
    if both := _HOURS_AND_MINUTES.fullmatch(plain):
        return _checked(int(both[1]) * HOUR + int(both[2]) * MINUTE)
    counted = _counted(plain)
    if not counted:
        raise NotADuration(f"I do not understand this as a length of time.{_meant(plain)} {_EXAMPLES}.")
    units = [unit for _, unit in counted]
    if len(set(units)) < len(units):
        raise NotADuration(f"The same unit stands there twice. {_EXAMPLES}.")
    return _checked(sum(count * unit for count, unit in counted))


def _plain(text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise NotADuration(f"That is too long for a length of time. {_EXAMPLES}.")
    return normal(text).casefold().strip(" .\"'")


def _counted(plain: str) -> list[tuple[int, int]]:
    """[(90, MINUTE)] for "90m"; nothing where any part of the text is something else."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(plain):
        match = _PART.match(plain, at)
        if match is None or match[2] not in _SECONDS_IN:
            return []
        found.append((int(match[1]) if match[1].isdigit() else 1, _SECONDS_IN[match[2]]))
        at = match.end()
    return found


def _meant(plain: str) -> str:
    """What a bare number lacks, or the unit that a misspelt one is like."""
    if re.fullmatch("[0-9]+", plain):
        return " Is that minutes, hours or days?"
    unit = re.fullmatch(r"([0-9]{1,6}) ?([a-z]{3,12})", plain)
    if unit is None:
        return ""
    likely = nearest(unit[2], [name for name in _SECONDS_IN if len(name) > 1])
    return f" Did you mean “{unit[1]} {likely}”?" if likely else ""


def _checked(seconds: int) -> Duration:
    if not 0 < seconds <= LONGEST:
        raise NotADuration("I can approve for 1 minute at least and 30 days at most.")
    return Duration(seconds)


def _until(written: str, now: int, zone_name: str) -> int:
    zone = zone_named(zone_name)
    if zone is None:
        raise NotADuration(f"I do not know in which time zone that is meant. {_EXAMPLES}.")
    days, clock = _day_and_clock(written)
    moment = _next(clock.minute, days, now, zone)
    if len(days) > 1 and moment - now > _HALF_DAY_US and _has_just_passed(clock.minute, now, zone):
        raise NotThen(_JUST_PASSED)
    if clock.vague and _may_be_sooner(clock, days, moment - now):
        raise NotThen(_MORNING)
    return moment


def _may_be_sooner(clock: Clock, days: tuple[int, ...], ahead: int) -> bool:
    """Whether somebody who counts to 12 may mean the same time half a day before, which is still ahead."""
    same_day = len(days) == 1
    return ahead > _HALF_DAY_US and (not same_day or clock.minute >= _NOON)


def _day_and_clock(written: str) -> tuple[tuple[int, ...], Clock]:
    """On which days from today the time is looked for, and the time."""
    words = _HALF.sub("", written).replace(" at ", " ").split()
    days: tuple[int, ...] = (0, 1)
    for name, only in (("today", (0,)), ("tomorrow", (1,))):
        if len(words) == 2 and name in words:
            words.remove(name)
            days = only
    if len(words) != 1:
        raise NotADuration(_no_moment())
    try:
        clock = read_clock(words[0])
    except NotATime as error:
        raise NotADuration(_no_moment()) from error
    if clock.vague and (clock.bare or clock.minute < 10 * 60):
        raise NotThen(_MORNING)
    return days, clock


def _no_moment() -> str:
    return "I do not understand until when. Write “until 18:00” or “until tomorrow 09:00”."


def _wall(minute: int, day: int, now: int, zone: ZoneInfo) -> datetime:
    """What the clock shows ``minute`` after midnight, so many days from today."""
    today = datetime.combine(wall_clock(now, zone).date(), time())
    return today + timedelta(days=day + minute // DAY_MINUTES, minutes=minute % DAY_MINUTES)


def _has_just_passed(minute: int, now: int, zone: ZoneInfo) -> bool:
    """Whether the clock showed it less than an hour ago, be it before midnight."""
    shown = (moment for day in (-1, 0) for moment in moments(_wall(minute, day, now, zone), zone))
    return any(0 <= now - moment < _JUST_NOW_US for moment in shown)


def _next(minute: int, days: tuple[int, ...], now: int, zone: ZoneInfo) -> int:
    """The first moment after ``now`` at which the clock shows ``minute`` after midnight of one of the days."""
    for day in days:
        wall = _wall(minute, day, now, zone)
        shown = moments(wall, zone)
        if not shown and wall > wall_clock(now, zone).replace(tzinfo=None):
            raise NotThen("The clocks are put forward over that time. Please write another one.")
        if later := [moment for moment in shown if moment > now]:
            return later[0]
    raise NotThen("That has passed already. Please write a later time, or a length such as 90m.")

"""Schedules for tests: some by hand, any by hypothesis, and what they mean by a model that walks the minutes."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, available_timezones

import holidays
from hypothesis import strategies as st

from slack_bot.business_hours import Hours, Window
from slack_bot.language.hours_text import write_windows
from slack_bot.schedule import RISKS, Schedule
from upstream_client.models import HOUR, ONE_TIME, ApprovalRequest, Duration, Risk

WORKDAYS = (0, 1, 2, 3, 4)
OFFICE = Hours((Window(WORKDAYS, 9 * 60, 17 * 60 + 30),), "Europe/Berlin")
ON = Schedule(on=True, hours=OFFICE)

MINUTE_US = 60_000_000
WEEK = 7 * 24 * 60
NOT_MEANT = {"EST", "MST", "Factory", "localtime"}
ZONES = sorted(
    name for name in available_timezones() - NOT_MEANT if not re.fullmatch(r"(Etc/)?GMT[+-]?[0-9]+", name)
)
REGIONS = ("DE", "DE-BE", "DE-BY", "US", "US-CA", "GB-SCT", "FR", "AU-NSW", "AU-NSW_Western", "IN", "JP")


def us(text: str, zone: str = "UTC", fold: int = 0) -> int:
    """Microseconds of "2026-11-20 10:15", by the clock of ``zone``."""
    wall = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(wall.astimezone(UTC).timestamp()) * 1_000_000


def request(risk: Risk = Risk.UNRATED, expires_at: int | None = None) -> ApprovalRequest:
    """A request of this risk."""
    return ApprovalRequest("privilege_manager", "1", "Run setup.exe", risk=risk, expires_at=expires_at)


class Model:
    """A schedule's hours as a set of minutes of the week, and its holidays as the package itself tells them."""

    def __init__(self, schedule: Schedule) -> None:
        assert schedule.hours is not None
        self._on = schedule.on
        self._until = schedule.until
        self._zone = ZoneInfo(schedule.hours.zone)
        self._work = {minute for window in schedule.hours.windows for minute in _minutes(window)}
        self._calendars = [_calendar(name) for name in schedule.holidays]

    def is_open(self, at: int) -> bool:
        local = datetime.fromtimestamp(at // 1_000_000, self._zone)
        if not self._on or (self._until is not None and local.date() > self._until):
            return False
        if any(local.date() in calendar for calendar in self._calendars):
            return True
        return local.weekday() * 24 * 60 + local.hour * 60 + local.minute not in self._work

    def changes(self, start: int, end: int) -> Iterator[int]:
        """The minutes after ``start`` at which it opens or closes, looked for one by one."""
        before = self.is_open(start)
        for at in range(start + MINUTE_US, end + 1, MINUTE_US):
            now = self.is_open(at)
            if now is not before:
                yield at
            before = now


def _minutes(window: Window) -> Iterator[int]:
    length = (window.end - window.start) % (24 * 60) or 24 * 60
    for day in window.days:
        yield from ((day * 24 * 60 + window.start + step) % WEEK for step in range(length))


def _calendar(name: str) -> holidays.HolidayBase:
    country, _, region = name.partition("-")
    return holidays.country_holidays(country, subdiv=region.replace("_", " ") or None)


def windows() -> st.SearchStrategy[Window]:
    """Any window, as `read_hours` would give it."""
    days = st.sets(st.integers(0, 6), min_size=1).map(lambda found: tuple(sorted(found)))
    times = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda pair: pair[0] != pair[1])
    return st.builds(lambda days, times: Window(days, *times), days, times)


def hours(zones: Sequence[str] = ZONES) -> st.SearchStrategy[Hours]:
    """Any business hours, in any of the zones."""
    some = st.lists(windows(), min_size=1, max_size=4).map(tuple)
    return st.builds(Hours, some, st.sampled_from(zones))


def schedules() -> st.SearchStrategy[Schedule]:
    """Any schedule that somebody could have written, on or off."""
    lengths = st.integers(1, 30 * 24 * 60).map(lambda minutes: Duration(minutes * 60))
    return st.builds(
        Schedule,
        on=st.booleans(),
        hours=hours(),
        holidays=st.lists(st.sampled_from(REGIONS), unique=True, max_size=3).map(tuple),
        duration=st.just(ONE_TIME) | lengths,
        max_risk=st.sampled_from(RISKS),
        rated_only=st.booleans(),
        until=st.none() | st.dates(date(2026, 1, 1), date(2099, 12, 31)),
    )


def open_at(now: int) -> Schedule:
    """One that is open at this time, and for two days more: people work in three days only, for an hour."""
    working = (datetime.fromtimestamp(now / 1_000_000, UTC).weekday() + 3) % 7
    hours = Hours((Window((working,), 0, 60),), "UTC")
    return Schedule(on=True, hours=hours, duration=Duration(HOUR), max_risk=Risk.MEDIUM)


def command(schedule: Schedule) -> str:
    """What somebody would write to have this schedule."""
    words = ["autoapprove", "on"] if schedule.on else ["autoapprove"]
    if schedule.hours is not None:
        words += ["hours", write_windows(schedule.hours), schedule.hours.zone]
    words += ["holidays", ", ".join(schedule.holidays) or "none"]
    words += ["duration", schedule.duration.words, "max-risk", schedule.max_risk]
    words += ["rated-only", "on" if schedule.rated_only else "off"]
    words += ["until", str(schedule.until or "never")]
    return " ".join(words)

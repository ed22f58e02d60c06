"""When people are at work, by the clock on their wall: which days, from when to when, in which time zone. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

DAY_MINUTES = 24 * 60
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of work on each of ``days`` (Monday is 0), in minutes after local midnight.

    ``end`` is the first minute that is not in it, up to 1440; where it is before ``start``, the window goes
    on over midnight into the next day.
    """

    days: tuple[int, ...]
    start: int
    end: int

    @property
    def problem(self) -> str:
        """What makes it no window, for people; "" where it is one."""
        if not self.days or not all(0 <= day < len(DAYS) for day in self.days):
            return "their days are not days of the week"
        if not (0 <= self.start < DAY_MINUTES and 0 <= self.end <= DAY_MINUTES and self.start != self.end):
            return "their times are not times of a day"
        return ""

    def holds(self, local: datetime) -> bool:
        """Whether the clock on the wall shows a time within."""
        minute = local.hour * 60 + local.minute
        today = local.weekday() in self.days
        if self.start < self.end:
            return today and self.start <= minute < self.end
        since_yesterday = (local.weekday() - 1) % len(DAYS) in self.days
        return (today and minute >= self.start) or (since_yesterday and minute < self.end)


@dataclass(frozen=True, slots=True)
class Hours:
    """Business hours: windows, by the wall clock of ``zone``, an IANA name such as "Europe/Berlin"."""

    windows: tuple[Window, ...]
    zone: str

    @property
    def problem(self) -> str:
        """What makes them unusable besides the zone, for people; "" where they can be used."""
        if not self.windows:
            return "they have no days and times"
        return next((window.problem for window in self.windows if window.problem), "")

    def hold(self, local: datetime) -> bool:
        """Whether somebody is at work when the clock on the wall shows ``local``."""
        return any(window.holds(local) for window in self.windows)

    def edges(self, day: date) -> list[datetime]:
        """The wall clock's times on ``day`` at which something may begin or end, without a zone."""
        times = {minute for one in self.windows for minute in (one.start, one.end)} | {0}
        midnight = datetime(day.year, day.month, day.day)
        return [midnight + timedelta(minutes=minute) for minute in sorted(times)]

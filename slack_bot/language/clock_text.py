"""A time of day as people write it: "9:00", "09.30", "5:30pm", "24:00". Pure."""

import re
from dataclasses import dataclass

from slack_bot.business_hours import DAY_MINUTES
from slack_bot.language.suggestion import quoted

_TIME = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2})|([0-9]{2}))?(?:([ap])\.?m\.?)?", re.ASCII)
_NOON = 12


class NotATime(ValueError):
    """The text is no time of day; the error's text is mrkdwn and says what to write."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day: ``minute`` after midnight, up to 1440, and how it was written."""

    minute: int
    half_named: bool
    """With am or pm."""
    by_24: bool
    """Only somebody who counts to 24 writes it so: "17:00", "0:30", "09:00"."""
    bare: bool
    """An hour without minutes."""
    full: bool
    """Two digits of both, as people write who count to 24."""

    @property
    def vague(self) -> bool:
        """Whether it may be meant twelve hours later."""
        return not (self.half_named or self.by_24)


def read_clock(written: str) -> Clock:
    """The time that ``written``, one word, says. Raises `NotATime`."""
    match = _TIME.fullmatch(written.casefold())
    if match is None:
        raise NotATime(f"{quoted(written)} is no time of day. Write it as `09:00` or `5:30pm`.")
    hour, minute = int(match[1]), int(match[2] or match[3] or 0)
    if match[4]:
        return _by_halves(written, hour, minute, match[4] == "p")
    if minute > 59 or hour * 60 + minute > DAY_MINUTES:
        raise NotATime(f"There is no {quoted(written)} on the clock: it goes from `00:00` to `24:00`.")
    by_24 = hour > _NOON or match[1].startswith("0")
    bare = not (match[2] or match[3])
    full = len(match[1]) == 2 and not bare
    return Clock(hour * 60 + minute, half_named=False, by_24=by_24, bare=bare, full=full)


def _by_halves(written: str, hour: int, minute: int, afternoon: bool) -> Clock:
    if not (1 <= hour <= _NOON and minute <= 59):
        raise NotATime(f"There is no {quoted(written)} on the clock: write `5:30pm` or `17:30`.")
    since_midnight = (hour % _NOON + afternoon * _NOON) * 60 + minute
    return Clock(since_midnight, half_named=True, by_24=False, bare=False, full=False)

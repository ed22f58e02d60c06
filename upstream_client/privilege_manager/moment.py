"""Points in time as Privilege Manager writes them.

`2020-11-18T12:09:00`, with or without Z or an offset; `/Date(1605701340000)/` (ASP.NET's old form); and for
people `11/18/20, 12:09 PM` or `2015-09-30 13:48:00`. Where the text names no zone, a moment is known only by
the zone that the operator names, and that is for display: nothing may be decided by it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, available_timezones

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ASP_NET = re.compile(r"/Date\((-?\d{1,18})(?:[+-]\d{4})?\)/")
ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
CONSOLE = re.compile(r"\d{1,2}/\d{1,2}/\d\d, \d{1,2}:\d\d[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}][AP]M")
"""As the console writes it in American English, and no other language does: month, day, year of this century.

Other dates with slashes are left as text: 3/12 is March here and December there.
"""
NO_DATE = re.compile(r"0001-01-01([T ].*)?")
"""DateTime.MinValue: what .NET writes where no date was set."""
FIRST_YEAR = 1
LAST_YEAR = 9999
"""That of DateTime.MaxValue, which .NET writes for never; nor can what is in it be told in every zone."""


@dataclass(frozen=True, slots=True)
class Moment:
    """``at``: microseconds since 1970 UTC, or None. ``text``: as written, where the moment is not known.

    ``is_never``: the text is a date, and one that stands for none.
    """

    at: int | None = None
    text: str = ""
    is_never: bool = False


def checked_zone(name: str) -> tzinfo | None:
    """The zone of PRIVMAN_TIMEZONE, such as Europe/Berlin, in any case; None for "".

    Raises ValueError with what to write.
    """
    if not name:
        return None
    known = {zone.casefold(): zone for zone in available_timezones()}.get(name.casefold())
    if known is None:
        raise ValueError(
            f"PRIVMAN_TIMEZONE is {name!r}, and there is no such time zone: write one like Europe/Berlin"
        )
    return ZoneInfo(known)


def read_moment(text: str, zone: tzinfo | None = None) -> Moment:
    """What ``text`` says, from "" too; never raises. A text without a zone is a local time of ``zone``."""
    if NO_DATE.fullmatch(text):
        return Moment()
    moment = _parsed(text)
    if moment is None:
        return Moment(text=text)
    known = moment if moment.tzinfo else _local(moment, zone)
    year = _year(known or moment)
    if year in (FIRST_YEAR, LAST_YEAR):
        return Moment() if year == FIRST_YEAR else Moment(text=text, is_never=True)
    return Moment(text=text) if known is None else Moment(at=(known - EPOCH) // MICROSECOND)


def _year(moment: datetime) -> int:
    """In UTC, where the zone is told and the year is one that there is in UTC too; else as it is written."""
    try:
        return moment.astimezone(UTC).year if moment.tzinfo else moment.year
    except OverflowError:
        return moment.year


def _parsed(text: str) -> datetime | None:
    try:
        if milliseconds := ASP_NET.fullmatch(text):
            # The offset in this form is for display: the number counts from 1970 UTC with it or without.
            return EPOCH + timedelta(milliseconds=int(milliseconds[1]))
        if CONSOLE.fullmatch(text):
            return datetime.strptime(" ".join(text.split()), "%m/%d/%y, %I:%M %p")
        return datetime.fromisoformat(text.upper()) if ISO.fullmatch(text) else None
    except (ValueError, OverflowError):
        return None


def _local(moment: datetime, zone: tzinfo | None) -> datetime | None:
    """The moment in ``zone``, the first of two when clocks are set back; None where they skip over it."""
    if zone is None:
        return None
    try:
        aware = moment.replace(tzinfo=zone, fold=0)
        there_and_back = aware.astimezone(UTC).astimezone(zone)
    except OverflowError:  # near the years 1 and 9999
        return None
    return aware if there_and_back.replace(tzinfo=None) == moment else None

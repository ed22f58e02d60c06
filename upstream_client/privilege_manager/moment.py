"""Points in time as Privilege Manager writes them.

`2020-11-18T12:09:00`, with or without Z or an offset; `/Date(1605701340000)/` (ASP.NET's old form); and for
people `11/18/20, 12:09 PM` or `2015-09-30 13:48:00`. Only with a zone is a moment known.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ASP_NET = re.compile(r"/Date\((-?\d{1,18})(?:[+-]\d{4})?\)/")
ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
NO_DATE = re.compile(r"0001-01-01([T ].*)?")
"""DateTime.MinValue: what .NET writes where no date was set."""


@dataclass(frozen=True, slots=True)
class Moment:
    """``at``: microseconds since 1970 UTC, or None. ``text``: as written, where it names no zone."""

    at: int | None = None
    text: str = ""


def read_moment(text: str) -> Moment:
    """What ``text`` says, from "" too; never raises."""
    if NO_DATE.fullmatch(text):
        return Moment()
    moment = _parsed(text)
    if moment is None or moment.tzinfo is None:
        return Moment(text=text)
    return Moment(at=(moment - EPOCH) // MICROSECOND)


def _parsed(text: str) -> datetime | None:
    try:
        if milliseconds := ASP_NET.fullmatch(text):
            # The offset in this form is for display: the number counts from 1970 UTC with it or without.
            return EPOCH + timedelta(milliseconds=int(milliseconds[1]))
        return datetime.fromisoformat(text.upper()) if ISO.fullmatch(text) else None
    except (ValueError, OverflowError):
        return None

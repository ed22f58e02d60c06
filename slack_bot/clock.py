"""The one place that reads the clock; everybody else is told the time."""

import time
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
MINUTE = 60 * SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


def now_us() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def utc_text(at: int) -> str:
    """``at``, in microseconds since 1970 UTC, for readers whose zone is not known: "2026-11-20 10:15 UTC".

    Beyond the years that a date can have, in words: a request that never expires may expire in the year 10000.
    """
    if not is_dated(at):
        return "before the year 1" if at < 0 else "after the year 9999"
    return (_EPOCH + timedelta(seconds=at // SECOND)).strftime("%Y-%m-%d %H:%M UTC")


def is_dated(at: int) -> bool:
    """Whether a date can be written of this moment: from the year 1 to 9999, UTC."""
    return _FIRST <= at <= _LAST

"""The one place that reads the clock; everybody else is told the time."""

import time
from datetime import UTC, datetime

SECOND = 1_000_000
MINUTE = 60 * SECOND


def now_us() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def utc_text(at: int) -> str:
    """``at``, in microseconds since 1970 UTC, for readers whose zone is not known: "2026-11-20 10:15 UTC"."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M UTC")

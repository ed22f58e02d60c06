"""The gate's clock: the one place that reads it; everybody else is told the time."""

import time
from typing import Final

SECOND: Final = 1_000_000
DAY: Final = 24 * 60 * 60 * SECOND


def now_us() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000

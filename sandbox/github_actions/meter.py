"""What the calls to the sandbox's GitHub cost: their number, their bytes, and the units of the rate limit."""

from collections.abc import Callable
from dataclasses import dataclass

LIMIT = 5_000
"""Units an hour and user; an answer 304 costs none."""
HOUR = 3_600.0


@dataclass(frozen=True)
class Cost:
    """So far. ``bytes_sent`` are the bodies and headers of the answers, as they were sent."""

    calls: int = 0
    unchanged: int = 0
    bytes_sent: int = 0
    units: int = 0


class Meter:
    """Of one token. ``now`` tells seconds since 1970 UTC; callers bring a lock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.limit = LIMIT
        self.cost = Cost()
        self._used = 0
        self._began = now()

    @property
    def is_used_up(self) -> bool:
        self._turn()
        return self._used >= self.limit

    def count(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """One answer; what is refused for the limit costs nothing more."""
        is_free = status == 304 or self.is_used_up
        size = len(body) + sum(len(name) + len(value) + 4 for name, value in headers.items())
        told = self.cost
        self._used += not is_free
        self.cost = Cost(
            told.calls + 1,
            told.unchanged + (status == 304),
            told.bytes_sent + size,
            told.units + (not is_free),
        )

    def headers(self) -> dict[str, str]:
        """What every answer tells of the limit."""
        self._turn()
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(self.limit - self._used, 0)),
            "X-RateLimit-Used": str(self._used),
            "X-RateLimit-Reset": str(int(self._began + HOUR)),
            "X-RateLimit-Resource": "core",
        }

    def _turn(self) -> None:
        """Every hour it begins anew."""
        if self._now() >= self._began + HOUR:
            self._began, self._used = self._now(), 0

    def reset(self) -> None:
        self.limit, self.cost, self._used, self._began = LIMIT, Cost(), 0, self._now()

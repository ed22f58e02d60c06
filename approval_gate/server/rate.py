"""How fast a key may file tickets: a moving window, counted in this process."""

import math
import time
from http import HTTPStatus

from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from approval_gate.server.keys import ApiKey
from approval_gate.server.problem import Refused


class Rate:
    """``written`` such as 120/minute, for each key."""

    def __init__(self, written: str) -> None:
        self._limit = parse(written)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    async def take(self, key: ApiKey) -> None:
        """Counts one ticket. Raises `Refused` where it is one too many, with when the next may come."""
        if await self._window.hit(self._limit, key.id):
            return
        stats = await self._window.get_window_stats(self._limit, key.id)
        after = max(1, math.ceil(stats.reset_time - time.time()))
        raise Refused(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too-fast",
            "Too many tickets in this time",
            f"{key.name} may file {self._limit}. The next one is taken in {after} s.",
            {"Retry-After": str(after)},
        )

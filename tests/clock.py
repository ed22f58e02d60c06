"""A clock for tests."""

import threading

from slack_bot.clock import SECOND, now_us


class Clock:
    """Time that passes only where the test lets it, however busy the machine is.

    It begins now, for Slack and the upstream go by real time. Each reading is a microsecond after the one
    before, so that what happens later is told later.
    """

    def __init__(self) -> None:
        self._at = now_us()
        self._reading = threading.Lock()

    def now(self) -> int:
        """Microseconds since 1970 UTC."""
        with self._reading:
            self._at += 1
            return self._at

    def monotonic(self) -> float:
        """Seconds; moves with `now`."""
        return self.now() / SECOND

    def advance(self, seconds: float) -> None:
        """Lets so much time pass at once."""
        with self._reading:
            self._at += int(seconds * SECOND)

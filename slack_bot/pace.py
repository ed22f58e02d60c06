"""When Slack may be called again: what it asked us to wait for, and what we hold back by ourselves."""

from collections.abc import Callable, Hashable

MAX_BACKOFF = 600.0


class Pace:
    """Holds, by whatever is held: a method, a channel, a card. Seconds, by the monotonic clock."""

    def __init__(self, monotonic: Callable[[], float], post_interval: float = 1.0) -> None:
        """``post_interval``: seconds between two posts in one channel; Slack allows about one a second."""
        self.post_interval = post_interval
        self._monotonic = monotonic
        self._until: dict[Hashable, float] = {}
        self._failures: dict[Hashable, int] = {}

    def wait(self, what: Hashable) -> float:
        """Seconds until it may be done; 0 for now."""
        return max(0.0, self._until.get(what, 0.0) - self._monotonic())

    def held(self) -> int:
        """How many things are held now."""
        now = self._monotonic()
        return sum(until > now for until in self._until.values())

    def hold(self, what: Hashable, seconds: float) -> None:
        """Not before so many seconds have passed."""
        self._until[what] = max(self._until.get(what, 0.0), self._monotonic() + seconds)

    def back_off(self, what: Hashable) -> float:
        """Holds it, twice as long at each failure in a row: 1, 2, 4 … 600 s. Returns the seconds."""
        failures = self._failures.get(what, 0)
        self._failures[what] = failures + 1
        seconds = min(2.0 ** min(failures, 20), MAX_BACKOFF)
        self.hold(what, seconds)
        return seconds

    def worked(self, what: Hashable) -> None:
        """It was done: the next failure is the first again."""
        self._failures.pop(what, None)
        if self.wait(what) == 0.0:
            self._until.pop(what, None)

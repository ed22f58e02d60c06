"""When a look at Xerotier is worth it: by the clock, at once when a webhook told something, and soon after that."""

import time
from collections.abc import Iterator
from threading import Event

SECOND_LOOK = 1.0
"""Seconds after something was told: what vanished is believed at the second list without it."""
SLICE = 0.5
"""Seconds after which it is looked whether to stop."""


class Lookout:
    """Watched by one thread, told by any."""

    def __init__(self, every: float, second_look: float = SECOND_LOOK) -> None:
        """``every``: seconds between two looks where nothing is told."""
        self._every = every
        self._second_look = second_look
        self._news = Event()

    def tell(self) -> None:
        """There is something to look at."""
        self._news.set()

    def watch(self, stop: Event) -> Iterator[None]:
        """Yields at once and whenever a look is worth it, until ``stop`` is set."""
        due = time.monotonic()
        while not stop.is_set():
            left = due - time.monotonic()
            if left <= 0:
                yield
                due = time.monotonic() + self._every
            elif self._news.wait(min(left, SLICE)):
                self._news.clear()
                yield
                due = time.monotonic() + min(self._second_look, self._every)

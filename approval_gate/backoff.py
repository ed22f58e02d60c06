"""How long to wait before the next try: longer each time, and never all at once."""

import random

FIRST, MOST = 0.1, 5.0
"""Seconds; the longest is well within the time after which a gate believes that nobody waits any more."""


class Backoff:
    """Pauses that double from ``first`` to ``most`` seconds, each shortened by up to a half at random."""

    def __init__(self, first: float = FIRST, most: float = MOST) -> None:
        self._first, self._most = first, most
        self._next = first

    def pause(self) -> float:
        """Seconds to wait now."""
        length, self._next = self._next, min(self._next * 2, self._most)
        return length * random.uniform(0.5, 1.0)  # noqa: S311 - it spreads calls, it guards nothing

    def reset(self) -> None:
        """After something went well: the next pause is a short one again."""
        self._next = self._first

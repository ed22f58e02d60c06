"""Since when people's silence means something: they were heard, and what they were silent about was the same."""

import math
from collections.abc import Callable, Collection, Hashable

from slack_bot.clock import SECOND

CLOCK_WAS_SET = 60 * SECOND
"""Where the clock went so much faster or slower than time does, it was set."""


class Hearing:
    """Since when everybody who pressed was heard: not from before this process, nor while it was not connected.

    Where the clock was set, or the machine slept, nobody can tell how long people were silent: it begins anew.
    """

    def __init__(
        self,
        now: int,
        monotonic: Callable[[], float],
        last_deaf: Callable[[], float],
        is_sure: Callable[[], bool] = lambda: True,
    ) -> None:
        """``last_deaf``: until when, by ``monotonic``, presses did not get here; that is now, while they do not.

        ``is_sure``: whether ``last_deaf`` knows, or nobody can tell.
        """
        self.is_sure = is_sure
        self._monotonic = monotonic
        self._last_deaf = last_deaf
        self._since = now
        self._deaf = -math.inf
        self._last = (now, monotonic())

    def since(self, now: int) -> int:
        """Microseconds since 1970 UTC; to be asked often."""
        then, ticked = self._last
        before, self._deaf = self._deaf, self._last_deaf()
        self._last = (now, self._monotonic())
        passed = int((self._last[1] - ticked) * SECOND)
        if self._deaf > before:
            self._since = max(self._since, now - int((self._last[1] - self._deaf) * SECOND))
        if abs(now - then - passed) > CLOCK_WAS_SET:
            self._since = now
        return self._since


class Unchanged:
    """Since when things have been as they are, as far as this process has seen them."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, tuple[object, int]] = {}

    def since(self, what: Hashable, is_now: object, now: int, *, first: int) -> int:
        """Microseconds since 1970 UTC: when another value was seen last, or ``first`` where none ever was."""
        was, since = self._seen.get(what, (is_now, first))
        self._seen[what] = (is_now, since if was == is_now else now)
        return self._seen[what][1]

    def forget_all_but(self, known: Collection[Hashable]) -> None:
        """What is not there any more."""
        self._seen = {what: seen for what, seen in self._seen.items() if what in known}

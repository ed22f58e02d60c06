"""The list of what waits, held open by the gate until it changes: a card comes at once, not with the next poll."""

import time
from collections.abc import Iterator
from threading import Event

import structlog

from upstream_client.exceptions import Throttled, UpstreamError
from upstream_client.gate import reading
from upstream_client.gate.caller import Caller

LONGEST_HOLD = 25
"""Seconds; many proxies give up after 30."""
SECOND_LOOK = 1.0
"""Seconds after a change: what vanished is believed at the second list without it."""
PAUSE = 0.1
"""Seconds between two calls after a change, so that a flood of them is one look."""
AT_ONCE = 0.5
"""An unchanged list that comes within so many seconds was not held: the gate stops, or a proxy answered."""
LEAST_BACKOFF, LONGEST_BACKOFF = 1.0, 30.0

log = structlog.get_logger(__name__)


class HeldList:
    """Tells when a look at the list is worth it. Used by one thread."""

    def __init__(
        self,
        caller: Caller,
        every: float,
        *,
        second_look: float = SECOND_LOOK,
        least_backoff: float = LEAST_BACKOFF,
    ) -> None:
        """``every``: seconds between two looks where nothing tells of a change."""
        self._caller = caller
        self._every = every
        self._second_look = second_look
        self._least_backoff = least_backoff
        self._version = ""
        self._failures = 0
        self._rest_until = 0.0

    def watch(self, stop: Event) -> Iterator[None]:
        """Yields at once, when the list changed, a second after that, and every so many seconds at least."""
        due = time.monotonic()
        while not stop.is_set():
            left = due - time.monotonic()
            if left <= 0:
                yield
                due = time.monotonic() + self._every
            elif self._has_changed(left, stop):
                yield
                due = time.monotonic() + min(self._second_look, self._every)
                stop.wait(PAUSE)

    def _has_changed(self, seconds: float, stop: Event) -> bool:
        """Whether the list is another one than at the last look; waits for that at most so long, and a second."""
        rest = self._rest_until - time.monotonic()
        if rest > 0:
            stop.wait(min(rest, seconds))
            return False
        try:
            latest = self._look(seconds, stop)
        except UpstreamError as error:
            self._rest(error)
            return False
        if latest is None:
            stop.wait(PAUSE)
            return False
        if self._failures:
            log.info("the list is held open again")
        self._failures = 0
        changed, self._version = latest != self._version, latest
        return changed

    def _look(self, seconds: float, stop: Event) -> str | None:
        """The version of the list; None at a stop. Not held where none is known, so that it is known at once."""
        if not self._version:
            return reading.version_of(self._caller.list_pending().json())
        began = time.monotonic()
        answer = self._caller.hold_list(self._version, max(1, min(LONGEST_HOLD, int(seconds))), stop)
        if answer is None:
            return None
        latest = reading.version_of(answer.json())
        if latest == self._version and time.monotonic() - began < AT_ONCE:
            stop.wait(min(self._least_backoff, seconds))
        return latest

    def _rest(self, error: UpstreamError) -> None:
        """The gate is not asked for a while. After that any list is another one."""
        if not self._failures:
            log.warning("the list is not held open: new requests come with the polls", why=str(error))
        self._version = ""
        backoff = min(self._least_backoff * 2.0 ** min(self._failures, 20), LONGEST_BACKOFF)
        self._failures += 1
        asked = error.retry_after if isinstance(error, Throttled) else 0.0
        self._rest_until = time.monotonic() + max(backoff, asked)

"""The refresher: reads the stored channels and schedules anew, and tells of changes that were not ours."""

import threading
from collections.abc import Callable, Sequence

import structlog

from slack_bot import audit
from slack_bot.audit import Kind
from slack_bot.channel_names import NamedChannel
from slack_bot.ledger import Ledger
from slack_bot.shelf import OutsideChange
from slack_bot.stored_state import StoredState

EVERY = 60.0
"""Seconds between two readings."""
OR_ANOTHER = " If another replica did it, that one's own record stands before this one."
"""A process sees in the store what it did not write itself, and not who did."""

log = structlog.get_logger(__name__)


class Refresher:
    """Reconciler: stored state → what the others go by. Used by one thread."""

    def __init__(
        self,
        ledger: Ledger,
        state: StoredState,
        named: NamedChannel | None,
        clock: Callable[[], int],
        changed: Callable[[], None],
    ) -> None:
        """``named``: the channel of SLACK_CHANNEL, if it is set.

        ``changed`` is told where what was read is not what it was, or may be gone by again.
        """
        self._ledger = ledger
        self._state = state
        self._named = named
        self._clock = clock
        self._changed = changed
        self._stopping = threading.Event()
        self._trouble = ""
        self._unrecorded: list[OutsideChange] = []

    def stop(self) -> None:
        """No new reading."""
        self._stopping.set()

    def work(self, now: int) -> float | None:
        """Reads once. Where the state cannot be read, the last good one stays, and no schedule holds."""
        if self._stopping.is_set():
            return None
        if self._named is not None:
            self._look_for(self._named)
        was_up_to_date = self._state.is_up_to_date()
        self._unrecorded += self._state.refresh()
        self._tell_of_trouble(self._state.trouble)
        if self._unrecorded or (not was_up_to_date and self._state.is_up_to_date()):
            self._changed()
        if self._unrecorded:
            self._record(self._unrecorded, now)
            self._unrecorded.clear()
        return EVERY

    def _look_for(self, named: NamedChannel) -> None:
        found, channels = named.look(), self._state.channels
        if found is not None:
            channels.declare(found)
        if found is not None or named.unsure != channels.awaited:
            channels.awaited = named.unsure
            self._changed()

    def _tell_of_trouble(self, trouble: str) -> None:
        """Once when it begins, once when it is over."""
        if trouble and trouble != self._trouble:
            log.error("channels and schedules cannot be read: nothing is approved automatically", why=trouble)
        elif self._trouble and not trouble:
            log.info("channels and schedules can be read again")
            self._changed()
        self._trouble = trouble

    def _record(self, changes: Sequence[OutsideChange], now: int) -> None:
        or_another = "" if self._ledger.sole else OR_ANOTHER
        with self._ledger.write() as tx:
            for change in changes:
                audit.append(
                    tx,
                    now,
                    Kind.CHANGED_OUTSIDE,
                    None,
                    what=change.what,
                    name=change.name,
                    words=change.words + or_another,
                    before=change.before,
                    after=change.after,
                )
        for change in changes:
            log.warning(
                "changed outside", what=change.what, name=change.name, words=change.words + or_another
            )

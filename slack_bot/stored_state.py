"""The stored channels and schedules, and whether what was read of them is what another replica left there."""

import threading
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from slack_bot.audit import Kind
from slack_bot.channel_store import ChannelStore
from slack_bot.ledger import Ledger, audit
from slack_bot.schedule_store import ScheduleStore
from slack_bot.shelf import OutsideChange

OF_CHANGES = (
    Kind.INTENT,
    Kind.CHANNEL_REGISTERED,
    Kind.CHANNEL_CHANGED,
    Kind.CHANNEL_REMOVED,
    Kind.SCHEDULE_CHANGED,
)
"""The records of a change, and those of the wish for it, where they are of no request.

What was changed outside of the bot each replica finds for itself, and says so.
"""
OVERTAKEN = 1_000
"""PostgreSQL gives a record its number before others see it: of so many, the newer may be seen first."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """The changes that were on record before a reading, as far as they are newer than ``after``."""

    after: int
    changes: frozenset[int]


class StoredState:
    """Channels and schedules as this process read them last. Any thread may use it.

    With several replicas the ledger, which they share, tells of each change at once, and the store only who
    reads it again. Where no other process can change anything, nothing here costs a query.
    """

    def __init__(self, ledger: Ledger, channels: ChannelStore, schedules: ScheduleStore) -> None:
        self.channels = channels
        self.schedules = schedules
        self._ledger = ledger
        self._reading = threading.Lock()
        self._mark: _Mark | None = None

    @property
    def trouble(self) -> str:
        """Why they may be out of date, in words; "" where they are not. No schedule holds then."""
        return self.channels.trouble or self.schedules.trouble

    def refresh(self) -> list[OutsideChange]:
        """Reads both anew, and returns what changed without us; see `Shelf.refresh`."""
        with self._reading:
            mark = self._marked()
            changes = [*self.channels.refresh(), *self.schedules.refresh()]
            # What was declared holds until the channels are read for the first time.
            if self._mark is None or not self.channels.trouble:
                self._mark = mark
            return changes

    def is_current(self, connection: Connection) -> bool:
        """Whether nobody has put a change on record since the last reading."""
        if self._ledger.sole:
            return True
        mark = self._mark
        return mark is not None and _changes(connection, mark.after) == mark.changes

    def is_up_to_date(self) -> bool:
        """The same, outside of a transaction."""
        if self._ledger.sole:
            return True
        with self._ledger.read() as connection:
            return self.is_current(connection)

    def bring_up_to_date(self) -> bool:
        """Reads both anew where that is overdue. False where the channels cannot be read.

        What changed without us is for the next `refresh` to return.
        """
        if self.is_up_to_date():
            return True
        with self._reading:
            return self.is_up_to_date() or self._look()

    def _look(self) -> bool:
        mark = self._marked()
        outage = self.channels.look()
        self.schedules.look()
        if not outage:
            self._mark = mark
        return not outage

    def _marked(self) -> _Mark | None:
        """Before the reading: what is put on record while it lasts may not have been seen by it."""
        if self._ledger.sole:
            return None
        with self._ledger.read() as connection:
            newest = connection.execute(select(func.max(audit.c.id))).scalar() or 0
            after = newest - OVERTAKEN
            return _Mark(after, _changes(connection, after))


def _changes(connection: Connection, after: int) -> frozenset[int]:
    query = select(audit.c.id).where(
        audit.c.id > after, audit.c.request_key.is_(None), audit.c.kind.in_(OF_CHANGES)
    )
    return frozenset(connection.execute(query).scalars())

"""The stored channels, schedules and routes, and whether what was read is what another replica left there."""

import json
import threading
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection, func, select

from slack_bot.audit import Kind
from slack_bot.channel_store import ChannelStore
from slack_bot.declared_policy import NOTHING_SEEN, DeclaredPolicy, newest, put_on_record
from slack_bot.ledger import Ledger, audit
from slack_bot.route_store import RouteStore
from slack_bot.schedule_store import ScheduleStore
from slack_bot.shelf import OutsideChange

OF_CHANGES = (
    Kind.INTENT,
    Kind.CHANNEL_REGISTERED,
    Kind.CHANNEL_CHANGED,
    Kind.CHANNEL_REMOVED,
    Kind.SCHEDULE_CHANGED,
    Kind.ROUTES_CHANGED,
)
"""The records of a change, and those of the wish for it, where they are of no request.

What it did not change itself each replica finds by itself, and says so.
"""
OVERTAKEN = 1_000
"""PostgreSQL gives a record its number before others see it: of so many, the newer may be seen first."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Mark:
    """The changes that were on record before a reading, as far as they are newer than ``after``."""

    after: int
    changes: frozenset[int]


class StoredState:
    """Channels, schedules and routes as this process read them last. Any thread may use it.

    With several replicas the ledger, which they share, tells of each change at once, and the store only who
    reads it again. What is declared nobody can read again: of replicas that go by different declarations the
    one that started last decides, and the others are overtaken. Where no other process can change anything,
    nothing here costs a query.
    """

    def __init__(
        self,
        ledger: Ledger,
        channels: ChannelStore,
        schedules: ScheduleStore,
        routes: RouteStore | None = None,
    ) -> None:
        self.channels = channels
        self.schedules = schedules
        self.routes = routes or RouteStore()
        self._ledger = ledger
        self._reading = threading.Lock()
        self._mark: _Mark | None = None
        self._declared = ""
        self._newest = NOTHING_SEEN
        self._overtaken = False
        self._telling = threading.Lock()

    def declare(self, policy: DeclaredPolicy, now: int) -> None:
        """This process goes by ``policy`` from now on, and puts it on record where it is another than before."""
        with self._ledger.write() as tx:
            put_on_record(tx, now, policy)
        self._declared = policy.hash

    def is_overtaken(self) -> bool:
        """Whether another replica, which started later, goes by something else that was declared.

        Then nothing that this process would decide, rate or show is by the rules that hold.
        """
        if self._ledger.sole:
            return False
        with self._ledger.read() as connection:
            return self._is_overtaken(connection)

    @property
    def trouble(self) -> str:
        """Why they may be out of date, in words; "" where they are not. No schedule holds then."""
        return self.channels.trouble or self.schedules.trouble or self.routes.trouble

    def refresh(self) -> list[OutsideChange]:
        """Reads them anew, and returns what changed without us; see `Shelf.refresh`."""
        with self._reading:
            mark = self._marked()
            changes = [*self.channels.refresh(), *self.schedules.refresh(), *self.routes.refresh()]
            self._look_for_routes()
            # What was declared holds until the channels are read for the first time.
            if self._mark is None or not self.channels.trouble:
                self._mark = mark
            return changes

    def is_current(self, connection: Connection) -> bool:
        """Whether nobody has put a change on record since the last reading, and nobody has overtaken us."""
        if self._ledger.sole:
            return True
        mark = self._mark
        if mark is None or self._is_overtaken(connection):
            return False
        return _changes(connection, mark.after) == mark.changes

    def is_up_to_date(self) -> bool:
        """The same, outside of a transaction."""
        if self._ledger.sole:
            return True
        with self._ledger.read() as connection:
            return self.is_current(connection)

    def bring_up_to_date(self) -> bool:
        """Reads them anew where that is overdue. False where the channels cannot be read, or it is overtaken.

        What changed without us is for the next `refresh` to return.
        """
        if self.is_up_to_date():
            return True
        if self.is_overtaken():
            return False
        with self._reading:
            return self.is_up_to_date() or self._look()

    def _is_overtaken(self, connection: Connection) -> bool:
        self._newest = found = newest(connection, self._newest)
        overtaken = found.hash not in ("", self._declared)
        self._tell(overtaken=overtaken)
        return overtaken

    def _tell(self, *, overtaken: bool) -> None:
        """Once when it begins, once when it is over; whoever finds it first."""
        with self._telling:
            was, self._overtaken = self._overtaken, overtaken
        if overtaken and not was:
            log.error(
                "another replica runs with another channels.json or SLACK_CHANNEL: this one decides nothing"
            )
        elif was and not overtaken:
            log.info("the replicas run with the same channels.json and SLACK_CHANNEL again")

    def _look(self) -> bool:
        mark = self._marked()
        outage = self.channels.look()
        self.schedules.look()
        self.routes.look()
        self._look_for_routes()
        if not outage:
            self._mark = mark
        return not outage

    def _look_for_routes(self) -> None:
        """Until the routes are read once, the audit log tells whether there may be any."""
        if self.routes.trouble and not self.routes.was_read:
            with self._ledger.read() as connection:
                self.routes.may_be_set = _were_routes_set(connection)

    def _marked(self) -> _Mark | None:
        """Before the reading: what is put on record while it lasts may not have been seen by it."""
        if self._ledger.sole:
            return None
        with self._ledger.read() as connection:
            newest = connection.execute(select(func.max(audit.c.id))).scalar() or 0
            after = newest - OVERTAKEN
            return _Mark(after, _changes(connection, after))


def _were_routes_set(connection: Connection) -> bool:
    """Whether there was ever a route in Slack, or one that somebody wrote into the store."""
    kinds = (Kind.ROUTES_CHANGED, Kind.CHANGED_OUTSIDE)
    query = select(audit.c.kind, audit.c.detail).where(audit.c.request_key.is_(None), audit.c.kind.in_(kinds))
    return any(
        row.kind == Kind.ROUTES_CHANGED or json.loads(row.detail).get("what") == "route"
        for row in connection.execute(query)
    )


def _changes(connection: Connection, after: int) -> frozenset[int]:
    query = select(audit.c.id).where(
        audit.c.id > after, audit.c.request_key.is_(None), audit.c.kind.in_(OF_CHANGES)
    )
    return frozenset(connection.execute(query).scalars())

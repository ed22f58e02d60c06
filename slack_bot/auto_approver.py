"""The auto-approver: lets the schedules answer what waits, while nobody is at work."""

import threading
from collections.abc import Callable, Mapping

import structlog
from sqlalchemy import select

from slack_bot import approvals
from slack_bot.blocks import UpstreamName
from slack_bot.channel_store import ChannelStore
from slack_bot.ledger import Ledger, requests
from slack_bot.rows import State, request_by_key
from slack_bot.schedule import Schedule, describe_hours, is_open, should_auto_approve
from slack_bot.schedule_store import ScheduleStore
from upstream_client.models import ONE_TIME, ApprovalRequest, Duration

EVERYWHERE = "all"
"""The scope of the schedule that holds in every channel without one of its own."""

log = structlog.get_logger(__name__)


class AutoApprover:
    """Reconciler: schedules → verdicts. Used by one thread; it shows nothing and calls nobody.

    A request that changed while it waited, or that came back, is left to people.
    """

    def __init__(
        self,
        ledger: Ledger,
        channels: ChannelStore,
        schedules: ScheduleStore,
        upstreams: Mapping[str, UpstreamName],
        clock: Callable[[], int],
        decided: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        """``decided`` is told where there is something to send, ``changed`` after each look."""
        self._ledger = ledger
        self._channels = channels
        self._schedules = schedules
        self._upstreams = upstreams
        self._clock = clock
        self._decided = decided
        self._changed = changed
        self._stopping = threading.Event()
        self._left: set[tuple[str, int]] = set()
        self._left_by: Mapping[str, Schedule] = {}

    def stop(self) -> None:
        """No new decision."""
        self._stopping.set()

    def work(self, now: int) -> None:
        """Answers what the open schedules cover. Whoever looks at the clock wakes it again."""
        try:
            open_now = {
                scope: schedule for scope, schedule in self._holding().items() if is_open(schedule, now)
            }
            if open_now != self._left_by:
                self._left.clear()
                self._left_by = open_now
            if open_now and self._answer(open_now):
                self._decided()
        finally:
            self._changed()

    def _holding(self) -> dict[str, Schedule]:
        """The schedule of each registered channel, its own or the one for all. None where they are unread."""
        schedules = self._schedules.trusted()
        found = {one.id: schedules.get(one.id, schedules.get(EVERYWHERE)) for one in self._channels.all()}
        return {channel: schedule for channel, schedule in found.items() if schedule is not None}

    def _answer(self, open_now: Mapping[str, Schedule]) -> int:
        """How many requests were answered."""
        waiting = self._waiting()
        self._left &= set(waiting)
        return sum(
            self._answer_one(key, version, open_now)
            for key, version in waiting
            if (key, version) not in self._left and not self._stopping.is_set()
        )

    def _waiting(self) -> list[tuple[str, int]]:
        query = (
            select(requests.c.key, requests.c.version)
            .where(
                requests.c.state == State.PENDING,
                requests.c.revision == 1,
                requests.c.upstream.in_(self._upstreams),
            )
            .order_by(requests.c.first_seen_at, requests.c.key)
        )
        with self._ledger.read() as connection:
            return [(row.key, row.version) for row in connection.execute(query)]

    def _answer_one(self, key: str, version: int, open_now: Mapping[str, Schedule]) -> bool:
        now = self._clock()
        with self._ledger.read() as connection:
            row = request_by_key(connection, key)
        if row is None or row.version != version:
            return False
        asked = row.asked
        found = _covering(asked, open_now, now)
        duration = None if found is None else self._for_how_long(row.upstream, asked, found[1])
        if found is None or duration is None:
            self._left.add((key, version))
            return False
        channel, schedule = found
        words = describe_hours(schedule)
        with self._ledger.write() as tx:
            done = approvals.approve_by_schedule(tx, now, key, version, duration, channel, words)
        if done:
            log.info("approved by a schedule", request=key, channel=channel, set_by=schedule.set_by)
        return done

    def _for_how_long(self, upstream: str, asked: ApprovalRequest, schedule: Schedule) -> Duration | None:
        """The schedule's duration; where it is not to be had one time, the least; None without that either."""
        if schedule.duration in asked.durations or self._upstreams[upstream].other_durations:
            return schedule.duration
        return ONE_TIME if ONE_TIME in asked.durations else None


def _covering(
    asked: ApprovalRequest, open_now: Mapping[str, Schedule], now: int
) -> tuple[str, Schedule] | None:
    """The first channel whose schedule covers the request, with the schedule."""
    return next(
        (
            (channel, schedule)
            for channel, schedule in open_now.items()
            if should_auto_approve(schedule, asked, now)
        ),
        None,
    )

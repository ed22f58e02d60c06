"""The auto-approver: lets the schedules answer what waits, while nobody is at work."""

import threading
from collections.abc import Callable, Mapping

import structlog
from sqlalchemy import Connection, select

from slack_bot import approvals, inbox
from slack_bot.ballots import Grant
from slack_bot.blocks import UpstreamName
from slack_bot.coverage import Coverage, Rule
from slack_bot.ledger import Ledger, requests
from slack_bot.rows import RequestRow, State, request_by_key
from slack_bot.schedule import describe_hours
from slack_bot.schedule_store import ALL
from upstream_client.models import ONE_TIME, ApprovalRequest, Duration

log = structlog.get_logger(__name__)


class NotNow(Exception):
    """Nothing may be approved without a person at the moment; the text says why."""


class AutoApprover:
    """Reconciler: schedules → verdicts. Used by one thread; it shows nothing and calls nobody.

    A request that changed while it waited, or that came back, is left to people. So is everything while
    something that people said or pressed is not handled yet: it may be a no, or the end of a schedule.
    """

    def __init__(
        self,
        ledger: Ledger,
        coverage: Coverage,
        upstreams: Mapping[str, UpstreamName],
        clock: Callable[[], int],
        decided: Callable[[], None],
        changed: Callable[[], None],
        outdated: Callable[[], None],
    ) -> None:
        """``decided`` is told where there is something to send, ``changed`` after each look.

        ``outdated`` is told where another replica has changed channels or schedules since they were read.
        """
        self._ledger = ledger
        self._coverage = coverage
        self._upstreams = upstreams
        self._clock = clock
        self._decided = decided
        self._changed = changed
        self._outdated = outdated
        self._stopping = threading.Event()
        self._left: set[tuple[str, int]] = set()
        self._left_by: tuple[Mapping[str, Rule], str] = ({}, "")

    def stop(self) -> None:
        """No new decision."""
        self._stopping.set()

    def work(self, now: int) -> None:
        """Answers what the open schedules cover. Whoever looks at the clock wakes it again."""
        try:
            open_now = self._coverage.open_at(now)
            if self._left_by != (open_now, self._coverage.routes):
                self._left.clear()
                self._left_by = (open_now, self._coverage.routes)
            if open_now and self._answer():
                self._decided()
        finally:
            self._changed()

    def _answer(self) -> int:
        """How many requests were answered."""
        waiting = self._waiting()
        self._left &= set(waiting)
        answered = 0
        try:
            for key, version in waiting:
                if (key, version) not in self._left and not self._stopping.is_set():
                    answered += self._answer_one(key, version)
        except NotNow as why:
            log.info("nothing is approved by a schedule for now", why=str(why))
        return answered

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

    def _answer_one(self, key: str, version: int) -> bool:
        """Whether it was answered. Raises `NotNow`."""
        with self._ledger.read() as connection:
            row = request_by_key(connection, key)
        if row is None or row.version != version:
            return False
        if self._grant(row, self._clock()) is None:
            if not self._coverage.is_undecided(row.asked):
                self._left.add((key, version))
            return False
        with self._ledger.write() as tx:
            grant = self._grant_in(tx, key)
            done = grant is not None and approvals.approve_by_schedule(tx, self._clock(), key, version, grant)
        if done and grant is not None:
            log.info("approved by a schedule", request=key, channel=grant.channel, set_by=grant.set_by)
        return done

    def _grant_in(self, tx: Connection, key: str) -> Grant | None:
        """What holds at the moment of the decision; a round may take long. Raises `NotNow`."""
        row = request_by_key(tx, key, lock=True)
        if inbox.waits(tx):
            raise NotNow("something that people said or pressed is not handled yet")
        if not self._coverage.is_current(tx):
            self._outdated()
            raise NotNow("channels or schedules were changed, and are not read yet")
        return None if row is None else self._grant(row, self._clock())

    def _grant(self, row: RequestRow, now: int) -> Grant | None:
        asked = row.asked
        rule = self._coverage.covering(asked, now)
        duration = None if rule is None else self._for_how_long(row.upstream, asked, rule.duration)
        if rule is None or duration is None:
            return None
        channel = "" if rule.scope == ALL else rule.scope
        return Grant(channel, duration, describe_hours(rule.schedule), rule.schedule.set_by)

    def _for_how_long(self, upstream: str, asked: ApprovalRequest, wanted: Duration) -> Duration | None:
        """What the schedule may give; where it is not to be had one time, the least; None without that either."""
        if wanted in asked.durations or self._upstreams[upstream].other_durations:
            return wanted
        return ONE_TIME if ONE_TIME in asked.durations else None

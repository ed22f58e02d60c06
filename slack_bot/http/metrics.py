"""The bot's figures for Prometheus, in a registry of their own. No label names a person, a channel or a request."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from slack_bot.figures import Figures
from slack_bot.http.audited import AuditTail, News
from slack_bot.ledger import Ledger, inbox, requests
from slack_bot.rows import State

PREFIX: Final = "approval_bot_"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
TO_DECIDE: Final = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600)
"""Seconds: people take from a moment to a day."""
TO_SETTLE: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)
"""Seconds."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Socket:
    """The connection to Slack: whether it is alive, and how often one was opened."""

    is_alive: Callable[[], bool]
    opened: Callable[[], int]


class _Counted(Collector):
    """What other parts count, read when it is asked for."""

    def __init__(
        self,
        figures: Figures,
        upstreams: Sequence[str],
        socket: Socket | None,
        monotonic: Callable[[], float],
    ) -> None:
        self._figures = figures
        self._upstreams = upstreams
        self._socket = socket
        self._monotonic = monotonic
        self._since = monotonic()

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        yield _counter("slack_calls", "Calls of Slack's Web API.", ("method", "outcome"), figures.slack_calls)
        yield _counter(
            "upstream_errors",
            "What an upstream did not do that was asked of it.",
            ("upstream", "operation", "error"),
            figures.upstream_errors,
        )
        yield _counter("webhooks", "Calls of webhooks' addresses.", ("upstream", "outcome"), figures.webhooks)
        words = "What was posted to the addresses for Slack."
        yield _counter("slack_posts", words, ("outcome",), figures.slack_posts)
        if self._socket is not None:
            opened, alive = self._socket.opened(), self._socket.is_alive()
            yield CounterMetricFamily(f"{PREFIX}connections", "Connections that Slack greeted.", value=opened)
            yield GaugeMetricFamily(f"{PREFIX}connected", "1 while one to Slack is alive.", value=int(alive))
        yield self._ages()

    def _ages(self) -> Metric:
        now = self._monotonic()
        words = "Since an upstream last told what waits; since the start where it never did."
        family = GaugeMetricFamily(f"{PREFIX}poll_age_seconds", words, labels=["upstream"])
        for upstream in self._upstreams:
            at = self._figures.polled_at(upstream)
            family.add_metric([upstream], now - (self._since if at is None else at))
        return family


class _Kept(Collector):
    """What the ledger holds at the moment; told as read last where it cannot be read."""

    def __init__(self) -> None:
        self.requests: Mapping[tuple[str, ...], int] = {}
        self.queues: Mapping[tuple[str, ...], int] = {}

    def collect(self) -> Iterator[Metric]:
        words = "Requests in the ledger, by where they stand: one that is settled stays."
        yield _gauge("requests", words, ("upstream", "outcome"), self.requests)
        yield _gauge("queue", "What waits to be done by the bot itself.", ("queue",), self.queues)

    def look(self, connection: Connection) -> None:
        """Reads it anew."""
        by = (requests.c.upstream, requests.c.state)
        found = connection.execute(select(*by, func.count()).group_by(*by))
        self.requests = {(upstream, state): count for upstream, state, count in found}
        decided = sum(count for (_, state), count in self.requests.items() if state == State.DECIDED)
        self.queues = {
            ("inbox",): _count(connection, inbox.c.due_at > 0),
            ("answers",): _count(connection, inbox.c.answer_due_at > 0),
            ("verdicts",): decided,
        }


class Metrics:
    """All figures; ``upstreams`` are the names of those that are polled. Any thread may use it."""

    def __init__(
        self,
        ledger: Ledger,
        figures: Figures,
        upstreams: Sequence[str],
        socket: Socket | None,
        monotonic: Callable[[], float],
    ) -> None:
        """``socket`` is None where there is none. Raises `sqlalchemy.exc.SQLAlchemyError`."""
        self._ledger = ledger
        self._tail = AuditTail(ledger)
        self._reading = threading.Lock()
        self._kept = _Kept()
        self._registry = CollectorRegistry()
        self._registry.register(_Counted(figures, upstreams, socket, monotonic))
        self._registry.register(self._kept)
        self._to_decide = Histogram(
            f"{PREFIX}decision_seconds",
            "From the first sight of a request to its verdict.",
            ["upstream", "cause"],
            buckets=TO_DECIDE,
            registry=self._registry,
        )
        self._to_settle = Histogram(
            f"{PREFIX}press_to_outcome_seconds",
            "From the deciding press to the upstream's answer.",
            ["upstream"],
            buckets=TO_SETTLE,
            registry=self._registry,
        )
        self._refusals = Counter(
            f"{PREFIX}refusals",
            "What people wanted and the bot did not do.",
            ["rule", "security"],
            registry=self._registry,
        )

    def text(self) -> bytes:
        """All of it. What the ledger tells is as old as its last reading where it cannot be read."""
        with self._reading:
            try:
                self.observe(self._tail.read())
                with self._ledger.read() as connection:
                    self._kept.look(connection)
            except SQLAlchemyError as error:
                log.warning("the ledger's figures cannot be read", why=type(error).__name__)
            return generate_latest(self._registry)

    def observe(self, news: News) -> None:
        """Counts what is new."""
        for decided in news.decided:
            self._to_decide.labels(decided.upstream, decided.cause).observe(decided.seconds)
        for settled in news.settled:
            self._to_settle.labels(settled.upstream).observe(settled.seconds)
        for one in news.turned_down:
            self._refusals.labels(one.rule, "yes" if one.security else "no").inc()


def _counter(
    name: str, words: str, labels: Sequence[str], values: Mapping[tuple[str, ...], int]
) -> CounterMetricFamily:
    family = CounterMetricFamily(PREFIX + name, words, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _gauge(
    name: str, words: str, labels: Sequence[str], values: Mapping[tuple[str, ...], int]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(PREFIX + name, words, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _count(connection: Connection, waits: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(inbox).where(waits)).scalar_one()

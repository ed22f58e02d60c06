"""The gate's figures for Prometheus, in a registry of their own."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from approval_gate.server.clock import SECOND
from approval_gate.server.figures import Figures
from approval_gate.server.ticket import VERDICTS, Status, Ticket

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS: Final = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0)
"""Seconds."""
COUNTED: Final = {
    "created": "Tickets filed at this gate.",
    "told": "Tickets whose end was told to those who wait at this gate.",
    "published": "Signals sent to other gates.",
    "unsent": "Signals given up or put off while Redis was away.",
    "heard": "Signals heard from other gates.",
    "sweeps": "Sweeps that looked after all who wait.",
    "failed_sweeps": "Sweeps that failed; the next one looks again.",
    "deleted": "Old tickets deleted.",
}
"""Which of `Figures` are shown, and what each is."""


class _Counted(Collector):
    """What other parts count, read when it is asked for."""

    def __init__(self, figures: Figures, waiters: Callable[[], int]) -> None:
        self._figures = figures
        self._waiters = waiters
        self.tickets: Mapping[Status, int] = {}

    def collect(self) -> Iterator[Metric]:
        for name, words in COUNTED.items():
            yield CounterMetricFamily(f"gate_{name}", words, value=getattr(self._figures, name))
        yield GaugeMetricFamily("gate_waiters", "Held answers waiting for a ticket.", value=self._waiters())
        if self.tickets:
            family = GaugeMetricFamily("gate_tickets", "Tickets kept, by status.", labels=["status"])
            for status in Status:
                family.add_metric([status.value], self.tickets.get(status, 0))
            yield family


class Metrics:
    """``waiters`` tells how many wait at this moment."""

    def __init__(self, figures: Figures, waiters: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._counted = _Counted(figures, waiters)
        self._registry.register(self._counted)
        self._woken = Histogram(
            "gate_wake_seconds",
            "From a decision to the answer of a caller who waited for it.",
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._callbacks = Counter(
            "gate_callback_attempts",
            "Attempts to deliver a callback.",
            ["outcome"],
            registry=self._registry,
        )

    def woken(self, ticket: Ticket, now: int) -> None:
        """Somebody who waited for the ticket is answered ``now``."""
        if ticket.status in VERDICTS and ticket.decided_at is not None:
            self._woken.observe(max(0, now - ticket.decided_at) / SECOND)

    def callback(self, delivered: bool) -> None:
        """A callback was tried."""
        self._callbacks.labels("delivered" if delivered else "failed").inc()

    def text(self, tickets: Mapping[Status, int]) -> bytes:
        """All of it; ``tickets`` is empty where nobody knows."""
        self._counted.tickets = tickets
        return generate_latest(self._registry)

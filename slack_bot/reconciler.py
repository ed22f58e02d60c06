"""A thread that compares what is with what the ledger says should be, and closes the difference."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from slack_bot.approvals import Outdated

MAX_BACKOFF = 30.0
UNHURRIED = 0.05
"""Seconds for which what nobody waits for lets go first what somebody waits for: about as long as that takes."""

log = structlog.get_logger(__name__)


class Worker(Protocol):
    """What a reconciler runs. It may be interrupted anywhere and run again: all it knows is in the ledger."""

    def work(self, now: int) -> float | None:
        """Closes the difference. Returns seconds until there may be more to do, None for "when woken"."""

    def stop(self) -> None:
        """No new step; the one under way goes on."""


class Reconciler:
    """Runs a worker in a thread of its own: when woken, and when as many seconds passed as it returned."""

    def __init__(
        self, name: str, worker: Worker, clock: Callable[[], int], unhurried: float = UNHURRIED
    ) -> None:
        """``unhurried``: seconds that `wake_soon` leaves to others."""
        self.name = name
        self._unhurried = unhurried
        self._worker = worker
        self._clock = clock
        self._woken = threading.Event()
        self._urgent = threading.Event()
        self._stopping = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Starts the thread; the first work is done at once."""
        self.wake()
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do, and somebody waits for it."""
        self._urgent.set()
        self._woken.set()

    def wake_soon(self) -> None:
        """There may be something to do that can wait a moment, in which the threads that are in a hurry work."""
        self._woken.set()

    def stop(self) -> None:
        """No new work; the step under way goes on."""
        self._stopping.set()
        self._worker.stop()
        self.wake()

    def join(self, deadline: float) -> bool:
        """Waits for the step under way until ``deadline`` on the monotonic clock. True where it ended."""
        if self._thread.ident is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))
        return not self.is_alive()

    def is_alive(self) -> bool:
        """Whether the thread runs. What `Worker.work` raises does not end it, but for what ends a process."""
        return self._thread.is_alive()

    def _run(self) -> None:
        delay: float | None = None
        while True:
            if self._woken.wait(delay):
                self._urgent.wait(self._unhurried)
            self._urgent.clear()
            self._woken.clear()
            if self._stopping.is_set():
                return
            delay = self._once()

    def _once(self) -> float | None:
        try:
            delay = self._worker.work(self._clock())
        except Outdated:
            return 0.0
        except Exception:
            self._failures += 1
            delay = min(2.0 ** min(self._failures, 20) / 10, MAX_BACKOFF)
            log.exception("work failed and will be tried again", reconciler=self.name, seconds=delay)
            return delay
        self._failures = 0
        return delay

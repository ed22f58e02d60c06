import threading
import time
from collections.abc import Iterator
from typing import Protocol

import pytest
import structlog
from structlog.testing import capture_logs

from slack_bot.approvals import Outdated
from slack_bot.reconciler import MAX_BACKOFF, UNHURRIED, Reconciler
from tests.slack_bot.examples import NOW

PATIENCE = 10.0
"""Seconds after which a test gives up; none should take a tenth of it."""


class Work:
    """What a reconciler does: a script of results, each call told to the test."""

    def __init__(self, *script: float | Exception | None, then: float | None = None) -> None:
        self.script = list(script)
        self.then = then
        self.times: list[float] = []
        self.told: list[int] = []
        self.stopped = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self._changed = threading.Condition()

    def work(self, now: int) -> float | None:
        with self._changed:
            self.times.append(time.monotonic())
            self.told.append(now)
            self._changed.notify_all()
        self.gate.wait(PATIENCE)
        result = self.script.pop(0) if self.script else self.then
        if isinstance(result, Exception):
            raise result
        return result

    def stop(self) -> None:
        self.stopped.set()

    def wait_for(self, calls: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.times) >= calls, PATIENCE), "it was not called"


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    """`capture_logs` must not meet a configuration that an earlier test left behind."""
    config = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**config)


class Start(Protocol):
    """Starts a reconciler over this work."""

    def __call__(self, work: Work, unhurried: float = UNHURRIED) -> Reconciler: ...


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts reconcilers and, at the end, stops them."""
    running: list[tuple[Reconciler, Work]] = []

    def _start(work: Work, unhurried: float = UNHURRIED) -> Reconciler:
        reconciler = Reconciler("test", work, lambda: NOW, unhurried)
        running.append((reconciler, work))
        reconciler.start()
        return reconciler

    yield _start
    for reconciler, work in running:
        work.gate.set()
        reconciler.stop()
        assert reconciler.join(time.monotonic() + PATIENCE)


def is_left_alone(work: Work, calls: int, seconds: float = 0.15) -> None:
    """It is called no more than that within so many seconds."""
    over = threading.Event()
    over.wait(seconds)
    assert len(work.times) == calls


def test_it_works_at_once_and_is_told_the_time(start: Start) -> None:
    work = Work()
    start(work)
    work.wait_for(1)
    assert work.told == [NOW]


def test_without_a_delay_it_waits_to_be_woken(start: Start) -> None:
    work = Work()
    reconciler = start(work)
    work.wait_for(1)
    is_left_alone(work, 1)
    reconciler.wake()
    work.wait_for(2)
    is_left_alone(work, 2)


def test_a_delay_is_waited_and_not_more(start: Start) -> None:
    work = Work(0.1)
    start(work)
    work.wait_for(2)
    first, second = work.times
    assert 0.1 <= second - first < 0.1 + PATIENCE / 2


def test_a_wake_shortens_a_long_delay(start: Start) -> None:
    work = Work(then=3_600.0)
    reconciler = start(work)
    work.wait_for(1)
    reconciler.wake()
    work.wait_for(2)


def test_what_can_wait_a_moment_lets_others_go_first(start: Start) -> None:
    work = Work()
    reconciler = start(work)
    work.wait_for(1)
    woken_at = time.monotonic()
    reconciler.wake_soon()
    work.wait_for(2)
    assert work.times[1] - woken_at >= UNHURRIED


def test_what_could_wait_does_not_once_somebody_is_in_a_hurry(start: Start) -> None:
    """Given a moment that lasts for ever, when it is woken in a hurry, before or after, then it works at once."""
    work = Work()
    reconciler = start(work, unhurried=3_600.0)
    work.wait_for(1)
    reconciler.wake_soon()
    is_left_alone(work, 1)
    reconciler.wake()
    work.wait_for(2)
    is_left_alone(work, 2)
    reconciler.wake()
    reconciler.wake_soon()
    work.wait_for(3)


def test_while_it_waits_a_moment_it_can_be_stopped(start: Start) -> None:
    work = Work()
    reconciler = start(work, unhurried=3_600.0)
    work.wait_for(1)
    reconciler.wake_soon()
    is_left_alone(work, 1)
    reconciler.stop()
    assert reconciler.join(time.monotonic() + PATIENCE)


def test_a_wake_during_the_work_is_not_lost(start: Start) -> None:
    """What changed after the work had read the ledger would else wait for the next wake."""
    work = Work()
    work.gate.clear()
    reconciler = start(work)
    work.wait_for(1)
    reconciler.wake()
    work.gate.set()
    work.wait_for(2)


def test_many_wakes_are_one(start: Start) -> None:
    work = Work()
    work.gate.clear()
    reconciler = start(work)
    work.wait_for(1)
    for _ in range(100):
        reconciler.wake()
    work.gate.set()
    work.wait_for(2)
    is_left_alone(work, 2)


def test_it_is_alive_from_its_start_to_its_end(start: Start) -> None:
    work = Work()
    reconciler = start(work)
    work.wait_for(1)
    assert reconciler.is_alive()
    reconciler.stop()
    assert reconciler.join(time.monotonic() + PATIENCE)
    assert not reconciler.is_alive()


def test_what_is_outdated_is_done_again_at_once(start: Start) -> None:
    work = Work(Outdated("key"), Outdated("key"))
    start(work)
    work.wait_for(3)
    is_left_alone(work, 3)


def test_a_failure_is_logged_and_tried_again_ever_more_slowly_until_it_works(start: Start) -> None:
    work = Work(RuntimeError("one"), RuntimeError("two"), None, RuntimeError("three"))
    with capture_logs() as logs:
        reconciler = start(work)
        work.wait_for(3)
        reconciler.wake()
        work.wait_for(5)
    assert [(line["log_level"], line["reconciler"], line["seconds"]) for line in logs] == [
        ("error", "test", 0.2),
        ("error", "test", 0.4),
        ("error", "test", 0.2),
    ]
    waits = [later - earlier for earlier, later in zip(work.times, work.times[1:], strict=False)]
    assert waits[0] >= 0.2
    assert waits[1] >= 0.4


def test_after_days_of_failures_it_still_tries_twice_a_minute() -> None:
    """2.0 to the power of 1024 is an OverflowError, and an error in the handling would end the thread."""
    work = Work(*[RuntimeError("still")] * 2_000)
    reconciler = Reconciler("test", work, lambda: NOW)
    with capture_logs():
        delays = [reconciler._once() for _ in range(2_000)]
    assert delays[:3] == [0.2, 0.4, 0.8]
    assert delays[-1] == max(delay for delay in delays if delay is not None) == MAX_BACKOFF


def test_a_wake_does_not_wait_for_the_back_off(start: Start) -> None:
    work = Work(*[RuntimeError("no")] * 9)
    with capture_logs():
        reconciler = start(work)
        for calls in range(1, 10):  # the last two back-offs alone are longer than the test's patience
            work.wait_for(calls)
            reconciler.wake()
        work.wait_for(10)


def test_while_waiting_it_stops_promptly(start: Start) -> None:
    work = Work(then=3_600.0)
    reconciler = start(work)
    work.wait_for(1)
    began = time.monotonic()
    reconciler.stop()
    assert reconciler.join(began + PATIENCE)
    assert time.monotonic() - began < PATIENCE / 2
    assert work.stopped.is_set()
    assert len(work.times) == 1


def test_what_is_under_way_ends_and_nothing_new_begins(start: Start) -> None:
    work = Work()
    work.gate.clear()
    reconciler = start(work)
    work.wait_for(1)
    reconciler.wake()
    reconciler.stop()
    assert not reconciler.join(time.monotonic() + 0.05)  # the deadline passed, and the work goes on
    work.gate.set()
    assert reconciler.join(time.monotonic() + PATIENCE)
    assert len(work.times) == 1


def test_stopped_before_it_was_started_it_never_works() -> None:
    work = Work()
    reconciler = Reconciler("test", work, lambda: NOW)
    reconciler.stop()
    assert reconciler.join(time.monotonic())
    reconciler.start()
    assert reconciler.join(time.monotonic() + PATIENCE)
    assert work.times == []


def test_the_thread_is_named_after_the_reconciler(start: Start) -> None:
    start(Work())
    assert "test" in {thread.name for thread in threading.enumerate()}

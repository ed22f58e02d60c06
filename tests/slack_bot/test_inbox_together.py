"""What is delivered in the same moment is saved in one transaction, and still each by itself."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import OperationalError

from slack_bot.inbox import Inbox, due_items
from slack_bot.ledger import Ledger, inbox
from tests.slack_bot.examples import APPROVER, CHANNEL, NOW

UNKEEPABLE = "half a character: \ud83d"


class Deliveries:
    """An inbox, and how often the clerk was told."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.woken = threading.Semaphore(0)
        self.inbox = Inbox(ledger, lambda: NOW, self.woken.release)

    def save(self, once_key: str, payload: str = "{}") -> bool:
        return self.inbox.save("click", once_key, channel=CHANNEL, user_id=APPROVER, payload=payload)

    def is_there(self, once_key: str) -> bool:
        with self.ledger.read() as connection:
            return bool(
                connection.scalar(select(func.count()).select_from(inbox).where(inbox.c.once_key == once_key))
            )

    @contextmanager
    def together(
        self, pool: ThreadPoolExecutor, calls: Sequence[tuple[str, str]]
    ) -> Iterator[list[Future[bool]]]:
        """Saves that all wait for the same commit; they go on at the end of the block."""
        with self.ledger.write() as tx:
            if not self.ledger.sole:
                tx.exec_driver_sql("LOCK TABLE inbox IN EXCLUSIVE MODE")
            first = pool.submit(self.save, "first")
            wait_until(lambda: not self.inbox._group.waiting and first.running())
            futures = [pool.submit(self.save, *call) for call in calls]
            wait_until(lambda: self.inbox._group.waiting >= len(calls))
            yield futures
        assert first.result(10)


def wait_until(probe: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not probe():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def box(ledger: Ledger) -> Deliveries:
    return Deliveries(ledger)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(40) as pool:
        yield pool


def test_many_at_once_are_all_there_when_their_call_returns(
    box: Deliveries, pool: ThreadPoolExecutor
) -> None:
    """Given forty listeners, when 400 clicks come, then each is in the ledger before its listener goes on."""

    def save_and_look(number: int) -> bool:
        return box.save(f"click:{number}") and box.is_there(f"click:{number}")

    assert all(pool.map(save_and_look, range(400)))
    with box.ledger.read() as connection:
        assert len(due_items(connection, NOW, limit=1_000)) == 400


def test_what_waits_for_the_same_commit_is_one_transaction_and_the_clerk_is_told_once(
    box: Deliveries, pool: ThreadPoolExecutor
) -> None:
    commits: list[Connection] = []
    event.listen(box.ledger.engine, "commit", commits.append)

    with box.together(pool, [(f"click:{number}", "{}") for number in range(20)]) as saved:
        pass

    assert all(one.result(10) for one in saved)
    assert len(commits) == 3  # the one that held them up, the first, and the twenty
    assert [box.woken.acquire(timeout=1) for _ in range(2)] == [True, True]
    assert not box.woken.acquire(blocking=False)


def test_the_same_click_twice_in_one_transaction_is_new_once(
    box: Deliveries, pool: ThreadPoolExecutor
) -> None:
    with box.together(pool, [("a", "1"), ("a", "2"), ("first", "3"), ("b", "4")]) as saved:
        pass

    a1, a2, known, b = (one.result(10) for one in saved)
    assert sorted([a1, a2]) == [False, True]
    assert (known, b) == (False, True)


def test_one_that_cannot_be_kept_fails_alone(box: Deliveries, pool: ThreadPoolExecutor) -> None:
    with box.together(pool, [("a", "1"), ("b", UNKEEPABLE), ("c", "3")]) as saved:
        pass

    a, b, c = saved
    assert a.result(10)
    assert c.result(10)
    with pytest.raises(Exception, match=r"surrogates|encode"):
        b.result(10)
    assert [box.is_there(key) for key in "abc"] == [True, False, True]


def test_a_commit_that_fails_is_acknowledged_to_nobody(box: Deliveries, pool: ThreadPoolExecutor) -> None:
    disk_is_full = threading.Event()

    @event.listens_for(box.ledger.engine, "commit")
    def fail(_connection: Connection) -> None:
        if disk_is_full.is_set():
            raise OperationalError("COMMIT", {}, OSError("the disk is full"))

    assert box.save("before")
    disk_is_full.set()
    failed = [pool.submit(box.save, f"click:{number}") for number in range(20)]
    for one in failed:
        with pytest.raises(OperationalError, match="disk is full"):
            one.result(10)
    disk_is_full.clear()

    assert not any(box.is_there(f"click:{number}") for number in range(20))
    assert box.save("after")

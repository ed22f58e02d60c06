"""Many threads, one write: nobody is told before it is done, and nobody waits for more than two."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from slack_bot.group_commit import GroupCommit


class Book:
    """What is written, group by group; each write waits until it may go on."""

    def __init__(self, free: bool = False) -> None:
        self.groups: list[list[int]] = []
        self.begun = threading.Semaphore(0)
        self._may = threading.Semaphore(1_000_000 if free else 0)
        self.fails: set[int] = set()

    def write(self, items: Sequence[int]) -> list[int]:
        self.groups.append(list(items))
        self.begun.release()
        assert self._may.acquire(timeout=10)
        if self.fails & set(items):
            raise OSError("the disk is full")
        return [item * 10 for item in items]

    def let_one_through(self) -> None:
        self._may.release()


def add_all(
    pool: ThreadPoolExecutor, group: GroupCommit[int, int], items: Sequence[int]
) -> list[Future[int]]:
    """Each in a thread of its own, and all of them waiting by the end."""
    futures = [pool.submit(group.add, item) for item in items]
    deadline = time.monotonic() + 10
    while group.waiting < len(items):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return futures


def test_what_comes_alone_is_written_alone_and_at_once() -> None:
    book = Book(free=True)
    group = GroupCommit(book.write)

    assert [group.add(1), group.add(2)] == [10, 20]
    assert book.groups == [[1], [2]]


def test_what_comes_during_a_write_is_written_together_after_it_and_each_gets_its_own_result() -> None:
    book = Book()
    group = GroupCommit(book.write)
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(group.add, 1)
        assert book.begun.acquire(timeout=10)
        others = add_all(pool, group, [2, 3, 4])
        assert not any(one.done() for one in [first, *others])

        book.let_one_through()
        assert first.result(10) == 10
        assert book.begun.acquire(timeout=10)
        assert not any(one.done() for one in others)
        book.let_one_through()

        assert [one.result(10) for one in others] == [20, 30, 40]
    assert [sorted(one) for one in book.groups] == [[1], [2, 3, 4]]


def test_a_write_that_fails_is_told_to_all_of_its_group_and_to_nobody_else() -> None:
    book = Book()
    book.fails = {3}
    group = GroupCommit(book.write)
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(group.add, 1)
        assert book.begun.acquire(timeout=10)
        others = add_all(pool, group, [2, 3])
        for _ in range(2):
            book.let_one_through()

        assert first.result(10) == 10
        for one in others:
            with pytest.raises(OSError, match="disk is full"):
                one.result(10)
        book.let_one_through()
        assert group.add(5) == 50


def test_a_hundred_threads_write_each_item_once() -> None:
    book = Book(free=True)
    group = GroupCommit(book.write)

    with ThreadPoolExecutor(100) as pool:
        results = list(pool.map(group.add, range(2_000)))

    assert results == [item * 10 for item in range(2_000)]
    assert sorted(item for one in book.groups for item in one) == list(range(2_000))

"""Work aside: a call that blocks, in a thread of its own."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def aside(work: Callable[[], T], *, must_finish: bool = False) -> Future[T]:
    """What ``work`` will return or raise. The program's end waits for it only where it ``must_finish``.

    A thread for each, rather than a pool: many may wait for hours, and none may wait for another's turn.
    """
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - whoever waits for the future is given it
            future.set_exception(error)
        else:
            future.set_result(result)

    Thread(target=run, name="approval-gate", daemon=not must_finish).start()
    return future

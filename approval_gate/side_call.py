"""A call that blocks, made in a thread for a task of asyncio, and told when that task is cancelled."""

import asyncio
import contextvars
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from approval_gate.aside import aside

T = TypeVar("T")


class SideCall:
    """Inside the thread, `SideCall.current` is the call that it works for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._then: list[Callable[[], object]] = []
        self._is_cancelled = False

    @classmethod
    def current(cls) -> "SideCall | None":
        """None where nothing was called aside."""
        return _current.get()

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody waits for it any more."""
        return self._is_cancelled

    def when_cancelled(self, then: Callable[[], object]) -> None:
        """Calls ``then`` once nobody waits any more, from another thread; at once if that is so already."""
        with self._lock:
            self._then.append(then)
            is_late = self._is_cancelled
        if is_late:
            then()

    def cancel(self) -> None:
        """Nobody waits any more."""
        with self._lock:
            self._is_cancelled = True
            told = list(self._then)
        for then in told:
            then()

    async def run(self, work: Callable[[], T]) -> T:
        """What ``work`` returns, called in a thread with the context variables of this task."""
        context = contextvars.copy_context()
        context.run(_current.set, self)
        working = aside(lambda: context.run(work))
        try:
            return await asyncio.wrap_future(working)
        except asyncio.CancelledError:
            aside(self.cancel, must_finish=True)
            raise


_current: contextvars.ContextVar[SideCall | None] = contextvars.ContextVar(
    "approval_gate_side_call", default=None
)

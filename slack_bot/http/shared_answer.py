"""An answer that takes a while: made in a thread of its own, once a second at most, for all who ask meanwhile."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Generic, TypeVar

FRESH: Final = 1.0
"""Seconds for which an answer stands, however many ask."""

T = TypeVar("T")


class SharedAnswer(Generic[T]):
    """What ``make`` gave last. Its thread is none of those that save what comes."""

    def __init__(self, make: Callable[[], T], fresh: float = FRESH) -> None:
        self._make = make
        self._fresh = fresh
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="http-answer")
        self._latest: asyncio.Task[T] | None = None
        self._until = 0.0

    async def get(self) -> T:
        """Raises what ``make`` raised. Whoever stops waiting stops nobody else."""
        now = asyncio.get_running_loop().time()
        if self._latest is None or (self._latest.done() and now >= self._until):
            self._latest = asyncio.create_task(self._anew())
        return await asyncio.shield(self._latest)

    async def _anew(self) -> T:
        loop = asyncio.get_running_loop()
        made = await loop.run_in_executor(self._thread, self._make)
        self._until = loop.time() + self._fresh
        return made

"""Many threads write in one transaction: one of them commits for all who wait, and each is told afterwards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class _Entry(Generic[T, R]):
    """What one thread wants written, and what became of it."""

    item: T
    turn: Event = field(default_factory=Event)
    """Set once it is done, or once its thread is to commit for all who wait by then."""
    results: list[R] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return bool(self.results) or self.error is not None


class GroupCommit(Generic[T, R]):
    """``write`` commits some items, durably, before it returns one result for each; or it raises.

    Nobody waits for more than two commits: the one under way and one's own. There is no thread behind it: who
    comes while nobody commits does so at once, and passes the turn on to the first of those who came meanwhile.
    """

    def __init__(self, write: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._write = write
        self._lock = Lock()
        self._waiting: list[_Entry[T, R]] = []
        self._is_taken = False

    @property
    def waiting(self) -> int:
        """How many wait for the commit after the one under way."""
        return len(self._waiting)

    def add(self, item: T) -> R:
        """What ``write`` gave for this item, once it is committed. Raises what ``write`` raised."""
        mine: _Entry[T, R] = _Entry(item)
        with self._lock:
            self._waiting.append(mine)
            leads, self._is_taken = not self._is_taken, True
        if not leads:
            mine.turn.wait()
        if not mine.is_done:
            self._commit()
        if mine.error is not None:
            raise mine.error
        return mine.results[0]

    def _commit(self) -> None:
        with self._lock:
            group, self._waiting = self._waiting, []
        try:
            self._write_all(group)
        finally:
            with self._lock:
                self._is_taken = bool(self._waiting)
                done = [*group, *self._waiting[:1]]
            for entry in done:
                entry.turn.set()

    def _write_all(self, group: Sequence[_Entry[T, R]]) -> None:
        try:
            results = self._write([entry.item for entry in group])
            for entry, result in zip(group, results, strict=True):
                entry.results.append(result)
        except BaseException as error:
            for entry in group:
                entry.results.clear()
                entry.error = error
            if not isinstance(error, Exception):
                raise

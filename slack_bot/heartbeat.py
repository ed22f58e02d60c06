"""The heartbeat file: what tells `slack_bot.health`, in another process, that the socket is alive."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog

EVERY = 5.0
"""Seconds between two beats."""
ENDS_WITHIN = 1.0
"""Seconds for the last write under way: a network file system may hang."""

log = structlog.get_logger(__name__)


class Heartbeat:
    """Writes a file every few seconds, in a thread of its own, while ``alive`` says so.

    The file holds nanoseconds of the machine's monotonic clock, which every process of a machine shares and
    nobody can set: a step of the wall clock makes no heartbeat older or younger. (Linux and macOS count it
    from the start of the machine: https://docs.python.org/3/library/time.html#time.monotonic)
    What an earlier process left is removed at the start, and ours at the end. A place that cannot be written
    is logged, once, and stops nothing but the heartbeat.
    """

    def __init__(self, path: Path, alive: Callable[[], bool], every: float = EVERY) -> None:
        self._path = path
        self._alive = alive
        self._every = every
        self._stopping = threading.Event()
        self._writable = True
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begins to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, which takes the file with it. May be called again, and before `start`."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(ENDS_WITHIN)

    def _run(self) -> None:
        self._remove()
        try:
            while True:
                if self._alive():
                    self._beat()
                if self._stopping.wait(self._every):
                    return
        finally:
            self._remove()

    def _beat(self) -> None:
        """Whoever reads it meanwhile finds the beat before this one, whole."""
        new = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            new.write_text(f"{time.monotonic_ns()}\n", encoding="ascii")
            new.replace(self._path)
        except OSError as error:
            self._tell(error)
        else:
            self._writable = True

    def _remove(self) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            self._tell(error)

    def _tell(self, error: OSError) -> None:
        if self._writable:
            log.warning("the heartbeat file cannot be written", file=str(self._path), why=error.strerror)
        self._writable = False

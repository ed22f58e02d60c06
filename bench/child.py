"""A process that a bench starts, and ends whatever happens."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN = 60.0
ENDS_WITHIN = 20.0
LOOK_EVERY = 0.005


class ChildFailed(Exception):
    """A process of the bench ended, or did not get ready; the text holds what it said."""


class Child:
    """``python -m module …`` in a session of its own, so that Ctrl-C reaches it through us, in order.

    What it says is in ``log``. Ours wait for the end of their standard input, so none outlives a bench that was
    killed; ``prefix`` are words before the interpreter.
    """

    def __init__(
        self, module: Sequence[str], env: Mapping[str, str], log: Path, prefix: Sequence[str] = ()
    ) -> None:
        self._name, self._log = module[0], log
        self.started_at = time.monotonic()
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [*prefix, sys.executable, "-m", *module],
                cwd=log.parent,
                env={"PYTHONPATH": str(ROOT), **env},
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def text(self) -> str:
        """Everything it said."""
        return self._log.read_text(errors="replace")

    def wait_for(self, words: str, within: float = STARTS_WITHIN) -> float:
        """Until it said so; seconds since its start. Raises `ChildFailed`."""
        deadline = time.monotonic() + within
        while words not in self.text():
            if self.exit_code is not None or time.monotonic() > deadline:
                raise ChildFailed(f"{self._name} never said {words!r}:\n{self.text()}")
            time.sleep(LOOK_EVERY)
        return time.monotonic() - self.started_at

    def stop(self) -> None:
        """Ends it, in peace or by force. May be called again."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

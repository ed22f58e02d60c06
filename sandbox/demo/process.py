"""One program of the demo as its own process, with a log."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

ENDS_WITHIN = 60.0
"""Seconds between SIGTERM and SIGKILL: what the bot may take for the calls that are under way."""


class Process:
    """``python -m module``, in a process group of its own, so that Ctrl-C reaches it through us, in order.

    It works in ``folder``, where no .env is, and what it says is in ``folder``/``name``.log.
    """

    def __init__(self, name: str, module: str, folder: Path, env: Mapping[str, str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def text(self) -> str:
        """Everything it said."""
        return self.log.read_text(errors="replace")

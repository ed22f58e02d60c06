"""This process: its streams, the signals that ask it to end, its own failures, and the command that it becomes."""

import os
import shlex
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

NOT_RUNNABLE, NOT_FOUND = 126, 127
"""Exit codes as shells have them: the command was approved, and could not be started."""
ASKING_TO_END = (signal.SIGINT, signal.SIGTERM)
CHANGED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")
"""Signals that the interpreter ignores, and that a command is used to."""
STREAMS = {"stdin": "r", "stdout": "w", "stderr": "w"}
"""In the order of their numbers, with how they are opened."""


class Stopped(BaseException):
    """A signal asks us to end. No Exception, so that nothing on the way takes it for a failure."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def stoppable() -> Iterator[None]:
    """Within, SIGINT and SIGTERM raise `Stopped`; one that our parent had us ignore is still ignored."""
    before = {one: signal.getsignal(one) for one in ASKING_TO_END}
    for one, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(one, _stop)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped(number)


def open_streams() -> None:
    """Whichever of stdin, stdout and stderr our parent closed is /dev/null from now on.

    Else the next connection would get its number. A command that we become finds it closed, as we did.
    """
    for name, mode in STREAMS.items():
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - as long as we live
            setattr(sys, name, stream)


def complain(error: Exception) -> None:
    """Says on stderr what failed, where that can still be written; a fault of our own, with where it is.

    Nothing is written to stdout and stderr afterwards: what could not be written is tried again when Python ends,
    and would change the exit code. See https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    with suppress(OSError):  # whoever read it has gone
        if isinstance(error, OSError):
            print(f"approval-gate: {error}", file=sys.stderr)
        else:
            traceback.print_exception(error)
        sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def become(command: Sequence[str]) -> int:
    """Never returns where it succeeds: the process is the command then, with an exit code and signals of its own.

    Returns an exit code where the command cannot be started.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    for name in CHANGED_BY_PYTHON:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        os.execvp(command[0], list(command))  # noqa: S606 - the very words that were approved, and no shell
    except OSError as error:
        print(
            f"approval-gate: {shlex.quote(command[0])} cannot be started: {error.strerror}", file=sys.stderr
        )
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_RUNNABLE

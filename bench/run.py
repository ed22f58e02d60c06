"""How every bench begins and ends: a folder on the disk, and quietly at Ctrl-C."""

import logging
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import structlog

from bench.table import say

INTERRUPTED = 130
ON_DISK = Path("/var/tmp")  # noqa: S108 - only its parent; what is made in it is ours alone
"""Survives a restart of the machine, so it is on a disk; /tmp may be memory, where saving costs nothing."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the disk, gone afterwards."""
    parent = ON_DISK if ON_DISK.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="approval-bot-bench-", dir=parent) as folder:
        yield Path(folder)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def run(bench: Callable[[], None]) -> int:
    """The exit code. SIGTERM ends a bench as Ctrl-C does: what it started is stopped first."""
    signal.signal(signal.SIGTERM, _interrupt)
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)  # parts of the bot that run in here, and would log
    try:
        bench()
    except KeyboardInterrupt:
        say("stopped")
        return INTERRUPTED
    return 0

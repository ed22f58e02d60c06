"""A quarter of a CPU, as the task has it on Fargate: by a control group, or else by stopping it most of the time.

https://docs.kernel.org/scheduler/sched-bwc.html and https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max)
"""

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
SHARE, PERIOD = 0.25, 0.1
"""Of one CPU, in each so many seconds."""
_PERIOD_US, _QUOTA_US = int(PERIOD * 1e6), int(PERIOD * SHARE * 1e6)
_ENTER = ("sh", "-c", 'echo $$ > "$0" && exec "$@"')
BY_GROUP = "cgroup quota of 25 ms in every 100 ms"
BY_SIGNALS = "one CPU, stopped by SIGSTOP for 75 ms of every 100 ms"


@dataclass(frozen=True, slots=True)
class Quarter:
    """``how`` it is done; ``prefix`` are the words before the command of a process that is held to it."""

    how: str
    prefix: Sequence[str]
    by_signals: bool = False

    @contextmanager
    def over(self, pid: int) -> Iterator[None]:
        """While entered the process gets no more. It is never left stopped."""
        with _duty_cycle(pid) if self.by_signals else nullcontext():
            yield


@contextmanager
def a_quarter() -> Iterator[Quarter]:
    """The best way this machine has. Leave it once the process has ended."""
    folder = _make_group()
    if folder is None:
        pinned = ("taskset", "-c", str(min(os.sched_getaffinity(0))))
        yield Quarter(BY_SIGNALS, pinned if shutil.which("taskset") else (), by_signals=True)
        return
    try:
        yield Quarter(BY_GROUP, (*_ENTER, str(folder / "cgroup.procs")))
    finally:
        folder.rmdir()


def _make_group() -> Path | None:
    """A new group with the quota; None where we may make none."""
    limits = {"cpu.cfs_period_us": str(_PERIOD_US), "cpu.cfs_quota_us": str(_QUOTA_US)}
    parent = CGROUPS / "cpu"
    if (CGROUPS / "cgroup.controllers").exists():
        limits, parent = {"cpu.max": f"{_QUOTA_US} {_PERIOD_US}"}, CGROUPS
    folder = parent / f"approval-bot-bench-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        return None
    try:
        for name, text in limits.items():
            (folder / name).write_text(text)
    except OSError:
        folder.rmdir()
        return None
    return folder


@contextmanager
def _duty_cycle(pid: int) -> Iterator[None]:
    ending = threading.Event()

    def stop_and_go() -> None:
        with suppress(ProcessLookupError):  # it ended
            while not ending.is_set():
                os.kill(pid, signal.SIGSTOP)
                time.sleep(PERIOD * (1 - SHARE))
                os.kill(pid, signal.SIGCONT)
                time.sleep(PERIOD * SHARE)

    thread = threading.Thread(target=stop_and_go, name="quarter", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()

"""What a process uses, as Linux tells it in /proc: https://man7.org/linux/man-pages/man5/proc.5.html"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

MIB = 2**20
_TICK = os.sysconf("SC_CLK_TCK")
_USER_TIME, _SYSTEM_TIME = 11, 12
"""Places in /proc/PID/stat after the name of the program, which may hold spaces."""


@dataclass(frozen=True, slots=True)
class Usage:
    """``rss``, and ``peak``, its largest so far, in bytes; ``cpu`` in seconds, of all threads, to a hundredth."""

    rss: int
    peak: int
    cpu: float

    @classmethod
    def of(cls, pid: int) -> Self:
        """Raises `ProcessLookupError` where there is no such process."""
        folder = Path("/proc") / str(pid)
        try:
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            status = (folder / "status").read_text()
        except FileNotFoundError as error:
            raise ProcessLookupError(f"there is no process {pid}") from error
        ticks = int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])
        rss, peak = (_kib(status, name) * 1024 for name in ("VmRSS", "VmHWM"))
        return cls(rss, peak, ticks / _TICK)


def _kib(status: str, name: str) -> int:
    """0 for a process that has ended and is not waited for."""
    lines = (line.split() for line in status.splitlines() if line.startswith(f"{name}:"))
    return next((int(words[1]) for words in lines), 0)

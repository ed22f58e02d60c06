"""Which journal SQLite keeps in a folder: by the kind of its file system. Pure, but for one file."""

from pathlib import Path, PurePath
from typing import Final

MOUNTS: Final = Path("/proc/self/mounts")
LOCAL: Final = frozenset({"btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "ramfs", "tmpfs", "xfs", "zfs"})
"""File systems of this machine's own, on which processes share memory through a file."""


def journal_of(folder: Path, mounts: Path = MOUNTS) -> str:
    """WAL on a file system that is known to take it, PERSIST on a network's and wherever nobody can tell.

    WAL waits once for the disk where PERSIST waits four times, but it needs shared memory, which NFS lacks
    (sqlite.org/wal.html). PERSIST overwrites the journal's header and syncs it, which costs less than DELETE.
    What is committed stays so after a power cut with either (sqlite.org/pragma.html#pragma_synchronous).
    """
    try:
        text = mounts.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "PERSIST"
    return "WAL" if kind_of(folder.resolve(), text) in LOCAL else "PERSIST"


def kind_of(folder: PurePath, mounts: str) -> str:
    """The file system's type in a table as in proc_mounts(5): that of the innermost mount around ``folder``."""
    innermost, kind = PurePath(), ""
    for line in mounts.splitlines():
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = PurePath(parts[1].replace("\\040", " "))
        # Of two mounts at one place the later one hides the earlier.
        if folder.is_relative_to(point) and len(point.parts) >= len(innermost.parts):
            innermost, kind = point, parts[2]
    return kind

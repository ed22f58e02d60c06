"""What a folder's file system is good for: keeping what the container leaves, and SQLite's quickest journal.

Pure, but for one file.
"""

from pathlib import Path, PurePath

MOUNTS = Path("/proc/self/mounts")
PASSING = frozenset({"overlay", "aufs", "tmpfs", "ramfs"})
"""File systems of a container's own layer and of memory: gone with the container."""
SHARING = frozenset({"btrfs", "ext2", "ext3", "ext4", "overlay", "ramfs", "tmpfs", "xfs", "zfs"})
"""File systems of this machine's own, on which processes share memory through a file."""


def is_passing(folder: Path, mounts: Path = MOUNTS) -> bool:
    """Whether ``folder`` lies on a file system that ends with its container. False where nobody can tell."""
    return _kind_here(folder, mounts) in PASSING


def journal_of(folder: Path, mounts: Path = MOUNTS) -> str:
    """SQLite's journal_mode in ``folder``: WAL where that is known to work, else PERSIST.

    WAL waits once for the disk where PERSIST waits four times, and its readers and its writer do not wait for each
    other; but it needs shared memory, which NFS, and so EFS, lacks (sqlite.org/wal.html). PERSIST overwrites the
    journal's header and syncs it, which costs less than to delete the file. What is committed stays so after a
    power cut with either (sqlite.org/pragma.html#pragma_synchronous).
    """
    return "WAL" if _kind_here(folder, mounts) in SHARING else "PERSIST"


def _kind_here(folder: Path, mounts: Path) -> str:
    """The type of the file system that ``folder`` is on; "" where nobody can tell."""
    try:
        text = mounts.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return kind_of(folder.resolve(), text)


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

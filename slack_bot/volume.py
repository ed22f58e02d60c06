"""Whether what is written to a folder is still there after the container is replaced. Pure, but for one file."""

from pathlib import Path, PurePath

MOUNTS = Path("/proc/self/mounts")
PASSING = frozenset({"overlay", "aufs", "tmpfs", "ramfs"})
"""File systems of a container's own layer and of memory: gone with the container."""


def is_passing(folder: Path, mounts: Path = MOUNTS) -> bool:
    """Whether ``folder`` lies on a file system that ends with its container. False where nobody can tell."""
    try:
        text = mounts.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return kind_of(folder.resolve(), text) in PASSING


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

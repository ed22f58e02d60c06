"""Names for arguments, each its own: whatever callers choose, none hides another or passes for it."""

import itertools
from collections.abc import Collection, Iterable


def unused(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where it is taken."""
    found, numbers = name, itertools.count(2)
    while found in taken:
        found = f"{name} ({next(numbers)})"
    return found


def apart(names: Iterable[str], taken: Collection[str], prefix: str) -> dict[str, str]:
    """What to call each of these: its own name, or one with ``prefix`` where its own is taken.

    One that begins so by itself gets another in front, or it would pass for one that was taken.
    """
    return {name: f"{prefix}{name}" if name in taken or name.startswith(prefix) else name for name in names}

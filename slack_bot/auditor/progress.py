"""How far a long reading is, on a terminal; nothing where nobody looks."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

EVERY = 0.5
"""Seconds between two lines."""

T = TypeVar("T")


def counted(items: Iterable[T], of: int, what: str, stream: TextIO | None = None) -> Iterator[T]:
    """The same, telling on ``stream`` (standard error) how many of how many are done."""
    stream = stream or sys.stderr
    if not stream.isatty():
        yield from items
        return
    said = time.monotonic()
    for count, item in enumerate(items, 1):
        if time.monotonic() - said >= EVERY:
            said = time.monotonic()
            stream.write(f"\r{what}: {count:,} of {of:,}")
            stream.flush()
        yield item
    stream.write("\r\x1b[K")
    stream.flush()

"""Waiting in tests for what comes a moment later."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T], timeout: float = 15.0) -> T:
    """What ``look`` gives, once that is true. Raises AssertionError where it does not become so."""
    deadline = time.monotonic() + timeout
    while not (found := look()):
        assert time.monotonic() < deadline, f"it does not come: {found}"
        time.sleep(0.02)
    return found

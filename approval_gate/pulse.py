"""The pulse of a wait: what its caller wants done at intervals while a question is open."""

import math
import time
from collections.abc import Callable

from approval_gate.errors import ApprovalCancelled


class Pulse:
    """When ``keepalive`` is due: each ``every`` seconds from now. Without one, never.

    Raises ValueError for an interval that is none.
    """

    def __init__(self, keepalive: Callable[[], object] | None, every: float | None) -> None:
        if keepalive is not None and (every is None or not 0 < every < math.inf):
            raise ValueError(
                "say how often keepalive is to be called: every=seconds, half of what it prolongs"
            )
        self._keepalive = keepalive
        self._every = every or math.inf
        self.due = math.inf if keepalive is None else time.monotonic() + self._every
        """On the monotonic clock."""

    def beat(self) -> object:
        """What keepalive returned, where it is due; else None. Raises what it raised."""
        if self._keepalive is None or time.monotonic() < self.due:
            return None
        self.due = max(self.due + self._every, time.monotonic())
        return self._keepalive()


def must_hold(returned: object) -> None:
    """Raises `ApprovalCancelled` for False: many a lock says so, instead of raising, that it was lost."""
    if returned is False:
        raise ApprovalCancelled("The question was withdrawn: keepalive returned False.")

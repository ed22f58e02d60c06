"""Every Web API call the sandbox received, for tests, the page and benches."""

import time
from collections import deque
from dataclasses import asdict, dataclass, field

from sandbox.json_types import Json

KEPT = 50_000


@dataclass
class Call:
    """``time``: Unix seconds at arrival. ``status``: None if no answer was sent. ``fault``: its kind."""

    method: str
    arguments: Json
    time: float = field(default_factory=time.time)
    answer: Json | None = None
    status: int | None = None
    fault: str | None = None

    def as_json(self) -> Json:
        return asdict(self)


class Calls:
    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self.unknown_methods: list[str] = []

    def add(self, call: Call) -> None:
        self._calls.append(call)

    def listed(self, method: str | None = None) -> list[Json]:
        """Oldest first."""
        return [call.as_json() for call in self._calls if method in (None, call.method)]


def masked(token: str) -> str:
    """Enough of a token to tell the two apart."""
    return f"{token[:5]}…" if token else ""

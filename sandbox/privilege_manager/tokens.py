"""Tokens that the sandbox's Privilege Manager has handed out."""

import secrets
from collections.abc import Callable


class Tokens:
    """``life``: seconds. ``now``: seconds since 1970 UTC."""

    def __init__(self, life: float, now: Callable[[], float]) -> None:
        self.life = life
        self._now = now
        self._ends: dict[str, float] = {}

    def new(self) -> str:
        token = secrets.token_urlsafe(32)
        self._ends[token] = self._now() + self.life
        return token

    def is_good(self, token: str) -> bool:
        return self._now() < self._ends.get(token, 0.0)

    def drop(self, token: str) -> None:
        self._ends.pop(token, None)

    def expire_all(self) -> None:
        self._ends.clear()

    def __len__(self) -> int:
        return sum(map(self.is_good, self._ends))

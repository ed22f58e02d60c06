"""Faults that were ordered of a server of the sandbox: which of its calls they strike, and when they are over."""

import time
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar


class Ordered(Protocol):
    """Begins with the ``nth`` matching call from now; lasts for ``times`` calls or, where given, ``seconds``.

    What a pydantic model must have to be one of a server's faults.
    """

    nth: int
    times: int
    seconds: float | None

    @classmethod
    def model_validate(cls, obj: Any) -> Self:
        """Raises ValueError for what is no such fault."""

    def model_dump(self) -> dict[str, Any]:
        """As it is listed."""

    def matches(self, operation: str, about: object) -> bool:
        """Whether a call is one of those it was ordered for. ``about``: the one thing of several it concerns."""


F_co = TypeVar("F_co", bound=Ordered, covariant=True)


@dataclass
class _InForce(Generic[F_co]):
    """One of them, and the calls so far: those it ``saw`` because they match, and those it ``struck``."""

    fault: F_co
    since: float
    saw: int = 0
    struck: int = 0

    def strikes(self, operation: str, about: object) -> bool:
        """Count this call, if it matches; is it one to fail?"""
        if not self.fault.matches(operation, about):
            return False
        self.saw += 1
        return self.saw >= self.fault.nth

    @property
    def is_over(self) -> bool:
        if self.fault.seconds is not None:
            return time.monotonic() > self.since + self.fault.seconds
        return self.struck >= self.fault.times


class OrderedFaults(Generic[F_co]):
    """Those of one server, each a ``model``. Callers bring a lock, where several threads do."""

    def __init__(self, model: type[F_co]) -> None:
        self._model = model
        self._in_force: list[_InForce[F_co]] = []

    def order(self, fault: object) -> None:
        """From now on. Raises ValueError for what is none."""
        self._in_force.append(_InForce(self._model.model_validate(fault), time.monotonic()))

    def take(self, operation: str, about: object = None) -> F_co | None:
        """The fault that strikes this call. Every matching one counts the call; the oldest strikes."""
        self._in_force = [one for one in self._in_force if not one.is_over]
        striking = [one for one in self._in_force if one.strikes(operation, about)]
        if not striking:
            return None
        striking[0].struck += 1
        return striking[0].fault

    def active(self) -> list[dict[str, Any]]:
        """Those in force, the oldest first."""
        return [one.fault.model_dump() for one in self._in_force if not one.is_over]

    def clear(self) -> None:
        self._in_force.clear()

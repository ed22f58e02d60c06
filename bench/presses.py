"""The same presses for everybody: one at a time, some at once, many at once; and how soon each is acknowledged."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.card import Card
from bench.percentile import percentile
from sandbox.control_client import ControlClient

WARM_UP = 10
LOST_MS = 3_000.0
"""What counts for a press that was not acknowledged: by then Slack has told the person."""


@dataclass(frozen=True, slots=True)
class Load:
    """``one_by_one`` presses, ``pause`` seconds apart, then ``rounds`` of ``some`` and of ``many`` at once."""

    one_by_one: int = 200
    pause: float = 0.1
    some: int = 50
    many: int = 1_000
    rounds: int = 3

    @property
    def presses(self) -> int:
        """All of them."""
        return WARM_UP + self.one_by_one + self.rounds * (self.some + self.many)


@dataclass(slots=True)
class Acknowledged:
    """Milliseconds from sending to acknowledgement, as Slack's side measures them; ``late``: never came."""

    one: list[float] = field(default_factory=list)
    some: list[float] = field(default_factory=list)
    many: list[float] = field(default_factory=list)
    late: int = 0
    """Of the presses of the worst round of ``many``."""

    def figures(self) -> dict[str, float | int]:
        """For the table and the JSON."""
        return {
            "ack_p50_ms": percentile(self.one, 0.5),
            "ack_p99_ms": percentile(self.one, 0.99),
            "burst_50_p50_ms": percentile(self.some, 0.5),
            "burst_50_p99_ms": percentile(self.some, 0.99),
            "burst_1000_p50_ms": percentile(self.many, 0.5),
            "burst_1000_p99_ms": percentile(self.many, 0.99),
            "late_of_1000": self.late,
        }


def press_all(control: ControlClient, card: Card, load: Load, rest: Callable[[], None]) -> Acknowledged:
    """Presses, and lets the app ``rest`` after each burst, until what it does beside acknowledging is done."""
    found = Acknowledged()
    _together(control, card, WARM_UP)
    rest()
    for _ in range(load.one_by_one):
        found.one += _milliseconds(_together(control, card, 1))
        time.sleep(load.pause)
    rest()
    for _ in range(load.rounds):
        found.some += _milliseconds(_together(control, card, load.some))
        rest()
    for _ in range(load.rounds):
        answers = _together(control, card, load.many)
        found.many += _milliseconds(answers)
        found.late = max(found.late, answers.count(None))
        rest()
    return found


def _together(control: ControlClient, card: Card, count: int) -> list[float | None]:
    """So many presses in the same moment; None for each that was not acknowledged within three seconds."""
    return [answer["ack_ms"] for answer in control.clicks([card.press()] * count)]


def _milliseconds(answers: list[float | None]) -> list[float]:
    return [LOST_MS if answer is None else answer for answer in answers]

"""Clicks sent all the time, by which anybody can tell when an app was deaf."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.workspace import APPROVER, CHANNEL
from sandbox.control_client import ControlClient, ControlError

EVERY = 0.1
ANSWERED_WITHIN = 0.5
"""Seconds. A probe that is younger tells nothing yet."""
ENOUGH = 10
"""So many answered probes in a row tell that an app hears again."""
ACTION = "choose_duration"
"""Of our card's menu: our bot too does nothing but acknowledge it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One click: when it was sent, in Unix seconds, and whether it was acknowledged so far."""

    at: float
    heard: bool


@dataclass(frozen=True, slots=True)
class Hearing:
    """``deaf``: seconds from the first unheard probe to the first heard one after the last unheard one.

    None while nothing is heard again.
    """

    deaf: float | None
    steady: bool
    """Whether the last few were all heard."""


def judge(probes: Sequence[Probe]) -> Hearing:
    """How well an app heard, from probes in the order in which they were sent."""
    last = [probe.heard for probe in probes[-ENOUGH:]]
    steady = len(last) == ENOUGH and all(last)
    lost = [probe.at for probe in probes if not probe.heard]
    if not lost:
        return Hearing(0.0, steady)
    after = [probe.at for probe in probes if probe.at > lost[-1]]
    return Hearing(after[0] - lost[0] if after else None, steady)


def since(control: ControlClient, began: float, now: float) -> list[Probe]:
    """The probes sent from ``began`` on that are old enough to tell something; Unix seconds."""
    return [
        Probe(sent_at, bool(one["acknowledged"]))
        for one in control.deliveries()
        if began <= (sent_at := float(one["sent_at"])) <= now - ANSWERED_WITHIN
    ]


@contextmanager
def probing(url: str) -> Iterator[None]:
    """Somebody who presses every tenth of a second, on the sandbox at ``url``."""
    stop = threading.Event()
    press: dict[str, Any] = {"force": True, "wait": False}

    def press_until_stopped() -> None:
        with ControlClient(url) as control:
            while not stop.wait(EVERY):
                try:
                    control.click(CHANNEL, "1.000001", APPROVER, ACTION, **press)
                except (ControlError, OSError):
                    return  # the sandbox is going

    thread = threading.Thread(target=press_until_stopped, name="probes", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()

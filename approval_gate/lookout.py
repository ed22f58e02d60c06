"""The lookout for a question's card while the command waits: until it is there, ever more rarely."""

import time

from approval_gate.backoff import Backoff
from approval_gate.client import Gate
from approval_gate.errors import GateError
from approval_gate.progress import Progress
from approval_gate.ticket import Ticket

FIRST, MOST = 0.5, 30.0
"""Seconds between two looks."""


class Lookout:
    """Called each second of a wait of ``seconds``: says how it stands."""

    def __init__(self, gate: Gate, ticket: Ticket, seconds: float, progress: Progress) -> None:
        self._gate, self._ticket, self._progress = gate, ticket, progress
        self._ends = time.monotonic() + seconds
        self._backoff = Backoff(FIRST, MOST)
        self._next_look = time.monotonic() + self._backoff.pause()
        self._is_away = False
        self._say()

    def __call__(self) -> None:
        if not self._ticket.card_url and time.monotonic() >= self._next_look:
            self._look()
            self._next_look = time.monotonic() + self._backoff.pause()
        self._say()

    def _look(self) -> None:
        try:
            self._ticket = self._gate.get(self._ticket.id, patience=0.0)
            self._is_away = False
        except GateError:
            self._is_away = True  # and is told; the wait itself goes on until its time is over

    def _say(self) -> None:
        self._progress.waiting(self._ticket, self._ends - time.monotonic(), self._is_away)

"""The watch over one ticket: reads held answers until it is settled, through whatever happens to the gate."""

import time
from concurrent.futures import Future
from threading import Event
from urllib.parse import quote

from approval_gate.aside import aside
from approval_gate.backoff import Backoff
from approval_gate.errors import GateRefused, GateUnavailable, Passing
from approval_gate.session import Call, Session
from approval_gate.ticket import Ticket
from approval_gate.told import seen_again

LONGEST_HOLD, SHORT_HOLD = 300, 10
"""Seconds; the short one where something between us and the gate keeps the white space back."""
LASTED = 5.0
"""A held answer that was cut after so many seconds did work: the next one is asked for soon."""


class Watch:
    """Waits for one ticket, in a thread of its own from its making until `stop`."""

    def __init__(self, session: Session, ticket: Ticket) -> None:
        self._session = session
        self._ticket = ticket
        self._stopped = Event()
        self._backoff = Backoff()
        self._longest = LONGEST_HOLD
        self.trouble: GateUnavailable | None = None
        """What the last look met; None where the gate answered."""
        self.settled: Future[Ticket] = aside(self._wait)
        """The ticket once it is settled; `GateRefused` where the gate does not let us wait."""

    def stop(self) -> None:
        """Nobody waits any more: the thread ends at the next byte from the gate."""
        self._stopped.set()

    def _wait(self) -> Ticket:
        while not self._stopped.is_set():
            began = time.monotonic()
            hold = self._hold()
            try:
                ticket = self._look(hold)
            except GateRefused:
                raise
            except GateUnavailable as trouble:
                self.trouble = trouble
                self._stopped.wait(self._pause(time.monotonic() - began, trouble))
            else:
                if ticket.settled:
                    return ticket
                self.trouble = None
                self._stopped.wait(self._pause_after_pending(time.monotonic() - began, hold))
        raise Passing("The watch was stopped.")

    def _look(self, hold: int) -> Ticket:
        call = Call("GET", f"/v1/tickets/{quote(self._ticket.id, safe='')}?wait={hold}", held=True)
        answer = self._session.call(call, goes_on=lambda: not self._stopped.is_set())
        return seen_again(self._ticket, answer.members)

    def _hold(self) -> int:
        """How long the gate is to hold its answer, in whole seconds."""
        return max(1, min(self._longest, int(self._ticket.seconds_left) + 1))

    def _pause(self, lasted: float, trouble: GateUnavailable) -> float:
        if lasted >= LASTED:
            self._backoff.reset()
        if lasted >= self._session.silence:
            self._longest = SHORT_HOLD
        asked_for = trouble.retry_after if isinstance(trouble, Passing) else None
        return max(self._backoff.pause(), asked_for or 0.0)

    def _pause_after_pending(self, lasted: float, hold: int) -> float:
        """None where the wait has passed; else the gate is stopping, and is given a moment."""
        if lasted < min(LASTED, hold / 2):
            return self._backoff.pause()
        self._backoff.reset()
        return 0.0

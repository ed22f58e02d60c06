"""The command `approval-gate`: asks, waits with a line of progress, and ends, or runs a command, by the answer."""

import json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from approval_gate.client import Gate
from approval_gate.command_line import Errand, UsageError, read
from approval_gate.errors import ApprovalCancelled, ApprovalDenied, ApprovalTimeout, GateError
from approval_gate.lookout import Lookout
from approval_gate.process import Stopped, become, complain, open_streams, stoppable
from approval_gate.progress import Progress
from approval_gate.ticket import CANCELLED, Decision, Ticket

YES, NO, TIMED_OUT, COULD_NOT_ASK = 0, 1, 2, 3
INTERRUPTED = 128
"""And the signal's number."""
TICK = 1.0
"""Seconds between two redrawings of the time left."""
UNAVAILABLE, UNKNOWN = "unavailable", "unknown"
"""What --json tells as status where no gate took the question, and where nobody can tell what became of it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of what the command line says. After `run` and a yes, the process becomes the command."""
    open_streams()
    try:
        return _exit_code(sys.argv[1:] if arguments is None else arguments)
    except Exception as error:  # noqa: BLE001 - Python would end with 1, which is somebody's no
        complain(error)
        return COULD_NOT_ASK


def _exit_code(arguments: Sequence[str]) -> int:
    try:
        with stoppable():
            errand = read(arguments)
            code = _Asking(errand).ask()
            return become(errand.command) if code == YES and errand.command else code
    except UsageError as error:
        print(error, file=sys.stderr, flush=True)
        return COULD_NOT_ASK
    except Stopped as stopped:
        return INTERRUPTED + stopped.number


class _RememberingGate(Gate):
    """Knows what it ``withdrew``, and what ``became`` of that; None where that cannot be told."""

    withdrew: Ticket | None = None
    became: Ticket | None = None

    def withdraw(self, ticket: Ticket) -> Ticket | None:
        """As `Gate.withdraw`."""
        self.withdrew, self.became = ticket, None
        self.became = super().withdraw(ticket)
        return self.became


class _Asking:
    """One question of the command."""

    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        self._progress = Progress(sys.stderr, errand.question["title"])
        self._gate: _RememberingGate | None = None
        self._ticket: Ticket | None = None

    def ask(self) -> int:
        """The exit code that the answer means; what was answered is said."""
        with _notes_to(self._progress):
            try:
                return self._end_with_yes(self._wait())
            except GateError as error:
                return self._end_with(error)
            except UsageError:
                raise
            except BaseException as error:
                self._end_cut_short(error)
                raise

    def _wait(self) -> Ticket:
        gate = _RememberingGate()
        self._gate = gate
        try:
            self._ticket = gate.request(**self._errand.question)
        except (TypeError, ValueError) as error:
            raise UsageError(str(error)) from error
        lookout = Lookout(gate, self._ticket, self._errand.wait, self._progress)
        return gate.wait(self._ticket, keepalive=lookout, every=TICK)

    def _end_with_yes(self, ticket: Ticket) -> int:
        comment = ticket.decision.comment if ticket.decision else ""
        self._progress.say(f"Approved{_by(ticket.decision)}{f': {comment}' if comment else '.'}")
        self._print(ticket.members)
        return YES

    def _end_with(self, error: GateError) -> int:
        if error.ticket is not None and isinstance(
            error, ApprovalDenied | ApprovalCancelled | ApprovalTimeout
        ):
            self._progress.say(str(error))
            self._print(error.ticket.members)
            return TIMED_OUT if isinstance(error, ApprovalTimeout) else NO
        self._progress.say(f"{error} {self._fate()}" if self._ticket else str(error))
        known = self._known() if self._ticket else {"status": UNAVAILABLE, "id": None}
        self._print({**known, "detail": str(error)})
        return COULD_NOT_ASK

    def _end_cut_short(self, error: BaseException) -> None:
        """By a signal, or by a failure of ours. What had not been withdrawn yet is."""
        if self._gate and self._ticket and not self._gate.withdrew:
            self._gate.withdraw(self._ticket)
        if isinstance(error, Stopped):
            self._progress.say(f"Stopped. {self._fate()}")
        why = "interrupted by a signal" if isinstance(error, Stopped) else f"{type(error).__name__}: {error}"
        self._print({**self._known(), "detail": why})

    def _known(self) -> Mapping[str, object]:
        """The ticket as the gate told it last, once that was withdrawn; else as much of it as is known."""
        if self._gate is None:
            return {"status": CANCELLED, "id": None}
        if self._gate.became is not None:
            return self._gate.became.members
        return {"status": UNKNOWN, "id": self._id()}

    def _fate(self) -> str:
        """The same in words."""
        if self._gate is None:
            return "Nothing was asked."
        became = self._gate.became
        if became is None:
            ticket_id = self._id()
            what = f"became of ticket {ticket_id}" if ticket_id else "became of the question"
            return f"What {what} is not known."
        if became.status == CANCELLED:
            return "The question is withdrawn."
        return f"The question was {became.status}{_by(became.decision)} before it could be withdrawn."

    def _id(self) -> str | None:
        ticket = self._ticket or (self._gate.withdrew if self._gate else None)
        return ticket.id if ticket else None

    def _print(self, members: Mapping[str, object]) -> None:
        """With --json. Stdout of `run` belongs to its command, so there it goes to stderr."""
        if self._errand.as_json:
            stream = sys.stderr if self._errand.command else sys.stdout
            print(json.dumps(members), file=stream, flush=True)


def _by(decision: Decision | None) -> str:
    return f" by {decision.by}" if decision and decision.by else ""


class _Notes(logging.Handler):
    """Puts what the client has to say between the lines of the progress."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.WARNING)
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        self._progress.say(record.getMessage())


@contextmanager
def _notes_to(progress: Progress) -> Iterator[None]:
    log, notes = logging.getLogger("approval_gate"), _Notes(progress)
    log.addHandler(notes)
    try:
        yield
    finally:
        log.removeHandler(notes)


if __name__ == "__main__":
    sys.exit(main())

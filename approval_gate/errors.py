"""What keeps a program from going on after it asked at the gate.

GateError                    anything below; its text says what happened and what to do
├── ApprovalDenied           somebody said no: ``who``, and for what ``reason``
├── ApprovalTimeout          nobody answered in time
├── ApprovalCancelled        the question was withdrawn before anybody answered
├── ArgumentsChanged         approved, but the arguments are no longer those that were shown: nothing was run
└── GateUnavailable          could not ask, or could not learn the answer: nobody is known to have said yes
    ├── Passing              of a kind that passes: no connection, a gate that is starting, too many calls
    └── GateRefused          the gate answered, and refuses: ``status`` is that of its HTTP answer
"""

from collections.abc import Mapping

from approval_gate.json_text import JsonValue
from approval_gate.ticket import Ticket


class GateError(Exception):
    """Whatever it is, nobody is known to have said yes to what would be run now.

    ``ticket`` is the question as it was last seen; None where there is none.
    """

    def __init__(self, message: str, ticket: Ticket | None = None) -> None:
        super().__init__(message)
        self.ticket = ticket


class ApprovalDenied(GateError):
    """Somebody said no. ``reason`` and ``who`` are empty where nobody told."""

    def __init__(self, reason: str = "", who: str = "", ticket: Ticket | None = None) -> None:
        super().__init__(f"Denied{f' by {who}' if who else ''}{f': {reason}' if reason else '.'}", ticket)
        self.reason = reason
        self.who = who


class ApprovalTimeout(GateError):
    """Nobody answered in time. Whoever answers later is told that it is too late."""


class ApprovalCancelled(GateError):
    """The question was withdrawn before anybody answered."""


class ArgumentsChanged(GateError):
    """Approved, but the arguments are no longer those that were shown. ``names`` are those that changed."""

    def __init__(self, names: tuple[str, ...], ticket: Ticket | None = None) -> None:
        super().__init__(
            f"Not run: {', '.join(names)} changed between asking and approval. Ask again, and leave what was"
            " passed alone until the answer is there.",
            ticket,
        )
        self.names = names


class GateUnavailable(GateError):
    """Could not ask, or could not learn the answer."""


class Passing(GateUnavailable):
    """Trouble that passes. ``retry_after``: for how many seconds the gate wants to be left alone, or None."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class GateRefused(GateUnavailable):
    """The gate answered, and refuses. ``problem`` is what it said, as problem+json (RFC 9457)."""

    def __init__(self, message: str, status: int, problem: Mapping[str, JsonValue]) -> None:
        super().__init__(message)
        self.status = status
        self.problem = problem

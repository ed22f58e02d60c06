"""The gate's client side: ask a person, wait for the answer, and go on only after a yes."""

from approval_gate.async_client import AsyncGate
from approval_gate.client import Gate
from approval_gate.decorator import requires_approval
from approval_gate.errors import (
    ApprovalCancelled,
    ApprovalDenied,
    ApprovalTimeout,
    ArgumentsChanged,
    GateError,
    GateRefused,
    GateUnavailable,
)
from approval_gate.ticket import Decision, Ticket

__all__ = [
    "Gate",
    "AsyncGate",
    "Ticket",
    "Decision",
    "requires_approval",
    "GateError",
    "ApprovalDenied",
    "ApprovalTimeout",
    "ApprovalCancelled",
    "ArgumentsChanged",
    "GateUnavailable",
    "GateRefused",
]

"""A ticket as the gate's clients see it: a question, and what became of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from approval_gate.json_text import JsonValue

PENDING, APPROVED, DENIED, EXPIRED, CANCELLED = "pending", "approved", "denied", "expired", "cancelled"
SETTLED = frozenset({APPROVED, DENIED, EXPIRED, CANCELLED})
SWEEP_SECONDS = 3.0
"""How long after its time the gate itself may take to say that a ticket has expired."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody answered. ``at`` is RFC 3339; ``seconds`` how long an approval holds, None for one time."""

    verdict: str
    by: str
    comment: str = ""
    at: str = ""
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question at the gate, as it was last seen.

    ``status`` is pending, approved, denied, expired or cancelled. ``card_url`` is where people see it, empty
    until that is known. ``deadline`` is when nobody need wait for it any more, on this machine's monotonic
    clock. ``members`` is the whole object that the gate answered.
    """

    id: str
    status: str
    arguments_digest: str
    url: str = ""
    title: str = ""
    card_url: str = ""
    expires_at: str = ""
    decision: Decision | None = None
    deadline: float = field(default=0.0, compare=False)
    members: Mapping[str, JsonValue] = field(default_factory=dict, compare=False, repr=False)

    @property
    def settled(self) -> bool:
        """Whether nothing will change it any more."""
        return self.status in SETTLED

    @property
    def seconds_left(self) -> float:
        """Until nobody need wait any more; 0 from then on."""
        return max(0.0, self.deadline - time.monotonic())

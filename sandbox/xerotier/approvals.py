"""The approvals that the sandbox's Xerotier holds, and what became of each."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Verdict = Literal["approve", "reject"]
PENDING, ESCALATED, APPROVED, REJECTED, TIMED_OUT = (
    "pending",
    "escalated",
    "approved",
    "rejected",
    "timed_out",
)
WAITING = (PENDING, ESCALATED)
VERDICTS: dict[Verdict, str] = {"approve": APPROVED, "reject": REJECTED}


class NewApproval(BaseModel):
    """A tool call that has to be approved. ``arguments`` are told only where they are given."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(default_factory=lambda: str(uuid.uuid4()), min_length=1)
    tool_name: str = "kubectl_drain"
    workspace_id: str = "ws_production"
    invocation_id: str = Field(default_factory=lambda: f"inv_{uuid.uuid4().hex[:24]}")
    risk: str = "destructive"
    arguments: JsonValue = None


@dataclass
class Approval:
    """One approval and its fate. Times are seconds since 1970 UTC; ``decisions``: how many the API applied."""

    asked: NewApproval
    created_at: float
    status: str = PENDING
    by: str = ""
    resolved_at: float | None = None
    decisions: int = 0

    @property
    def id(self) -> str:
        return self.asked.id

    @property
    def waits(self) -> bool:
        return self.status in WAITING

    def as_told(self) -> dict[str, JsonValue]:
        """In the list, and by itself."""
        told: dict[str, JsonValue] = {
            "id": self.id,
            "object": "exec.approval",
            "status": self.status,
            "risk": self.asked.risk,
            "tool_name": self.asked.tool_name,
            "workspace_id": self.asked.workspace_id,
            "invocation_id": self.asked.invocation_id,
            "created_at": int(self.created_at),
        }
        if self.asked.arguments is not None:
            told["arguments"] = self.asked.arguments
        if self.by:
            told |= {"resolved_by": self.by, "resolved_at": int(self.resolved_at or 0)}
        return told

    def of_event(self) -> dict[str, JsonValue]:
        """What each event about it tells."""
        told: dict[str, JsonValue] = {
            "approval_id": self.id,
            "invocation_id": self.asked.invocation_id,
            "tool_name": self.asked.tool_name,
            "workspace_id": self.asked.workspace_id,
            "risk": self.asked.risk,
        }
        if self.asked.arguments is not None:
            told["arguments"] = self.asked.arguments
        return told | ({"resolved_by": self.by} if self.by else {})

    def record(self) -> dict[str, JsonValue]:
        """For the control API and tests."""
        return {**self.as_told(), "by": self.by, "decisions": self.decisions}


class Approvals:
    """All approvals, in the order of filing. ``now`` tells seconds since 1970 UTC; callers bring a lock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._held: dict[str, Approval] = {}

    def file(self, asked: NewApproval) -> Approval:
        """Raises ValueError where the id is taken."""
        if asked.id in self._held:
            raise ValueError(f"there is an approval {asked.id} already")
        self._held[asked.id] = Approval(asked, self._now())
        return self._held[asked.id]

    def find(self, approval_id: str) -> Approval | None:
        return self._held.get(approval_id)

    def settle(self, approval: Approval, status: str, by: str = "") -> None:
        approval.status, approval.by, approval.resolved_at = status, by, self._now()

    def clear(self) -> None:
        self._held.clear()

    def __iter__(self) -> Iterator[Approval]:
        return iter(list(self._held.values()))

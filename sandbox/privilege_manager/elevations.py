"""The requests that the sandbox's Privilege Manager holds, and what became of each."""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Verdict = Literal["approve", "deny"]
PENDING, APPROVED, DENIED, TIMED_OUT, CANCELLED = "Pending", "Approved", "Denied", "TimedOut", "Cancelled"
STATUSES = (PENDING, APPROVED, DENIED, TIMED_OUT, CANCELLED)


class NewRequest(BaseModel):
    """What a user on a computer asks for. Any text may be empty, as it may in the real one.

    ``requested``: text in the place of the time of filing. ``expires_in``: seconds from now;
    ``expires_at``: seconds since 1970 UTC.
    """

    model_config = ConfigDict(extra="forbid")

    id: str = Field(default_factory=lambda: str(uuid.uuid4()), min_length=1)
    user: str = "ACME\\requester"
    email: str = ""
    computer: str = "WKS-0421"
    policy: str = "Elevate installers on request"
    file: str = "C:\\Users\\requester\\Downloads\\setup.exe"
    command_line: str = ""
    process: str = ""
    sha1: str = ""
    publisher: str = ""
    product: str = ""
    version: str = ""
    reputation: str = ""
    reason: str = ""
    requested: str | None = None
    expires_in: float | None = None
    expires_at: float | None = None


@dataclass
class Elevation:
    """One request and its fate. Times are seconds since 1970 UTC; ``decisions``: how many the API applied."""

    asked: NewRequest
    requested_at: float
    expires_at: float | None
    status: str = PENDING
    by: str = ""
    comment: str = ""
    duration: JsonValue = None
    decided_at: float | None = None
    decisions: int = 0

    @property
    def id(self) -> str:
        return plain_id(self.asked.id)

    def record(self) -> dict[str, JsonValue]:
        """For the control API and tests; the id as the client tells it, the duration as it was sent."""
        asked = self.asked.model_dump(exclude={"id", "requested", "expires_in", "expires_at"})
        return {
            **asked,
            "id": self.id,
            "requested_at": self.requested_at,
            "expires_at": self.expires_at,
            "status": self.status,
            "by": self.by,
            "comment": self.comment,
            "duration": self.duration,
            "decided_at": self.decided_at,
            "decisions": self.decisions,
        }


def braced(text: str) -> str:
    """A GUID as .NET likes to write it; anything else as it is."""
    return f"{{{text.upper()}}}" if GUID.fullmatch(text) else text


def plain_id(text: str) -> str:
    """GUIDs come with and without braces, in either case."""
    return text.strip().strip("{}").lower()


def iso(seconds: float | None) -> str | None:
    """As .NET writes a time in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Elevations:
    """All requests, in the order of filing; ``changes`` counts what happened to them.

    ``now`` tells seconds since 1970 UTC. Whoever calls from several threads brings a lock.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._held: dict[str, Elevation] = {}
        self.changes = 0

    def file(self, asked: NewRequest) -> Elevation:
        """Raises ValueError where the id is taken."""
        now = self._now()
        expires_at = asked.expires_at
        if asked.expires_in is not None:
            expires_at = now + asked.expires_in
        elevation = Elevation(asked, now, expires_at)
        if elevation.id in self._held:
            raise ValueError(f"there is a request {elevation.id} already")
        self._held[elevation.id] = elevation
        self.changes += 1
        return elevation

    def find(self, request_id: str) -> Elevation | None:
        elevation = self._held.get(plain_id(request_id))
        return elevation and self._aged(elevation)

    def decide(self, elevation: Elevation, verdict: Verdict, by: str) -> None:
        self._settle(elevation, APPROVED if verdict == "approve" else DENIED, by)

    def time_out(self, elevation: Elevation) -> None:
        self._settle(elevation, TIMED_OUT)

    def cancel(self, elevation: Elevation) -> None:
        self._settle(elevation, CANCELLED)

    def clear(self) -> None:
        self._held.clear()
        self.changes += 1

    def __iter__(self) -> Iterator[Elevation]:
        return map(self._aged, list(self._held.values()))

    def _aged(self, elevation: Elevation) -> Elevation:
        """One whose time is over times out when somebody looks."""
        if (
            elevation.status == PENDING
            and elevation.expires_at is not None
            and self._now() >= elevation.expires_at
        ):
            self._settle(elevation, TIMED_OUT)
        return elevation

    def _settle(self, elevation: Elevation, status: str, by: str = "") -> None:
        elevation.status, elevation.by, elevation.decided_at = status, by, self._now()
        self.changes += 1

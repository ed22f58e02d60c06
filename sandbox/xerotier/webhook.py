"""One event as Xerotier sends it: its body in both shapes, and its signature in both. Pure."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

Shape = Literal["documented", "flat", "bare"]
"""The envelope of the vendor's documentation, what the code of its guide reads, and that without id and time."""
Signature = Literal["hex", "sha256", "wrong", "none"]
"""Bare hex digits, with sha256= before them, of another secret, or not there."""
REQUESTED, APPROVED, REJECTED = "exec.approval_requested", "exec.approved", "exec.rejected"
ESCALATED, TIMED_OUT = "exec.approval_escalated", "exec.approval_timed_out"


@dataclass(frozen=True)
class Event:
    """``at``: seconds since 1970 UTC. ``id`` is the same in each delivery."""

    kind: str
    at: float
    data: dict[str, JsonValue]
    id: str = field(default_factory=lambda: f"evt_{secrets.token_hex(12)}")

    def body(self, shape: Shape) -> bytes:
        """As it is sent."""
        if shape == "bare":
            return json.dumps({"event_type": self.kind} | self.data).encode()
        if shape == "flat":
            flat: dict[str, JsonValue] = {
                "event_type": self.kind,
                "event_id": self.id,
                "timestamp": int(self.at),
            }
            return json.dumps(flat | self.data).encode()
        envelope: dict[str, JsonValue] = {"id": self.id, "object": "event", "type": self.kind}
        return json.dumps({**envelope, "created_at": int(self.at), "data": self.data}).encode()


def signed(body: bytes, secret: str, at: float, form: Signature) -> dict[str, str]:
    """The headers of a delivery at ``at``, seconds since 1970 UTC."""
    timestamp = str(int(at))
    headers = {"Content-Type": "application/json", "X-Webhook-Timestamp": timestamp}
    if form == "none":
        return headers
    key = secret if form != "wrong" else f"not {secret}"
    digest = hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return headers | {"X-Webhook-Signature": f"sha256={digest}" if form == "sha256" else digest}

"""A callback: how it is signed, when it is tried again, and what is kept of each attempt. Pure."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from approval_gate.server.clock import DAY, SECOND

SIGNATURE: Final = "X-Gate-Signature"
TIMESTAMP: Final = "X-Gate-Timestamp"

PAUSES: Final = tuple(seconds * SECOND for seconds in (1, 5, 30, 120, 600, 1800, 3600))
"""Between one attempt and the next; the last one again and again."""
PATIENCE: Final = DAY
"""Microseconds after the first attempt, when the last one is made."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: the status that was answered, or ``error``: why none was.

    ``next_at`` is when it is tried again, None where it is not.
    """

    at: int
    attempt: int
    status: int | None
    error: str
    next_at: int | None

    @property
    def delivered(self) -> bool:
        """Whether the receiver said that it has it."""
        return self.status is not None and 200 <= self.status < 300


def next_attempt(first_at: int, attempt: int, now: int) -> int | None:
    """When the attempt after number ``attempt`` is due, whose pause begins ``now``; None when a day has passed."""
    due = now + PAUSES[min(attempt, len(PAUSES)) - 1]
    return due if due <= first_at + PATIENCE else None


def signed(body: bytes, secret: str, now: int) -> Mapping[str, str]:
    """The headers that prove who sent ``body`` and when: HMAC-SHA256 of "<seconds>.<body>" with ``secret``."""
    timestamp = str(now // SECOND)
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return {TIMESTAMP: timestamp, SIGNATURE: f"sha256={digest.hexdigest()}"}

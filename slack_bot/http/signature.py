"""The signatures of webhooks and of what Slack posts: HMAC-SHA256 over a timestamp and the raw body. Pure."""

import hashlib
import hmac
import re
from typing import Final

WINDOW: Final = 300
"""Seconds by which a timestamp may differ from our clock, either way.

xerotier.ai/docs/xem/webhooks; https://docs.slack.dev/authentication/verifying-requests-from-slack
"""
PREFIX: Final = "sha256="
"""The vendor's guide writes it before the digits, its command line does not: both are taken."""
SLACKS_PREFIX: Final = "v0="
"""Slack always writes it."""
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


class NotSigned(Exception):
    """Nobody can tell that it is from whom it says. The text says why, and nothing of what was sent."""


def check(secret: str, signature: str, timestamp: str, body: bytes, now: int) -> None:
    """Raises `NotSigned` unless the sender knew the secret, not more than five minutes ago.

    ``signature`` and ``timestamp`` are headers as they came, ``now`` is in seconds since 1970. That a timestamp is
    too old is told only to whoever knew the secret then.
    """
    told = signature.removeprefix(PREFIX).lower()
    _check(secret, told, timestamp, timestamp.encode() + b"." + body, now)


def check_slacks(secret: str, signature: str, timestamp: str, body: bytes, now: int) -> None:
    """As `check`, in the form in which Slack signs with the app's signing secret."""
    told = signature[len(SLACKS_PREFIX) :] if signature.startswith(SLACKS_PREFIX) else ""
    _check(secret, told, timestamp, b"v0:" + timestamp.encode() + b":" + body, now)


def _check(secret: str, told: str, timestamp: str, signed: bytes, now: int) -> None:
    if not told or not timestamp:
        raise NotSigned("It has no signature, or no timestamp.")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise NotSigned("Its timestamp is no number of seconds.")
    made = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made.encode(), told.encode("utf-8", "replace")):
        raise NotSigned("Its signature is not made with this secret over this body.")
    if abs(now - int(timestamp)) > WINDOW:
        raise NotSigned(f"Its timestamp is more than {WINDOW // 60} minutes from the time here.")

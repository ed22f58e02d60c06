"""response_url: five posts in thirty minutes, back to where a person clicked or typed a command."""

import secrets
import time
from dataclasses import dataclass

from sandbox.errors import SlackError

USES = 5


@dataclass
class ResponseUrl:
    """``ts`` is empty for a slash command: there is no message to replace."""

    user: str
    channel: str
    ts: str
    expires: float
    uses: int = 0


class ResponseUrls:
    def __init__(self, life: float) -> None:
        self._life = life
        self._issued: dict[str, ResponseUrl] = {}

    def issue(self, user: str, channel: str, ts: str = "") -> str:
        """The secret part of a new address."""
        secret = secrets.token_urlsafe(18)
        self._issued[secret] = ResponseUrl(user, channel, ts, time.monotonic() + self._life)
        return secret

    def use(self, secret: str) -> ResponseUrl:
        """Count one use. Raises `invalid_url`, `expired_url` or `used_url`."""
        found = self._issued.get(secret)
        if found is None:
            raise SlackError("invalid_url")
        if time.monotonic() > found.expires:
            raise SlackError("expired_url")
        if found.uses >= USES:
            raise SlackError("used_url")
        found.uses += 1
        return found

"""API keys: how one is made, taken apart, checked and kept; its secret is kept as a hash only."""

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

ID_LENGTH: Final = 10
ALL_CHANNELS: Final = "*"
_FORM: Final = re.compile(r"gate_([A-Za-z0-9]{10})_([A-Za-z0-9_-]{43})", re.ASCII)


class Scope(StrEnum):
    """What a key may do."""

    REQUEST = "request"
    """File tickets; read, wait for and cancel its own."""
    DECIDE = "decide"
    """Read all tickets, approve and deny; tell of channels and cards."""
    READ = "read"
    """Read all tickets."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A living key, without its secret.

    ``channels`` are the names and ids of the channels whose people its tickets may ask, "*" for all of them.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    channels: tuple[str, ...]
    created_at: int


@dataclass(frozen=True, slots=True)
class Presented:
    """A key as a program presents it, taken apart."""

    id: str
    secret: str = field(repr=False)

    def __str__(self) -> str:
        return f"gate_{self.id}_{self.secret}"

    @property
    def hash(self) -> str:
        """What is kept of the secret: it has 256 random bits, so that a plain SHA-256 tells nobody of it."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def fits(self, kept: str) -> bool:
        """Whether it is the secret of which ``kept`` was kept; takes as long for any other."""
        return hmac.compare_digest(self.hash, kept)


def new_key() -> Presented:
    """A new random key; ``str()`` of it is what the program is given."""
    letters = string.ascii_letters + string.digits
    return Presented("".join(secrets.choice(letters) for _ in range(ID_LENGTH)), secrets.token_urlsafe(32))


def parse(presented: str) -> Presented | None:
    """The key taken apart; None where it has not the form of one."""
    match = _FORM.fullmatch(presented)
    return Presented(match[1], match[2]) if match else None


def callback_secret(gate_secret: str, key_id: str) -> str:
    """The hex digits with which callbacks of this key's tickets are signed, from GATE_CALLBACK_SECRET."""
    return hmac.new(gate_secret.encode(), f"callback:{key_id}".encode(), hashlib.sha256).hexdigest()

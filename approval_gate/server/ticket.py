"""A ticket: what is asked, what became of it, and the rules that need no database.

Times are integer microseconds since 1970 UTC.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

import rfc8785
from pydantic import JsonValue

DIGEST_VERSION: Final = "v1"


class Status(StrEnum):
    """Where a ticket stands. Whatever is not pending stays as it is."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def settled(self) -> bool:
        """Whether nothing will change it any more."""
        return self is not Status.PENDING


VERDICTS: Final = frozenset({Status.APPROVED, Status.DENIED})
"""What a person can say; the other ends come by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """What is asked.

    ``nonce`` is the random part of ``arguments_digest``; empty where the requester made the digest over
    arguments of which it shows us only a part. ``requester_claimed`` is what the request's body says of who
    asks, which nobody checked. ``channel`` is a wish, empty for none; ``callback_url`` is empty for none.
    """

    title: str
    action: str
    arguments: Mapping[str, JsonValue]
    arguments_digest: str
    nonce: str
    requester_claimed: str
    justification: str
    risk: str
    channel: str
    expires_at: int
    callback_url: str
    cancel_on_disconnect: bool
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(NewTicket):
    """A ticket as it is in the store: what was asked, and what became of it.

    ``key_id`` and ``key_name`` are the API key that filed it: the requester. ``version`` counts from 1, up with
    every change that a reader of the list of pending tickets should see. ``decided_at`` is when it was settled,
    in whatever way; ``decided_by`` who approved, denied or cancelled it; ``comment`` what they said, or why it
    was cancelled. ``seconds`` tells how long the approval holds, None for one time. ``channel_followed`` is None
    where nobody can tell yet, or where no channel was wished for; ``card_url`` is empty until it is known.
    ``size`` is that of what was asked, as `size_of` has it.
    """

    id: str
    key_id: str
    key_name: str
    size: int
    status: Status
    created_at: int
    version: int
    decided_at: int | None = None
    decided_by: str = ""
    comment: str = ""
    seconds: int | None = None
    channel_followed: bool | None = None
    channel_note: str = ""
    card_url: str = ""

    def is_due(self, now: int) -> bool:
        """Whether it waits although its time is over."""
        return not self.status.settled and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's answer. ``status`` is approved or denied; ``seconds`` as of `Ticket`."""

    status: Status
    by: str
    comment: str = ""
    seconds: int | None = None

    def __post_init__(self) -> None:
        if self.status not in VERDICTS:
            raise ValueError(f"nobody decides that a ticket is {self.status}")
        if self.seconds is not None and self.status is not Status.APPROVED:
            raise ValueError("only an approval holds for a time")


@dataclass(frozen=True, slots=True)
class PendingList:
    """All pending tickets, the oldest first. ``version`` differs where their ids or versions do.

    ``left_out`` are those for which ``tickets`` has no room, by id and version: they are to be read one by one.
    """

    version: str
    tickets: tuple[Ticket, ...]
    left_out: tuple[tuple[str, int], ...] = ()


def new_ticket_id() -> str:
    """128 random bits as 32 hex digits: they need no escaping anywhere, and people can type how they begin."""
    return secrets.token_hex(16)


def new_nonce() -> str:
    """What keeps anybody from guessing arguments by their digest: 128 random bits as hex digits."""
    return secrets.token_hex(16)


def arguments_digest(arguments: Mapping[str, JsonValue], nonce: str) -> str:
    """What an approval is bound to: "v1" and the 64 hex digits of SHA-256 over RFC 8785 JSON of [nonce, arguments].

    Raises `ValueError` where that JSON cannot be written: whole numbers beyond 2^53, half of a surrogate pair.
    """
    return DIGEST_VERSION + hashlib.sha256(rfc8785.dumps([nonce, dict(arguments)])).hexdigest()


def version_of(pending: Iterable[tuple[str, int]]) -> str:
    """The version of a list of pending tickets, given (id, version) of each, in any order."""
    lines = sorted(f"{ticket_id} {version}\n" for ticket_id, version in pending)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:32]


def size_of(new: NewTicket) -> int:
    """Bytes of what is asked, written as JSON, as it is in answers: 1e15 takes more than a body that says so."""
    written = json.dumps(asked_in(new), ensure_ascii=False, separators=(",", ":"))
    return len(written.encode(errors="surrogatepass"))


def asked_in(new: NewTicket) -> dict[str, Any]:
    """Every field of what is asked, by its name."""
    return {field.name: getattr(new, field.name) for field in fields(NewTicket)}

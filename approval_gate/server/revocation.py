"""Revoking a key: in one transaction it is no key any more, its questions end, and nothing more is sent for it."""

from dataclasses import dataclass

from sqlalchemy import Connection

from approval_gate.server.callback_store import stop_callbacks
from approval_gate.server.key_store import revoke_key
from approval_gate.server.keys import ApiKey
from approval_gate.server.store import TicketStore
from approval_gate.server.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Revocation:
    """A key that is none any more, and its tickets, which were pending until now."""

    key: ApiKey
    cancelled: tuple[Ticket, ...]


def revoke(tx: Connection, id_or_name: str, now: int) -> Revocation | None:
    """Revokes the living key of this id, or else of this name; None where there is no such key.

    Running gates tell those who wait when they sweep. No callback tells of these tickets: whoever holds the key
    may have chosen where it goes.
    """
    key = revoke_key(tx, id_or_name, now)
    if key is None:
        return None
    cancelled = TicketStore().cancel_all_of(tx, key.id, now)
    stop_callbacks(tx, key.id, now)
    return Revocation(key, cancelled)

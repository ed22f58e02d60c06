"""The API keys that there are: every statement about them."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from approval_gate.server.database import api_keys
from approval_gate.server.keys import ApiKey, Presented, Scope, new_key


class NameTaken(Exception):
    """A living key has this name; it says who asks, so that two may not have the same."""


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key and the hash of its secret; ``revoked_at`` is None while it lives."""

    key: ApiKey
    secret_hash: str
    revoked_at: int | None


def add_key(
    tx: Connection, name: str, scopes: Collection[Scope], channels: Iterable[str], now: int
) -> Presented:
    """Makes a key and keeps it. This is the only time that anybody sees its secret. Raises `NameTaken`."""
    living = select(api_keys.c.id).where(api_keys.c.name == name, api_keys.c.revoked_at.is_(None))
    if tx.execute(living).first() is not None:
        raise NameTaken(name)
    made = new_key()
    tx.execute(
        insert(api_keys).values(
            id=made.id,
            name=name,
            secret_hash=made.hash,
            scopes=" ".join(sorted(scopes)),
            channels=json.dumps(list(dict.fromkeys(channels))),
            created_at=now,
        )
    )
    return made


def living_key(connection: Connection, key_id: str) -> KeptKey | None:
    """The key of this id, unless it is revoked."""
    query = select(api_keys).where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else _kept(row)


def all_keys(connection: Connection) -> tuple[KeptKey, ...]:
    """Every key that there ever was, the oldest first."""
    query = select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id)
    return tuple(map(_kept, connection.execute(query).all()))


def revoke_key(tx: Connection, id_or_name: str, now: int) -> ApiKey | None:
    """The living key of this id, or else of this name, which is none any more; None where there is no such key."""
    for column in (api_keys.c.id, api_keys.c.name):
        revoking = update(api_keys).where(column == id_or_name, api_keys.c.revoked_at.is_(None))
        row = tx.execute(revoking.values(revoked_at=now).returning(api_keys)).one_or_none()
        if row is not None:
            return _kept(row).key
    return None


def _kept(row: Row[Any]) -> KeptKey:
    scopes = frozenset(map(Scope, row.scopes.split()))
    key = ApiKey(row.id, row.name, scopes, tuple(json.loads(row.channels)), row.created_at)
    return KeptKey(key, row.secret_hash, row.revoked_at)

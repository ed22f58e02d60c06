"""The audit log as a chain: each record with the hash of the one before; the records that exist, in their order."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from pydantic import TypeAdapter, ValidationError

from slack_bot.seal import GENESIS, Seal
from upstream_client.models import ApprovalRequest

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ASKED = TypeAdapter(ApprovalRequest)
AT_ONCE = 500
"""Records that are read together: a long log need not fit into memory."""

_audit = sa.table(
    "audit",
    *map(
        sa.column,
        (
            *("id", "at", "kind", "request_key", "actor", "detail"),
            *("digest", "policy", "artefact", "prev", "hash"),
        ),
    ),
)
_head = sa.table("audit_head", *map(sa.column, ("id", "seq", "hash", "mac")))
_requests = sa.table("requests", *map(sa.column, ("key", "digest", "body")))


def upgrade() -> None:
    for name, kind, default in (
        ("digest", sa.String(length=66), "''"),
        ("policy", sa.Text(), "''"),
        ("artefact", sa.Text(), "'[]'"),
        ("prev", sa.String(length=64), "''"),
        ("hash", sa.String(length=64), "''"),
    ):
        op.add_column("audit", sa.Column(name, kind, nullable=False, server_default=sa.text(default)))
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    _chain(op.get_bind(), context.config.attributes["seal"])


def _chain(connection: sa.Connection, seal: Seal) -> None:
    """Numbers the records from 1 without a gap, and links each to the one before."""
    seq, prev, digests = 0, GENESIS, dict[str, str]()
    for row in _in_order(connection):
        seq += 1
        detail = json.loads(row.detail)
        if row.request_key and "digest" in detail:
            digests[row.request_key] = str(detail["digest"])
        digest = digests.get(row.request_key, "")
        artefact = _artefact(connection, row.request_key, digest)
        fields = {
            "seq": seq,
            "at": row.at,
            "kind": row.kind,
            "request_key": row.request_key,
            "actor": row.actor,
            "digest": digest,
            "policy": "",
            "artefact": artefact,
            "detail": detail,
            "prev": prev,
        }
        # A new number is never larger than the old one, so that it is free.
        values = {"id": seq, "digest": digest, "artefact": json.dumps(artefact), "prev": prev}
        prev = seal.of(fields)
        connection.execute(sa.update(_audit).where(_audit.c.id == row.id).values(**values, hash=prev))
    connection.execute(sa.insert(_head).values(id=1, seq=seq, hash=prev, mac=seal.of_head(seq, prev)))


def _in_order(connection: sa.Connection) -> Iterator[sa.Row[Any]]:
    query = sa.select(_audit).order_by(_audit.c.id).limit(AT_ONCE)
    rows = connection.execute(query).all()
    while rows:
        yield from rows
        rows = connection.execute(query.where(_audit.c.id > rows[-1].id)).all()


def _artefact(connection: sa.Connection, key: str | None, digest: str) -> list[str]:
    """What was asked for, if the request is still what it was then: the digest tells."""
    query = sa.select(_requests.c.body).where(_requests.c.key == key, _requests.c.digest == digest)
    body = connection.execute(query).scalar() if digest else None
    try:
        return [] if body is None else list(_ASKED.validate_json(body).artefact)
    except ValidationError:
        return []

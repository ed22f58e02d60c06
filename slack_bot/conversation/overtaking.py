"""Whether something that was asked later has been done already: what waited must not undo it."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from slack_bot import ledger
from slack_bot.audit import Kind
from slack_bot.conversation.asked import Asked, Change

_TOUCHED: Mapping[Kind, frozenset[str]] = {
    Kind.CHANNEL_REGISTERED: frozenset({"channel"}),
    Kind.CHANNEL_CHANGED: frozenset({"channel"}),
    Kind.CHANNEL_REMOVED: frozenset({"channel", "schedule"}),
    Kind.SCHEDULE_CHANGED: frozenset({"schedule"}),
    Kind.ROUTES_CHANGED: frozenset({"routes"}),
}
"""What of a scope each change changes."""
CHANGES_LOOKED_AT = 200
"""More are not made while an item waits."""


def is_overtaken(tx: Connection, asked: Asked, wish: Change) -> bool:
    """Whether a later item has changed the same thing, here or through another replica, or is at it."""
    table = ledger.audit
    kinds = [*(kind.value for kind in _TOUCHED), Kind.INTENT.value]
    query = (
        select(table.c.kind, table.c.detail)
        .where(table.c.request_key.is_(None), table.c.kind.in_(kinds))
        .order_by(table.c.id.desc())
        .limit(CHANGES_LOOKED_AT)
    )
    return any(
        _is_later(tx, row.kind, json.loads(row.detail), asked, wish) for row in tx.execute(query).all()
    )


def _is_later(tx: Connection, kind: str, detail: dict[str, Any], asked: Asked, wish: Change) -> bool:
    item = detail.get("inbox_item")
    if not isinstance(item, int) or item <= asked.item.id or detail.get("what") != wish.what:
        return False
    changed = Kind(detail["to"] if kind == Kind.INTENT else kind)
    if not _TOUCHED[changed] & _TOUCHED[wish.kind]:
        return False
    return kind != Kind.INTENT or _waits(tx, item)


def _waits(tx: Connection, item: int) -> bool:
    """Whether it is not closed: then it may have been stored already, though not recorded."""
    table = ledger.inbox
    query = select(table.c.id).where(table.c.id == item, table.c.due_at.is_not(None))
    return tx.execute(query).first() is not None

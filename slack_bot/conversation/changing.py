"""How stored channels and schedules are changed: the wish on record first, then the change, then its record."""

import json
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, select

from slack_bot import answers, audit, inbox, ledger
from slack_bot.audit import Kind
from slack_bot.channel_store import Declared
from slack_bot.clock import SECOND
from slack_bot.conversation.asked import Asked, Change, Handled
from slack_bot.parameter_store import LostUpdate, StateError
from slack_bot.refusal import No

LEASE = 60 * SECOND
"""Storing a change takes less; after it, whoever was at it is dead, and the item is handled again."""
SETTINGS = frozenset({Kind.CHANNEL_CHANGED, Kind.SCHEDULE_CHANGED})
"""Where doing a thing again would undo what somebody else set in between."""
WISHES_LOOKED_AT = 50
"""A wish of this very item is among the newest ones of its person."""


def carry_out(asked: Asked, wishes: Sequence[Change], do: Callable[[], object]) -> tuple[Change, ...]:
    """Does it, once the wishes are in the audit log: what cannot be recorded is not done.

    Returns what whoever closes the item records as done, in the same transaction: the wishes, or those that
    the item had put on record before a crash, which know what stood there then. Raises `No` where the store does
    not take it, `Handled` where another replica was faster.
    """
    recorded = _record(asked, wishes)
    try:
        do()
    except Declared as declared:
        raise No("declared elsewhere", str(declared)) from declared
    except LostUpdate as error:
        raise No("changed by somebody else as well", answers.stored_over(str(error))) from error
    except StateError as error:
        raise No("state cannot be written", answers.not_stored(str(error))) from error
    return recorded


def wishes_of(asked: Asked) -> tuple[Change, ...]:
    """What the item has put on record already: it is handled again, after a crash."""
    with asked.desk.ledger.read() as connection:
        return _recorded(connection, asked)


def _record(asked: Asked, wishes: Sequence[Change]) -> tuple[Change, ...]:
    with asked.desk.ledger.write() as tx:
        _take(tx, asked)
        recorded = _recorded(tx, asked)
        if recorded:
            _refuse_what_was_changed_since(recorded, wishes)
            return recorded
        for wish in wishes:
            audit.append(
                tx,
                asked.now,
                Kind.INTENT,
                None,
                asked.user,
                to=wish.kind.value,
                what=wish.what,
                before=wish.before,
                after=wish.after,
                inbox_item=asked.item.id,
            )
    return tuple(wishes)


def _refuse_what_was_changed_since(recorded: Sequence[Change], wishes: Sequence[Change]) -> None:
    """After a crash what stands now is what stood before the wish, or the wish. Raises `No` where it is neither."""
    for was, is_now in zip(recorded, wishes, strict=True):
        if was.kind in SETTINGS and is_now.before not in (was.before, was.after):
            raise No("changed by somebody else since", answers.CHANGED_SINCE)


def _take(tx: Connection, asked: Asked) -> None:
    """Takes the item upon oneself: no other replica stores the same meanwhile. Raises `Handled` where one does."""
    if asked.desk.ledger.sole:
        if not inbox.is_waiting(tx, asked.item):
            raise Handled
        return
    table = ledger.inbox
    query = select(table.c.due_at).where(table.c.id == asked.item.id).with_for_update()
    due_at = tx.execute(query).scalar()
    if due_at is None or due_at > asked.now:
        raise Handled
    inbox.postpone(tx, asked.item, asked.now + LEASE)


def _recorded(connection: Connection, asked: Asked) -> tuple[Change, ...]:
    table = ledger.audit
    query = (
        select(table.c.detail)
        .where(table.c.request_key.is_(None), table.c.kind == Kind.INTENT, table.c.actor == asked.user)
        .order_by(table.c.id.desc())
        .limit(WISHES_LOOKED_AT)
    )
    details = [json.loads(detail) for detail in connection.execute(query).scalars()]
    return tuple(
        Change(Kind(one["to"]), one["what"], one["before"], one["after"])
        for one in reversed(details)
        if one.get("inbox_item") == asked.item.id
    )

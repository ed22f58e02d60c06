"""How what is stored is changed: the wish on record first, then the change, then its record."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from slack_bot import answers, audit, inbox, ledger
from slack_bot.audit import Kind
from slack_bot.channel_store import Declared
from slack_bot.clock import SECOND
from slack_bot.conversation.asked import Asked, Change, Handled
from slack_bot.conversation.overtaking import is_overtaken
from slack_bot.parameter_store import LostUpdate, StateError, Unconfirmed
from slack_bot.refusal import No, is_too_old

LEASE = 60 * SECOND
"""Storing a change takes less; after it, whoever was at it is dead, and the item is handled again."""
BEGUN, UNSETTLED = "begun", "unsettled"
"""The result of an item whose wish is on record; and of one of which nobody could tell whether it was done."""
WISHES_LOOKED_AT = 50
"""A wish of this very item is among the newest ones of its person."""


class Unsettled(Exception):
    """Nobody can tell yet whether the change is stored. The text is the store's own words."""


@dataclass(frozen=True, slots=True)
class Done:
    """What whoever closes the item records as done, and ``caveats``: what the person has to know besides."""

    changes: tuple[Change, ...]
    caveats: tuple[str, ...] = ()


def carry_out(asked: Asked, wish: Change, do: Callable[[], object], *, stands: bool) -> Done:
    """Does it, once the wish is in the audit log: what cannot be recorded is not done.

    ``stands``: the store shows it already. Where the item had put its wish on record before a crash, or before
    an answer that never came, that one is given back: it knows what stood there then. Raises `No` where it is
    not done, `Unsettled` where nobody can tell, `Handled` where another replica was faster.
    """
    begun = _begin(asked, wish, stands=stands)
    done = begun or wish
    if begun is not None and stands:
        return Done((done,))
    try:
        do()
    except Declared as declared:
        raise No("declared elsewhere", str(declared)) from declared
    except LostUpdate as error:
        return Done((done,), (answers.stored_over(str(error)),))
    except Unconfirmed as error:
        raise Unsettled(str(error)) from error
    except StateError as error:
        raise No("state cannot be written", answers.not_stored(str(error))) from error
    return Done((done,))


def is_begun(asked: Asked) -> bool:
    """Whether the item has put a wish on record already: it is handled again."""
    with asked.desk.ledger.read() as connection:
        return progress(connection, asked) != ""


def look_again(asked: Asked) -> None:
    """Reads what stands in the store now. Raises `Unsettled` where that cannot be read."""
    desk = asked.desk
    trouble = desk.channels.look() or desk.schedules.look() or desk.routes.look()
    if trouble:
        raise Unsettled(trouble)


def progress(connection: Connection, asked: Asked) -> str:
    """How far an item is that is not closed yet: "", `BEGUN` or `UNSETTLED`."""
    table = ledger.inbox
    query = select(table.c.result).where(table.c.id == asked.item.id, table.c.due_at.is_not(None))
    return str(connection.execute(query).scalar() or "")


def mark(tx: Connection, asked: Asked, result: str) -> None:
    """Notes how far the item is."""
    table = ledger.inbox
    tx.execute(update(table).where(table.c.id == asked.item.id).values(result=result))


def _begin(asked: Asked, wish: Change, *, stands: bool) -> Change | None:
    """The wish that the item has on record from before; else None, and ``wish`` is on record now."""
    with asked.desk.ledger.write() as tx:
        _take(tx, asked)
        so_far = progress(tx, asked)
        begun = _recorded(tx, asked) if so_far else None
        if begun is not None and stands:
            return begun
        if begun is not None:
            _refuse_to_go_on(asked, so_far, begun, wish)
        if is_overtaken(tx, asked, wish):
            raise No("overtaken", answers.OVERTAKEN)
        if begun is None:
            _record(tx, asked, wish)
        return begun


def _refuse_to_go_on(asked: Asked, so_far: str, begun: Change, wish: Change) -> None:
    """What does not stand is done again after a crash alone, and soon, and where nobody changed it since."""
    if not _is_what_was_left(wish, begun):
        raise No("changed by somebody else since", answers.CHANGED_SINCE)
    if wish.before != begun.before:
        return  # the first half of a removal is done: the second is owed
    if so_far == UNSETTLED and wish.kind is not Kind.CHANNEL_REMOVED:  # that has two halves
        raise No("not stored after all", answers.NOT_STORED_AFTER_ALL)
    if is_too_old(asked.item, asked.now):
        raise No("too old", answers.LEFT_UNDONE)


def _is_what_was_left(now: Change, begun: Change) -> bool:
    """Whether what stands now is what stood there before; of what is removed, a part may be gone already."""
    if begun.kind is Kind.CHANNEL_REMOVED and isinstance(now.before, dict) and isinstance(begun.before, dict):
        return all(value in (None, begun.before.get(part)) for part, value in now.before.items())
    return now.before == begun.before


def _record(tx: Connection, asked: Asked, wish: Change) -> None:
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
    mark(tx, asked, BEGUN)


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


def _recorded(connection: Connection, asked: Asked) -> Change | None:
    table = ledger.audit
    query = (
        select(table.c.detail)
        .where(table.c.request_key.is_(None), table.c.kind == Kind.INTENT, table.c.actor == asked.user)
        .order_by(table.c.id.desc())
        .limit(WISHES_LOOKED_AT)
    )
    details = (json.loads(detail) for detail in connection.execute(query).scalars())
    found = next((one for one in details if one.get("inbox_item") == asked.item.id), None)
    return (
        None if found is None else Change(Kind(found["to"]), found["what"], found["before"], found["after"])
    )

"""What Slack delivered and we have saved, and the private answers that go back.

A row is due (``due_at``) until it is handled; its answer is due (``answer_due_at``) until it is sent. Times
are integer microseconds since 1970 UTC.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from slack_bot.approvals import OUTCOME
from slack_bot.clock import MINUTE, SECOND
from slack_bot.group_commit import GroupCommit
from slack_bot.ledger import Ledger, cards, inbox

_OF_A_ROW = (SQLAlchemyError, ValueError)
"""What a row that cannot be kept raises; the second for text that is no Unicode."""
Row = dict[str, object]
LONGEST_KEY = 300
LONGEST_WAIT = 16 * MINUTE
"""Nothing is put off for longer: a press counts for fifteen minutes."""
DIRECT = "D"
"""How the id of a conversation with one person begins."""
WEBHOOK = "webhook"
"""The kind of what an upstream sent by itself: kept, and read by `slack_bot.webhook_reader`, never handled."""
VOTES = ("click", "submission")
"""The kinds of what may be somebody's answer to a card, and carries which."""
POSTED = "posted"
"""How the result of an item begins whose answer is for all: its ts in the channel follows."""
SPOKEN = "spoken"
"""The kind of an answer in words, of which nobody knows yet which card is meant."""


@dataclass(frozen=True, slots=True)
class Item:
    """One saved delivery. ``payload`` is the JSON of the listener's own model.

    ``reply_to`` is the address that Slack gave for answers to it; it is forgotten with the last answer.
    """

    id: int
    kind: str
    channel: str
    user_id: str
    payload: str
    reply_to: str
    received_at: int

    @property
    def is_direct(self) -> bool:
        """Whether it is answered in a conversation with one person: it came from there, or from nowhere."""
        return not self.channel or self.channel.startswith(DIRECT)


@dataclass(frozen=True, slots=True)
class Answer:
    """Words waiting to be sent: to the person who asked or, ``public``, to everybody in the channel.

    ``blocks`` is their layout as JSON, empty where the words say it all.
    """

    item: Item
    text: str
    blocks: str = ""
    public: bool = False


_ITEM = (
    inbox.c.id,
    inbox.c.kind,
    inbox.c.channel,
    inbox.c.user_id,
    inbox.c.payload,
    inbox.c.reply_to,
    inbox.c.received_at,
)

_WAITS = inbox.c.due_at > 0
"""Is not handled yet: SQLite looks it up in the index, which it does not for IS NOT NULL."""


class Inbox:
    """Saves what Slack delivers, once, and tells the clerk. What comes at the same time is saved together."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], int],
        wake_clerk: Callable[[], None],
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        """``failed`` is told where something could not be saved."""
        self._ledger = ledger
        self._clock = clock
        self._wake_clerk = wake_clerk
        self._failed = failed
        self._group: GroupCommit[Row, bool | Exception] = GroupCommit(self._save_all)
        insert = sqlite.insert(inbox) if ledger.sole else postgresql.insert(inbox)
        self._insert = insert.on_conflict_do_nothing(index_elements=["once_key"]).returning(inbox.c.once_key)

    def now(self) -> int:
        """By the clock of what is saved: microseconds since 1970 UTC."""
        return self._clock()

    def save(
        self,
        kind: str,
        once_key: str,
        *,
        channel: str,
        user_id: str,
        payload: str,
        reply_to: str = "",
        due: bool = True,
    ) -> bool:
        """Saves durably before it returns. False where ``once_key`` was saved before: the same thing again.

        What is not ``due`` is kept, and nobody handles it.

        Raises `sqlalchemy.exc.SQLAlchemyError` where the ledger cannot be written; the caller must then not
        acknowledge.
        """
        now = self._clock()
        row: Row = {
            "once_key": _kept(once_key),
            "kind": kind,
            "channel": channel,
            "user_id": user_id,
            "payload": payload,
            "reply_to": reply_to,
            "received_at": now,
            "due_at": now if due else None,
            "result": "",
            "answer": "",
        }
        try:
            saved = self._group.add(row)
        except SQLAlchemyError:
            self._failed()
            raise
        if isinstance(saved, Exception):
            raise saved
        return saved

    def _save_all(self, rows: Sequence[Row]) -> Sequence[bool | Exception]:
        """For each row whether it is new, or why it alone could not be saved. Raises where none could."""
        new: Sequence[bool | Exception]
        try:
            new = self._save_together(rows)
        except OperationalError:
            raise  # the ledger cannot be written: trying it row by row would only take longer
        except _OF_A_ROW:
            if len(rows) == 1:
                raise
            # It may be one of them that cannot be kept; what the others sent must not be lost with it.
            new = [self._save_alone(row) for row in rows]
        if True in new:
            self._wake_clerk()
        return new

    def _save_alone(self, row: Row) -> bool | Exception:
        try:
            (new,) = self._save_together([row])
        except _OF_A_ROW as error:
            return error
        return new

    def _save_together(self, rows: Sequence[Row]) -> list[bool]:
        with self._ledger.write() as tx:
            # One row alone is sent as it is, which takes less than a list of one.
            saved = set(tx.execute(self._insert, rows[0] if len(rows) == 1 else list(rows)).scalars())
        new = []
        for row in rows:
            new.append(row["once_key"] in saved)
            saved.discard(row["once_key"])  # the same thing twice at once is new once
        return new


def _kept(once_key: str) -> str:
    """The key in at most 300 characters; cut off, two things would be taken for the same one."""
    return once_key if len(once_key) <= LONGEST_KEY else hashlib.sha256(once_key.encode()).hexdigest()


def due_items(connection: Connection, now: int, limit: int = 100) -> list[Item]:
    """What people sent and waits to be handled, in the order it came."""
    return [Item(*row) for row in connection.execute(_DUE_ITEMS, _times(now) | {"limit": limit})]


def due_outcomes(connection: Connection, now: int, limit: int = 1) -> list[Item]:
    """Outcomes of requests that wait to be told, oldest first. Nobody sent them, so they come after the rest."""
    return [Item(*row) for row in connection.execute(_DUE_OUTCOMES, _times(now) | {"limit": limit})]


def webhooks(connection: Connection, after: int) -> list[int]:
    """The ids of what upstreams sent by themselves, in the order it came, after item ``after``."""
    query = select(inbox.c.id).where(inbox.c.id > after, inbox.c.kind == WEBHOOK).order_by(inbox.c.id)
    return list(connection.execute(query).scalars())


def item_of(connection: Connection, item_id: int) -> Item:
    """The one with this id, which is there."""
    return Item(*connection.execute(select(*_ITEM).where(inbox.c.id == item_id)).one())


def newest(connection: Connection, before: int | None = None) -> int:
    """The id of what was saved last, or last before then; 0 where nothing was."""
    query = select(inbox.c.id).order_by(inbox.c.id.desc()).limit(1)
    if before is not None:
        query = query.where(inbox.c.received_at < before)
    return connection.execute(query).scalar() or 0


def _due(column: ColumnElement[int]) -> ColumnElement[bool]:
    """Its time has come; or it is so far off that the clock must have been set back since. See `_times`."""
    return or_(column <= bindparam("now"), column > bindparam("too_far_off"))


def _times(now: int) -> dict[str, int]:
    """What `_due` goes by."""
    return {"now": now, "too_far_off": now + LONGEST_WAIT}


def _due_of(which: ColumnElement[bool]) -> Select[tuple[Any, ...]]:
    # The order by an expression keeps SQLite from walking through all that ever came.
    query = select(*_ITEM).where(_WAITS, _due(inbox.c.due_at), which).order_by(inbox.c.id + 0)
    return query.limit(bindparam("limit", type_=Integer))


# Made once: making a statement takes longer than it runs, and somebody waits for these.
_DUE_ITEMS, _DUE_OUTCOMES = _due_of(inbox.c.kind != OUTCOME), _due_of(inbox.c.kind == OUTCOME)
_IS_WAITING = (
    select(inbox.c.id).where(inbox.c.id == bindparam("item"), inbox.c.due_at.is_not(None)).with_for_update()
)
_DUE_ANSWERS = (
    select(*_ITEM, inbox.c.answer, inbox.c.answer_blocks, inbox.c.answer_public)
    .where(_due(inbox.c.answer_due_at))
    .order_by(inbox.c.kind == OUTCOME, inbox.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_NEXT = [
    select(column).where(column.is_not(None)).order_by(column).limit(1)
    for column in (inbox.c.due_at, inbox.c.answer_due_at)
]


def after(now: int, seconds: float) -> int:
    """So many seconds later, but no later than anything is put off."""
    return now + min(int(seconds * SECOND), LONGEST_WAIT)


def is_waiting(tx: Connection, item: Item) -> bool:
    """Whether the item still waits: with several replicas another may have handled it meanwhile."""
    return tx.execute(_IS_WAITING, {"item": item.id}).first() is not None


def finish(
    tx: Connection,
    item: Item,
    now: int,
    result: str,
    answer: str = "",
    *,
    blocks: str = "",
    public: bool = False,
    to: str = "",
) -> None:
    """Marks the item handled, with one word or two on what became of it, and leaves an answer to be sent.

    See `Answer` for ``blocks`` and ``public``; ``to`` is the user who is told where nobody sent the item. Once:
    where it is handled already, nothing changes.
    """
    tx.execute(
        update(inbox)
        .where(inbox.c.id == item.id, inbox.c.due_at.is_not(None))
        .values(
            user_id=to or item.user_id,
            due_at=None,
            handled_at=now,
            result=result,
            answer=answer,
            answer_blocks=blocks,
            answer_public=public,
            answer_due_at=now if answer else None,
            reply_to=inbox.c.reply_to if answer else "",
        )
    )


def waits(connection: Connection) -> bool:
    """Whether anything that people sent is not handled yet, be it put off."""
    sent = (_WAITS, inbox.c.kind != OUTCOME)
    return connection.execute(select(inbox.c.id).where(*sent).limit(1)).first() is not None


def earlier_waits(
    tx: Connection, item: Item, request_key: str, may_mean_it: Callable[[str], bool]
) -> int | None:
    """When the last answer is due that came before ``item``, is not handled yet, and may be one to this request.

    Words count for a card in their own channel alone; ``may_mean_it`` tells of their payload whether they may mean
    this request. None where nothing waits. It may be due already: then another replica is at it.
    """
    # So the listeners write what a button or a form carries; what people type has its quotes escaped.
    carried = inbox.c.payload.contains(f'"value":"{request_key}.', autoescape=True)
    has_card = exists().where(cards.c.request_key == request_key, cards.c.channel == inbox.c.channel)
    may_be = or_(and_(inbox.c.kind.in_(VOTES), carried), and_(inbox.c.kind == SPOKEN, has_card))
    earlier = (_WAITS, inbox.c.id < item.id, may_be)
    found = tx.execute(select(inbox.c.due_at, inbox.c.kind, inbox.c.payload).where(*earlier))
    return max((due for due, kind, payload in found if kind != SPOKEN or may_mean_it(payload)), default=None)


def postpone(tx: Connection, item: Item, until: int) -> None:
    """Handles the item later."""
    tx.execute(update(inbox).where(inbox.c.id == item.id, inbox.c.due_at.is_not(None)).values(due_at=until))


def postpone_outcomes(tx: Connection, now: int, until: int) -> None:
    """Tells every outcome that is due later."""
    due = (inbox.c.kind == OUTCOME, _due(inbox.c.due_at))
    tx.execute(update(inbox).where(*due).values(due_at=until), _times(now))


def due_answers(connection: Connection, now: int, limit: int = 100) -> list[Answer]:
    """Answers that wait to be sent, oldest first; those that tell an outcome after all the others."""
    found = connection.execute(_DUE_ANSWERS, _times(now) | {"limit": limit})
    return [Answer(Item(*row[: len(_ITEM)]), *row[len(_ITEM) :]) for row in found]


def take_answer(tx: Connection, answer: Answer, now: int, until: int) -> bool:
    """Takes the sending of a due answer upon oneself: nobody else sends it before ``until``.

    False where another replica was faster.
    """
    due = (inbox.c.id == answer.item.id, _due(inbox.c.answer_due_at))
    return tx.execute(update(inbox).where(*due).values(answer_due_at=until), _times(now)).rowcount == 1


def answered(tx: Connection, answer: Answer, ts: str = "") -> bool:
    """Marks an answer sent, ``ts`` is where it stands for all; or given up. False where somebody did meanwhile."""
    waiting = (inbox.c.id == answer.item.id, inbox.c.answer_due_at.is_not(None))
    stands = {"result": f"{POSTED} {ts}"} if ts else {}
    sent = update(inbox).where(*waiting).values(answer_due_at=None, reply_to="", **stands)
    return tx.execute(sent).rowcount == 1


def postpone_answer(tx: Connection, answer: Answer, until: int) -> None:
    """Sends the answer later, unless somebody sent it meanwhile."""
    waiting = (inbox.c.id == answer.item.id, inbox.c.answer_due_at.is_not(None))
    tx.execute(update(inbox).where(*waiting).values(answer_due_at=until))


def postpone_due_answers(tx: Connection, now: int, until: int, *, direct: bool) -> None:
    """Sends every answer that is due later, ``direct`` ones or those in channels: Slack wants none before."""
    goes_directly = or_(inbox.c.channel == "", inbox.c.channel.startswith(DIRECT))
    due = (_due(inbox.c.answer_due_at), goes_directly if direct else not_(goes_directly))
    tx.execute(update(inbox).where(*due).values(answer_due_at=until), _times(now))


def next_due(connection: Connection) -> int | None:
    """When the next item or answer is due, or None where nothing waits."""
    times = [connection.execute(query).scalar() for query in _NEXT]
    return min((at for at in times if at is not None), default=None)

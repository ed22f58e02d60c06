"""The right to post one message, kept in the ledger until the message's ts is known."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, case, delete, update

from slack_bot import audit
from slack_bot.audit import Kind
from slack_bot.blocks import METADATA_TYPE
from slack_bot.blocks.backlog import LINE_METADATA_TYPE
from slack_bot.ledger import backlogs, cards
from slack_bot.publisher.board import Board, Drawn, held_as
from slack_bot.rows import (
    FINAL,
    UNKNOWN_LOOK,
    BacklogRow,
    CardRow,
    CardState,
    LineState,
    backlogs_of,
    card_at,
    request_by_key,
)

UNKNOWN_POLICY = ""
UNKNOWN_COUNT = -1
"""Of an adopted message nobody knows what it shows: it is written anew."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The metadata by which a message is known: ``name`` in its payload is ``value``."""

    event_type: str
    name: str
    value: str

    def is_on(self, message: Mapping[str, Any]) -> bool:
        """Whether this message of a channel's history carries it. A reply in a thread is never it."""
        metadata = message.get("metadata") or {}
        return (
            message.get("thread_ts") in (None, message["ts"])
            and metadata.get("event_type") == self.event_type
            and (metadata.get("event_payload") or {}).get(self.name) == self.value
        )


class Claim(Protocol):
    """Somebody set out to post a message; ``claimed_by`` names the process, ``claimed_at`` is microseconds."""

    @property
    def channel(self) -> str: ...

    @property
    def claimed_at(self) -> int: ...

    @property
    def claimed_by(self) -> str: ...

    @property
    def mark(self) -> Mark:
        """What the message carries."""

    @property
    def held_as(self) -> Hashable:
        """Its name in the pace."""

    @property
    def names(self) -> dict[str, str]:
        """Its names in the log; ``what`` is the noun."""

    def adopt(self, ts: str) -> bool:
        """The message was found: its ts. False where the claim does not stand any more."""

    def is_adopted(self, ts: str) -> bool:
        """Whether the ledger knows this message as the one that was claimed."""

    def release(self) -> None:
        """Gives the claim back: nothing was posted."""


@dataclass(frozen=True, slots=True)
class CardClaim:
    """The right to post a request's card in a channel."""

    board: Board
    card: CardRow

    @property
    def channel(self) -> str:
        return self.card.channel

    @property
    def claimed_at(self) -> int:
        return self.card.claimed_at

    @property
    def claimed_by(self) -> str:
        return self.card.claimed_by

    @property
    def mark(self) -> Mark:
        return Mark(METADATA_TYPE, "request", self.card.request_key)

    @property
    def held_as(self) -> Hashable:
        return held_as(self.card)

    @property
    def names(self) -> dict[str, str]:
        return {"what": "card", "request": self.card.request_key, "channel": self.channel}

    def adopt(self, ts: str) -> bool:
        """The message was found, and nobody knows how it looks."""
        return self._note(ts, UNKNOWN_LOOK, UNKNOWN_POLICY)

    def note_posted(self, ts: str, drawn: Drawn) -> bool:
        """The card stands there, and shows this. False where the claim does not stand any more."""
        return self._note(ts, drawn.row.look, drawn.mark, drawn)

    def _note(self, ts: str, look: int, policy: str, drawn: Drawn | None = None) -> bool:
        """Of a request that was ``drawn`` settled nothing more becomes, unless it waits again."""
        final = drawn.row if drawn is not None and drawn.row.state in FINAL else None
        with self.board.ledger.write() as tx:
            latest = request_by_key(tx, final.key, lock=True) if final is not None else None
            is_last = latest is not None and latest.look == look
            state = CardState.SETTLED if is_last else CardState.POSTED
            shown = {"state": state, "ts": ts, "shown_look": look, "shown_policy": policy}
            if drawn is not None:
                shown |= proof(drawn, self.board.clock())
            noted = tx.execute(update(cards).where(self._stands).values(shown))
            if noted.rowcount:
                key = self.card.request_key
                audit.append(tx, self.board.clock(), Kind.CARD_POSTED, key, channel=self.channel, ts=ts)
        return noted.rowcount == 1

    def is_adopted(self, ts: str) -> bool:
        """Another replica may have found it."""
        with self.board.ledger.read() as connection:
            return card_at(connection, self.channel, ts) is not None

    def release(self) -> None:
        """Nothing was posted; where it was to be posted anew, it still is."""
        lost = {"state": CardState.LOST, "anew_revision": 0}
        with self.board.ledger.write() as tx:
            if self.card.anew_revision:
                tx.execute(update(cards).where(self._stands).values(lost))
            else:
                tx.execute(delete(cards).where(self._stands))

    @property
    def _stands(self) -> ColumnElement[bool]:
        return and_(
            is_card(self.card),
            cards.c.state == CardState.CLAIMED,
            cards.c.claimed_at == self.claimed_at,
            cards.c.claimed_by == self.claimed_by,
        )


@dataclass(frozen=True, slots=True)
class LineClaim:
    """The right to post the line that counts a channel's backlog."""

    board: Board
    backlog: BacklogRow

    @property
    def channel(self) -> str:
        return self.backlog.channel

    @property
    def claimed_at(self) -> int:
        return self.backlog.claimed_at

    @property
    def claimed_by(self) -> str:
        return self.backlog.claimed_by

    @property
    def mark(self) -> Mark:
        """Of this very claim, so that no earlier line of the channel is taken for it."""
        return Mark(LINE_METADATA_TYPE, "claim", f"{self.claimed_at} {self.claimed_by}")

    @property
    def held_as(self) -> Hashable:
        return line_in(self.channel)

    @property
    def names(self) -> dict[str, str]:
        return {"what": "line", "channel": self.channel}

    def adopt(self, ts: str) -> bool:
        """The message was found, and nobody knows what it counts."""
        return self.note_posted(ts, UNKNOWN_COUNT)

    def note_posted(self, ts: str, count: int) -> bool:
        """The line stands there, and counts so many. False where the claim does not stand any more."""
        return self._change(state=LineState.POSTED, ts=ts, shown_count=count)

    def is_adopted(self, ts: str) -> bool:
        """Another replica may have found it."""
        with self.board.ledger.read() as connection:
            return any(row.ts == ts for row in backlogs_of(connection, self.channel))

    def release(self) -> None:
        """Nothing was posted."""
        self._change(state=LineState.NONE)

    def _change(self, **values: object) -> bool:
        stands = and_(
            backlogs.c.channel == self.channel,
            backlogs.c.state == LineState.CLAIMED,
            backlogs.c.claimed_at == self.claimed_at,
            backlogs.c.claimed_by == self.claimed_by,
        )
        with self.board.ledger.write() as tx:
            return tx.execute(update(backlogs).where(stands).values(values)).rowcount == 1


def is_card(one: CardRow) -> ColumnElement[bool]:
    """The condition for this card's row."""
    return and_(cards.c.request_key == one.request_key, cards.c.channel == one.channel)


def proof(drawn: Drawn, now: int) -> dict[str, Any]:
    """What a card's row says once Slack has taken a post or an edit of it, which shows the request like this.

    What ran out while that was on its way is on the card: it proves nothing of the time after it was drawn.
    """
    question = drawn.row.question
    shown_at = case((cards.c.shown_question != question, now), else_=cards.c.shown_at)
    return {"proven_at": drawn.at, "shown_question": question, "shown_at": shown_at}


def line_in(channel: str) -> tuple[str, str]:
    """The name of a channel's line in the pace."""
    return ("line", channel)

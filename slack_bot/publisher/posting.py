"""Posts the cards that are due in every registered channel."""

from dataclasses import asdict
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, and_, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from slack_bot.ledger import cards, requests
from slack_bot.publisher.board import Board
from slack_bot.publisher.claim import CardClaim, is_card
from slack_bot.publisher.poster import Poster
from slack_bot.rows import CardRow, CardState, RequestRow, State, card_of, request_by_key

LOOK_AHEAD = 50
"""So many are looked at beyond those that are held, so that the held ones keep no other waiting."""


class Due(NamedTuple):
    """A request whose card may be posted in so many seconds; 0 for now."""

    key: str
    wait: float


class Queue(Protocol):
    """Which requests without a card in a channel are to get one there."""

    def due(self, channel: str) -> list[Due]:
        """In the order in which they are to be posted."""

    def takes(self, row: RequestRow) -> bool:
        """Whether the request is still one of these, now that it is claimed."""


class Posting:
    """The cards of one queue."""

    def __init__(self, board: Board, queue: Queue) -> None:
        self._board = board
        self._queue = queue
        self._poster = Poster(board)

    def work(self) -> float | None:
        """Posts what may be posted now. Returns seconds until the next may be, None where all is shown."""
        waits = [self._post_in(channel.id) for channel in self._board.channels.all()]
        return min((wait for wait in waits if wait is not None), default=None)

    def _post_in(self, channel: str) -> float | None:
        """At most one card; the seconds until the next may be posted, None where all are shown."""
        wait, key = self._first(channel)
        if key is None or wait is None or wait > 0 or self._board.stopping.is_set():
            return wait
        claim = self._claim(key, channel)
        again = self._post(claim) if claim is not None else 0.0
        return min((wait for wait in (again, self._first(channel)[0]) if wait is not None), default=None)

    def _first(self, channel: str) -> tuple[float | None, str | None]:
        waits = [
            (max(one.wait, self._poster.wait(channel, (one.key, channel))), one.key)
            for one in self._queue.due(channel)
        ]
        return min(waits, key=lambda one: one[0], default=(None, None))

    def _claim(self, key: str, channel: str) -> CardClaim | None:
        """Says in the ledger that this process posts the card; None where another was faster."""
        now, instance = self._board.clock(), self._board.instance
        card = CardRow(key, channel, CardState.CLAIMED, now, instance, None, 0, "")
        try:
            with self._board.ledger.write() as tx:
                earlier = card_of(tx, key, channel)
                if earlier is None:
                    tx.execute(insert(cards).values(asdict(card)))
                claimed = card if earlier is None else _claim_anew(tx, card)
        except IntegrityError:
            return None
        return CardClaim(self._board, claimed) if claimed is not None else None

    def _post(self, claim: CardClaim) -> float | None:
        """Seconds until another look at this card, None where nothing is left to do."""
        with self._board.ledger.read() as connection:
            row = request_by_key(connection, claim.card.request_key)
        drawn = self._board.draw(claim.card, row) if row is not None and self._queue.takes(row) else None
        if drawn is None:
            claim.release()
            return None
        shown = drawn
        if self._poster.post(claim, shown.message, lambda ts: claim.note_posted(ts, shown)):
            return None
        return self._poster.wait(claim.channel, claim.held_as)


def has_card_in(channel: str) -> ColumnElement[bool]:
    """The condition for requests that have a card in the channel, whatever its state, and get no other."""
    its_card = (cards.c.request_key == requests.c.key, cards.c.channel == channel)
    return exists().where(*its_card, ~is_posted_anew())


def is_posted_anew() -> ColumnElement[bool]:
    """The condition for a request and its card: the message is gone, and another is to take its place.

    Once a revision: whoever deletes that one as well does not want it there.
    """
    waits = and_(requests.c.state == State.PENDING, requests.c.revision > cards.c.anew_revision)
    return and_(cards.c.state == CardState.LOST, waits)


def _claim_anew(tx: Connection, card: CardRow) -> CardRow | None:
    """The claim on the place of a card whose message is gone; None where another was faster."""
    revision = select(requests.c.revision).where(requests.c.key == card.request_key).scalar_subquery()
    gone = exists().where(requests.c.key == cards.c.request_key, is_posted_anew())
    values = asdict(card) | {"anew_revision": revision}
    if tx.execute(update(cards).where(is_card(card), gone).values(values)).rowcount == 0:
        return None
    return card_of(tx, card.request_key, card.channel)

"""Posts the cards that are due in every registered channel."""

from typing import NamedTuple, Protocol

from sqlalchemy import exists, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from slack_bot.ledger import cards, requests
from slack_bot.publisher.board import Board
from slack_bot.publisher.claim import CardClaim
from slack_bot.publisher.poster import Poster
from slack_bot.rows import CardRow, CardState, RequestRow, request_by_key

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
        row = {
            "request_key": key,
            "channel": channel,
            "state": card.state,
            "claimed_at": card.claimed_at,
            "claimed_by": card.claimed_by,
            "shown_look": 0,
            "lost_because": "",
        }
        try:
            with self._board.ledger.write() as tx:
                tx.execute(insert(cards).values(row))
        except IntegrityError:
            return None
        return CardClaim(self._board, card)

    def _post(self, claim: CardClaim) -> float | None:
        """Seconds until another look at this card, None where nothing is left to do."""
        with self._board.ledger.read() as connection:
            row = request_by_key(connection, claim.card.request_key)
        message = self._board.draw(claim.card, row) if row is not None and self._queue.takes(row) else None
        if row is None or message is None:
            claim.release()
            return None
        drawn = row
        if self._poster.post(claim, message, lambda ts: claim.note_posted(ts, drawn)):
            return None
        return self._poster.wait(claim.channel, claim.held_as)


def has_card_in(channel: str) -> ColumnElement[bool]:
    """The condition for requests that have a card in the channel, whatever its state."""
    return exists().where(cards.c.request_key == requests.c.key, cards.c.channel == channel)

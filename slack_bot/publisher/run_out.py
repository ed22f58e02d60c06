"""Draws cards again that show an approval which counts no more: the moment until which it was given has passed."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import structlog
from sqlalchemy import BigInteger, and_, bindparam, func, select, update

from slack_bot.clock import MINUTE, SECOND
from slack_bot.ledger import cards, requests, votes
from slack_bot.publisher.board import Board
from slack_bot.rows import UNKNOWN_LOOK, CardState, State

EVERY: Final = 15 * SECOND
"""Microseconds between two looks, each of which goes through all that waits."""

log = structlog.get_logger(__name__)


class _Shown(NamedTuple):
    """A card that shows it."""

    request_key: str
    channel: str


class RunOut:
    """Cards of waiting requests that were drawn before an approval on them ran out; see `policy.count`."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._looked_at = 0

    def work(self) -> float | None:
        """Lets these be drawn again. Returns None: nothing waits for it, and we are woken often enough."""
        now = self._board.clock()
        # A look of the future is one of before the clock was set back.
        if 0 <= now - self._looked_at < EVERY:
            return None
        self._looked_at = now
        if found := self._found(now):
            self._draw_again(found)
        return None

    def _found(self, now: int) -> list[_Shown]:
        """Each once: after an edit the card's row tells that it was drawn since."""
        with self._board.ledger.read() as connection:
            return [_Shown(*row) for row in connection.execute(_RUN_OUT, {"now": now})]

    def _draw_again(self, found: Sequence[_Shown]) -> None:
        with self._board.ledger.write() as tx:
            for one in found:
                this = (cards.c.request_key == one.request_key, cards.c.channel == one.channel)
                posted = (*this, cards.c.state == CardState.POSTED)
                tx.execute(update(cards).where(*posted).values(shown_look=UNKNOWN_LOOK))
        log.info("approvals until a moment have run out", cards=len(found))


_counts_until = votes.c.until_at - MINUTE
_OF_CARD: Final = and_(
    votes.c.request_key == cards.c.request_key,
    votes.c.revision == requests.c.revision,
    votes.c.channel == cards.c.channel,
)
_RUN_OUT: Final = (
    select(cards.c.request_key, cards.c.channel)
    .distinct()
    .join(requests, requests.c.key == cards.c.request_key)
    .join(votes, _OF_CARD)
    .where(
        cards.c.state == CardState.POSTED,
        cards.c.shown_look != UNKNOWN_LOOK,
        requests.c.state == State.PENDING,
        _counts_until < bindparam("now", type_=BigInteger),
        _counts_until >= func.coalesce(cards.c.proven_at, 0),
    )
)

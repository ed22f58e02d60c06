"""Cards of requests that a schedule answered before anybody saw them: one each, settled, for the record."""

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.sql.elements import ColumnElement

from slack_bot.approvals import Cause
from slack_bot.clock import MINUTE, SECOND
from slack_bot.ledger import cards, requests
from slack_bot.publisher.board import Board
from slack_bot.publisher.drawing import GRACE
from slack_bot.publisher.posting import LOOK_AHEAD, Due, has_card_in
from slack_bot.rows import FINAL, RequestRow, State

NEWS_FOR = 24 * 60 * MINUTE
"""Microseconds after which an answer is no news any more: a bot that was down for long floods no channel."""

_ANSWERED = (State.DECIDED, *FINAL)


class Scheduled:
    """The queue of what a schedule answered: in the schedule's channel, or in all where it holds for all.

    Where that channel was closed or removed before the card got there, the others are told instead.
    """

    def __init__(self, board: Board) -> None:
        self._board = board

    def due(self, channel: str) -> list[Due]:
        """The oldest answer first; one that is on its way has a moment to be taken."""
        now = self._board.clock()
        query = (
            select(requests.c.key, requests.c.state, requests.c.decided_at)
            .where(
                requests.c.cause == Cause.SCHEDULE,
                requests.c.decided_at > now - NEWS_FOR,
                or_(requests.c.decided_in.in_(("", channel)), self._is_shown_nowhere()),
                requests.c.state.in_(_ANSWERED),
                requests.c.upstream.in_(self._board.upstreams),
                self._board.placement.shown_in(channel),
                ~has_card_in(channel),
            )
            .order_by(requests.c.decided_at, requests.c.key)
            .limit(LOOK_AHEAD + self._board.pace.held())
        )
        with self._board.ledger.read() as connection:
            return [
                Due(row.key, _grace(row.decided_at, now) if row.state == State.DECIDED else 0.0)
                for row in connection.execute(query)
            ]

    def _is_shown_nowhere(self) -> ColumnElement[bool]:
        """The condition for what was decided in a channel that cannot show it, and does not."""
        board = self._board
        seen = [one.id for one in board.channels.all() if one.id not in board.closed]
        its_card = (cards.c.request_key == requests.c.key, cards.c.channel == requests.c.decided_in)
        return and_(requests.c.decided_in.not_in(seen), ~exists().where(*its_card))

    def takes(self, row: RequestRow) -> bool:
        """Whether that answer still stands: one that was refused upstream waits again."""
        return row.cause == Cause.SCHEDULE and row.state is not State.PENDING


def _grace(decided_at: int, now: int) -> float:
    """Seconds. A decision of the future is one of before the clock was set."""
    age = now - decided_at
    return max(0, GRACE - age) / SECOND if age >= 0 else 0.0

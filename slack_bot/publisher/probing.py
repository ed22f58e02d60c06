"""Draws cards again only to learn whether they still stand: Slack tells nobody that a message was deleted."""

import structlog
from sqlalchemy import ColumnElement, and_, exists, select, update

from slack_bot.clock import MINUTE
from slack_bot.ledger import backlogs, cards, requests
from slack_bot.publisher.backlog import CARDS, Backlog, is_in
from slack_bot.publisher.board import Board
from slack_bot.rows import UNKNOWN_LOOK, BacklogRow, CardState, State, backlogs_of

EVERY = 24 * 60 * MINUTE
"""Microseconds."""

log = structlog.get_logger(__name__)


class Probing:
    """Once a day the oldest waiting cards of a channel that is full, where they are older than a day.

    What a retention policy deleted would else keep the room, and the rest of the backlog out, for ever.
    """

    def __init__(self, board: Board, backlog: Backlog) -> None:
        self._board = board
        self._backlog = backlog

    def work(self) -> float | None:
        """Lets these be drawn again. Returns None: nothing waits for it, and we are woken often enough."""
        registered = {channel.id for channel in self._board.channels.all()}
        with self._board.ledger.read() as connection:
            rows = [row for row in backlogs_of(connection) if row.channel in registered]
        for row in rows:
            oldest = self._oldest(row.channel) if self._is_due(row) else []
            if oldest and self._is_full(row.channel):
                self._probe(row, oldest)
        return None

    def _is_due(self, row: BacklogRow) -> bool:
        """A probe of the future is one of before the clock was set back, nobody can tell how long before."""
        now = self._board.clock()
        return not now - EVERY < row.probed_at <= now

    def _is_full(self, channel: str) -> bool:
        look = self._backlog.look(channel)
        return look.shown >= CARDS and look.backlog > 0

    def _oldest(self, channel: str) -> list[str]:
        """The keys of their requests."""
        old = cards.c.claimed_at <= self._board.clock() - EVERY
        query = (
            select(cards.c.request_key)
            .where(_waits_in(channel), old)
            .order_by(cards.c.claimed_at, cards.c.request_key)
            .limit(CARDS)
        )
        with self._board.ledger.read() as connection:
            return list(connection.execute(query).scalars())

    def _probe(self, row: BacklogRow, keys: list[str]) -> None:
        """Of several replicas one does it."""
        as_read = (backlogs.c.channel == row.channel, backlogs.c.probed_at == row.probed_at)
        those = (cards.c.channel == row.channel, cards.c.request_key.in_(keys))
        stand = cards.c.state == CardState.POSTED
        with self._board.ledger.write() as tx:
            probed = update(backlogs).where(*as_read).values(probed_at=self._board.clock())
            if tx.execute(probed).rowcount:
                tx.execute(update(cards).where(*those, stand).values(shown_look=UNKNOWN_LOOK))
        log.info("looking whether the oldest cards still stand", channel=row.channel, cards=len(keys))


def _waits_in(channel: str) -> ColumnElement[bool]:
    """The condition for the channel's cards that stand there, as far as we know, and wait for an answer."""
    waits = exists().where(requests.c.key == cards.c.request_key, requests.c.state == State.PENDING)
    return and_(cards.c.state == CardState.POSTED, is_in(channel), waits)

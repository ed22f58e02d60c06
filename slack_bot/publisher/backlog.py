"""Which waiting requests have their card in a channel at once, and which have it as others settle.

What was waiting all at once, at the first start, in a channel just registered, after a long outage, is the
channel's backlog: its cards follow while fewer than 20 waiting cards stand there. A request that comes later
is shown at once, however much waits before it.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Row, ScalarSelect, and_, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from slack_bot.ledger import backlogs, cards, requests
from slack_bot.publisher.board import Board
from slack_bot.publisher.posting import LOOK_AHEAD, Due, has_card_in, is_posted_anew
from slack_bot.rows import CardState, LineState, RequestRow, State

CARDS = 20
"""So many waiting cards in a channel, and no further one from its backlog; so many new ones come at once."""


@dataclass(frozen=True, slots=True)
class Look:
    """A channel as it is: keys of the requests without a card, and counts of all that wait.

    ``fresh``: shown at once; ``following``: from the backlog, in the room there is for them. ``shown`` waiting
    requests have a card that stands, ``left`` have none yet, the fresh ones among them.
    """

    fresh: list[str]
    following: list[str]
    shown: int
    left: int

    @property
    def backlog(self) -> int:
        """How many of the backlog have no card yet."""
        return max(0, self.left - len(self.fresh))

    @property
    def waiting(self) -> int:
        """How many requests wait, with a card or without."""
        return self.shown + self.left


class Backlog:
    """The queue of the requests that wait for an answer."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def due(self, channel: str) -> list[Due]:
        """The fresh ones and then those of the backlog, the oldest first."""
        look = self.look(channel)
        return [Due(key, 0.0) for key in (*look.fresh, *look.following)]

    def takes(self, row: RequestRow) -> bool:
        """Whether it still waits."""
        return row.state is State.PENDING

    def look(self, channel: str) -> Look:
        """Reads how it stands; where too many came at once, they join the backlog first."""
        with self._board.ledger.read() as connection:
            look = self._look(connection, channel)
        if len(look.fresh) <= CARDS:
            return look
        self._defer(channel)
        with self._board.ledger.read() as connection:
            return self._look(connection, channel)

    def _look(self, connection: Connection, channel: str) -> Look:
        of_channel = select(backlogs.c.until).where(backlogs.c.channel == channel)
        until = connection.execute(of_channel).scalar_one_or_none()
        fresh = self._unshown(connection, channel, requests.c.turn > (until or 0))
        if until is None:
            return Look(fresh, [], 0, len(fresh))
        counted = self._count(connection, channel)
        room = counted.shown < CARDS
        old = requests.c.turn <= until
        following = self._unshown(connection, channel, old) if room else []
        left = counted.waiting - counted.shown - counted.lost
        return Look(fresh, following, counted.shown, max(0, left))

    def _waits(self) -> ColumnElement[bool]:
        return and_(requests.c.state == State.PENDING, requests.c.upstream.in_(self._board.upstreams))

    def _unshown(self, connection: Connection, channel: str, when: ColumnElement[bool]) -> list[str]:
        query = (
            select(requests.c.key)
            .where(self._waits(), self._board.placement.shown_in(channel), when, ~has_card_in(channel))
            .order_by(requests.c.turn, requests.c.key)
            .limit(LOOK_AHEAD + self._board.pace.held())
        )
        return list(connection.execute(query).scalars())

    def _count(self, connection: Connection, channel: str) -> Row[tuple[int, int, int]]:
        """How many wait that are shown here, how many of them have a card that stands, and how many had one."""
        shown_here = self._board.placement.shown_in(channel)
        waiting = select(func.count()).select_from(requests).where(self._waits(), shown_here)
        counts = select(
            waiting.scalar_subquery().label("waiting"),
            self._carded(channel, CardState.CLAIMED, CardState.POSTED).label("shown"),
            self._carded(channel, CardState.LOST, but=is_posted_anew()).label("lost"),
        )
        return connection.execute(counts).one()

    def _carded(
        self, channel: str, *states: CardState, but: ColumnElement[bool] | None = None
    ) -> ScalarSelect[int]:
        """How many waiting requests have a card in these states here, ``but`` for some."""
        shown_here = self._board.placement.shown_in(channel)
        waits = exists().where(requests.c.key == cards.c.request_key, self._waits(), shown_here)
        if but is not None:
            waits = waits.where(~but)
        query = select(func.count()).select_from(cards)
        return query.where(cards.c.state.in_(states), is_in(channel), waits).scalar_subquery()

    def _defer(self, channel: str) -> None:
        """What waits without a card joins the backlog, up to the newest."""
        shown_here = self._board.placement.shown_in(channel)
        unshown = select(func.max(requests.c.turn)).where(self._waits(), shown_here, ~has_card_in(channel))
        here = backlogs.c.channel == channel
        try:
            with self._board.ledger.write() as tx:
                newest = tx.execute(unshown).scalar_one()
                if newest is None:
                    return
                earlier = update(backlogs).where(here, backlogs.c.until < newest).values(until=newest)
                known = select(backlogs.c.until).where(here)
                if tx.execute(earlier).rowcount == 0 and tx.execute(known).first() is None:
                    tx.execute(insert(backlogs).values(_new(channel, newest)))
        except IntegrityError:
            return  # another replica has just done it


def is_in(channel: str) -> ColumnElement[bool]:
    """The condition for a channel's cards that are found by their state, which few of them share.

    The channel's own index would lead through all its settled cards: an expression has none.
    """
    return func.coalesce(cards.c.channel, "") == channel


def _new(channel: str, until: int) -> dict[str, object]:
    return {
        "channel": channel,
        "until": until,
        "state": LineState.NONE,
        "claimed_at": 0,
        "claimed_by": "",
        "ts": None,
        "shown_count": 0,
        "probed_at": 0,
    }

"""Which waiting requests have their card in a channel at once, and which have it as others settle.

What was waiting all at once, at the first start, in a channel just registered, after a long outage, is the
channel's backlog: its cards follow while fewer than 20 waiting cards stand there. A request that comes later
is shown at once, however much waits before it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import (
    Connection,
    Integer,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from slack_bot.ledger import backlogs, cards, requests
from slack_bot.places import KEPT, Places, shown_in
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
        queries = _queries(self._board.placement.places, channel, tuple(self._board.upstreams))
        numbers = {"until": until or 0, "most": LOOK_AHEAD + self._board.pace.held()}
        fresh = list(connection.execute(queries.fresh, numbers).scalars())
        if until is None:
            return Look(fresh, [], 0, len(fresh))
        counted = connection.execute(queries.counts).one()
        room = counted.shown < CARDS
        following = list(connection.execute(queries.following, numbers).scalars()) if room else []
        left = counted.waiting - counted.shown - counted.lost
        return Look(fresh, following, counted.shown, max(0, left))

    def _defer(self, channel: str) -> None:
        """What waits without a card joins the backlog, up to the newest."""
        unshown = _queries(self._board.placement.places, channel, tuple(self._board.upstreams)).newest
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


class _Queries(NamedTuple):
    """What is asked of a channel at a look. Parameters: ``until``, the last turn of the backlog, and ``most``."""

    fresh: Select[str]
    """The keys of what waits without a card and came after the backlog."""
    following: Select[str]
    """The keys of what waits without a card in the backlog."""
    counts: Select[int, int, int]
    """How many wait that are shown here, how many of them have a card that stands, and how many had one."""
    newest: Select[int | None]
    """The last turn of what waits without a card; one row, None where nothing does."""


@lru_cache(KEPT)
def _queries(places: Places, channel: str, upstreams: tuple[str, ...]) -> _Queries:
    """Made once: to make them takes longer than to ask them."""
    waits = and_(requests.c.state == State.PENDING, requests.c.upstream.in_(upstreams))
    waits_here = and_(waits, shown_in(places, channel))
    has_no_card = ~has_card_in(channel)
    in_turn = (
        select(requests.c.key)
        .order_by(requests.c.turn, requests.c.key)
        .limit(bindparam("most", type_=Integer))
    )
    unshown = in_turn.where(waits_here, has_no_card)
    until = bindparam("until", type_=requests.c.turn.type)
    stand, lost = (CardState.CLAIMED, CardState.POSTED), (CardState.LOST,)
    return _Queries(
        fresh=unshown.where(requests.c.turn > until),
        following=unshown.where(requests.c.turn <= until),
        counts=select(
            select(func.count()).select_from(requests).where(waits_here).scalar_subquery().label("waiting"),
            _carded(channel, waits_here, stand).label("shown"),
            _carded(channel, and_(waits_here, ~is_posted_anew()), lost).label("lost"),
        ),
        newest=select(func.max(requests.c.turn)).where(waits_here, has_no_card),
    )


def _carded(channel: str, waits: ColumnElement[bool], states: tuple[CardState, ...]) -> ScalarSelect[int]:
    """How many waiting requests have a card in these states here."""
    whose = exists().where(requests.c.key == cards.c.request_key, waits)
    query = select(func.count()).select_from(cards)
    return query.where(cards.c.state.in_(states), is_in(channel), whose).scalar_subquery()


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

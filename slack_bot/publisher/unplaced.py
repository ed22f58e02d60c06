"""Requests that are shown nowhere, because of the routes: the operator is told, for nobody else can be."""

import structlog
from sqlalchemy import ColumnElement, exists, func, select

from slack_bot.ledger import cards, requests
from slack_bot.places import STANDING, TO_DEFAULT
from slack_bot.publisher.board import Board
from slack_bot.publisher.routing import TO_NOBODY
from slack_bot.rows import State

NO_DEFAULT = (
    "{waiting} on no card, and nobody is asked: no route fits, and there is no default channel. Set SLACK_CHANNEL, "
    "or default_channel in channels.json, or a route (`help route`)."
)
NOT_REGISTERED = (
    "{waiting} on no card, and nobody is asked: {none} registered. An admin registers a channel by mentioning me "
    "in it, or changes the route (`help route`)."
)
CLOSED = (
    "{waiting} on no card, and nobody is asked: no message of mine gets into {named}. Invite me there, or change "
    "the route (`help route`)."
)

log = structlog.get_logger(__name__)


class Unplaced:
    """Watches what waits without a card by the places to which the routes send it."""

    def __init__(self, board: Board, notes: list[str]) -> None:
        """``notes`` say of each such place what the operator should do."""
        self._board = board
        self._notes = notes
        self._said: dict[str, str] = {}
        self._unsure = ""

    def work(self) -> float | None:
        """Tells what is so now. While nobody knows all channels or routes, what was told stays."""
        placement = self._board.placement
        self._tell_of_routes(placement.routes.unsure)
        if not placement.routes.unsure and not placement.incomplete:
            self._tell(self._found())
        return None

    def _tell_of_routes(self, unsure: str) -> None:
        """Once when it begins, once when it is over."""
        if unsure and not self._unsure:
            log.error("nobody can tell which request goes where: no new cards", why=unsure)
        elif self._unsure and not unsure:
            log.info("it is known again which request goes where")
        self._unsure = unsure

    def _found(self) -> dict[str, str]:
        """By the place, as the ledger keeps it: the words."""
        mark = self._board.placement.routes.routes.mark
        if not mark:
            return {}
        found: dict[str, str] = {}
        for place in self._places(mark):
            named = self._named(place)
            why = "" if place == TO_NOBODY else self._why_not(named)
            if why and (count := self._count(mark, place)):
                words = {"waiting": _waiting(count), "none": _none_is(named), "named": ", ".join(named)}
                found[place] = why.format(**words)
        return found

    def _named(self, place: str) -> list[str]:
        return [self._board.placement.default] if place == TO_DEFAULT else place.split()

    def _why_not(self, named: list[str]) -> str:
        """What to say of a place with these channels; "" where somebody sees what is shown there."""
        if named == [""]:
            return NO_DEFAULT
        registered = {one.id for one in self._board.channels.all()}
        if registered.isdisjoint(named):
            return NOT_REGISTERED
        return "" if any(one not in self._board.closed for one in registered.intersection(named)) else CLOSED

    def _places(self, mark: str) -> list[str]:
        query = select(requests.c.routed_to).where(*self._wait(mark)).distinct()
        with self._board.ledger.read() as connection:
            return sorted(connection.execute(query).scalars())

    def _count(self, mark: str, place: str) -> int:
        """How many of them have no card that stands where it may be answered."""
        registered = [one.id for one in self._board.channels.all()]
        there = (cards.c.state.in_(STANDING), cards.c.channel.in_(registered))
        shown = exists().where(cards.c.request_key == requests.c.key, *there)
        query = (
            select(func.count())
            .select_from(requests)
            .where(
                *self._wait(mark),
                requests.c.routed_to == place,
                requests.c.upstream.in_(self._board.upstreams),
                self._board.placement.goes_by_route(),
                ~shown,
            )
        )
        with self._board.ledger.read() as connection:
            return connection.execute(query).scalar_one()

    def _wait(self, mark: str) -> tuple[ColumnElement[bool], ...]:
        return (requests.c.state == State.PENDING, requests.c.routed_by == mark)

    def _tell(self, found: dict[str, str]) -> None:
        """The log hears of each place once when it begins, and once when it is over."""
        for place in self._said.keys() - found.keys():
            self._notes.remove(self._said.pop(place))
            log.info("no request is left that is shown nowhere", channels=self._named(place))
        for place, words in found.items():
            if place not in self._said:
                log.error("requests are shown nowhere, and nobody is asked", why=words)
            elif self._said[place] == words:
                continue
            else:
                self._notes.remove(self._said[place])
            self._said[place] = words
            self._notes.append(words)


def _waiting(count: int) -> str:
    return "1 request waits" if count == 1 else f"{count:,} requests wait"


def _none_is(channels: list[str]) -> str:
    """The beginning of "… registered"."""
    return f"{channels[0]} is not" if len(channels) == 1 else f"none of {', '.join(channels)} is"

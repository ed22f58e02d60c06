"""The places where requests are shown, as they were at one moment, and what follows from them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_

from slack_bot.ledger import cards, requests
from slack_bot.rows import CardState
from slack_bot.wish import UNDECIDED, is_id, wish_for

STANDING: Final = (CardState.CLAIMED, CardState.POSTED)
"""The states of a card that may be answered, or soon."""
TO_DEFAULT: Final = ""
"""Where a request goes that fits no route, as the ledger keeps it."""
KEPT: Final = 64
"""So many conditions are kept as they were made: one a channel."""


class Place(NamedTuple):
    """A registered channel; its name is "" while nobody knows it."""

    id: str
    name: str
    is_closed: bool


@dataclass(frozen=True)
class Places:
    """All registered channels at one moment, and how routes lead to them.

    ``incomplete``: there may be more of them. ``default``: where a request goes that fits no route, registered or
    not. ``mark`` is that of the routes, "" where there are none; ``unsure``: nobody can tell which there are.
    """

    all: tuple[Place, ...]
    incomplete: bool
    default: str
    mark: str
    unsure: bool

    @cached_property
    def by_wish(self) -> Mapping[str, list[str]]:
        """Their ids by what one can wish for: several may have one name."""
        found: dict[str, list[str]] = {}
        for one in self.all:
            for wish in filter(None, (one.id, wish_for(one.name))):
                found.setdefault(wish, []).append(one.id)
        return found

    @cached_property
    def followed(self) -> Mapping[str, str]:
        """The ids of those that take our messages by what one can wish for."""
        closed = {one.id for one in self.all if one.is_closed}
        alone = {wish: found[0] for wish, found in self.by_wish.items() if len(found) == 1}
        return {wish: channel for wish, channel in alone.items() if channel not in closed}

    @cached_property
    def are_names_known(self) -> bool:
        """Whether each has a name that is known."""
        return all(one.name for one in self.all)

    def is_undecided(self, wish: str) -> bool:
        """Whether nobody can tell what is wished for."""
        if wish in ("", UNDECIDED):
            return wish == UNDECIDED
        if wish in self.by_wish:
            return False
        return self.incomplete or not (is_id(wish) or self.are_names_known)


@lru_cache(KEPT)
def shown_in(places: Places, channel: str) -> ColumnElement[bool]:
    """The condition for requests that are shown in a registered channel, what is undecided left out."""
    elsewhere = {wish: found for wish, found in places.followed.items() if found != channel}
    routed = _is_routed_to(places, channel)
    if routed is None:
        placed = and_(_is_decided(places), requests.c.wish.not_in(elsewhere))
        return or_(placed, _has_card_beside(elsewhere)) if elsewhere else placed
    wished = requests.c.wish.in_(places.followed.keys() - elsewhere.keys())
    placed = or_(wished, and_(requests.c.wish.not_in(places.followed), routed))
    return or_(and_(_is_decided(places), placed), stands_in(channel))


def goes_by_route(places: Places) -> ColumnElement[bool]:
    """The condition for requests that go by the routes: no wish of theirs is followed, or may be."""
    return and_(_is_decided(places), requests.c.wish.not_in(places.followed))


def stands_in(channel: str) -> ColumnElement[bool]:
    """The condition for requests whose card stands in the channel."""
    its_card = (cards.c.request_key == requests.c.key, cards.c.channel == channel)
    return exists().where(*its_card, cards.c.state.in_(STANDING))


def _is_decided(places: Places) -> ColumnElement[bool]:
    """The opposite of `Places.is_undecided`, as a condition for a request."""
    wish, known = requests.c.wish, list(places.by_wish)
    in_known = or_(wish == "", wish.in_(known) if known else false())
    if places.incomplete:
        return in_known
    if places.are_names_known:
        return wish != UNDECIDED
    # Names are in small letters.
    return or_(in_known, func.substr(wish, 1, 1).in_(("C", "G")))


def _is_routed_to(places: Places, channel: str) -> ColumnElement[bool] | None:
    """The condition for a request that goes to the channel by its route; None where there are no routes."""
    if places.unsure:
        return false()
    if not places.mark:
        return None
    names = requests.c.routed_to.contains(f" {channel} ")
    fits_none = requests.c.routed_to == TO_DEFAULT
    to_it = or_(names, fits_none) if channel == places.default else names
    return and_(requests.c.routed_by == places.mark, to_it)


def _has_card_beside(elsewhere: Mapping[str, str]) -> ColumnElement[bool]:
    """The condition for a request that wishes for one of these channels and has a card in another one."""
    wished = case(dict(elsewhere), value=requests.c.wish, else_="")
    its_card = (cards.c.request_key == requests.c.key, cards.c.state.in_(STANDING))
    return and_(requests.c.wish.in_(elsewhere), exists().where(*its_card, cards.c.channel != wished))

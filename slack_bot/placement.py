"""In which channels a request is shown: where whoever asked wishes to ask, else by its route, else in all."""

from collections.abc import Container, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, or_

from slack_bot import places
from slack_bot.channel_store import ChannelStore
from slack_bot.ledger import requests
from slack_bot.places import Place, Places, stands_in
from slack_bot.plain_text import cut, one_line
from slack_bot.route_store import RouteStore
from slack_bot.rows import State
from slack_bot.wish import UNDECIDED, wish_in
from upstream_client.models import ApprovalRequest

LONGEST_SHOWN = 90
"""Characters of a wish; a channel's name has at most 80."""


class Placement:
    """Goes by the registered channels, their names and the routes. Any thread may ask; one tells it the names.

    A wish is followed where it names a registered channel that takes our messages, by its id, or by a name that no
    other one has. What nobody can tell waits: while the upstream cannot, while the name of some registered channel
    is not known, or while there may be more of them than are known. A request that has a card elsewhere stays where
    all are shown, whatever its wish comes to mean.

    What has no wish that is followed goes to the channels of its route, or to the default channel where none fits.
    The ledger keeps which route it took by which routes: see `slack_bot.publisher.routing`. What took none by those
    of now is shown nowhere anew, nor is anything while nobody can tell the routes. Cards that stand stay.
    """

    def __init__(
        self, channels: ChannelStore, closed: Container[str], routes: RouteStore | None = None
    ) -> None:
        """``closed``: the channels that take no message of ours."""
        self._channels = channels
        self._closed = closed
        self.routes = routes or RouteStore()
        self._names: Mapping[str, str] = {}

    def know(self, names: Mapping[str, str]) -> None:
        """The names of channels by their ids, without the #; one whose name is not known is left out."""
        self._names = dict(names)

    @property
    def places(self) -> Places:
        """As they are now."""
        closed, names, routes = self._closed, self._names, self.routes
        return Places(
            tuple(Place(one.id, names.get(one.id, ""), one.id in closed) for one in self._channels.all()),
            bool(self.incomplete),
            self.default,
            routes.routes.mark,
            bool(routes.unsure),
        )

    def name_of(self, channel: str) -> str:
        """Without the #; "" where it is not known."""
        return self._names.get(channel, "")

    def channel_of(self, asked: ApprovalRequest) -> str:
        """The id of the channel that the request wishes for; "" where no wish is followed, or nobody can tell."""
        return self.channel_for(wish_in(asked))

    def channel_for(self, wish: str) -> str:
        """The same, of a wish as `slack_bot.wish` has it."""
        return self.places.followed.get(wish, "")

    def is_undecided(self, asked: ApprovalRequest) -> bool:
        """Whether nobody can tell yet where it belongs: it is shown nowhere anew, and no schedule answers it."""
        if self.places.is_undecided(wish_in(asked)):
            return True
        return not self.channel_of(asked) and self._is_route_undecided(asked)

    def takes(self, asked: ApprovalRequest, channel: str) -> bool:
        """Whether the request is shown in this registered channel, not counting a card that stands from before."""
        if self.is_undecided(asked):
            return False
        if only := self.channel_of(asked):
            return channel == only
        meant = self._meant(asked)
        return meant is None or channel in meant

    def shown_in(self, channel: str) -> ColumnElement[bool]:
        """The condition for requests that are shown in a registered channel, what is undecided left out."""
        return places.shown_in(self.places, channel)

    def waits_in(self, channel: str) -> ColumnElement[bool]:
        """The condition for requests that wait and are shown in the channel, or stand there by now."""
        return and_(requests.c.state == State.PENDING, or_(stands_in(channel), self.shown_in(channel)))

    def goes_by_route(self) -> ColumnElement[bool]:
        """The condition for requests that go by the routes: no wish of theirs is followed, or may be."""
        return places.goes_by_route(self.places)

    @property
    def default(self) -> str:
        """The id of the channel for what fits no route, registered or not; "" for none."""
        return self._channels.default_id

    @property
    def incomplete(self) -> str:
        """Why there may be more channels than are known, in words; "" where all are."""
        return self._channels.incomplete

    def note(self, asked: ApprovalRequest) -> str:
        """Why a wish is not followed, for the card; "" where it is, or where there is none.

        Nor where the upstream cannot tell: it says so itself.
        """
        wish, now = wish_in(asked), self.places
        if wish in ("", UNDECIDED) or wish in now.followed:
            return ""
        asked_for = f"Asked for {cut(one_line(asked.channel), LONGEST_SHOWN)}"
        if now.is_undecided(wish):
            return f"{asked_for}; nobody can tell yet whether that is registered here."
        return f"{asked_for}, which {_why_not(now.by_wish.get(wish, []))}."

    def _meant(self, asked: ApprovalRequest) -> tuple[str, ...] | None:
        """The channels of the route that it takes, registered or not; None where there are no routes."""
        routes = self.routes.routes
        if not routes.rules:
            return None
        taken = routes.taken(asked)
        return (self.default,) if taken is None else taken.channels

    def _is_route_undecided(self, asked: ApprovalRequest) -> bool:
        """A channel that is not known may be one of those that are not known yet."""
        if self.routes.unsure:
            return True
        meant = self._meant(asked)
        if meant is None or not self.incomplete:
            return False
        return all(self._channels.get(channel) is None for channel in meant)


def routed_to(channels: Sequence[str]) -> str:
    """As the ledger keeps to which channels a route leads."""
    return f" {' '.join(channels)} "


def _why_not(found: Sequence[str]) -> str:
    """Of the channels that one can wish for by it, in words."""
    if len(found) > 1:
        return "is the name of several channels here"
    return "takes no message of mine" if found else "is not registered here"

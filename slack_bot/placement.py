"""In which channels a request is shown: in all, or where whoever asked wishes to ask."""

from collections.abc import Container, Mapping

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_

from slack_bot.channel_store import ChannelStore
from slack_bot.ledger import cards, requests
from slack_bot.plain_text import cut, one_line
from slack_bot.rows import CardState, State
from slack_bot.wish import UNDECIDED, is_id, wish_for, wish_in
from upstream_client.models import ApprovalRequest

LONGEST_SHOWN = 90
"""Characters of a wish; a channel's name has at most 80."""
STANDING = (CardState.CLAIMED, CardState.POSTED)
"""The states of a card that may be answered, or soon."""


class Placement:
    """Goes by the registered channels and their names. Any thread may ask; one tells it the names.

    A wish is followed where it names a registered channel that takes our messages, by its id, or by a name that no
    other one has. What nobody can tell waits: while the upstream cannot, while the name of some registered channel
    is not known, or while there may be more of them than are known. A request that has a card elsewhere stays where
    all are shown, whatever its wish comes to mean.
    """

    def __init__(self, channels: ChannelStore, closed: Container[str]) -> None:
        """``closed``: the channels that take no message of ours."""
        self._channels = channels
        self._closed = closed
        self._names: Mapping[str, str] = {}

    def know(self, names: Mapping[str, str]) -> None:
        """The names of channels by their ids, without the #; one whose name is not known is left out."""
        self._names = dict(names)

    def name_of(self, channel: str) -> str:
        """Without the #; "" where it is not known."""
        return self._names.get(channel, "")

    def channel_of(self, asked: ApprovalRequest) -> str:
        """The id of the only channel in which the request is shown; "" for all, or where nobody can tell."""
        return self.channel_for(wish_in(asked))

    def channel_for(self, wish: str) -> str:
        """The same, of a wish as `slack_bot.wish` has it."""
        return self._followed().get(wish, "")

    def is_undecided(self, asked: ApprovalRequest) -> bool:
        """Whether nobody can tell yet where it belongs: it is shown nowhere anew, and no schedule answers it."""
        return self._is_undecided(wish_in(asked))

    def shown_in(self, channel: str) -> ColumnElement[bool]:
        """The condition for requests that are shown in a registered channel, what is undecided left out."""
        elsewhere = {wish: found for wish, found in self._followed().items() if found != channel}
        placed = and_(self._is_decided(), requests.c.wish.not_in(elsewhere))
        return or_(placed, _has_card_beside(elsewhere)) if elsewhere else placed

    def waits_in(self, channel: str) -> ColumnElement[bool]:
        """The condition for requests that wait and are shown in the channel, or stand there by now."""
        its_card = (cards.c.request_key == requests.c.key, cards.c.channel == channel)
        stands = exists().where(*its_card, cards.c.state.in_(STANDING))
        return and_(requests.c.state == State.PENDING, or_(stands, self.shown_in(channel)))

    def note(self, asked: ApprovalRequest) -> str:
        """Why a wish is not followed, for the card; "" where it is, or where there is none.

        Nor where the upstream cannot tell: it says so itself.
        """
        wish = wish_in(asked)
        if wish in ("", UNDECIDED) or wish in self._followed():
            return ""
        asked_for = f"Asked for {cut(one_line(asked.channel), LONGEST_SHOWN)}"
        if self._is_undecided(wish):
            return f"{asked_for}; nobody can tell yet whether that is registered here."
        return f"{asked_for}, which {self._why_not(wish)}."

    def _why_not(self, wish: str) -> str:
        found = self._by_wish().get(wish, [])
        if len(found) > 1:
            return "is the name of several channels here"
        return "takes no message of mine" if found else "is not registered here"

    def _is_undecided(self, wish: str) -> bool:
        if wish in ("", UNDECIDED):
            return wish == UNDECIDED
        if wish in self._by_wish():
            return False
        return bool(self._channels.incomplete) or not (is_id(wish) or self._are_names_known())

    def _is_decided(self) -> ColumnElement[bool]:
        """The opposite, as a condition for a request."""
        wish, known = requests.c.wish, list(self._by_wish())
        in_known = or_(wish == "", wish.in_(known) if known else false())
        if self._channels.incomplete:
            return in_known
        if self._are_names_known():
            return wish != UNDECIDED
        # Names are in small letters.
        return or_(in_known, func.substr(wish, 1, 1).in_(("C", "G")))

    def _are_names_known(self) -> bool:
        return all(self._names.get(one.id) for one in self._channels.all())

    def _followed(self) -> dict[str, str]:
        """The ids of the channels that take our messages by what one can wish for."""
        return {
            wish: found[0]
            for wish, found in self._by_wish().items()
            if len(found) == 1 and found[0] not in self._closed
        }

    def _by_wish(self) -> dict[str, list[str]]:
        """The ids of all registered channels by what one can wish for: several may have one name."""
        found: dict[str, list[str]] = {}
        names = self._names
        for one in self._channels.all():
            for wish in filter(None, (one.id, wish_for(names.get(one.id, "")))):
                found.setdefault(wish, []).append(one.id)
        return found


def _has_card_beside(elsewhere: Mapping[str, str]) -> ColumnElement[bool]:
    """The condition for a request that wishes for one of these channels and has a card in another one."""
    wished = case(elsewhere, value=requests.c.wish, else_="")
    its_card = (cards.c.request_key == requests.c.key, cards.c.state.in_(STANDING))
    return and_(requests.c.wish.in_(elsewhere), exists().where(*its_card, cards.c.channel != wished))

"""What became of a request, told to whoever asked for it, where they are known in Slack.

Nobody sends us these: they are put into the inbox where a request is settled (see `slack_bot.approvals`).
"""

from collections.abc import Callable, Mapping

from pydantic import BaseModel, ConfigDict
from slack_bolt import App

from slack_bot import approvals, inbox
from slack_bot.clock import MINUTE
from slack_bot.desk import Desk
from slack_bot.directory import Busy
from slack_bot.inbox import Inbox, Item
from slack_bot.outcome_text import outcome
from slack_bot.policy import ChannelPolicy
from slack_bot.requesters import who_asked
from slack_bot.rows import RequestRow, cards_of, request_by_key

KIND = approvals.OUTCOME
NEWS_FOR = 60 * MINUTE
"""What could not be told for so long is old news: the requester has seen it upstream."""
UNREAD_FOR = 10
"""Seconds between two tries, while Slack does not tell who asked."""


class Settled(BaseModel):
    """Which request was settled, and the row's version then."""

    model_config = ConfigDict(frozen=True)

    request: str
    version: int


def register(_app: App, _box: Inbox) -> None:
    """Slack sends none of them."""


def handle(item: Item, desk: Desk, now: int) -> None:
    """Leaves the words for the requester, if Slack knows them. Raises `slack_bot.directory.Busy`."""
    settled = Settled.model_validate_json(item.payload)
    with desk.ledger.read() as connection:
        row = request_by_key(connection, settled.request)
    if row is None or row.version != settled.version or row.upstream not in desk.upstreams:
        _finish(item, desk, now, "overtaken")
    elif now - item.received_at > NEWS_FOR:
        _finish(item, desk, now, "too old")
    else:
        _tell(item, desk, now, row)


def _tell(item: Item, desk: Desk, now: int, row: RequestRow) -> None:
    asked = [who_asked(desk.directory, desk.scopes, one, row.asked) for one in _policies(desk, row)]
    if any(one.unread for one in asked):
        raise Busy(UNREAD_FOR)
    people = {one.user_id for one in asked if one.user_id}
    if not people:
        _finish(item, desk, now, "requester unknown")
    elif len(people) > 1:
        _finish(item, desk, now, "requester uncertain")
    elif people == {row.decided_by}:
        _finish(item, desk, now, "requester decided")
    else:
        words = outcome(row, desk.upstreams[row.upstream])
        _finish(item, desk, now, "told", words, people.pop())


def _policies(desk: Desk, row: RequestRow) -> list[ChannelPolicy]:
    """Whose terms tell who asked: those of the channel in which it was decided.

    Where that was in none, those for all and those of each channel that has its card: one user name may stand
    for different people in different channels, and nobody is told what another asked for.
    """
    decided_in = desk.channels.get(row.decided_in)
    if decided_in is not None:
        return [decided_in.policy]
    with desk.ledger.read() as connection:
        shown = [desk.channels.get(card.channel) for card in cards_of(connection, row.key)]
    return [ChannelPolicy(defaults=desk.channels.defaults), *(one.policy for one in shown if one is not None)]


def _finish(item: Item, desk: Desk, now: int, result: str, words: str = "", to: str = "") -> None:
    with desk.ledger.write() as tx:
        inbox.finish(tx, item, now, result, words, to=to)


HANDLERS: Mapping[str, Callable[[Item, Desk, int], None]] = {KIND: handle}

"""What the publisher's parts share."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_sdk import WebClient

from slack_bot.blocks import MARK_DIGITS, Message, UpstreamName, card, long_facts, mark_of
from slack_bot.channel_store import ChannelStore
from slack_bot.closed_channels import ClosedChannels
from slack_bot.ledger import Ledger
from slack_bot.pace import Pace
from slack_bot.placement import Placement
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import CardRow, RequestRow, votes_of
from slack_bot.slack_api import call

UNTIL_SURE = 2.0
"""Seconds for which a post whose answer was lost may still be on its way."""
ANOTHERS = 60.0
"""Seconds for which what another replica set out to do is left to it."""
UNREADABLE = {"missing_scope", "method_not_supported_for_channel_type"}
"""Slack's words for a history that stays closed to us though we may post there."""
CLOCKS_DIFFER = 900.0
"""Seconds by which our clock may differ from Slack's, and from what it said before it was set."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A card's message, of the request as it was read, and the mark of the policy it shows; "" for none.

    ``at`` is the moment by which its votes were counted.
    """

    row: RequestRow
    policy: str
    message: dict[str, Any]
    at: int

    @property
    def looks(self) -> str:
        """Tells one message from another."""
        text = json.dumps(self.message, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:MARK_DIGITS]

    @property
    def mark(self) -> str:
        """What the card's row keeps of it: the policy's mark and, after a dot, how it looks."""
        return f"{self.policy}.{self.looks}"

    def is_shown_by(self, one: CardRow) -> bool:
        """Whether this very message stands there, as far as the ledger knows."""
        return one.shown_look == self.row.look and one.shown_policy.partition(".")[2] == self.looks


@dataclass(frozen=True, slots=True)
class Board:
    """The ledger, Slack, the channels, and the pace at which Slack may be called.

    ``client`` must not retry by itself; ``instance`` names this process; ``bot_id`` is our app's own, by
    which our messages are known. ``closed`` is told which channels take no message; ``placement`` tells in which of
    them a request is shown.
    """

    ledger: Ledger
    client: WebClient
    channels: ChannelStore
    upstreams: Mapping[str, UpstreamName]
    clock: Callable[[], int]
    pace: Pace
    instance: str
    bot_id: str
    closed: ClosedChannels
    placement: Placement
    stopping: threading.Event = field(default_factory=threading.Event)

    def call(self, method: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Calls Slack. Raises a `slack_bot.slack_api.SlackFailure`."""
        return call(self.client, method, arguments)

    def messages(self, method: str, where: Mapping[str, object]) -> Iterator[dict[str, Any]]:
        """What a channel's history or a thread holds. Raises a `slack_bot.slack_api.SlackFailure`."""
        cursor = ""
        while True:
            arguments = {**where, "include_all_metadata": "true", "limit": 100}
            answer = self.call(method, arguments | ({"cursor": cursor} if cursor else {}))
            yield from answer["messages"]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def policy_marks(self) -> dict[str, str]:
        """By registered channel, the mark of the policy that its cards should show."""
        return {channel.id: mark_of(channel.policy) for channel in self.channels.all()}

    def draw(self, one: CardRow, row: RequestRow) -> Drawn | None:
        """The card's message as the ledger, and the policy of its channel, say it should look.

        None where that fails, for an upstream that is no longer configured for example. It is logged, and the
        card is held, so that it keeps no other one waiting.
        """
        try:
            return self._draw(one, row)
        except Exception:
            seconds = self.pace.back_off(held_as(one))
            log.exception("a card cannot be drawn", request=row.key, channel=one.channel, again_in=seconds)
            return None

    def _draw(self, one: CardRow, row: RequestRow) -> Drawn:
        channel = self.channels.get(one.channel)
        policy: ChannelPolicy | None = None if channel is None else channel.policy
        with self.ledger.read() as connection:
            votes = votes_of(connection, row.key, row.revision, one.channel)
        called = one.backup_at is not None
        note = self.placement.note(row.asked)
        upstream, now = self.upstreams[row.upstream], self.clock()
        shown = card(row, upstream, policy, votes, now, backup_called=called, channel_note=note)
        return Drawn(row, "" if policy is None else mark_of(policy), shown.message(), now)

    def facts(self, one: CardRow, row: RequestRow) -> list[Message] | None:
        """What is too long for the card, whole. None where that fails; then its thread is held."""
        try:
            return long_facts(row.asked)
        except Exception:
            seconds = self.pace.back_off(thread_of(one))
            log.exception("facts cannot be told", request=row.key, channel=one.channel, again_in=seconds)
            return None

    def is_anothers(self, claimed_by: str) -> bool:
        """Whether it was claimed by a process that may still be at it."""
        return not self.ledger.sole and claimed_by != self.instance


def held_as(one: CardRow) -> tuple[str, str]:
    """The card's name in the pace."""
    return (one.request_key, one.channel)


def thread_of(one: CardRow) -> tuple[str, str, str]:
    """The name of the card's thread in the pace."""
    return ("thread", *held_as(one))

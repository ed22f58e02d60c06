"""What the publisher's parts share."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_sdk import WebClient

from slack_bot.blocks import Message, UpstreamName, card, long_facts
from slack_bot.channel_store import ChannelStore
from slack_bot.closed_channels import ClosedChannels
from slack_bot.ledger import Ledger
from slack_bot.pace import Pace
from slack_bot.rows import CardRow, RequestRow
from slack_bot.slack_api import call

UNTIL_SURE = 2.0
"""Seconds for which a post whose answer was lost may still be on its way."""
ANOTHERS = 60.0
"""Seconds for which what another replica set out to do is left to it."""
CLOCKS_DIFFER = 900.0
"""Seconds by which our clock may differ from Slack's, and from what it said before it was set."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Board:
    """The ledger, Slack, the channels, and the pace at which Slack may be called.

    ``client`` must not retry by itself; ``instance`` names this process; ``bot_id`` is our app's own, by
    which our messages are known. ``closed`` is told which channels take no message.
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
    stopping: threading.Event = field(default_factory=threading.Event)

    def call(self, method: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Calls Slack. Raises a `slack_bot.slack_api.SlackFailure`."""
        return call(self.client, method, arguments)

    def draw(self, one: CardRow, row: RequestRow) -> dict[str, Any] | None:
        """The card's message as the ledger says it should look.

        None where that fails, for an upstream that is no longer configured for example. It is logged, and the
        card is held, so that it keeps no other one waiting.
        """
        try:
            return card(row, self.upstreams[row.upstream]).message()
        except Exception:
            seconds = self.pace.back_off(held_as(one))
            log.exception("a card cannot be drawn", request=row.key, channel=one.channel, again_in=seconds)
            return None

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

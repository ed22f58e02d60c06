"""What the publisher's three parts share."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_sdk import WebClient
from sqlalchemy import ColumnElement, and_, delete, update

from slack_bot import audit
from slack_bot.audit import Kind
from slack_bot.blocks import UpstreamName, card
from slack_bot.channel_store import ChannelStore
from slack_bot.ledger import Ledger, cards
from slack_bot.pace import Pace
from slack_bot.rows import CardRow, CardState, RequestRow
from slack_bot.slack_api import call

UNTIL_SURE = 2.0
"""Seconds for which a post whose answer was lost may still be on its way."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Board:
    """The ledger, Slack, the channels, and the pace at which Slack may be called.

    ``client`` must not retry by itself; ``instance`` names this process; ``bot_id`` is our app's own, by
    which our messages are known.
    """

    ledger: Ledger
    client: WebClient
    channels: ChannelStore
    upstreams: Mapping[str, UpstreamName]
    clock: Callable[[], int]
    pace: Pace
    instance: str
    bot_id: str
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

    def note_posted(self, claim: CardRow, ts: str, look: int) -> bool:
        """The message of a claim is known: its ts, and the look it shows (0 for unknown).

        False where the claim does not stand any more: another replica thought its holder dead.
        """
        with self.ledger.write() as tx:
            noted = tx.execute(
                update(cards).where(is_claim(claim)).values(state=CardState.POSTED, ts=ts, shown_look=look)
            )
            if noted.rowcount:
                audit.append(
                    tx, self.clock(), Kind.CARD_POSTED, claim.request_key, channel=claim.channel, ts=ts
                )
        return noted.rowcount == 1

    def release(self, claim: CardRow) -> None:
        """Gives a claim back: nothing was posted."""
        with self.ledger.write() as tx:
            tx.execute(delete(cards).where(is_claim(claim)))


def is_card(one: CardRow) -> ColumnElement[bool]:
    """The condition for this card's row."""
    return and_(cards.c.request_key == one.request_key, cards.c.channel == one.channel)


def is_claim(one: CardRow) -> ColumnElement[bool]:
    """The condition for this card's row while it is this very claim."""
    return and_(
        is_card(one),
        cards.c.state == CardState.CLAIMED,
        cards.c.claimed_at == one.claimed_at,
        cards.c.claimed_by == one.claimed_by,
    )


def held_as(one: CardRow) -> tuple[str, str]:
    """The card's name in the pace."""
    return (one.request_key, one.channel)

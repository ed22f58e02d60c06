"""What a handler works with when it deals with an item of the inbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from slack_bot import audit, inbox
from slack_bot.audit import Kind
from slack_bot.blocks import UpstreamName
from slack_bot.channel_store import ChannelStore
from slack_bot.directory import Directory
from slack_bot.inbox import Item
from slack_bot.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Desk:
    """The ledger, who people are, and what channels and upstreams there are.

    ``decided`` tells the appliers and the publisher that there may be something to do.
    """

    ledger: Ledger
    channels: ChannelStore
    directory: Directory
    upstreams: Mapping[str, UpstreamName]
    decided: Callable[[], None]

    def refuse(
        self, item: Item, now: int, rule: str, answer: str, *, request_key: str | None = None, security: bool
    ) -> None:
        """Closes an item with a private answer and a record of why nothing was done."""
        kind = Kind.SECURITY if security else Kind.REFUSAL
        with self.ledger.write() as tx:
            if inbox.is_waiting(tx, item):
                self.note_refusal(tx, item, now, rule, kind, request_key)
                inbox.finish(tx, item, now, f"refused: {rule}"[:60], answer)

    def note_refusal(
        self, tx: Connection, item: Item, now: int, rule: str, kind: Kind, request_key: str | None
    ) -> None:
        """The audit record of a refusal."""
        audit.append(
            tx, now, kind, request_key, item.user_id, rule=rule, channel=item.channel, inbox_item=item.id
        )

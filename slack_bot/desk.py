"""What a handler works with when it deals with an item of the inbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk import WebClient
from sqlalchemy import Connection

from slack_bot import audit, inbox
from slack_bot.audit import Kind
from slack_bot.blocks import UpstreamName
from slack_bot.channel_store import ChannelStore
from slack_bot.directory import Directory
from slack_bot.inbox import Item
from slack_bot.ledger import Ledger
from slack_bot.policy import Admins
from slack_bot.schedule_store import ScheduleStore
from slack_bot.slack_api import call
from slack_bot.stored_state import StoredState


@dataclass(frozen=True, slots=True)
class Desk:
    """The ledger, who people are, and what channels, schedules and upstreams there are.

    ``slack`` opens modals and must not retry. ``decided`` tells everybody that there may be something to do.
    ``bot_user`` is our own id in Slack, ``scopes`` what the app was given there; ``last_read`` tells of
    each upstream when its list was last read whole. ``notes`` are sentences for whoever asks how the bot is, on
    what the operator should change.
    """

    ledger: Ledger
    state: StoredState
    directory: Directory
    upstreams: Mapping[str, UpstreamName]
    decided: Callable[[], None]
    slack: WebClient
    admins: Admins = field(default_factory=Admins)
    bot_user: str = ""
    scopes: frozenset[str] = frozenset()
    last_read: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def channels(self) -> ChannelStore:
        """The registered channels."""
        return self.state.channels

    @property
    def schedules(self) -> ScheduleStore:
        """What is approved without a person."""
        return self.state.schedules

    def call(self, method: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Calls Slack. Raises a `slack_bot.slack_api.SlackFailure`."""
        return call(self.slack, method, arguments)

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

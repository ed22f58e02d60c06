"""What a handler works with when it deals with an item of the inbox."""

import json
from collections.abc import Callable, Mapping
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
from slack_bot.placement import Placement
from slack_bot.policy import Admins
from slack_bot.route_store import RouteStore
from slack_bot.schedule_store import ScheduleStore
from slack_bot.slack_api import call
from slack_bot.stored_state import StoredState

PICKED = ("users", "groups", "everyone", "quorum")
"""What a press of Save carries, where a button on a card has a value."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The ledger, who people are, and what channels, schedules and upstreams there are.

    ``slack`` opens modals and must not retry. ``decided`` tells everybody that there may be something to do.
    ``bot_user`` is our own id in Slack, ``scopes`` what the app was given there; ``last_read`` tells of
    each upstream when its list was last read; ``placement`` in which channels requests are shown. ``notes``
    are sentences for whoever asks how the bot is, on what the operator should change.
    """

    ledger: Ledger
    state: StoredState
    directory: Directory
    upstreams: Mapping[str, UpstreamName]
    decided: Callable[[], None]
    slack: WebClient
    placement: Placement
    admins: Admins = field(default_factory=Admins)
    bot_user: str = ""
    scopes: frozenset[str] = frozenset()
    last_read: Mapping[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def channels(self) -> ChannelStore:
        """The registered channels."""
        return self.state.channels

    @property
    def schedules(self) -> ScheduleStore:
        """What is approved without a person."""
        return self.state.schedules

    @property
    def routes(self) -> RouteStore:
        """Which requests are shown in which channels."""
        return self.state.routes

    def call(self, method: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Calls Slack. Raises a `slack_bot.slack_api.SlackFailure`."""
        return call(self.slack, method, arguments)

    def refuse(
        self,
        item: Item,
        now: int,
        rule: str,
        answer: str,
        *,
        request_key: str | None = None,
        security: bool,
        policy: str = "",
        click: bool = False,
    ) -> None:
        """Closes an item with a private answer and a record of why nothing was done.

        ``policy`` is the text of the policy that says no, if one does; ``click``: the item was pressed or
        submitted, and not said.
        """
        kind = Kind.SECURITY if security else Kind.REFUSAL
        with self.ledger.write() as tx:
            if inbox.is_waiting(tx, item):
                if click:
                    self.note_click(tx, item, now, request_key)
                self.note_refusal(tx, item, now, rule, kind, request_key, policy)
                inbox.finish(tx, item, now, f"refused: {rule}"[:60], answer)

    def give_up(self, item: Item, now: int, answer: str) -> None:
        """Closes an item that could not be handled for too long, with a record of that."""
        with self.ledger.write() as tx:
            if inbox.is_waiting(tx, item):
                if item.kind == inbox.SPOKEN or _is_press(item):
                    self.note_click(tx, item, now, None)
                self.note_refusal(tx, item, now, "failed", Kind.REFUSAL, None)
                inbox.finish(tx, item, now, "failed", answer)

    def note_click(self, tx: Connection, item: Item, now: int, request_key: str | None) -> None:
        """The audit record of what was pressed, submitted, or said as an answer, before what became of it."""
        payload = _read(item.payload)
        audit.append(
            tx,
            now,
            Kind.CLICK,
            request_key,
            item.user_id,
            action=payload.get("action_id") or payload.get("callback_id") or payload.get("way"),
            value=payload.get("value") or payload.get("text") or _value_of_form(payload),
            pressed_at=item.received_at,
            channel=item.channel,
            inbox_item=item.id,
            **{name: payload[name] for name in PICKED if payload.get(name) is not None},
        )

    def note_refusal(
        self,
        tx: Connection,
        item: Item,
        now: int,
        rule: str,
        kind: Kind,
        request_key: str | None,
        policy: str = "",
    ) -> None:
        """The audit record of a refusal."""
        audit.append(
            tx,
            now,
            kind,
            request_key,
            item.user_id or audit.THE_BOT,
            rule=rule,
            channel=item.channel,
            inbox_item=item.id,
            policy=policy,
        )


def _value_of_form(payload: dict[str, Any]) -> object:
    form = payload.get("form")
    return form.get("value") if isinstance(form, dict) else None


def _is_press(item: Item) -> bool:
    """Whether it was pressed or submitted, and not said."""
    payload = _read(item.payload)
    return "action_id" in payload or "callback_id" in payload


def _read(payload: str) -> dict[str, Any]:
    """What an item was saved with; nothing where it was cut off, and so is no JSON any more."""
    try:
        told = json.loads(payload)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}

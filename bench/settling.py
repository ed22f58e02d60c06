"""From a click to the card that shows the answer, and how many calls of Slack's that takes."""

import time
from dataclasses import dataclass
from typing import Any

from bench.card import POST, UPDATE, Card, approve_value, new_card
from bench.workspace import CHANNEL
from sandbox.control_client import ControlClient

QUIET = 0.3
"""Seconds in which a second edit of the card would have come."""


@dataclass(frozen=True, slots=True)
class Settled:
    """``ms`` from the click's sending to the arrival of the card's last edit, by one clock, Slack's.

    ``calls``: how often a chat.* method was called for this card, its posting included.
    """

    ms: float
    calls: int


def settle_one(control: ControlClient) -> Settled:
    """A request is filed, its card posted and its Approve pressed. Raises AssertionError where it stays open."""
    card = new_card(control)
    control.clicks([card.press()])
    pressed_at = float(control.deliveries()[-1]["sent_at"])
    control.eventually(lambda: _is_settled(control, card))
    time.sleep(QUIET)
    calls = _calls_for(control, card)
    last = max(float(call["time"]) for call in calls if call["method"] == UPDATE)
    return Settled(ms=(last - pressed_at) * 1000, calls=len(calls))


def _is_settled(control: ControlClient, card: Card) -> bool:
    """Whether the message has lost its button; being applied it has none either, so that `QUIET` follows."""
    return any(one["ts"] == card.ts and not approve_value(one) for one in control.messages(CHANNEL))


def _calls_for(control: ControlClient, card: Card) -> list[dict[str, Any]]:
    return [call for call in control.calls() if call["method"].startswith("chat.") and _is_about(call, card)]


def _is_about(call: dict[str, Any], card: Card) -> bool:
    """It names the message, or stands in its thread, or its answer is the message."""
    named = {call["arguments"].get("ts"), call["arguments"].get("thread_ts")}
    posted = (call["answer"] or {}).get("ts") if call["method"] == POST else None
    return card.ts in named | {posted}

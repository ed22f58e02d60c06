"""A card of our bot's, and the presses of its Approve button."""

from dataclasses import dataclass
from typing import Any

from bench.workspace import APPROVER, CHANNEL
from sandbox.control_client import ControlClient

APPROVE = "approve_request"
POST, UPDATE, PRIVATE = "chat.postMessage", "chat.update", "chat.postEphemeral"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """Where it stands, and what its Approve button carries."""

    ts: str
    value: str

    def press(self) -> Json:
        """For the sandbox's control API. Forced: it is sent though the card is settled and has no button."""
        return {
            "channel": CHANNEL,
            "ts": self.ts,
            "user": APPROVER,
            "action_id": APPROVE,
            "value": self.value,
            "force": True,
        }


def approve_value(message: Json) -> str:
    """What the Approve button of a message carries; empty where it has none: the card is settled."""
    elements = [element for block in message.get("blocks", []) for element in block.get("elements", [])]
    return next((str(one["value"]) for one in elements if one.get("action_id") == APPROVE), "")


def open_cards(control: ControlClient) -> list[Card]:
    """The cards that still have their button, oldest first."""
    found = [Card(message["ts"], approve_value(message)) for message in control.messages(CHANNEL)]
    return [card for card in found if card.value]


def new_card(control: ControlClient, within: float = 30.0) -> Card:
    """Somebody asks, and the bot posts the card. Raises AssertionError where it does not."""
    before = {card.ts for card in open_cards(control)}
    control.file_request()
    fresh = control.eventually(lambda: [one for one in open_cards(control) if one.ts not in before], within)
    return fresh[0]

"""The interactive parts of a message or a view: what Slack fills in, what a person chose, what is sent."""

import copy
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.errors import Refused
from sandbox.json_types import Json

_ALPHABET = string.ascii_letters + string.digits

_SELECTED: dict[str, str] = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "rich_text_input": "rich_text_value",
}
"""Where the state of each kind of input stands, and what its `initial_…` key is called."""
_ONE_OPTION = ("static_select", "radio_buttons", "external_select")
_MANY_OPTIONS = ("multi_static_select", "checkboxes", "multi_external_select")
_INITIAL = {
    "selected_user": "initial_user",
    "selected_conversation": "initial_conversation",
    "selected_channel": "initial_channel",
    "selected_users": "initial_users",
    "selected_conversations": "initial_conversations",
    "selected_channels": "initial_channels",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "value": "initial_value",
    "rich_text_value": "initial_value",
}


@dataclass(frozen=True)
class Element:
    """An interactive element and the block it stands in."""

    block: Json
    json: Json

    @property
    def place(self) -> tuple[str, str]:
        """(block_id, action_id): the key of its state."""
        return self.block["block_id"], self.json["action_id"]

    @property
    def holds_state(self) -> bool:
        """Buttons and overflow menus keep nothing between two clicks."""
        kind = self.json["type"]
        return kind in _SELECTED or kind in _ONE_OPTION or kind in _MANY_OPTIONS

    @property
    def is_required(self) -> bool:
        return self.block["type"] == "input" and not self.block.get("optional", False)

    def state(self, chosen: Any) -> Json:
        """Its entry in `state.values` when a person chose ``chosen`` (None: cleared or never touched).

        Raises Refused for an option the element does not offer.
        """
        kind = self.json["type"]
        if kind in _ONE_OPTION:
            return {"type": kind, "selected_option": None if chosen is None else self.option(chosen)}
        if kind in _MANY_OPTIONS:
            return {"type": kind, "selected_options": [self.option(value) for value in chosen or []]}
        return {"type": kind, _SELECTED[kind]: chosen}

    def initial(self) -> Json:
        """Its state before anybody touched it."""
        kind = self.json["type"]
        if kind in _ONE_OPTION:
            return {"type": kind, "selected_option": _reduced(self.json.get("initial_option"))}
        if kind in _MANY_OPTIONS:
            options = self.json.get("initial_options", [])
            return {"type": kind, "selected_options": [_reduced(option) for option in options]}
        key = _SELECTED[kind]
        empty: Any = [] if key.endswith("s") else None
        return {"type": kind, key: self.json.get(_INITIAL[key], empty)}

    def option(self, value: str) -> Json:
        """The option with this value, as Slack sends it back: text and value."""
        groups = self.json.get("option_groups", [])
        options = [*self.json.get("options", []), *(found for group in groups for found in group["options"])]
        found = next((option for option in options if option.get("value") == value), None)
        if found is None:
            raise Refused(f"“{self.json['action_id']}” offers no option {value!r}.")
        return _reduced(found) or {}


def _reduced(option: Json | None) -> Json | None:
    return {key: option[key] for key in ("text", "value") if key in option} if option else None


def find_elements(blocks: list[Json]) -> Iterator[Element]:
    """Every interactive element, from the top down."""
    for block in blocks:
        for candidate in (*block.get("elements", []), block.get("accessory"), block.get("element")):
            if isinstance(candidate, dict) and "action_id" in candidate:
                yield Element(block, candidate)


def fill_in(blocks: list[Json]) -> list[Json]:
    """A copy as Slack stores it: with a block_id, an action_id and the texts' flags everywhere."""
    filled = copy.deepcopy(blocks)
    for block in filled:
        block.setdefault("block_id", _short_id())
        inner = [block.get("accessory"), block.get("element")]
        if block.get("type") == "actions":
            inner += block.get("elements", [])
        for element in inner:
            if isinstance(element, dict) and element.get("type") != "image":
                element.setdefault("action_id", _short_id())
        if block.get("type") != "rich_text":
            _flag_texts(block)
    return filled


def _flag_texts(value: Any) -> None:
    """Slack adds `emoji: true` to plain text and `verbatim: false` to mrkdwn where nothing was said."""
    if isinstance(value, list):
        for entry in value:
            _flag_texts(entry)
    elif isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        elif value.get("type") == "mrkdwn":
            value.setdefault("verbatim", False)
        for entry in value.values():
            _flag_texts(entry)


def _short_id() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))

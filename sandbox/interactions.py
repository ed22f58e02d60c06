"""Payloads of what people do, as Slack sends them in interactive and slash_commands envelopes.

Shapes: docs.slack.dev/reference/interaction-payloads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.choices import Surface
from sandbox.elements import Element, find_elements
from sandbox.errors import Refused
from sandbox.install import VERIFICATION_TOKEN
from sandbox.json_types import Json
from sandbox.messages import Message
from sandbox.slack import Slack
from sandbox.views import View
from sandbox.workspace import Channel, User

NOT_SENT = object()
"""`None` is a value a person can choose: an emptied menu."""


@dataclass(frozen=True)
class Press:
    """What was pressed: an element by action_id (and block_id where several share it), perhaps a value."""

    action_id: str
    block_id: str = ""
    value: Any = NOT_SENT
    force: bool = False


class Interactions:
    """Builds payloads; it neither checks who may press nor sends anything."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    def message_click(
        self, user: User, channel: Channel, message: Message, press: Press, values: Json
    ) -> Json:
        """A `block_actions` payload; ``values``: {action_id: value} chosen first in other inputs."""
        surface = (channel.id, message.ts)
        blocks = message.body.get("blocks", [])
        ephemeral = message.body.get("is_ephemeral", False)
        self._slack.choices.choose(user.id, surface, blocks, values)
        payload = self._base("block_actions", user) | {
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": channel.id,
                "is_ephemeral": ephemeral,
                **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
            },
            "trigger_id": self._slack.triggers.issue(user.id),
            "channel": {"id": channel.id, "name": channel.payload_name},
            "actions": [self._action(user, surface, blocks, press)],
            "state": {"values": self._slack.choices.values(user.id, surface, blocks)},
            "response_url": self._response_url(user, channel, message.ts),
        }
        return payload if ephemeral else payload | {"message": message.as_slack(with_metadata=True)}

    def view_click(self, user: User, view: View, press: Press, values: Json) -> Json:
        """A `block_actions` payload of a modal or Home tab."""
        surface = ("view", view.id)
        blocks = view.json["blocks"]
        self._slack.choices.choose(user.id, surface, blocks, values)
        action = self._action(user, surface, blocks, press)
        return self._base("block_actions", user) | {
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": self._slack.triggers.issue(user.id),
            "view": self._view(user, view),
            "actions": [action],
        }

    def submission(self, user: User, view: View, values: Mapping[str, Any]) -> Json:
        """A `view_submission` payload. Raises Refused for an empty required input, as Slack's client does."""
        if not view.json.get("submit"):
            raise Refused("This modal has no submit button.")
        self._slack.choices.choose(user.id, ("view", view.id), view.json["blocks"], values)
        for element in find_elements(view.json["blocks"]):
            state = (
                self._slack.choices.state_of(user.id, ("view", view.id), element)
                if element.is_required
                else {}
            )
            if element.is_required and not any(value for key, value in state.items() if key != "type"):
                raise Refused(f"Please complete the required field “{element.json['action_id']}”.")
        return self._base("view_submission", user) | {
            "trigger_id": self._slack.triggers.issue(user.id),
            "view": self._view(user, view),
            "response_urls": [],
        }

    def closed(self, user: User, view: View, cleared: bool) -> Json:
        """A `view_closed` payload."""
        return self._base("view_closed", user) | {"view": self._view(user, view), "is_cleared": cleared}

    def command(self, user: User, channel: Channel, command: str, text: str) -> Json:
        """A slash command; its flat shape is that of Slack's form posts."""
        team = self._slack.workspace.team
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel.id,
            "channel_name": channel.payload_name,
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": self._slack.workspace.app.id,
            "is_enterprise_install": "false",
            "response_url": self._response_url(user, channel),
            "trigger_id": self._slack.triggers.issue(user.id),
        }

    def _base(self, kind: str, user: User) -> Json:
        team = self._slack.workspace.team
        return {
            "type": kind,
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
            "api_app_id": self._slack.workspace.app.id,
            "token": VERIFICATION_TOKEN,
            "team": {"id": team.id, "domain": team.domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _view(self, user: User, view: View) -> Json:
        values = self._slack.choices.values(user.id, ("view", view.id), view.json["blocks"])
        return view.json | {"state": {"values": values}}

    def _response_url(self, user: User, channel: Channel, ts: str = "") -> str:
        return f"{self._slack.url}/response/{self._slack.response_urls.issue(user.id, channel.id, ts)}"

    def _action(self, user: User, surface: Surface, blocks: list[Json], press: Press) -> Json:
        element = _pressed(blocks, press)
        action_ts = {"action_ts": self._slack.messages.stamps.next()}
        if element is None:
            return _forged(press) | action_ts
        block_id, action_id = element.place
        action: Json = {"action_id": action_id, "block_id": block_id, "type": element.json["type"]}
        if element.holds_state:
            if press.value is not NOT_SENT:
                self._slack.choices.choose(user.id, surface, blocks, {action_id: press.value})
            return action | self._slack.choices.state_of(user.id, surface, element) | action_ts
        return action | _button_keys(element, press) | action_ts


def _pressed(blocks: list[Json], press: Press) -> Element | None:
    for element in find_elements(blocks):
        if element.json["action_id"] == press.action_id and press.block_id in ("", element.place[0]):
            return element
    if press.force:
        return None
    raise Refused(f"There is no button or menu “{press.action_id}” here.", 404)


def _button_keys(element: Element, press: Press) -> Json:
    if element.json["type"] == "overflow":
        if press.value is NOT_SENT:
            raise Refused("Say which option of the overflow menu was chosen: “value”.")
        return {"selected_option": element.option(press.value)}
    keys: Json = {
        key: element.json[key] for key in ("text", "value", "style", "confirm") if key in element.json
    }
    return keys if press.value is NOT_SENT else keys | {"value": press.value}


def _forged(press: Press) -> Json:
    """A button that stands nowhere (any more): a stale client, or somebody who makes payloads up."""
    action: Json = {"action_id": press.action_id, "block_id": press.block_id or "gone", "type": "button"}
    action["text"] = {"type": "plain_text", "text": press.action_id, "emoji": True}
    return action if press.value is NOT_SENT else action | {"value": press.value}

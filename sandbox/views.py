"""Modals and Home tabs: a stack of at most three modals a person, and one Home tab."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

from sandbox.elements import fill_in
from sandbox.errors import SlackError
from sandbox.json_types import Json
from sandbox.workspace import Workspace

DEEPEST = 3
"""Modals on top of each other, the first included (docs.slack.dev/surfaces/modals)."""


@dataclass
class View:
    """A view as the Web API returns it, and who sees it."""

    user: str
    json: Json

    @property
    def id(self) -> str:
        found: str = self.json["id"]
        return found


class Views:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def open(self, user: str, definition: Json) -> View:
        """A new root view; what was open goes, as at Slack where only one stack is shown."""
        self._check_external_id(definition)
        view = View(user, self._build(definition))
        view.json |= {"root_view_id": view.id, "previous_view_id": None}
        self._stacks[user] = [view]
        return view

    def push(self, user: str, definition: Json) -> View:
        """On top of what the person sees. Raises `push_limit_reached` for a fourth."""
        self._check_external_id(definition)
        stack = self._stacks.get(user, [])
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= DEEPEST:
            raise SlackError("push_limit_reached")
        view = View(user, self._build(definition))
        view.json |= {"root_view_id": stack[0].id, "previous_view_id": stack[-1].id}
        stack.append(view)
        return view

    def update(self, view: View, definition: Json, expected_hash: str | None = None) -> View:
        """Replace what a view shows. Raises `hash_conflict` when it changed since ``expected_hash``."""
        if expected_hash and expected_hash != view.json["hash"]:
            raise SlackError("hash_conflict")
        kept = {key: view.json[key] for key in ("id", "root_view_id", "previous_view_id")}
        view.json = self._build(definition) | kept
        return view

    def publish(self, user: str, definition: Json, expected_hash: str | None = None) -> View:
        """The person's Home tab."""
        home = self._homes.get(user)
        if home is not None:
            return self.update(home, definition, expected_hash)
        home = View(user, self._build(definition))
        home.json |= {"root_view_id": home.id, "previous_view_id": None}
        self._homes[user] = home
        return home

    def find(self, view_id: str = "", external_id: str = "") -> View | None:
        """Among what people see now: a closed view is not found."""
        for view in self.shown():
            if view_id and view.id == view_id:
                return view
            if external_id and view.json["external_id"] == external_id:
                return view
        return None

    def shown(self) -> list[View]:
        return [*(view for stack in self._stacks.values() for view in stack), *self._homes.values()]

    def stack(self, user: str) -> list[View]:
        """The person's modals, the visible one last."""
        return list(self._stacks.get(user, []))

    def home(self, user: str) -> View | None:
        return self._homes.get(user)

    def close(self, view: View) -> None:
        """The person, or a submission, closes the visible modal."""
        self._stacks[view.user].remove(view)

    def clear(self, user: str) -> list[View]:
        """Close all modals of the person; gives what was open, the visible one first."""
        return list(reversed(self._stacks.pop(user, [])))

    def _check_external_id(self, definition: Json) -> None:
        external_id = definition.get("external_id")
        if external_id and self.find(external_id=external_id):
            raise SlackError("duplicate_external_id")

    def _build(self, definition: Json) -> Json:
        app = self._workspace.app
        defaults: Json = {
            "id": "V" + secrets.token_hex(5).upper(),
            "team_id": self._workspace.team.id,
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "close": None,
            "submit": None,
            "title": {"type": "plain_text", "text": "View Title", "emoji": True},
            "app_id": app.id,
            "app_installed_team_id": self._workspace.team.id,
            "bot_id": app.bot_id,
            "state": {"values": {}},
        }
        view = defaults | definition | {"blocks": fill_in(definition["blocks"])}
        return view | {"hash": _hash(view)}


def _hash(view: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()
    return f"{secrets.randbelow(10**10)}.{digest[:8]}"

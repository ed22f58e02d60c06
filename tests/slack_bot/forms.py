"""What people do with the modals behind a card."""

from collections.abc import Mapping
from typing import Any

from slack_bot.slack_api import call
from slack_bot.web_client import web_client
from tests.rig import APPROVER, Rig, texts


def option_of(card: Mapping[str, Any], action_id: str, word: str) -> str:
    """The value of a card's option that begins with this word."""
    elements = card["blocks"][-1]["elements"]
    options = next(element["options"] for element in elements if element["action_id"] == action_id)
    return next(str(option["value"]) for option in options if option["value"].startswith(f"{word}."))


def choose(rig: Rig, word: str, user: str = APPROVER, **more: Any) -> dict[str, Any]:
    """Somebody chooses in the card's overflow menu: comment, reason or details. Not yet handled."""
    value = option_of(more.get("card") or rig.card(), "more_choices", word)
    return rig.press(user, "more_choices", value=value, **more)


def other(rig: Rig) -> str:
    """The value of "Other…" in the newest card's menu."""
    return option_of(rig.card(), "choose_duration", "other")


def opened(rig: Rig, word: str, user: str = APPROVER) -> dict[str, Any]:
    """The modal that a choice opened."""
    assert choose(rig, word, user)["acknowledged"]
    rig.step("clerk")
    return modal(rig, user)


def modals(rig: Rig, user: str = APPROVER) -> list[dict[str, Any]]:
    """What this person has open."""
    found: list[dict[str, Any]] = rig.control.views(user)["modals"]
    return found


def modal(rig: Rig, user: str = APPROVER) -> dict[str, Any]:
    """The only modal that this person has open."""
    (found,) = modals(rig, user)
    return found


def words(view: Mapping[str, Any]) -> str:
    """Every text in a modal."""
    return "\n".join(texts(view["blocks"]))


def element(view: Mapping[str, Any], action_id: str) -> dict[str, Any]:
    """An input of a modal."""
    inputs = [block["element"] for block in view["blocks"] if block["type"] == "input"]
    return next(dict(one) for one in inputs if one["action_id"] == action_id)


def rewrite(rig: Rig, view: Mapping[str, Any], **changes: object) -> None:
    """Somebody else's program changes an open modal."""
    kept = {name: view[name] for name in ("type", "callback_id", "private_metadata", "title", "blocks")}
    shown = {"submit": view["submit"], "close": view["close"]}
    client = web_client(rig.settings(), timeout=2, retries=False)
    call(client, "views.update", {"view_id": view["id"], "view": kept | shown | changes})

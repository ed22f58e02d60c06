"""Short ways to write blocks as JSON, and to post them."""

from typing import Any

from slack_sdk import WebClient

Json = dict[str, Any]
"""Parsed JSON, open by nature."""

DIVIDER: Json = {"type": "divider"}


def plain(text: str = "Text") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "Text") -> Json:
    return {"type": "mrkdwn", "text": text}


def header(text: str) -> Json:
    return {"type": "header", "text": plain(text)}


def section(**fields: object) -> Json:
    return {"type": "section", **fields}


def context(*elements: Json) -> Json:
    return {"type": "context", "elements": list(elements)}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def button(text: str = "Approve", **fields: object) -> Json:
    return {"type": "button", "text": plain(text), "action_id": "approve", **fields}


def option(text: str = "One time", value: str = "once", **fields: object) -> Json:
    return {"text": plain(text), "value": value, **fields}


def options(count: int) -> list[Json]:
    return [option(value=str(number)) for number in range(count)]


def menu(**fields: object) -> Json:
    return {"type": "static_select", "action_id": "duration", **fields}


def confirm(**fields: object) -> Json:
    return {"title": plain(), "text": plain(), "confirm": plain("Yes"), "deny": plain("No"), **fields}


def input_block(element: Json | None = None, **fields: object) -> Json:
    return {"type": "input", "label": plain(), "element": element or {"type": "plain_text_input"}, **fields}


def image(**fields: object) -> Json:
    return {"type": "image", "image_url": "https://example.com/i.png", "alt_text": "A lock", **fields}


def rich_text(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def line(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def text(text: str, **style: bool) -> Json:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def modal(*blocks: Json, **fields: object) -> Json:
    return {"type": "modal", "title": plain("Deny"), "blocks": list(blocks), **fields}


def show(slack: WebClient, *blocks: Json, channel: str = "C01APPROVALS") -> str:
    """Post them as one message; its ts."""
    return str(slack.chat_postMessage(channel=channel, text="Blocks", blocks=list(blocks))["ts"])

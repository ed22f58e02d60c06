"""What Slack makes of a text a person typed: a rich_text block with its mentions and links as elements."""

import re

from sandbox.elements import fill_in
from sandbox.json_types import Json

_TOKEN = re.compile(r"<(?P<sign>[@#!]?)(?P<target>[^<>|]+)(?:\|(?P<label>[^<>]*))?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def rich_text(text: str) -> list[Json]:
    """The blocks of a message with this text; `&`, `<` and `>` are entities in it, as always at Slack."""
    elements: list[Json] = []
    end = 0
    for token in _TOKEN.finditer(text):
        elements += _plain(text[end : token.start()])
        elements.append(_element(token["sign"], token["target"], token["label"]))
        end = token.end()
    elements += _plain(text[end:])
    section = {"type": "rich_text_section", "elements": elements}
    return fill_in([{"type": "rich_text", "elements": [section]}])


def _plain(text: str) -> list[Json]:
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return [{"type": "text", "text": text}] if text else []


def _element(sign: str, target: str, label: str | None) -> Json:
    if sign == "@":
        return {"type": "user", "user_id": target}
    if sign == "#":
        return {"type": "channel", "channel_id": target}
    if sign == "!" and target.startswith("subteam^"):
        return {"type": "usergroup", "usergroup_id": target.removeprefix("subteam^")}
    if sign == "!":
        return {"type": "broadcast", "range": target}
    return {"type": "link", "url": target, **({"text": label} if label else {})}

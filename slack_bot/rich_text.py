"""Slack's rich_text block, from which outside text cannot break out: its text elements are never parsed."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from slack_bot.clock import is_dated

Element: TypeAlias = dict[str, Any]
Line: TypeAlias = list[Element]


def text(value: str, *, bold: bool = False, code: bool = False) -> Element:
    """Words, shown as they are."""
    style = {name: True for name, wanted in (("bold", bold), ("code", code)) if wanted}
    element: Element = {"type": "text", "text": value}
    return element | {"style": style} if style else element


def user(user_id: str) -> Element:
    """A person, by the name each reader knows."""
    return {"type": "user", "user_id": user_id}


def group(group_id: str) -> Element:
    """A user group, by its handle."""
    return {"type": "usergroup", "usergroup_id": group_id}


def channel(channel_id: str) -> Element:
    """A channel, by its name."""
    return {"type": "channel", "channel_id": channel_id}


def link(url: str, label: str) -> Element:
    """A link with a label."""
    return {"type": "link", "url": url, "text": label}


def moment(at: int, fallback: str) -> Element:
    """A time in each reader's own zone, or ``fallback`` where no date can be written of it.

    ``at`` is in microseconds since 1970 UTC.
    """
    if not is_dated(at):
        return text(fallback)
    return {
        "type": "date",
        "timestamp": at // 1_000_000,
        "format": "{date_short_pretty} at {time}",
        "fallback": fallback,
    }


def line(*elements: Element) -> list[Element]:
    """One line's elements."""
    return list(elements)


def section(lines: Iterable[list[Element]]) -> Element:
    """Lines, one below the other."""
    elements: list[Element] = []
    for position, one in enumerate(lines):
        elements += [text("\n"), *one] if position else one
    return {"type": "rich_text_section", "elements": elements}


def quote(value: str) -> Element:
    """Somebody's own words."""
    return {"type": "rich_text_quote", "elements": [text(value)]}


def preformatted(value: str) -> Element:
    """Words with their own lines and spaces."""
    return {"type": "rich_text_preformatted", "elements": [text(value)]}


def block(block_id: str, *parts: Element) -> Element:
    """The block of these sections, quotes and preformatted words."""
    return {"type": "rich_text", "block_id": block_id, "elements": list(parts)}

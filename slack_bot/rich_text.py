"""Slack's rich_text block, from which outside text cannot break out: its text elements are never parsed."""

from collections.abc import Iterable
from typing import Any, TypeAlias

Element: TypeAlias = dict[str, Any]


def text(value: str, *, bold: bool = False, code: bool = False) -> Element:
    """Words, shown as they are."""
    style = {name: True for name, wanted in (("bold", bold), ("code", code)) if wanted}
    element: Element = {"type": "text", "text": value}
    return element | {"style": style} if style else element


def user(user_id: str) -> Element:
    """A person, by the name each reader knows."""
    return {"type": "user", "user_id": user_id}


def link(url: str, label: str) -> Element:
    """A link with a label."""
    return {"type": "link", "url": url, "text": label}


def moment(at: int, fallback: str) -> Element:
    """A time in each reader's own zone. ``at`` is in microseconds since 1970 UTC."""
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


def block(block_id: str, *parts: Element) -> Element:
    """The block of these sections and quotes."""
    return {"type": "rich_text", "block_id": block_id, "elements": list(parts)}

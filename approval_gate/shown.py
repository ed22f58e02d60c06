"""What people are shown of a program's values: JSON where it is JSON, else what repr() tells; nothing hidden."""

import json
import math
from collections.abc import Iterable, Mapping
from enum import Enum

from approval_gate.hidden import HIDDEN, Hidden
from approval_gate.json_text import LARGEST_WHOLE, JsonValue, canonical
from approval_gate.naming import unused
from approval_gate.plain import PLAIN

MOST_LETTERS = 2_000
"""Of one value's text; what is cut out is bound all the same."""
MOST_LETTERS_TOGETHER = 12_000
"""Of all values' texts: a gate takes bodies of 64 KiB."""
DEEPEST = 12
"""Levels of lists and dicts in each other; a gate reads 32, and nobody more than a few."""
NOTHING = Hidden()


def show(value: object, hidden: Hidden = NOTHING) -> JsonValue:
    """The value for people. Where something is hidden, an object is shown by its class: its repr() may tell it."""
    return _show(value, hidden, DEEPEST)


def _show(value: object, hidden: Hidden, levels: int) -> JsonValue:
    match value:
        case None | bool():
            return value
        case str():
            return show_text(value, hidden)
        case int() if abs(value) <= LARGEST_WHOLE:
            return HIDDEN if hidden.is_number(value) else int(value)
        case float() if math.isfinite(value):
            return HIDDEN if hidden.is_number(value) else float(value)
        case Enum():
            return show_text(f"{type(value).__qualname__}.{value.name}", hidden)
    if type(value) in PLAIN:
        return show_text(str(value), hidden)
    return _inside(value, hidden, levels - 1) if levels else _of_object(value, hidden)


def _inside(value: object, hidden: Hidden, levels: int) -> JsonValue:
    match value:
        case tuple() if hasattr(value, "_fields"):
            return _pairs(zip(value._fields, value, strict=True), hidden, levels)
        case list() | tuple():
            return [_show(one, hidden, levels) for one in value]
        case set() | frozenset():
            return sorted((_show(one, hidden, levels) for one in value), key=canonical)
        case dict():
            return _pairs(value.items(), hidden, levels)
    return _of_object(value, hidden)


def _pairs(pairs: Iterable[tuple[object, object]], hidden: Hidden, levels: int) -> dict[str, JsonValue]:
    """Two names that read the same are numbered."""
    shown: dict[str, JsonValue] = {}
    for name, one in pairs:
        text = _show(name, hidden, 0)
        read = unused(text if isinstance(text, str) else canonical(text).decode(), shown)
        shown[read] = HIDDEN if hidden.covers(name) else _show(one, hidden, levels)
    return shown


def show_text(text: str, hidden: Hidden = NOTHING) -> str:
    """The text, covered, and so that it can travel: without U+0000, which databases refuse, and half surrogates."""
    covered = hidden.cover(str.__str__(text))
    return covered if _can_travel(covered) else ascii(covered)


def _can_travel(text: str) -> bool:
    return not any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text)


def _of_object(value: object, hidden: Hidden) -> str:
    return show_text(class_of(value), hidden) if hidden else told(value)


def told(value: object) -> str:
    """What repr() tells of it; its class alone where repr() tells nothing, or fails."""
    if type(value).__repr__ is object.__repr__:
        return class_of(value)
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - whatever a stranger's repr() raises, the value is shown by its class
        return f"{class_of(value)[:-1]}, whose repr() fails>"
    partly = " (its repr() may leave something out)" if "..." in text or "…" in text else ""
    return show_text(text) + partly


def class_of(value: object) -> str:
    """The class of a value; of a class its own name."""
    kind = value if isinstance(value, type) else type(value)
    return f"<{'class ' if kind is value else ''}{kind.__module__}.{kind.__qualname__}>"


def cut(values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The values, out of those with long texts the middle cut, so that all of them together can be sent."""
    most = min(MOST_LETTERS, MOST_LETTERS_TOGETHER // max(1, len(values)))
    return {name: _cut(value, most) for name, value in values.items()}


def _cut(value: JsonValue, most: int) -> JsonValue:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= most:
        return value
    end = most // 2
    begin = most - end
    return f"{text[:begin]}… [{len(text) - most:,} characters not shown] …{text[len(text) - end :]}"

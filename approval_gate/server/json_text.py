"""JSON from outside, read strictly: whatever two readers could take differently is refused."""

import json
import math
from collections.abc import Iterator
from typing import NoReturn

from pydantic import JsonValue

DEEPEST = 32
"""Levels of lists and objects in each other."""
LARGEST_WHOLE = 2**53 - 1
"""RFC 7493: beyond it, readers that keep numbers as doubles see another one."""
LONGEST_NUMBER = 400
"""Digits; more than any double needs, and few enough to read quickly."""


class Unreadable(ValueError):
    """Not the JSON we take; the text follows the words "The body"."""


def parse(body: bytes) -> JsonValue:
    """The value. Raises `Unreadable`.

    Refused besides what is no JSON at all (RFC 8259): NaN, Infinity and numbers too large for a double, whole
    numbers that a double cannot hold, a name twice in one object, lone surrogates and U+0000 (which no
    PostgreSQL keeps), and more than `DEEPEST` levels.
    """
    try:
        value: JsonValue = json.loads(
            body.decode(),
            parse_int=_whole,
            parse_float=_finite,
            parse_constant=_no_constant,
            object_pairs_hook=_each_name_once,
        )
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise Unreadable(f"holds more than {DEEPEST} levels of lists and objects in each other") from error
    for text in _texts(value):
        _check_text(text)
    return value


def _whole(digits: str) -> int:
    number = int(digits) if len(digits) < LONGEST_NUMBER else LARGEST_WHOLE + 1
    if abs(number) > LARGEST_WHOLE:
        raise Unreadable(f"holds the number {_cut(digits)}, which loses digits in other programs: quote it")
    return number


def _finite(digits: str) -> float:
    number = float(digits) if len(digits) < LONGEST_NUMBER else math.inf
    if not math.isfinite(number):
        raise Unreadable(f"holds the number {_cut(digits)}, which is too large: quote it")
    return number


def _no_constant(name: str) -> NoReturn:
    raise Unreadable(f"holds {name}, which is not JSON")


def _each_name_once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"holds the name {_cut(json.dumps(twice))} twice in one object")
    return members


def _texts(value: JsonValue) -> Iterator[str]:
    """Every text in it, names included, level by level. Raises `Unreadable` where there are too many levels."""
    level: list[JsonValue] = [value]
    depth = 0
    while level:
        yield from (one for one in level if isinstance(one, str))
        yield from (name for one in level if isinstance(one, dict) for name in one)
        depth += any(isinstance(one, dict | list) for one in level)
        if depth > DEEPEST:
            raise Unreadable(f"holds more than {DEEPEST} levels of lists and objects in each other")
        level = [inner for one in level for inner in _inside(one)]


def _inside(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _check_text(text: str) -> None:
    if "\0" in text:
        raise Unreadable("holds the character U+0000, which not every database keeps")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unreadable(
            "holds half of a surrogate pair (\\ud800 to \\udfff), which is no character"
        ) from error


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"

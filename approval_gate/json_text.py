"""JSON text as the gate's clients read and write it, with the standard library alone."""

import json
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NoReturn, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

LARGEST_WHOLE = 2**53 - 1
"""RFC 7493: beyond it, readers that keep numbers as doubles see another one."""
MOST_DIGITS = 21
"""ECMA-262, 6.1.6.1.20: numbers of more digits before the point are written with an exponent."""


def parse(body: bytes) -> JsonValue:
    """The value of a complete JSON text. Raises ValueError or RecursionError.

    NaN and Infinity are refused, and so is a name that stands twice in one object: two readers could see two
    answers in it.
    """
    value: JsonValue = json.loads(
        body.decode(), parse_constant=_refuse_constant, object_pairs_hook=_each_name_once
    )
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _each_name_once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def canonical(value: object) -> bytes:
    """The one JSON text of a value by RFC 8785: no white space, names sorted, numbers as JavaScript writes them.

    Lists and tuples, dicts with text as keys, text, numbers, True, False and None have one. Raises TypeError for
    anything else, and ValueError for numbers that a double cannot hold and for half of a surrogate pair.
    """
    return _text(value, _number).encode()


def sendable(value: object) -> bytes:
    """The same, but with fractions and exponents left where they are.

    Written as JavaScript does it, 1e16 is a whole number, and one that readers of RFC 7493 refuse.
    """
    return _text(value, _as_python_writes).encode()


def _text(value: object, number: Callable[[float], str]) -> str:
    match value:
        case None | bool():
            return json.dumps(value)
        case str():
            return json.dumps(str.__str__(value), ensure_ascii=False)
        case int():
            return _whole(value)
        case float():
            return number(value)
        case list() | tuple():
            return f"[{','.join(_text(one, number) for one in value)}]"
        case Mapping():
            names = sorted(value, key=_in_utf16)
            return f"{{{','.join(f'{_text(name, number)}:{_text(value[name], number)}' for name in names)}}}"
    raise TypeError(f"a {type(value).__name__} is not JSON")


def _in_utf16(name: object) -> bytes:
    if not isinstance(name, str):
        raise TypeError(f"a {type(name).__name__} cannot be a name in JSON")
    return name.encode("utf-16-be")


def _whole(value: int) -> str:
    if abs(value) > LARGEST_WHOLE:
        raise ValueError(f"{value} loses digits in programs that keep numbers as doubles: pass it as text")
    return str(int(value))


def _as_python_writes(value: float) -> str:
    _number(value)
    return float.__repr__(value)


def _number(value: float) -> str:
    """As `Number::toString` of ECMA-262: the shortest digits that give this number, laid out by their exponent."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not JSON: pass it as text")
    if value == 0:
        return "0"
    _, parts, exponent = Decimal(repr(abs(value))).as_tuple()
    written = "".join(map(str, parts))
    digits = written.rstrip("0")
    point = len(written) + int(exponent)
    return ("-" if value < 0 else "") + _laid_out(digits, point)


def _laid_out(digits: str, point: int) -> str:
    """``point`` is how many of the digits stand before the decimal point."""
    if len(digits) <= point <= MOST_DIGITS:
        return digits.ljust(point, "0")
    if 0 < point <= MOST_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"

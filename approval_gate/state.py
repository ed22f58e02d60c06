"""The state of a program's values: written down to see whether they changed, copied to be run as they were.

An object is known by what pickle would keep of it: its attributes, unless its class says otherwise; and a dataclass
by all its fields. So are the objects in it. But one in it that holds something alive, such as a lock or a
connection, is known only by which one it is: it changes all the time, and is no part of what was asked.
"""

import dataclasses
import hashlib
import math
from collections import deque
from collections.abc import Callable, Collection, Iterable
from types import BuiltinFunctionType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any

from approval_gate.json_text import LARGEST_WHOLE, canonical
from approval_gate.plain import PLAIN

DEEPEST = 100
PROTOCOL = 4
"""Of pickle: the newest that keeps no buffers elsewhere."""
BY_THEMSELVES = (type, FunctionType, BuiltinFunctionType, ModuleType)
"""Known by which one they are: what is in them belongs to the program, not to the value."""
CONTENTS = (str, int, float, bytes, bytearray, memoryview, list, tuple, dict, set, frozenset)


def written(value: object, kept: list[object] | None = None) -> object:
    """The state as JSON: the same for the same state. Raises TypeError where it is nested without an end.

    It is comparable with another one for as long as ``kept`` is: into it goes what is known by itself.
    """
    return _Writing([] if kept is None else kept).whole(value)


class _Alive(Exception):
    """An object that nobody can write down."""


_Write = Callable[[object], object]


class _Writing:
    """One value's state. Objects are numbered, so that they may refer to each other, and written one by one."""

    def __init__(self, kept: list[object]) -> None:
        self._kept = kept
        self._numbers: dict[int, int] = {}
        self._alive: set[int] = set()
        self._waiting: deque[object] = deque()

    def whole(self, value: object) -> object:
        root = self._written(value, DEEPEST, self._numbered)
        bodies: list[object] = []
        while self._waiting:
            one = self._waiting.popleft()
            bodies.append([self._numbers[id(one)], self._body(one, bodies)])
        return [root, *bodies]

    def _body(self, value: object, bodies: list[object]) -> object:
        """An object that was passed itself: whatever it is, its attributes count."""

        def write(one: object) -> object:
            return self._written(one, DEEPEST, lambda inner: self._inner(inner, bodies))

        is_data = dataclasses.is_dataclass(value)
        fields = [self._written(_fields(value), DEEPEST, self._numbered)] if is_data else []
        try:
            return [*fields, self._kept_by_pickle(value, write)]
        except _Alive:
            return [*fields, write(attributes(value)), *map(write, _items(value)), id(value)]

    def _inner(self, value: object, bodies: list[object]) -> object:
        """An object in an object: with all that is in it, or, where something in it is alive, itself alone."""
        if dataclasses.is_dataclass(value):
            return self._numbered(value)
        known = len(self._numbers)
        if id(value) not in self._numbers and id(value) not in self._alive:
            try:
                bodies.extend(self._closed(value))
            except _Alive:
                while len(self._numbers) > known:
                    self._numbers.popitem()
                self._alive.add(id(value))
        if id(value) in self._alive:
            return ["alive", _kind(value), id(value)]
        return self._reference(value)

    def _closed(self, value: object) -> list[object]:
        """The object and all objects in it. Raises `_Alive`."""
        waiting: deque[object] = deque([value])
        self._number(value)
        bodies: list[object] = []

        def refer(one: object) -> object:
            if id(one) not in self._numbers:
                self._number(one)
                waiting.append(one)
            return self._reference(one)

        while waiting:
            one = waiting.popleft()
            body = self._kept_by_pickle(one, lambda part: self._written(part, DEEPEST, refer))
            bodies.append([self._numbers[id(one)], body])
        return bodies

    def _kept_by_pickle(self, value: object, write: _Write) -> object:
        """Raises `_Alive` where pickle refuses it."""
        fields = [write(_fields(value))] if dataclasses.is_dataclass(value) else []
        if _answers_anything(type(value)):
            return [write(attributes(value)), *fields, id(value)]
        if _leaves_out_what_is_alive(value):
            raise _Alive
        kept = _reduced(value)
        if isinstance(kept, str):
            return [kept, id(value)]
        return [*map(write, kept[:3]), *(write(list(one or ())) for one in kept[3:5]), *fields]

    def _numbered(self, value: object) -> object:
        if id(value) not in self._numbers:
            self._number(value)
            self._waiting.append(value)
        return self._reference(value)

    def _number(self, value: object) -> None:
        self._numbers[id(value)] = len(self._numbers)
        self._kept.append(value)

    def _reference(self, value: object) -> object:
        return ["object", _kind(value), self._numbers[id(value)]]

    def _written(self, value: object, levels: int, refer: _Write) -> object:
        if not levels:
            raise TypeError(f"it holds more than {DEEPEST} levels of lists and dicts in each other")

        def write(one: object) -> object:
            return self._written(one, levels - 1, refer)

        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, CONTENTS):
            more = {} if type(value) in CONTENTS else attributes(value)
            contents = _contents(value, write)
            return ["derived", _kind(value), contents, write(more)] if more else contents
        if type(value) in PLAIN:
            return ["plain", _kind(value), ascii(repr(value))]
        if isinstance(value, BY_THEMSELVES):
            self._kept.append(value)
            return ["itself", _kind(value), id(value)]
        return refer(value)


def _contents(value: object, write: _Write) -> object:
    match value:
        case str() | int() | float():
            return _plain(value)
        case list() | tuple():
            return [type(value).__name__, *map(write, value)]
        case dict():
            return ["dict", *([write(name), write(one)] for name, one in value.items())]
        case set() | frozenset():
            return ["set", *sorted(canonical(write(one)).decode() for one in value)]
        case bytes() | bytearray() | memoryview():
            return ["bytes", hashlib.sha256(bytes(value)).hexdigest()]
    raise TypeError(f"a {type(value).__name__} has no contents")


def _plain(value: str | int | float) -> object:
    if isinstance(value, str):
        return ["text", ascii(str.__str__(value))]
    if isinstance(value, int):
        return int(value) if abs(value) <= LARGEST_WHOLE else ["whole", str(int(value))]
    return ["number", repr(float(value))] if not math.isfinite(value) else float(value)


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _fields(value: object) -> dict[str, object]:
    """All attributes of a dataclass: its fields, and what it has besides."""
    return attributes(value) | {
        one.name: getattr(value, one.name, None)
        for one in dataclasses.fields(value)  # type: ignore[arg-type]  # it is a dataclass
    }


def _items(value: object) -> Iterable[object]:
    """What is in a collection that pickle refuses, such as the view of a dict."""
    if not isinstance(value, Collection):
        return ()
    return list(value.items()) if hasattr(value, "items") else list(value)


def _reduced(value: object) -> str | tuple[Any, ...]:
    try:
        return value.__reduce_ex__(PROTOCOL)
    except Exception as error:  # whatever a stranger raises there, pickle has no state of it
        raise _Alive from error


def _leaves_out_what_is_alive(value: object) -> bool:
    """Whether its class shows pickle but a part of it, and something alive is in the rest: then it is at work."""
    if not any("__getstate__" in vars(one) for one in type(value).__mro__[:-1]):
        return False
    return any(map(_is_alive, attributes(value).values()))


def _is_alive(value: object) -> bool:
    if isinstance(value, (*CONTENTS, *BY_THEMSELVES)) or _answers_anything(type(value)):
        return False
    try:
        _reduced(value)
    except _Alive:
        return True
    return False


def _answers_anything(kind: type) -> bool:
    """Asked how it is pickled, such an object may ask who knows where before anybody approved."""
    own = [vars(one).get("__getattribute__") for one in kind.__mro__]
    is_pickled_its_own_way = any(
        {"__reduce__", "__reduce_ex__"} & vars(one).keys() for one in kind.__mro__[:-1]
    )
    return not is_pickled_its_own_way and any(isinstance(one, FunctionType) for one in own)


def attributes(value: object) -> dict[str, object]:
    """What the object itself keeps, by the names of its attributes; empty where it keeps nothing in such."""
    kept: dict[str, object] = {}
    for kind in type(value).__mro__:
        slots = vars(kind).items() if "__slots__" in vars(kind) else ()
        for name, slot in slots:
            if isinstance(slot, MemberDescriptorType):
                kept |= _in_slot(name, slot, value)
    try:
        own: dict[str, object] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return kept
    return kept | dict(own)


def _in_slot(name: str, slot: MemberDescriptorType, value: object) -> dict[str, object]:
    try:
        return {name: slot.__get__(value)}
    except AttributeError:
        return {}


def copied(value: object) -> object:
    """The value with lists, tuples, dicts, sets and bytearrays of its own, at every level; objects are shared."""
    match value:
        case list() | tuple() | frozenset() if type(value) in (list, tuple, frozenset):
            return type(value)(copied(one) for one in value)
        case dict() if type(value) is dict:
            return {name: copied(one) for name, one in value.items()}
        case set() | bytearray() if type(value) in (set, bytearray):
            return value.copy()
    return value

"""The vocabulary in which Block Kit is written down here: small rules that say what is wrong with a value.

Every rule yields Slack's own words with a JSON pointer, such as
`must be less than 151 characters [json-pointer:/blocks/0/text/text]`. Slack publishes no schema; the words
are those its API was seen to answer in public issue threads.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

Object = Mapping[str, object]
Check = Callable[[Object, str], Iterator[str]]
"""Looks at a whole object whose fields are checked already: (object, its pointer) -> what is wrong."""


class Rule(Protocol):
    """What a value must be."""

    def problems(self, value: object, at: str) -> Iterator[str]:
        """What is wrong with `value`, which stands at the JSON pointer `at`."""
        ...


Fields = Mapping[str, Rule]
"""The fields of an object, by name."""


def found(words: str, at: str) -> str:
    """One problem in the form of Slack's `response_metadata.messages`, without its `[ERROR] `."""
    return f"{words} [json-pointer:{at}]"


@dataclass(frozen=True)
class String:
    """Text of `least` to `most` characters which matches `pattern`, if there is one."""

    most: int | None = None
    least: int = 1
    pattern: str | None = None
    words: str = "must match the documented format"

    def problems(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield found("must provide a string", at)
        elif len(value) < self.least:
            yield found(f"must be more than {self.least - 1} characters", at)
        elif self.most is not None and len(value) > self.most:
            yield found(f"must be less than {self.most + 1} characters", at)
        elif self.pattern is not None and re.fullmatch(self.pattern, value) is None:
            yield found(self.words, at)


@dataclass(frozen=True)
class Integer:
    """A whole number from `least` to `most`."""

    least: int | None = None
    most: int | None = None

    def problems(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield found("must provide an integer", at)
        elif self.least is not None and value < self.least:
            yield found(f"must be greater than {self.least - 1}", at)
        elif self.most is not None and value > self.most:
            yield found(f"must be less than {self.most + 1}", at)


@dataclass(frozen=True)
class Number:
    """A number, greater than `above` if that is given."""

    above: float | None = None

    def problems(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, int | float) or isinstance(value, bool):
            yield found("must provide a number", at)
        elif self.above is not None and value <= self.above:
            yield found(f"must be greater than {self.above:g}", at)


@dataclass(frozen=True)
class Boolean:
    """True or false."""

    def problems(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, bool):
            yield found("must provide a boolean", at)


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    values: frozenset[str]

    def problems(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield found("must provide a string", at)
        elif value not in self.values:
            yield found("must be a valid enum value", at)


@dataclass(frozen=True)
class Items:
    """An array of `least` to `most` items which all follow one rule."""

    rule: Rule
    most: int | None = None
    least: int = 1

    def problems(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield found("must provide an array", at)
            return
        if len(value) < self.least:
            yield found(f"must provide at least {self.least} items", at)
        if self.most is not None and len(value) > self.most:
            yield found(f"no more than {self.most} items allowed", at)
        for index, item in enumerate(value):
            yield from self.rule.problems(item, f"{at}/{index}")


@dataclass(frozen=True)
class Record:
    """An object with exactly these keys; `checks` look at how its fields go together."""

    required: Fields = field(default_factory=dict)
    optional: Fields = field(default_factory=dict)
    checks: tuple[Check, ...] = ()

    def problems(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield found("must provide an object", at)
            return
        for name in self.required:
            if name not in value:
                yield found(f"missing required field: {name}", at)
        for name, item in value.items():
            rule = self.required.get(name) or self.optional.get(name)
            if rule is None:
                yield found(f"invalid additional property: {name}", at)
            else:
                yield from rule.problems(item, f"{at}/{name}")
        for check in self.checks:
            yield from check(value, at)


@dataclass(frozen=True)
class Typed:
    """An object whose `type` says which record it is."""

    kinds: Mapping[str, Record]

    def problems(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield found("must provide an object", at)
        elif "type" not in value:
            yield found("missing required field: type", at)
        elif not isinstance(value["type"], str):
            yield found("must provide a string", f"{at}/type")
        elif value["type"] not in self.kinds:
            yield found(f"unsupported type: {value['type']}", f"{at}/type")
        else:
            rest = {name: item for name, item in value.items() if name != "type"}
            yield from self.kinds[value["type"]].problems(rest, at)

    def only(self, *names: str) -> "Typed":
        """The same, for a place that takes only some of the kinds."""
        return Typed({name: self.kinds[name] for name in names})


def words(*values: str) -> OneOf:
    """One of these words."""
    return OneOf(frozenset(values))


def exactly_one(*names: str) -> Check:
    """A check: one of these fields, and not two."""
    listed = " or ".join(f"`{name}`" for name in names)

    def check(value: Object, at: str) -> Iterator[str]:
        given = [name for name in names if name in value]
        if not given:
            yield found(f"must define either {listed}", at)
        elif len(given) > 1:
            yield found(f"must define only one of {listed}", at)

    return check


def at_least_one(*names: str) -> Check:
    """A check: at least one of these fields."""
    listed = " or ".join(f"`{name}`" for name in names)

    def check(value: Object, at: str) -> Iterator[str]:
        if not any(name in value for name in names):
            yield found(f"must define either {listed}", at)

    return check


def not_above(low: str, high: str) -> Check:
    """A check: where both are whole numbers, the field `low` is not above the field `high`."""

    def check(value: Object, at: str) -> Iterator[str]:
        least, most = value.get(low), value.get(high)
        if isinstance(least, int) and isinstance(most, int) and least > most:
            yield found(f"`{low}` must not be greater than `{high}`", f"{at}/{low}")

    return check


def unique(name: str, objects: list[tuple[object, str]]) -> Iterator[str]:
    """What is said twice: `objects` are (object, its pointer), of which no two may have the same `name`."""
    seen: set[str] = set()
    for item, at in objects:
        given = item.get(name) if isinstance(item, dict) else None
        if isinstance(given, str) and given in seen:
            yield found(f'`{name}` "{given}" already exists', f"{at}/{name}")
        elif isinstance(given, str):
            seen.add(given)


def listed(value: Object, name: str, at: str) -> list[tuple[object, str]]:
    """The items of the array `name` with their pointers; none if it is no array."""
    items = value.get(name)
    if not isinstance(items, list):
        return []
    return [(item, f"{at}/{name}/{index}") for index, item in enumerate(items)]

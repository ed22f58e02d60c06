"""How an approval's duration is written, by what a reference says of the body that carries it."""

import re
from dataclasses import dataclass

from pydantic import JsonValue

from upstream_client.privilege_manager import vocabulary
from upstream_client.privilege_manager.rows import fold
from upstream_client.privilege_manager.swagger import Property

ENDS_IN_A_UNIT = re.compile(r"(second|minute|hour|day)s?$")
BESIDE_A_DURATION = re.compile(r"(unit|type|kind)s?$")
PLAIN = re.compile(
    "(approval|approve|access|elevation|request|decision|answer|response|details|options|model|allowed|granted|valid)*"
    f"({'|'.join(vocabulary.DURATION)})?(for|in|after)?((second|minute|hour|day)s?)?"
)
"""A name, folded, of the time that an approval holds and of no other: "ReminderMinutes" is another."""
SAYS_UNIT = re.compile(r"\b(?:in|number of) (second|minute|hour|day)s\b")
MENTIONS_UNIT = re.compile(r"\b(minute|hour|day)s?\b")
MINUTES = ("minute", "minutes")
UNITS = {"unit", "units", "timeunit", "durationunit"}
ONE_TIME = re.compile(r"\b(one[- ]time|single[- ]use)\b")
NO_ONE_TIME = re.compile(r"\b(never|unlimited|for ?ever|permanent(ly)?|always|indefinite(ly)?|not|no)\b")
VALUE = re.compile(r"\b(null|0)\b")


@dataclass(frozen=True, slots=True)
class Coding:
    """How an approval's duration is written. ``sure``: name, format or description of the value say so.

    ``others`` could be the duration as well; ``is_odd``: the name could be that of another time. Neither is sure.
    """

    unit: str
    sure: bool
    name: str
    others: tuple[str, ...] = ()
    is_odd: bool = False


def coding_in(properties: tuple[Property, ...]) -> Coding | None:
    """Of several that could be the duration the one with the plainest name; None where there is none."""
    found = [one for one in properties if _is_duration(one)]
    if not found:
        return None
    best = min(found, key=_oddness)
    others = tuple(one.name for one in found if one is not best)
    is_odd = PLAIN.fullmatch(best.key) is None
    unit, told = _unit(best)
    if unit_beside(properties, best.name) is not None:
        unit, told = "minutes", not told or unit == "minutes"  # two that differ leave a doubt
    return Coding(unit, told and not others and not is_odd, best.name, others, is_odd)


def unit_beside(properties: tuple[Property, ...], name: str) -> tuple[str, JsonValue] | None:
    """Where the unit of the duration called ``name`` is asked for as the console does, and minutes there."""
    above, _, last = name.rpartition(".")
    names = {fold(last) + end for end in ("unit", "units", "type", "kind")} | UNITS
    for one in properties:
        values = [value for value, word in one.values if fold(word) in MINUTES]
        if one.name.rpartition(".")[0] == above and one.last in names and len(values) == 1:
            return one.name, values[0]
    return None


def one_time_in(about: str) -> tuple[JsonValue] | None:
    """The value, null or 0, that a description of the duration says stands for one time; None where it does not.

    A wrong value could mean "for ever", so a value that is said to mean that as well is none.
    """
    told, ruled_out = set[str](), set[str]()
    for clause in re.split("[.,;]", about.casefold()):
        values = set(VALUE.findall(clause))
        if NO_ONE_TIME.search(clause):
            ruled_out |= values
        elif ONE_TIME.search(clause):
            told |= values
    if len(told) != 1 or told & ruled_out:
        return None
    return (None if "null" in told else 0,)


def _is_duration(one: Property) -> bool:
    """A number may be named by its unit alone; a text hardly ("SecondaryApprover")."""
    if one.type not in ("integer", "number", "string", "") or one.values:
        return False
    if one.format in ("date-time", "date") or BESIDE_A_DURATION.search(one.key):
        return False
    by_unit = one.type in ("integer", "number") and ENDS_IN_A_UNIT.search(one.key) is not None
    return by_unit or _says_duration(one)


def _says_duration(one: Property) -> bool:
    return any(part in one.key for part in vocabulary.DURATION)


def _oddness(one: Property) -> tuple[bool, bool]:
    return PLAIN.fullmatch(one.key) is None, not _says_duration(one)


def _unit(one: Property) -> tuple[str, bool]:
    """The unit, and whether name, format or description tell it.

    A guess is the unit that the description mentions, else minutes, or .NET's TimeSpan where it is a text.
    """
    about = one.about.casefold()
    if one.type == "string":
        told = one.format in ("time-span", "timespan") or "hh:mm" in about
        return "timespan", told
    by_name = ENDS_IN_A_UNIT.search(one.last)
    if by_name:
        return f"{by_name[1]}s", True
    for pattern in (SAYS_UNIT, MENTIONS_UNIT):
        units = set(pattern.findall(about))
        if len(units) == 1:
            return f"{units.pop()}s", pattern is SAYS_UNIT
    return "minutes", False

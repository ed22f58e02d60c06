"""A selector of labels, as kubectl takes it: whether a workflow still has what was asked for. Pure.

kubernetes.io/docs/concepts/overview/working-with-objects/labels
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_TERM = re.compile(
    r"\s*(?:(?P<absent>!)\s*(?P<without>[A-Za-z0-9_./-]+)"
    r"|(?P<key>[A-Za-z0-9_./-]+)"
    r"(?:\s*(?P<sign>==?|!=)\s*(?P<value>[A-Za-z0-9_.-]*)"
    r"|\s+(?P<among>in|notin)\s*\((?P<values>[A-Za-z0-9_., -]*)\))?)\s*(?:,(?=.)|$)"
)


@dataclass(frozen=True, slots=True)
class _Term:
    """``values`` is None where the label has only to be there. ``is_not`` turns it round."""

    key: str
    values: frozenset[str] | None
    is_not: bool

    def holds(self, labels: Mapping[str, str]) -> bool:
        """A label that is not there has none of the values."""
        has = self.key in labels and (self.values is None or labels[self.key] in self.values)
        return has is not self.is_not


@dataclass(frozen=True, slots=True)
class Selector:
    """All its terms must hold; without one it fits everything."""

    terms: tuple[_Term, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of "team=payments,gate in (slack),!off". Raises ValueError for what is none."""
        terms, place = list[_Term](), 0
        while place < len(text):
            found = _TERM.match(text, place)
            if found is None:
                raise ValueError("is no selector of labels such as team=payments,gate in (slack)")
            terms.append(_term(found))
            place = found.end()
        return cls(tuple(terms))

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether something with these labels is chosen."""
        return all(term.holds(labels) for term in self.terms)


def _term(found: re.Match[str]) -> _Term:
    if found["absent"]:
        return _Term(found["without"], None, is_not=True)
    if found["among"]:
        values = frozenset(value.strip() for value in found["values"].split(","))
        return _Term(found["key"], values, is_not=found["among"] == "notin")
    if found["sign"]:
        return _Term(found["key"], frozenset((found["value"],)), is_not=found["sign"] == "!=")
    return _Term(found["key"], None, is_not=False)

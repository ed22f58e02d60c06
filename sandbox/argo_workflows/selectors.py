"""Selectors as Kubernetes has them: of labels for a list, of fields for one step. Pure.

kubernetes.io/docs/concepts/overview/working-with-objects/labels; "in" and "notin" are not understood here.
"""

import re
from collections.abc import Mapping

_TERM = re.compile(r"(?P<not>!)?(?P<key>[A-Za-z0-9_./-]+)(?:(?P<sign>==|=|!=)(?P<value>[A-Za-z0-9_.-]*))?")


def matches(selector: str, fields: Mapping[str, str]) -> bool:
    """Whether all its terms hold. Raises ValueError for what is none."""
    return all(_holds(term.strip(), fields) for term in selector.split(",") if term.strip())


def _holds(term: str, fields: Mapping[str, str]) -> bool:
    found = _TERM.fullmatch(term)
    if found is None or (found["not"] and found["sign"]):
        raise ValueError(f"unable to parse requirement: {term}")
    if found["sign"] is None:
        return (found["key"] in fields) is not bool(found["not"])
    is_equal = fields.get(found["key"]) == found["value"]
    return is_equal is not (found["sign"] == "!=")

"""The items of a list, whether they come as objects or as the rows of a report.

A report's row holds its values by position; the report's columns tell their names. The vendor shows
`{"Columns": [{"title": "Computer Name", …}], "Data": [["PC-1", …]]}`, bare or in an envelope.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from pydantic import JsonValue

NAMES_OF_A_COLUMN = ("title", "columnname", "field")
LOOKED_AT = 50
"""Items of a list that are searched for names: some have what others leave out."""
DEEPEST = 2


@lru_cache(maxsize=1024)
def fold(name: str) -> str:
    """A name as names are compared: "Computer Name", "computer_name" and "ComputerName" are one."""
    return "".join(name.replace("_", " ").split()).casefold()


def folded(item: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The same by folded names; of two that are one then, the first."""
    return {fold(key): value for key, value in reversed(item.items())}


def items_of(result: JsonValue) -> list[JsonValue] | None:
    """The items, as objects; None where this is no list.

    A row that has more or fewer values than the report has columns stays a row: nobody can tell what its
    values mean.
    """
    if isinstance(result, list):
        return result
    parts = folded(result) if isinstance(result, dict) else {}
    rows, columns = parts.get("data"), parts.get("columns")
    if not isinstance(rows, list):
        return None
    titles = list(_titles(columns)) if isinstance(columns, list) else []
    return [_as_object(titles, row) for row in rows]


def names_in(result: JsonValue) -> list[str]:
    """What a list calls the parts of its items, with dots where they lie deeper; a report does while empty too."""
    parts = folded(result) if isinstance(result, dict) else {}
    columns = parts.get("columns")
    names = dict.fromkeys(_titles(columns) if isinstance(columns, list) else ())
    for item in (items_of(result) or [])[:LOOKED_AT]:
        names |= dict.fromkeys(_leaves(item, ""))
    return [name for name in names if not name.startswith("$")]


def _leaves(item: JsonValue, above: str) -> Iterator[str]:
    for key, value in item.items() if isinstance(item, dict) else ():
        if isinstance(value, dict) and above.count(".") < DEEPEST:
            yield from _leaves(value, f"{above}{key}.")
        elif not key.startswith("$"):
            yield above + key


def _as_object(titles: list[str], row: JsonValue) -> JsonValue:
    if isinstance(row, list) and len(row) == len(titles):
        return dict(zip(titles, row, strict=True))
    return row


def _titles(columns: Iterable[JsonValue]) -> Iterator[str]:
    """Each column's name; a name that came before gets its number, so that no value is lost under it."""
    taken = set[str]()
    for number, column in enumerate(columns, 1):
        title = _title(column) or f"Column {number}"
        title = f"{title} ({number})" if fold(title) in taken else title
        taken.add(fold(title))
        yield title


def _title(column: JsonValue) -> str:
    parts = folded(column) if isinstance(column, dict) else {}
    names = (parts.get(key) for key in NAMES_OF_A_COLUMN)
    return next((name for name in names if isinstance(name, str) and name.strip()), "")

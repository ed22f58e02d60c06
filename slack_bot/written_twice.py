"""Keys that stand twice in one object of a JSON text: readers keep the last one and say nothing. Pure."""

import json
from collections import Counter
from collections.abc import Iterator


class _Object(dict[str, object]):
    """An object that knows which of its keys were written more than once."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self.twice = [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]


def written_twice(text: str | bytes) -> list[tuple[str, str]]:
    """Each such key behind the place of its object: ("channels.0", "approvals"), ("", …) for the outermost.

    Nothing for what is no JSON: its reader says so.
    """
    try:
        return list(_found(json.loads(text, object_pairs_hook=_Object), ()))
    except (ValueError, RecursionError):
        return []


def _found(value: object, place: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, _Object):
        yield from ((".".join(place), key) for key in value.twice)
        for key, inner in value.items():
            yield from _found(inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _found(inner, (*place, str(number)))

"""What is never shown: values by their names, and the texts of these values wherever they stand in others."""

import json
from collections.abc import Collection, Iterator
from enum import Enum

from approval_gate.json_text import canonical
from approval_gate.plain import PLAIN
from approval_gate.state import CONTENTS, attributes

HIDDEN = "(redacted)"
SHORTEST_SECRET = 4
"""Characters; shorter texts of hidden values stand in others by chance."""


class Hidden:
    """``names`` are those that are never shown. ``values`` are theirs: no text of them is shown either.

    Texts are covered as they are, and as repr(), ascii() and JSON write them. It is false where nothing is hidden.
    """

    def __init__(self, names: Collection[str] = (), values: Collection[object] = ()) -> None:
        self._names = frozenset(names)
        found = {text for value in values for text in _texts(value)}
        secrets = {text for text in found if len(text.strip()) >= SHORTEST_SECRET}
        self._spellings = frozenset(spelling for secret in secrets for spelling in _spellings(secret))

    def __bool__(self) -> bool:
        return bool(self._names)

    def covers(self, name: object) -> bool:
        """Whether what stands under this name, of whatever type, is not to be shown."""
        if isinstance(name, Enum):
            return name.name in self._names or self.covers(name.value)
        if isinstance(name, bytes):
            return name.decode(errors="replace") in self._names
        return isinstance(name, str) and name in self._names

    def cover(self, text: str) -> str:
        """The text without any of the hidden ones."""
        covered = ""
        end = 0
        for start, stop in _joined(sorted(self._places(text))):
            covered += text[end:start] + HIDDEN
            end = stop
        return covered + text[end:]

    def is_number(self, number: float) -> bool:
        """Whether this very number is hidden."""
        return not self._spellings.isdisjoint((str(number), canonical(number).decode()))

    def found_under_names(self, value: object) -> list[object]:
        """What stands in the value under a hidden name."""
        found: list[object] = []
        for one in _everything(value, 0):
            pairs = one if isinstance(one, dict) else {}
            found += [inner for name, inner in pairs.items() if self.covers(name)]
            fields = getattr(one, "_fields", ()) if isinstance(one, tuple) else ()
            found += [inner for name, inner in zip(fields, _items(one), strict=False) if self.covers(name)]
        return found

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        for spelling in self._spellings:
            start = text.find(spelling)
            while start >= 0:
                yield start, start + len(spelling)
                start = text.find(spelling, start + 1)


def _joined(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places, in order, those that overlap made one: nothing between two secrets is left over."""
    joined: list[tuple[int, int]] = []
    for start, stop in places:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((start, stop))
    return joined


def _everything(value: object, objects: int) -> Iterator[object]:
    """The value and all that is in it. Objects are opened ``objects`` deep: further in lie programs."""
    seen: dict[tuple[int, int], object] = {}
    waiting = [(value, objects)]
    while waiting:
        one, left = waiting.pop()
        if (id(one), left) in seen:
            continue
        seen[id(one), left] = one  # kept, or another could come to have its id
        yield one
        waiting.extend((inner, left) for inner in _items(one))
        if left and not isinstance(one, (*CONTENTS, type)) and type(one) not in PLAIN:
            waiting.extend((inner, left - 1) for inner in attributes(one).values())


def _items(value: object) -> list[object]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return list(value) if isinstance(value, list | tuple | set | frozenset) else []


def _texts(value: object) -> Iterator[str]:
    """The texts and numbers of a hidden value."""
    for one in _everything(value, 1):
        if isinstance(one, str):
            yield str.__str__(one)
        elif isinstance(one, bytes | bytearray | memoryview):
            whole = bytes(one)
            yield from (whole.decode(errors="surrogateescape"), repr(whole)[2:-1])
            yield whole.hex() if len(whole) >= SHORTEST_SECRET else ""
        elif isinstance(one, int | float) and not isinstance(one, bool):
            yield from {str(one), *_whole(one)}
        elif type(one) in PLAIN:
            yield str(one)


def _whole(number: float) -> set[str]:
    """4111.0 may stand as 4111 elsewhere."""
    return {str(int(number))} if isinstance(number, float) and number.is_integer() else set()


def _in_bytes(letter: str) -> str:
    return repr(letter.encode(errors="surrogatepass"))[1:]


def _spellings(text: str) -> set[str]:
    """As it stands in what programs write of it; repr() escapes a ' only where there is a \" too."""
    spelled = {text}
    for spell in (repr, ascii, _in_bytes):
        letters = [spell(one)[1:-1] for one in text]
        spelled |= {"".join(letters), "".join(rf"\{one}" if one == "'" else one for one in letters)}
    for only_ascii in (True, False):
        once = json.dumps(text, ensure_ascii=only_ascii)[1:-1]
        spelled |= {once, json.dumps(once, ensure_ascii=only_ascii)[1:-1]}
    return spelled

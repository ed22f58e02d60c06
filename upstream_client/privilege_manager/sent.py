"""What a decision always sends, whichever the request: by this a server tells a deny from an approve."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from pydantic import JsonValue

from upstream_client.privilege_manager.rows import fold

SAYS_YES = re.compile(r"approve(-?request)?")
"""Of a path its last step, folded."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A call without the values that differ from request to request. ``path`` still has {request_id}."""

    method: str
    path: str
    body: JsonValue

    @property
    def address(self) -> tuple[bool, str]:
        """As IIS compares paths: in any case, encoded or not, with or without slashes more.

        Of the methods only DELETE is another thing: a server may take the same call by POST, PUT and PATCH.
        """
        path = unquote(self.path.partition("?")[0]).casefold()
        return self.method == "DELETE", re.sub("/+", "/", path).rstrip("/")

    @property
    def says_yes(self) -> bool:
        """Whether the path's own last step is that of an approve."""
        steps = [step for step in self.address[1].split("/") if not step.startswith("{")]
        return bool(steps) and SAYS_YES.fullmatch(fold(steps[-1])) is not None

    @property
    def values(self) -> dict[str, str]:
        """What stands behind the ? and in the body, by its place, as it is compared."""
        query = parse_qsl(self.path.partition("?")[2], keep_blank_values=True)
        behind = {f"?{fold(name)}": _folded(value) for name, value in query if "{" not in value}
        return behind | dict(_leaves(self.body, ""))


def is_told_apart(deny: Sent, approve: Sent) -> bool:
    """Whether a server that takes ``approve`` cannot take ``deny`` for one.

    At another address it cannot, unless that says approve itself. At the same, deny has every value of approve's
    and one of them is another: what it leaves out could stand for yes.
    """
    if deny.address != approve.address and not deny.says_yes:
        return True
    theirs, ours = approve.values, deny.values
    return theirs.keys() <= ours.keys() and any(ours[key] not in ("", value) for key, value in theirs.items())


def _leaves(value: JsonValue, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{place}.{fold(key)}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{place}.{number}")
    else:
        yield place, _folded("" if value is None else str(value))


def _folded(text: str) -> str:
    """True, "true" and " TRUE" are one to a server."""
    return text.strip().casefold()

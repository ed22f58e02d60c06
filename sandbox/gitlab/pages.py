"""One page of a list, with the headers that GitLab sends (docs.gitlab.com/api/rest/#pagination). Pure."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from pydantic import JsonValue

Told = dict[str, JsonValue]
MOST = 100


def page(
    items: Sequence[Told], query: Mapping[str, str], url: str, most: int = MOST
) -> tuple[list[Told], dict[str, str]]:
    """The items of the page that ``query`` asks for, and the headers. ``url``: of the list, without a query.

    ``most``: so many at once, however many are asked for.
    """
    size = min(int(query.get("per_page", "20")), most)
    if query.get("pagination") == "keyset":
        return _by_keyset(items, query, url, size)
    number = int(query.get("page", "1"))
    found = list(items[(number - 1) * size : number * size])
    more = number * size < len(items)
    links = [_link(url, query, "first", page="1")]
    if more:
        links.insert(0, _link(url, query, "next", page=str(number + 1)))
    return found, {
        "Link": ", ".join(links),
        "X-Page": str(number),
        "X-Per-Page": str(size),
        "X-Next-Page": str(number + 1) if more else "",
    }


def _by_keyset(
    items: Sequence[Told], query: Mapping[str, str], url: str, size: int
) -> tuple[list[Told], dict[str, str]]:
    """Behind the id in ``cursor``; items are sorted by id, the newest first."""
    after = int(query["cursor"]) if "cursor" in query else None
    rest = [one for one in items if after is None or _id(one) < after]
    found = rest[:size]
    if len(rest) <= size:
        return found, {}
    return found, {"Link": _link(url, query, "next", cursor=str(_id(found[-1])))}


def _id(one: Told) -> int:
    number = one["id"]
    return number if isinstance(number, int) else 0


def _link(url: str, query: Mapping[str, str], rel: str, **more: str) -> str:
    return f'<{url}?{urlencode({**query, **more})}>; rel="{rel}"'

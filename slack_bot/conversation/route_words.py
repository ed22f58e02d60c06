"""Routes in words, as people are told of them. Pure; mrkdwn."""

from collections.abc import Collection, Sequence

from slack_bot.answers import listed
from slack_bot.plain_text import cut, escaped, in_line
from slack_bot.routes import Route
from slack_bot.written_route import NumberedRoute

LONGEST_PATTERN = 80
MOST_TOLD = 30
"""Routes in one message."""
NONE = "No route is set: I post every request in every registered channel."
EXISTING_STAY = "Cards that stand already stay where they are."
NO_DEFAULT = (
    "⚠️ There is no default channel: I post what fits no route nowhere, and ask nobody. Set SLACK_CHANNEL, or "
    "`default_channel` in channels.json."
)


def requests_of(route: Route) -> str:
    """Which requests a route fits, as it could be written: "upstream `gate`, risk high or critical"."""
    said = [("upstream", route.upstream), *route.facts, ("requester", route.requester)]
    parts = [f"{_plain(key)} {_pattern(value)}" for key, value in said if value]
    if route.risks:
        parts.append(f"risk {' or '.join(risk.value for risk in route.risks)}")
    return ", ".join(parts) or "all requests"


def channels_of(route: Route, usable: Collection[str]) -> str:
    """Where it leads, and what is wrong with that."""
    named = listed([f"<#{one}>" for one in route.channels])
    missing = [one for one in route.channels if one not in usable]
    if not missing:
        return named
    if len(missing) == len(route.channels):
        return f"{named} (⚠️ not registered: I post these nowhere)"
    return f"{named} ({listed([f'<#{one}>' for one in missing])} not registered)"


def all_of(declared: Sequence[Route], kept: Sequence[NumberedRoute], usable: Collection[str]) -> list[str]:
    """A line for each route, in the order in which they are tried."""
    lines = [f"• channels.json: {requests_of(one)} → {channels_of(one, usable)}" for one in declared]
    lines += [
        f"• {one.number}: {requests_of(one.route)} → {channels_of(one.route, usable)}"
        + (f" (set by <@{one.set_by}>)" if one.set_by else "")
        for one in kept
    ]
    more = len(lines) - MOST_TOLD
    return lines if more <= 0 else [*lines[:MOST_TOLD], f"… and {more} more."]


def default(channel: str, *, is_usable: bool) -> str:
    """Where goes what fits no route."""
    if not channel:
        return NO_DEFAULT
    if not is_usable:
        return (
            f"⚠️ What fits no route goes to the default channel <#{channel}>, which is not registered: I post that "
            "nowhere, and ask nobody."
        )
    return f"What fits no route goes to the default channel <#{channel}>."


def hidden(earlier: str) -> str:
    """For whoever wants a route that would never be taken; ``earlier`` says which one comes first."""
    return (
        f"The route {earlier} comes first and fits all of these, so this one would never be taken: I changed "
        "nothing. Remove that one first, or name all channels in one route: `route here #channel …`."
    )


def added(route: NumberedRoute) -> str:
    """For whoever set it."""
    named = listed([f"<#{one}>" for one in route.route.channels])
    return f"Route {route.number} is set: requests with {requests_of(route.route)} go to {named} alone."


def removed(route: NumberedRoute) -> str:
    """For whoever removed it."""
    return f"Route {route.number} is removed: requests with {requests_of(route.route)}."


def announced(route: Route, by: str, *, begins: bool) -> str:
    """For everybody in its channels."""
    what = requests_of(route)
    if begins:
        named = listed([f"<#{one}>" for one in route.channels])
        return f"From now on I post requests with {what} in {named} alone. <@{by}> has set this."
    return f"From now on there is no route any more for requests with {what}. <@{by}> has set this."


def _plain(text: str) -> str:
    return escaped(cut(in_line(text), LONGEST_PATTERN))


def _pattern(text: str) -> str:
    """As code, in which stars are stars."""
    return f"`{_plain(text).replace('`', chr(39))}`"

"""Which requests go to which channels: told, and changed by admins."""

from collections.abc import Sequence
from dataclasses import replace

from slack_bot import answers
from slack_bot.audit import Kind
from slack_bot.commands import HERE
from slack_bot.conversation import as_json, route_words
from slack_bot.conversation.admins import require_admin
from slack_bot.conversation.asked import Announcement, Asked, Change, Reply
from slack_bot.conversation.changing import Done, carry_out, is_begun
from slack_bot.conversation.outsiders import refuse_outsiders
from slack_bot.conversation.places import refuse_unread
from slack_bot.refusal import No
from slack_bot.routes import Route
from slack_bot.written_route import NumberedRoute, StoredRoutes

ROUTES = "routes"
"""What is changed, in the audit log: all of them, for their order counts."""


def tell(asked: Asked) -> Reply:
    """All routes, and where goes what fits none. Raises `No`, `slack_bot.directory.Busy`."""
    refuse_outsiders(asked)
    desk = asked.desk
    lines = route_words.all_of(desk.routes.declared, desk.routes.numbered, _registered(asked))
    told = (
        ["The first route that fits a request holds:", *lines, _default(asked)]
        if lines
        else [route_words.NONE]
    )
    return Reply("\n".join([*told, *what_is_wrong(asked)]))


def what_is_wrong(asked: Asked) -> list[str]:
    """That the routes cannot be read, and what that means."""
    routes = asked.desk.routes
    return [answers.routes_unread(routes.trouble, holds_up=bool(routes.unsure))] if routes.trouble else []


def in_short(asked: Asked) -> list[str]:
    """How many routes there are, and where goes what fits none; nothing where there are none."""
    count = len(asked.desk.routes.routes.rules)
    if not count:
        return []
    many = "1 route sends" if count == 1 else f"{count} routes send"
    return [f"{many} requests to channels: see `route list`. {_default(asked)}"]


def leads_to(asked: Asked, channel: str) -> bool:
    """Whether some route leads there, or what fits none goes there."""
    routes = asked.desk.routes.routes
    named = {one for route in routes.rules for one in route.channels}
    return channel in named or (bool(routes.rules) and channel == asked.desk.channels.default_id)


def add(asked: Asked, wanted: Route) -> Reply:
    """One more route, behind all others. Raises `No`, `slack_bot.directory.Busy`."""
    route = replace(wanted, channels=_channels(asked, wanted))
    require_admin(asked)
    known = asked.desk.routes.numbered
    own = next((one for one in known if _is_own_work(asked, one)), None)
    if own is not None:
        return _added(asked, own, _keep(asked, known, known))
    _refuse_unread_routes(asked)
    _refuse_hidden(asked, route)
    number = max((one.number for one in known), default=0) + 1
    new = NumberedRoute(number, route, asked.user, asked.item.received_at)
    return _added(asked, new, _keep(asked, known, (*known, new)))


def remove(asked: Asked, number: int) -> Reply:
    """The route with this number is no more. Raises `No`, `slack_bot.directory.Busy`."""
    require_admin(asked)
    gone, done = _take_out(asked, number)
    words = [route_words.removed(gone), _what_is_left(asked), route_words.EXISTING_STAY, *done.caveats]
    lines = _announced(asked, gone.route, begins=False, everywhere=not asked.desk.routes.routes.rules)
    return Reply(" ".join(words), changes=done.changes, announcements=lines)


def _take_out(asked: Asked, number: int) -> tuple[NumberedRoute, Done]:
    """The route that is gone then; where that was done before a crash, of what the item has on record."""
    known = asked.desk.routes.numbered
    gone = _numbered(known, number)
    if gone is not None:
        _refuse_unread_routes(asked)
        return gone, _keep(asked, known, tuple(one for one in known if one is not gone))
    if is_begun(asked):
        done = _keep(asked, known, known)
        before = StoredRoutes.model_validate({"routes": done.changes[0].before}).numbered()
        gone = _numbered(before, number)
    if gone is None:
        _refuse_unread_routes(asked)
        raise No("no such route", f"There is no route {number} that was set in Slack. See `route list`.")
    return gone, done


def _numbered(routes: Sequence[NumberedRoute], number: int) -> NumberedRoute | None:
    return next((one for one in routes if one.number == number), None)


def _channels(asked: Asked, wanted: Route) -> tuple[str, ...]:
    """Ids of registered channels. Raises `No`."""
    if HERE in wanted.channels and not asked.channel:
        raise No("no channel named", answers.WHICH_CHANNEL)
    named = (asked.channel if one == HERE else one for one in wanted.channels)
    channels = tuple(dict.fromkeys(named))
    registered = _registered(asked)
    for one in channels:
        if one not in registered:
            refuse_unread(asked)
            raise No("channel not registered", f"<#{one}> is not registered, so no route can lead there.")
    return channels


def _registered(asked: Asked) -> frozenset[str]:
    return frozenset(one.id for one in asked.desk.channels.all())


def _is_own_work(asked: Asked, one: NumberedRoute) -> bool:
    """Whether this very item set it, before a crash."""
    return (one.set_by, one.set_at) == (asked.user, asked.item.received_at)


def _refuse_unread_routes(asked: Asked) -> None:
    if wrong := what_is_wrong(asked):
        raise No(
            "state cannot be read", f"{wrong[0]} So I changed nothing: please ask again when that is mended."
        )


def _refuse_hidden(asked: Asked, route: Route) -> None:
    desk = asked.desk
    if any(one.hides(route) for one in desk.routes.declared):
        raise No("route would never be taken", route_words.hidden("of channels.json"))
    first = next((one.number for one in desk.routes.numbered if one.route.hides(route)), None)
    if first is not None:
        raise No("route would never be taken", route_words.hidden(str(first)))


def _keep(asked: Asked, before: tuple[NumberedRoute, ...], after: tuple[NumberedRoute, ...]) -> Done:
    wish = Change(Kind.ROUTES_CHANGED, ROUTES, as_json.routes(before), as_json.routes(after))
    return carry_out(asked, wish, lambda: asked.desk.routes.put(before, after), stands=before == after)


def _added(asked: Asked, new: NumberedRoute, done: Done) -> Reply:
    words = [
        route_words.added(new),
        _default(asked),
        route_words.EXISTING_STAY,
        *_unconnected(asked, new.route),
    ]
    is_first = len(asked.desk.routes.routes.rules) == 1
    lines = _announced(asked, new.route, begins=True, everywhere=is_first)
    return Reply(" ".join([*words, *done.caveats]), changes=done.changes, announcements=lines)


def _unconnected(asked: Asked, route: Route) -> list[str]:
    if route.upstream in ("", *asked.desk.upstreams):
        return []
    return [f"I am not connected to `{route.upstream}`, so nothing takes this route for now."]


def _what_is_left(asked: Asked) -> str:
    return _default(asked) if asked.desk.routes.routes.rules else route_words.NONE


def _default(asked: Asked) -> str:
    channels = asked.desk.channels
    return route_words.default(channels.default_id, is_usable=channels.default is not None)


def _announced(asked: Asked, route: Route, *, begins: bool, everywhere: bool) -> tuple[Announcement, ...]:
    """For everybody in its channels; where it is the first or the last one, in all of them."""
    registered = [one.id for one in asked.desk.channels.all()]
    words = route_words.announced(route, asked.user, begins=begins)
    return tuple(Announcement(one, words) for one in registered if everywhere or one in route.channels)

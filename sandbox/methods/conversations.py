"""conversations.*: what a bot sees of channels and their history."""

from itertools import islice

from sandbox.arguments import Arguments
from sandbox.errors import SlackError, invalid_arguments
from sandbox.json_types import Json
from sandbox.messages import Bound
from sandbox.methods.pages import cursor, page, position
from sandbox.scopes import Token
from sandbox.slack import Slack
from sandbox.workspace import Channel

KINDS = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
"""Slack's `types`, and the scope family that opens each."""


def visible_channel(slack: Slack, channel_id: str) -> Channel:
    """A channel by id. Raises `channel_not_found`, for a private one without the bot too."""
    channel = slack.workspace.channels.get(channel_id)
    bot = slack.workspace.bot.id
    if channel is None or (channel.is_private and bot not in channel.members):
        raise SlackError("channel_not_found")
    return channel


def info(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.info"""
    channel = visible_channel(slack, arguments.text("channel"))
    token.require_for(channel, "read")
    shown = channel.channel_object(slack.workspace.bot.id)
    if arguments.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


def wanted_channels(slack: Slack, token: Token, arguments: Arguments) -> list[Channel]:
    """The channels of the asked-for `types` that the bot may see. Raises `missing_scope` for any it may not."""
    wanted = arguments.words("types") or ["public_channel"]
    unknown = set(wanted) - set(KINDS)
    if unknown:
        raise SlackError("invalid_types")
    families = {KINDS[kind] for kind in wanted}
    if token.opens(families, "read") != families:
        token.require(*(f"{family}:read" for family in sorted(families - token.opens(families, "read"))))
    bot = slack.workspace.bot.id
    return [
        channel
        for channel in slack.workspace.channels.values()
        if channel.scope_family in families
        and not (channel.is_private and bot not in channel.members)
        and not (channel.is_archived and arguments.flag("exclude_archived"))
    ]


def listed(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.list: public channels, and the bot's private ones."""
    bot = slack.workspace.bot.id
    shown, metadata = page(wanted_channels(slack, token, arguments), arguments)
    channels = [channel.channel_object(bot) | {"num_members": len(channel.members)} for channel in shown]
    return {"channels": channels, "response_metadata": metadata}


def members(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.members"""
    channel = visible_channel(slack, arguments.text("channel"))
    token.require_for(channel, "read")
    shown, metadata = page(channel.members, arguments)
    return {"members": shown, "response_metadata": metadata}


def opened(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.open, for a direct conversation with one person."""
    token.require("im:write")
    users = arguments.words("users")
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        raise invalid_arguments("the sandbox opens conversations with one person only [json-pointer:/users]")
    user = slack.workspace.users.get(users[0])
    if user is None:
        raise SlackError("user_not_found")
    if user.deleted:
        raise SlackError("user_disabled")
    known = "D" + user.id[1:] in slack.workspace.channels
    channel = slack.workspace.direct_channel(user.id)
    flags = {"no_op": known, "already_open": known} if known else {}
    if arguments.flag("return_im"):
        return {**flags, "channel": channel.channel_object(slack.workspace.bot.id)}
    return {**flags, "channel": {"id": channel.id}}


def readable_channel(slack: Slack, token: Token, arguments: Arguments) -> Channel:
    """A channel whose history the bot may read. Raises `missing_scope` or `not_in_channel` besides."""
    channel = visible_channel(slack, arguments.text("channel"))
    token.require_for(channel, "history")
    if slack.workspace.bot.id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def history(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.history: newest first."""
    channel = readable_channel(slack, token, arguments)
    limit = arguments.number("limit", 100, 999)
    found = slack.messages.newest_first(channel.id, *_bounds(arguments))
    messages = list(islice(found, limit + 1))
    shown = messages[:limit]
    answer: Json = {
        "messages": [message.as_slack(arguments.flag("include_all_metadata")) for message in shown],
        "has_more": len(messages) > limit,
        "pin_count": 0,
    }
    if answer["has_more"]:
        following = shown[-1].ts.replace(".", "")
        answer["response_metadata"] = {"next_cursor": cursor(f"next_ts:{following}")}
    return answer


def _bounds(arguments: Arguments) -> tuple[Bound, Bound]:
    """(oldest, latest); a cursor continues before the last message of the page it came with."""
    oldest, latest = arguments.text("oldest"), arguments.text("latest")
    for name, value in (("oldest", oldest), ("latest", latest)):
        if value and not value.replace(".", "", 1).isdigit():
            raise SlackError(f"invalid_ts_{name}")
    after = position(arguments.text("cursor"), "next_ts")
    inclusive = arguments.flag("inclusive")
    first = Bound(_padded(oldest), inclusive)
    return first, Bound(f"{after[:-6]}.{after[-6:]}") if after else Bound(_padded(latest), inclusive)


def _padded(ts: str) -> str:
    """Clients may say `1700000000` or `1700000000.5`; compared as text, all need six digits."""
    seconds, _, fraction = ts.partition(".")
    return f"{seconds.rjust(10, '0')}.{fraction[:6].ljust(6, '0')}" if ts else ""


def replies(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/conversations.replies: the parent, then its replies, oldest first."""
    channel = readable_channel(slack, token, arguments)
    thread = slack.messages.thread(channel.id, arguments.text("ts"))
    if not thread:
        raise SlackError("thread_not_found")
    shown, metadata = page(thread, arguments)
    records = [message.as_slack(arguments.flag("include_all_metadata")) for message in shown]
    more = bool(metadata["next_cursor"])
    return {"messages": records, "has_more": more, "response_metadata": metadata}

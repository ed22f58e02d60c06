"""chat.*: post, update, delete, and the link to a message."""

from sandbox.arguments import Arguments
from sandbox.drafts import Draft
from sandbox.errors import RateLimited, SlackError
from sandbox.json_types import Json
from sandbox.messages import Message
from sandbox.methods.conversations import visible_channel
from sandbox.scopes import Token
from sandbox.slack import Slack
from sandbox.workspace import Channel


def postable_channel(slack: Slack, token: Token, target: str) -> Channel:
    """Where a post goes: a channel's id or name, or a user's id for the direct conversation.

    Raises `channel_not_found`, `is_archived`, `not_in_channel` or `messages_tab_disabled`.
    """
    if target in slack.workspace.users:
        channel = slack.workspace.direct_channel(target)
    else:
        found = slack.workspace.find_channel(target)
        channel = visible_channel(slack, found.id if found else "")
    if channel.is_archived:
        raise SlackError("is_archived")
    if channel.im_user and not slack.install.manifest.features.app_home.messages_tab_enabled:
        raise SlackError("messages_tab_disabled")
    if slack.workspace.bot.id not in channel.members and "chat:write.public" not in token.scopes:
        raise SlackError("not_in_channel")
    return channel


def post(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.postMessage"""
    channel = postable_channel(slack, token, arguments.text("channel"))
    if slack.faults.rate_limit and not slack.pace.allows(channel.id):
        raise RateLimited(1)
    draft = Draft.read(arguments)
    message = slack.new_message(channel.id, slack.workspace.bot, draft.content())
    message.metadata = draft.metadata or None
    message.thread_ts = _thread(slack, channel, arguments.text("thread_ts"))
    message.broadcast = arguments.flag("reply_broadcast")
    slack.publish(channel, message)
    return {"channel": channel.id, "ts": message.ts, "message": message.as_slack(with_metadata=True)}


def _thread(slack: Slack, channel: Channel, thread_ts: str) -> str | None:
    if not thread_ts:
        return None
    parent = slack.messages.find(channel.id, thread_ts)
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts if parent.is_reply else parent.ts


def own_message(slack: Slack, arguments: Arguments, denied: str) -> tuple[Channel, Message]:
    """A message of our app. Raises `message_not_found`, or ``denied`` for somebody else's message."""
    channel = visible_channel(slack, arguments.text("channel"))
    message = slack.messages.find(channel.id, arguments.text("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.body.get("app_id") != slack.workspace.app.id:
        raise SlackError(denied)
    return channel, message


def update(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.update: metadata stays unless it is sent; `{}` removes it."""
    channel, message = own_message(slack, arguments, "cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    draft = Draft.read(arguments)
    body = draft.revised(message.body)
    slack.revise(channel, message, body, draft.metadata)
    text = message.body.get("text", "")
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": text,
        "message": message.as_slack(with_metadata=True),
    }


def delete(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.delete"""
    channel, message = own_message(slack, arguments, "cant_delete_message")
    slack.remove(channel, message)
    return {"channel": channel.id, "ts": message.ts}


def permalink(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.getPermalink"""
    channel = visible_channel(slack, arguments.text("channel"))
    message = slack.messages.find(channel.id, arguments.text("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    place = f"{channel.id}/p{message.ts.replace('.', '')}"
    return {
        "channel": channel.id,
        "permalink": f"https://{slack.workspace.team.domain}.slack.com/archives/{place}",
    }

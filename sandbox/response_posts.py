"""What a post to a response_url does: a new message, or another shape for the one that was clicked."""

from sandbox.arguments import Arguments
from sandbox.drafts import Draft
from sandbox.errors import SlackError
from sandbox.json_types import Json
from sandbox.response_urls import ResponseUrl
from sandbox.slack import Slack
from sandbox.workspace import Channel


def error_status(code: str) -> int:
    """The HTTP status of a refused post: 404 for the address, 400 for what was posted."""
    return 404 if code.endswith("_url") else 400


def respond(slack: Slack, secret: str, arguments: Arguments) -> Json:
    """docs.slack.dev/interactivity/handling-user-interaction#message_responses"""
    target = slack.response_urls.use(secret)
    channel = slack.workspace.channels[target.channel]
    if arguments.flag("delete_original"):
        _delete(slack, channel, target)
    elif arguments.flag("replace_original"):
        _replace(slack, channel, target, arguments)
    else:
        _say(slack, channel, target, arguments)
    return {"ok": True}


def _say(slack: Slack, channel: Channel, target: ResponseUrl, arguments: Arguments) -> None:
    draft = Draft.read(arguments)
    message = slack.new_message(channel.id, slack.workspace.bot, draft.content())
    message.thread_ts = arguments.text("thread_ts") or None
    if arguments.text("response_type") == "in_channel":
        message.metadata = draft.metadata or None
        slack.publish(channel, message)
    else:
        slack.show_ephemeral(target.user, message)


def _replace(slack: Slack, channel: Channel, target: ResponseUrl, arguments: Arguments) -> None:
    """The whole content is new: what is not sent is gone, but metadata stays unless it is sent."""
    draft = Draft.read(arguments)
    content = draft.content()
    ephemeral = slack.find_ephemeral(target.user, target.ts)
    if ephemeral is not None:
        ephemeral.body = _without_content(ephemeral.body) | content
        slack.changes.bump()
        return
    message = slack.messages.find(channel.id, target.ts)
    if message is None:
        raise SlackError("message_not_found")
    slack.revise(channel, message, _without_content(message.body) | content, draft.metadata)


def _delete(slack: Slack, channel: Channel, target: ResponseUrl) -> None:
    ephemeral = slack.find_ephemeral(target.user, target.ts)
    if ephemeral is not None:
        slack.drop_ephemeral(target.user, ephemeral)
        return
    message = slack.messages.find(channel.id, target.ts)
    if message is None:
        raise SlackError("message_not_found")
    slack.remove(channel, message)


def _without_content(body: Json) -> Json:
    return {key: value for key, value in body.items() if key not in ("text", "blocks", "attachments")}

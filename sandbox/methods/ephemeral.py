"""chat.postEphemeral: a message only one person sees."""

from sandbox.arguments import Arguments
from sandbox.drafts import Draft
from sandbox.errors import SlackError
from sandbox.json_types import Json
from sandbox.methods.chat import postable_channel
from sandbox.scopes import Token
from sandbox.slack import Slack


def post(slack: Slack, token: Token, arguments: Arguments) -> Json:
    """docs.slack.dev/reference/methods/chat.postEphemeral: the person must be in the channel."""
    channel = postable_channel(slack, token, arguments.text("channel"))
    user = slack.workspace.users.get(arguments.text("user"))
    if user is None or user.deleted or user.id not in channel.members:
        raise SlackError("user_not_in_channel")
    message = slack.new_message(channel.id, slack.workspace.bot, Draft.read(arguments).content())
    message.thread_ts = arguments.text("thread_ts") or None
    slack.show_ephemeral(user.id, message)
    return {"message_ts": message.ts}

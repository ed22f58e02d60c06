"""Where something was asked: in a registered channel, in another one, or while nobody can tell."""

from slack_bot import answers
from slack_bot.channel_store import Channel
from slack_bot.conversation.asked import Asked
from slack_bot.refusal import No


def registered(asked: Asked) -> Channel:
    """The registered channel it was asked in. Raises `No`."""
    channel = asked.registered
    if channel is None:
        refuse_unread(asked)
        raise No("channel not registered", not_here(asked))
    return channel


def refuse_unread(asked: Asked) -> None:
    """Raises `No` while nobody can tell which channels are registered."""
    if asked.desk.channels.trouble:
        raise No("channels unread", not_here(asked))


def not_here(asked: Asked) -> str:
    """For somebody in a channel of which we do not know that it is registered."""
    trouble = asked.desk.channels.trouble
    if trouble:
        return answers.registrations_unread(trouble)
    return answers.not_registered(answers.who_are_admins(asked.desk.admins))

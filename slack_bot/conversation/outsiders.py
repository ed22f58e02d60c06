"""What waits in channels is told directly to those alone who may decide it."""

from slack_bot import answers
from slack_bot.channel_store import Channel
from slack_bot.conversation.admins import refusal_of
from slack_bot.conversation.asked import Asked
from slack_bot.directory import CannotTell, Person
from slack_bot.policy import Standing, may_decide
from slack_bot.refusal import No


def refuse_outsiders(asked: Asked) -> None:
    """Raises `No` unless who asks may decide in some channel, or is an admin; and `slack_bot.directory.Busy`."""
    if refusal_of(asked) is None:
        return
    try:
        person = asked.desk.directory.person(asked.user)
    except CannotTell as error:
        raise No("cannot tell who asks", str(error)) from error
    if any(_may_decide_in(asked, person, channel) for channel in asked.desk.channels.all()):
        return
    if person.standing is not Standing.MEMBER:
        raise No("members only", answers.FOR_MEMBERS)
    raise No("approvers only", answers.ONLY_FOR_APPROVERS)


def _may_decide_in(asked: Asked, person: Person, channel: Channel) -> bool:
    try:
        voter = asked.desk.directory.voter(person, channel.policy.asks_of(person.id), channel.id)
    except CannotTell:
        return False
    return may_decide(channel.policy, voter) is None

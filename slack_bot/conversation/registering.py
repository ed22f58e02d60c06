"""A channel begins to be one in which requests are posted, and ends to be one."""

import json
from dataclasses import dataclass

from slack_bot import answers
from slack_bot.audit import Kind
from slack_bot.blocks import Message, farewell, welcome
from slack_bot.channel_store import Channel, Source
from slack_bot.command_parser import ALL, HELP
from slack_bot.conversation import as_json, routing, status, welcomes
from slack_bot.conversation.admins import refusal_of, require_admin
from slack_bot.conversation.asked import Announcement, Asked, Change, Reply
from slack_bot.conversation.changing import carry_out, is_begun
from slack_bot.conversation.places import refuse_unread
from slack_bot.directory import CannotTell, Place
from slack_bot.policy import ChannelPolicy
from slack_bot.refusal import No

KINDS_OF_CHANNELS = frozenset({"channels:read", "groups:read"})
"""The scopes with which every channel is told of; docs.slack.dev/reference/methods/conversations.info."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a welcome tells besides of its channel: (id, handle) of the user groups, and what to know."""

    groups: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def is_wanted(asked: Asked, *, by_mention: bool) -> bool:
    """Whether our name, and no other word, means: post requests here.

    By a mention alone, for then we are in the channel. Handled again after a crash, the item finds its own work.
    """
    if not (by_mention and asked.channel):
        return False
    channel = asked.registered
    return channel is None or _awaits_an_admin(channel) or _is_by(asked, channel)


def _awaits_an_admin(channel: Channel) -> bool:
    """Whether SLACK_CHANNEL alone declares it, and no admin has had a welcome posted there yet."""
    return channel.source is Source.ENVIRONMENT and not channel.registered_by


def _is_by(asked: Asked, channel: Channel) -> bool:
    return (channel.registered_by, channel.registered_at) == (asked.user, asked.item.received_at)


def register(asked: Asked, *, in_shared: bool) -> Reply:
    """The public welcome; what waits is posted. ``in_shared``: Slack said that another organisation is here.

    Raises `No`, `slack_bot.directory.Busy`.
    """
    refusal = refusal_of(asked)
    if refusal is not None:
        if asked.registered is not None:
            return status.greet(asked)
        refuse_unread(asked)
        raise No(refusal.rule, answers.not_registered(refusal.words))
    around = look_around(asked, in_shared=in_shared)
    desk, at = asked.desk, asked.item.received_at
    known = asked.registered
    done = carry_out(
        asked,
        _wish(asked),
        lambda: desk.channels.register(asked.channel, asked.user, at),
        stands=known is not None and _is_by(asked, known),
    )
    channel = asked.registered
    if channel is None or not _is_by(asked, channel):
        return status.greet(asked)
    message = drawn(asked, channel, around)
    return Reply(message.text, json.dumps(message.blocks), public=True, changes=done.changes)


def look_around(asked: Asked, *, in_shared: bool = False) -> Surroundings:
    """Asked of Slack before anything is stored, so that nothing waits in the middle.

    Raises `No` where this is no channel, or one that is archived, and `slack_bot.directory.Busy`.
    """
    place = _place(asked)
    if place.is_direct:
        raise No("no direct conversations", answers.NO_DIRECT_CHANNEL)
    if place.is_archived:
        raise No("no archived channels", answers.ARCHIVED)
    shared = (answers.SHARED,) if in_shared or place.is_shared else ()
    try:
        groups = tuple((group.id, group.handle) for group in asked.desk.directory.groups())
    except CannotTell as error:
        return Surroundings((), (*shared, answers.groups_unread(str(error))))
    return Surroundings(groups, shared)


def _wish(asked: Asked) -> Change:
    before = None if asked.registered is None else as_json.policy(asked.registered.policy)
    after = as_json.policy(ChannelPolicy(registered_by=asked.user))
    return Change(Kind.CHANNEL_REGISTERED, asked.channel, before, after)


def _place(asked: Asked) -> Place:
    """What kind of conversation this is, as far as we may know. Raises `No` where we may, and cannot tell."""
    try:
        return asked.desk.directory.place(asked.channel)
    except CannotTell as error:
        # Of a conversation among a few people Slack tells even then that a scope is missing: it is no channel.
        if asked.desk.scopes >= KINDS_OF_CHANNELS:
            raise No("cannot tell what kind of channel", str(error)) from error
        return Place()


def drawn(asked: Asked, channel: Channel, around: Surroundings) -> Message:
    """The welcome of a channel as it holds now."""
    return welcome(channel.id, channel.policy, HELP, around.groups, (*around.notes, *_woken(asked, channel)))


def _woken(asked: Asked, channel: Channel) -> list[str]:
    """That a schedule approves here, which nobody has turned on since the channel is registered."""
    schedules = asked.desk.schedules
    own, for_all = schedules.get(channel.id), schedules.get(ALL)
    if own is not None:
        return [answers.HAS_SCHEDULE] if own.on else []
    return [answers.HAS_SCHEDULE_FOR_ALL] if for_all is not None and for_all.on else []


def remove(asked: Asked, channel_id: str) -> Reply:
    """No request is posted in the channel any more, and its schedule goes with it.

    Raises `No`, `slack_bot.directory.Busy`.
    """
    if not channel_id:
        raise No("no channel named", answers.WHICH_CHANNEL)
    require_admin(asked)
    desk = asked.desk
    channel = desk.channels.get(channel_id)
    if channel is None and not is_begun(asked):
        refuse_unread(asked)
        raise No("channel not registered", answers.nothing_to_remove(channel_id))
    schedule = desk.schedules.get(channel_id)
    policy = None if channel is None else as_json.policy(channel.policy)
    before = {"policy": policy, "schedule": as_json.schedule(schedule)}
    wish = Change(Kind.CHANNEL_REMOVED, channel_id, before, None)

    def take_out() -> None:
        # The schedule first: left behind it would hold again when somebody registers the channel again.
        if channel is None or channel.source is Source.STORE:
            desk.schedules.remove(channel_id)
        desk.channels.remove(channel_id)

    done = carry_out(asked, wish, take_out, stands=channel is None and schedule is None)
    words = [answers.is_removed(channel_id), *_take_leave(asked, channel_id), *done.caveats]
    words += [answers.STILL_ROUTED] if routing.leads_to(asked, channel_id) else []
    line = Announcement(channel_id, answers.removed(asked.user))
    return Reply(" ".join(words), changes=done.changes, announcements=(line,))


def _take_leave(asked: Asked, channel_id: str) -> list[str]:
    """Takes the picker out of the welcome, where that is known; the words on what is left."""
    desk = asked.desk
    words = welcomes.keep_true(asked, channel_id, farewell(channel_id))
    for_all = desk.schedules.get(ALL)
    if for_all is not None and for_all.on and not desk.channels.all():
        words.append(answers.STILL_FOR_ALL)
    return words

"""Who may decide in a channel: told, named in words, or picked in the welcome."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog

from slack_bot import answers
from slack_bot.audit import Kind
from slack_bot.blocks import Message
from slack_bot.channel_store import Channel
from slack_bot.conversation import as_json, registering
from slack_bot.conversation.admins import require_admin
from slack_bot.conversation.asked import Announcement, Asked, Change, Reply
from slack_bot.conversation.changing import carry_out
from slack_bot.conversation.outsiders import refuse_outsiders
from slack_bot.directory import CannotTell
from slack_bot.policy import ChannelPolicy, Standing
from slack_bot.refusal import No
from slack_bot.slack_api import Refused, SlackFailure

MOST_USERS, MOST_GROUPS = 30, 10
"""More than these are better put into a user group; what is stored has its limit too."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Picked:
    """What was picked in the welcome that is the message ``ts``. ``groups`` is None where no menu offered any."""

    ts: str
    users: tuple[str, ...]
    groups: tuple[str, ...] | None
    everyone: bool


def tell(asked: Asked) -> Reply:
    """Who may decide here, and where that comes from; directly, of every channel. Raises `No`, `Busy`."""
    if asked.channel:
        channel = _registered(asked)
        return Reply(f"{answers.who_decides(channel)} {answers.where_from(channel)}")
    refuse_outsiders(asked)
    channels = asked.desk.channels.all()
    lines = [f"<#{one.id}>: {answers.who_decides(one)} {answers.where_from(one)}" for one in channels]
    return Reply("\n".join(lines) or answers.NO_CHANNELS)


def name(asked: Asked, users: Iterable[str], groups: Iterable[str], *, everyone: bool) -> Reply:
    """Lets these decide in this channel, and says so to all in it. Raises `No`, `slack_bot.directory.Busy`."""
    if not asked.channel:
        raise No("no channel named", answers.SAY_IT_THERE)
    channel = _registered(asked)
    require_admin(asked)
    policy = _checked(asked, users, groups, everyone=everyone)
    caveats = _caveats(asked, policy)
    after, done = _set(asked, channel, policy)
    line = Announcement(channel.id, answers.chosen(after.policy, asked.user))
    return Reply(answers.policy_now(after.policy, caveats), changes=done, announcements=(line,))


def pick(asked: Asked, picked: Picked) -> Reply:
    """Lets those decide who were picked, and draws the welcome again. Raises `No`, `slack_bot.directory.Busy`."""
    channel = asked.registered
    if channel is None:
        raise No("channel not registered", answers.NOT_REGISTERED)
    require_admin(asked)
    groups = channel.policy.groups if picked.groups is None else picked.groups
    policy = _checked(asked, picked.users, groups, everyone=picked.everyone)
    caveats = _caveats(asked, policy)
    around = registering.look_around(asked)
    after, done = _set(asked, channel, policy)
    caveats += _redraw(asked, registering.drawn(asked, after, around), picked.ts)
    return Reply(answers.policy_now(after.policy, caveats), changes=done)


def _registered(asked: Asked) -> Channel:
    channel = asked.registered
    if channel is None:
        raise No("channel not registered", answers.not_registered(answers.who_are_admins(asked.desk.admins)))
    return channel


def _checked(asked: Asked, users: Iterable[str], groups: Iterable[str], *, everyone: bool) -> ChannelPolicy:
    """The policy that names these. Raises `No` for what cannot decide, or is too much to look at."""
    people, named = tuple(dict.fromkeys(users)), tuple(dict.fromkeys(groups))
    if len(people) > MOST_USERS or len(named) > MOST_GROUPS:
        raise No("too many approvers", answers.too_many(MOST_USERS, MOST_GROUPS))
    for user in people:
        _refuse_who_cannot_decide(asked, user)
    _refuse_unknown_groups(asked, named)
    return ChannelPolicy(people, named, everyone)


def _refuse_who_cannot_decide(asked: Asked, user: str) -> None:
    try:
        person = asked.desk.directory.person(user, f"who <@{user}> is")
    except CannotTell as error:
        raise No("cannot tell who is named", f"{error} Nothing is changed.") from error
    if person.standing is Standing.BOT:
        raise No("no bots", answers.is_bot(user))
    if person.standing is Standing.DEACTIVATED:
        raise No("no deactivated accounts", answers.is_deactivated(user))


def _refuse_unknown_groups(asked: Asked, groups: Sequence[str]) -> None:
    """Where the groups cannot be read, any is taken: the answer says that it cannot be checked."""
    try:
        known = {group.id for group in asked.desk.directory.groups()} if groups else set()
    except CannotTell:
        return
    if unknown := [group for group in groups if group not in known]:
        raise No("no such group", answers.no_such_group(unknown[0]))


def _caveats(asked: Asked, policy: ChannelPolicy) -> list[str]:
    """What keeps the policy from working as it reads."""
    directory, caveats = asked.desk.directory, []
    if policy.groups:
        try:
            directory.groups()
        except CannotTell as error:
            caveats.append(answers.groups_unread(str(error)))
    if policy.everyone:
        try:
            directory.place(asked.channel)
        except CannotTell as error:
            caveats.append(answers.members_unread(str(error)))
    return caveats


def _set(asked: Asked, channel: Channel, policy: ChannelPolicy) -> tuple[Channel, tuple[Change, ...]]:
    """The channel as it holds then, and what is to be recorded."""
    before, after = as_json.policy(channel.policy), as_json.policy(policy)
    after["registered_by"] = channel.policy.registered_by or asked.user
    wish = Change(Kind.CHANNEL_CHANGED, channel.id, before, after)
    done = carry_out(asked, [wish], lambda: asked.desk.channels.set_policy(channel.id, policy, asked.user))
    return asked.desk.channels.get(channel.id) or channel, done


def _redraw(asked: Asked, welcome: Message, ts: str) -> list[str]:
    """Lets the welcome show what holds now; gives the words for where that failed."""
    try:
        asked.desk.call("chat.update", {"channel": asked.channel, "ts": ts, **welcome.message()})
    except SlackFailure as failure:
        log.warning("the welcome could not be drawn again", why=str(failure))
        return [
            answers.not_redrawn(failure.code if isinstance(failure, Refused) else "Slack does not answer")
        ]
    return []

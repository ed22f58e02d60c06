"""Schedules that approve without a person: told, and changed by admins."""

from collections.abc import Sequence
from dataclasses import replace

from slack_bot import answers
from slack_bot.audit import Kind
from slack_bot.channel_store import Channel
from slack_bot.command_parser import ALL, HERE, NotApplicable, ShowStatus, TurnOff, apply
from slack_bot.command_parser import Change as Wanted
from slack_bot.conversation import as_json, schedule_text
from slack_bot.conversation.admins import require_admin
from slack_bot.conversation.asked import Announcement, Asked, Change, Reply
from slack_bot.conversation.changing import carry_out
from slack_bot.conversation.outsiders import refuse_outsiders
from slack_bot.conversation.places import refuse_unread
from slack_bot.refusal import No
from slack_bot.schedule import Schedule


def change(asked: Asked, scope: str, changes: Sequence[Wanted]) -> Reply:
    """Tells of the schedule or changes it. Raises `No`, `slack_bot.directory.Busy`."""
    scope = _scope(asked, scope)
    if all(isinstance(one, ShowStatus) for one in changes):
        if asked.channel != scope:
            refuse_outsiders(asked)
        return Reply(_told(asked, scope))
    require_admin(asked)
    schedules = asked.desk.schedules
    silent = not _turns_off(changes)
    if (own := schedules.get(scope)) is not None and _is_own_work(asked, own):
        return _keep(asked, scope, own, own, silent=silent)
    if trouble := asked.desk.state.trouble:
        raise No("state cannot be read", answers.not_changed_unread(trouble))
    holds = _holding(asked, scope)
    try:
        wanted = apply(changes, holds, asked.now, schedule_text.command(scope, asked.channel))
    except NotApplicable as error:
        return Reply(str(error))
    if _is_same(wanted, holds or Schedule()) and not (_turns_off(changes) and _goes_by_all(asked, scope)):
        return Reply(f"That is how it is already. {_told(asked, scope)}")
    return _keep(asked, scope, wanted, holds, silent=silent)


def standing(asked: Asked, scope: str) -> str:
    """How the schedule of a channel, or the one for all, stands, and what else is approved without a person.

    While what is stored cannot be read no schedule approves anything, wherever it is for.
    """
    schedule = _holding(asked, scope)
    words = [told(asked, scope, schedule)]
    elsewhere = [] if asked.desk.state.trouble else _on_elsewhere(asked, scope, asked.channel)
    if elsewhere and not (schedule is not None and schedule.on):
        words.append(schedule_text.still_on(elsewhere))
    return " ".join(words)


def told(asked: Asked, scope: str, schedule: Schedule | None) -> str:
    """How the schedule by which ``scope`` goes stands, and that a channel allows less than it would give."""
    words = schedule_text.standing(
        schedule,
        schedule_text.where(scope, asked.channel),
        asked.now,
        for_all=_goes_by_all(asked, scope),
        held=bool(asked.desk.state.trouble),
    )
    return " ".join([words, *_limits(asked, scope, schedule)])


def _limits(asked: Asked, scope: str, schedule: Schedule | None) -> list[str]:
    """What is left of its duration by the channel that allows the least of those that go by it."""
    if schedule is None or not schedule.on:
        return []
    channels = _all_going_by(asked, ALL if _goes_by_all(asked, scope) else scope)
    allowed = [
        (longest.seconds or 0, channel.id, longest)
        for channel in channels
        if (longest := channel.policy.longest) is not None and channel.policy.is_too_long(schedule.duration)
    ]
    return [schedule_text.at_most(longest, channel) for _, channel, longest in sorted(allowed)[:1]]


def _told(asked: Asked, scope: str) -> str:
    """The same, with what keeps every schedule from approving anything."""
    trouble = asked.desk.state.trouble
    words = standing(asked, scope)
    return f"{words} {answers.state_unread(trouble)}" if trouble else words


def _holding(asked: Asked, scope: str) -> Schedule | None:
    """A channel without a schedule of its own goes by the one for all, and a change there begins with that."""
    return asked.desk.schedules.get(scope) or asked.desk.schedules.get(ALL)


def _on_elsewhere(asked: Asked, scope: str, channel: str) -> list[str]:
    """The other scopes that approve, for somebody in ``channel``.

    A request may stand in several channels, and one schedule is enough.
    """
    desk = asked.desk
    return [
        schedule_text.where(one, channel)
        for one, schedule in sorted(desk.schedules.all().items())
        if schedule.on and one != scope and _all_going_by(asked, one)
    ]


def _all_going_by(asked: Asked, scope: str) -> list[Channel]:
    """The channel of this schedule; of the one for all, those without a schedule of their own."""
    return [
        one
        for one in asked.desk.channels.all()
        if (_goes_by_all(asked, one.id) if scope == ALL else one.id == scope)
    ]


def _goes_by_all(asked: Asked, scope: str) -> bool:
    """Whether it is a channel without a schedule of its own."""
    return scope != ALL and asked.desk.schedules.get(scope) is None


def _scope(asked: Asked, scope: str) -> str:
    """A channel's id, or all."""
    if scope == HERE and not asked.channel:
        raise No("no channel named", answers.WHICH_SCHEDULE)
    channel = asked.channel if scope == HERE else scope
    if channel != ALL and asked.desk.channels.get(channel) is None:
        refuse_unread(asked)
        raise No("channel not registered", answers.schedule_of_unregistered(channel))
    return channel


def _is_same(one: Schedule, other: Schedule) -> bool:
    """Whether two schedules do the same, whoever set them."""
    return replace(one, set_by="", set_at=None) == replace(other, set_by="", set_at=None)


def _is_own_work(asked: Asked, stored: Schedule) -> bool:
    """Whether this very item changed it, before a crash."""
    return (stored.set_by, stored.set_at) == (asked.user, asked.item.received_at)


def _turns_off(changes: Sequence[Wanted]) -> bool:
    return any(isinstance(one, TurnOff) for one in changes)


def _keep(asked: Asked, scope: str, wanted: Schedule, before: Schedule | None, *, silent: bool) -> Reply:
    """``silent``: where it is off before and after, nobody else is concerned."""
    schedules = asked.desk.schedules
    schedule = replace(wanted, set_by=asked.user, set_at=asked.item.received_at)
    wish = Change(Kind.SCHEDULE_CHANGED, scope, as_json.schedule(before), as_json.schedule(schedule))
    stands = schedules.get(scope) == schedule
    done = carry_out(asked, wish, lambda: schedules.put(scope, schedule), stands=stands)
    words = [standing(asked, scope)]
    if schedule.on:
        words.append(schedule_text.caution(schedule, schedule_text.command(scope, asked.channel)))
    lines = _announced(asked, scope, schedule) if schedule.on or not silent else []
    return Reply(" ".join([*words, *done.caveats]), changes=done.changes, announcements=tuple(lines))


def _announced(asked: Asked, scope: str, schedule: Schedule) -> list[Announcement]:
    """A line for everybody concerned: in the schedule's channel, or in all that go by the one for all.

    Where none does, it is told to the channel in which it was set.
    """
    if scope != ALL:
        channels = [scope]
    else:
        channels = [one.id for one in _all_going_by(asked, ALL)] or [asked.channel] * bool(asked.registered)
    by, limits = asked.user, _limits(asked, scope, schedule)
    return [
        Announcement(
            one,
            schedule_text.announced(
                schedule, schedule_text.where(scope, one), by, _on_elsewhere(asked, scope, one), limits
            ),
        )
        for one in channels
    ]

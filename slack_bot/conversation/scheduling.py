"""Schedules that approve without a person: told, and changed by admins."""

from collections.abc import Sequence
from dataclasses import replace

from slack_bot import answers
from slack_bot.audit import Kind
from slack_bot.command_parser import ALL, HERE, NotApplicable, ShowStatus, TurnOff, apply
from slack_bot.command_parser import Change as Wanted
from slack_bot.conversation import as_json, schedule_text
from slack_bot.conversation.admins import require_admin
from slack_bot.conversation.asked import Announcement, Asked, Change, Reply
from slack_bot.conversation.changing import carry_out
from slack_bot.refusal import No
from slack_bot.schedule import Schedule


def change(asked: Asked, scope: str, changes: Sequence[Wanted]) -> Reply:
    """Tells of the schedule or changes it. Raises `No`, `slack_bot.directory.Busy`."""
    scope = _scope(asked, scope)
    if all(isinstance(one, ShowStatus) for one in changes):
        return Reply(_told(asked, scope))
    require_admin(asked)
    schedules = asked.desk.schedules
    if schedules.trouble:
        raise No("state cannot be read", answers.not_changed_unread(schedules.trouble))
    holds = _holding(asked, scope)
    try:
        wanted = apply(changes, holds, asked.now)
    except NotApplicable as error:
        return Reply(str(error))
    if _is_same(wanted, holds or Schedule()) and not _is_own_work(asked, schedules.get(scope)):
        return Reply(f"That is how it is already. {_told(asked, scope)}")
    return _keep(asked, scope, wanted, holds, silent=not wanted.on and not _turns_off(changes))


def standing(asked: Asked, scope: str) -> str:
    """How the schedule of a channel, or the one for all, stands, and what else is approved without a person."""
    schedule = _holding(asked, scope)
    words = [schedule_text.standing(schedule, schedule_text.where(scope, asked.channel), asked.now)]
    elsewhere = _on_elsewhere(asked, scope)
    if elsewhere and not (schedule is not None and schedule.on):
        words.append(schedule_text.still_on(elsewhere))
    return " ".join(words)


def _told(asked: Asked, scope: str) -> str:
    """The same, with what keeps every schedule from approving anything."""
    trouble = asked.desk.schedules.trouble
    words = standing(asked, scope)
    return f"{words} {answers.state_unread(trouble)}" if trouble else words


def _holding(asked: Asked, scope: str) -> Schedule | None:
    """A channel without a schedule of its own goes by the one for all, and a change there begins with that."""
    return asked.desk.schedules.get(scope) or asked.desk.schedules.get(ALL)


def _on_elsewhere(asked: Asked, scope: str) -> list[str]:
    """The other scopes that approve: every request stands in every channel, and one schedule is enough."""
    desk = asked.desk
    return [
        schedule_text.where(one, asked.channel)
        for one, schedule in sorted(desk.schedules.all().items())
        if schedule.on and one != scope and (one == ALL or desk.channels.get(one) is not None)
    ]


def _scope(asked: Asked, scope: str) -> str:
    """A channel's id, or all."""
    if scope == HERE and not asked.channel:
        raise No("no channel named", answers.WHICH_SCHEDULE)
    channel = asked.channel if scope == HERE else scope
    if channel != ALL and asked.desk.channels.get(channel) is None:
        raise No("channel not registered", answers.schedule_of_unregistered(channel))
    return channel


def _is_same(one: Schedule, other: Schedule) -> bool:
    """Whether two schedules do the same, whoever set them."""
    return replace(one, set_by="", set_at=None) == replace(other, set_by="", set_at=None)


def _is_own_work(asked: Asked, stored: Schedule | None) -> bool:
    """Whether this very item changed it, before a crash."""
    by = (asked.user, asked.item.received_at)
    return stored is not None and (stored.set_by, stored.set_at) == by


def _turns_off(changes: Sequence[Wanted]) -> bool:
    return any(isinstance(one, TurnOff) for one in changes)


def _keep(asked: Asked, scope: str, wanted: Schedule, before: Schedule | None, *, silent: bool) -> Reply:
    schedule = replace(wanted, set_by=asked.user, set_at=asked.item.received_at)
    wish = Change(Kind.SCHEDULE_CHANGED, scope, as_json.schedule(before), as_json.schedule(schedule))
    done = carry_out(asked, [wish], lambda: asked.desk.schedules.put(scope, schedule))
    words = standing(asked, scope)
    if schedule.on:
        words = f"{words} {schedule_text.caution(schedule)}"
    lines = () if silent else tuple(_announced(asked, scope, schedule))
    return Reply(words, changes=done, announcements=lines)


def _announced(asked: Asked, scope: str, schedule: Schedule) -> list[Announcement]:
    """A line for everybody concerned: in the schedule's channel, or where it was set for all."""
    desk = asked.desk
    if scope != ALL:
        return [Announcement(scope, schedule_text.announced(schedule, schedule_text.HERE, asked.user))]
    there = asked.registered or desk.channels.default
    channels = [there] if there is not None else desk.channels.all()
    words = schedule_text.announced(schedule, schedule_text.EVERYWHERE, asked.user)
    return [Announcement(one.id, words) for one in channels]

"""Schedules in words, as people are told of them. Pure; mrkdwn."""

from collections.abc import Sequence

from slack_bot.answers import listed, moment
from slack_bot.command_parser import ALL
from slack_bot.schedule import Schedule, describe, has_ended, is_open, next_change, trouble, warning
from upstream_client.models import Duration

HERE = "here"
EVERYWHERE = "in every channel without a schedule of its own"
HELD = "But it approves nothing for now: I cannot read all that is stored."


def where(scope: str, channel: str = "") -> str:
    """Where a schedule holds, for somebody in ``channel``."""
    return EVERYWHERE if scope == ALL else HERE if scope == channel else f"in <#{scope}>"


def command(scope: str, channel: str) -> str:
    """How somebody in ``channel`` begins a change to this schedule."""
    return (
        "autoapprove all" if scope == ALL else "autoapprove" if scope == channel else "autoapprove #channel"
    )


def standing(
    schedule: Schedule | None, where: str, now: int, *, for_all: bool = False, held: bool = False
) -> str:
    """How it stands, and when that changes next.

    ``for_all``: it is the one for all by which this channel goes. ``held``: what is stored cannot be read, so that
    nothing is approved by it.
    """
    if schedule is None:
        known = "I know of no schedule" if held else "no schedule is set"
        return f"I approve nothing without a person {where}: {known}."
    whose = "schedule for all channels" if for_all else "schedule"
    by = f" <@{schedule.set_by}> has set this." if schedule.set_by else ""
    if not schedule.on:
        once_on = f" Turned on, it would approve {describe(schedule)}." if schedule.hours else ""
        return f"I approve nothing without a person {where}: the {whose} is off.{once_on}{by}"
    stands = HELD if held else _now(schedule, now)
    return f"The {whose} is on {where}: without a person I approve {describe(schedule)}. {stands}{by}"


def _now(schedule: Schedule, now: int) -> str:
    if why := trouble(schedule):
        return f"But it approves nothing: {why}."
    if has_ended(schedule, now):
        return "Its last day is over, so it approves nothing any more."
    change = next_change(schedule, now)
    if is_open(schedule, now):
        return "It is open now." if change is None else f"It is open now, until {moment(change)}."
    return "It does not open within a year." if change is None else f"It opens next {moment(change)}."


def at_most(longest: Duration, channel: str) -> str:
    """A channel that goes by the schedule allows less than the schedule would give."""
    return f"But it gives {longest.words} at most, since <#{channel}> allows no more."


def caution(schedule: Schedule, command: str) -> str:
    """What whoever turned it on must know; ``command`` is how a change to it begins."""
    return (
        f"{warning(schedule, command)} A request may stand in several channels: "
        "one schedule that covers it is enough to approve it."
    )


def still_on(elsewhere: Sequence[str]) -> str:
    """Where else something is approved without a person."""
    return f"Another schedule is still on {listed(elsewhere)}, and what it covers is approved all the same."


def announced(
    schedule: Schedule, where: str, by: str, elsewhere: Sequence[str], limits: Sequence[str] = ()
) -> str:
    """For everybody in a channel, whenever a schedule begins, changes or ends.

    ``elsewhere``: what else is on; ``limits``: sentences on what is left of it.
    """
    if schedule.on:
        begins = f"From now on I approve {where} without a person {describe(schedule)}."
        return " ".join([begins, *limits, f"<@{by}> has set this."])
    off = f"From now on I approve nothing {where} without a person. <@{by}> has set this."
    return f"{off} {still_on(elsewhere)}" if elsewhere else off

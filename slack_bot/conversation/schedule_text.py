"""Schedules in words, as people are told of them. Pure; mrkdwn."""

from collections.abc import Sequence

from slack_bot.answers import listed, moment
from slack_bot.command_parser import ALL
from slack_bot.schedule import Schedule, describe, has_ended, is_open, next_change, trouble, warning

HERE = "here"
EVERYWHERE = "in every channel without a schedule of its own"


def where(scope: str, channel: str = "") -> str:
    """Where a schedule holds, for somebody in ``channel``."""
    return EVERYWHERE if scope == ALL else HERE if scope == channel else f"in <#{scope}>"


def standing(schedule: Schedule | None, where: str, now: int) -> str:
    """How it stands, and when that changes next."""
    if schedule is None:
        return f"I approve nothing without a person {where}: no schedule is set."
    by = f" <@{schedule.set_by}> has set this." if schedule.set_by else ""
    if not schedule.on:
        return f"I approve nothing without a person {where}: the schedule is off.{by}"
    return f"The schedule is on {where}: without a person I approve {describe(schedule)}. {_now(schedule, now)}{by}"


def _now(schedule: Schedule, now: int) -> str:
    if why := trouble(schedule):
        return f"But it approves nothing: {why}."
    if has_ended(schedule, now):
        return "Its last day is over, so it approves nothing any more."
    change = next_change(schedule, now)
    if is_open(schedule, now):
        return "It is open now." if change is None else f"It is open now, until {moment(change)}."
    return "It does not open within a year." if change is None else f"It opens next on {moment(change)}."


def caution(schedule: Schedule) -> str:
    """What whoever turned it on must know."""
    return (
        f"{warning(schedule)} A request may stand in several channels: "
        "one schedule that covers it is enough to approve it."
    )


def still_on(elsewhere: Sequence[str]) -> str:
    """Where else something is approved without a person."""
    return f"Another schedule is still on {listed(elsewhere)}, and what it covers is approved all the same."


def announced(schedule: Schedule, where: str, by: str, elsewhere: Sequence[str]) -> str:
    """For everybody in a channel, whenever a schedule begins, changes or ends; ``elsewhere``: what else is on."""
    if schedule.on:
        return f"From now on I approve {where} without a person {describe(schedule)}. <@{by}> has set this."
    off = f"From now on I approve nothing {where} without a person. <@{by}> has set this."
    return f"{off} {still_on(elsewhere)}" if elsewhere else off

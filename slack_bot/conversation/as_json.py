"""Policies and schedules as the audit log keeps them. Pure."""

from pydantic import TypeAdapter

from slack_bot.policy import ChannelPolicy
from slack_bot.schedule import Schedule

_SCHEDULE = TypeAdapter(Schedule)


def policy(of: ChannelPolicy) -> dict[str, object]:
    """Who may decide."""
    return {
        "users": list(of.users),
        "groups": list(of.groups),
        "everyone": of.everyone,
        "registered_by": of.registered_by,
    }


def schedule(of: Schedule | None) -> object:
    """What is approved without a person, None for nothing."""
    return None if of is None else _SCHEDULE.dump_python(of, mode="json")

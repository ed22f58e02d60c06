"""Policies, schedules and routes as the audit log keeps them. Pure."""

from pydantic import TypeAdapter

from slack_bot.policy import ChannelPolicy
from slack_bot.schedule import Schedule
from slack_bot.written_route import NumberedRoute, said
from slack_bot.written_terms import WrittenTerms

_SCHEDULE = TypeAdapter(Schedule)


def policy(of: ChannelPolicy) -> dict[str, object]:
    """Who may decide, and the channel's own terms, as they are stored: what they do not say is left out."""
    return {
        "users": list(of.users),
        "groups": list(of.groups),
        "everyone": of.everyone,
        "registered_by": of.registered_by,
        **WrittenTerms.of(of.terms).said(),
    }


def schedule(of: Schedule | None) -> object:
    """What is approved without a person, None for nothing."""
    return None if of is None else _SCHEDULE.dump_python(of, mode="json")


def routes(of: tuple[NumberedRoute, ...]) -> list[dict[str, object]]:
    """Those that were set in Slack, in their order."""
    return [{"number": one.number, **said(one.route), "set_by": one.set_by} for one in of]

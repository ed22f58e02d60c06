"""What a person is told in private about what they pressed or wrote. Pure; mrkdwn, in our own words."""

from slack_bot.blocks import NAME_LIMIT, UpstreamName
from slack_bot.channel_store import Channel
from slack_bot.plain_text import cut, escaped, one_line
from slack_bot.policy import describe
from slack_bot.rows import RequestRow, State
from upstream_client.models import Status, Verdict

STALE = (
    "I could not get to what you pressed within 15 minutes, so I did not count it. "
    "If the card still has its buttons, please press again."
)
NOT_OURS = (
    "This button does not belong to this card, so I did nothing. The people who run me will see it in my log."
)
OUTDATED_CARD = (
    "This card is no longer the current one, so I did nothing. Please use the newest card of the request."
)
CHANGED = (
    "The request changed since the card you saw, so I did not count your answer. Please read the card again."
)
NOT_CONFIGURED = (
    "I am not connected any more to the system that asked for this, so I did nothing. Please tell an admin."
)
NOT_REGISTERED = "No approvals are decided in this channel any more, so I did nothing. Please ask an admin."
CHOOSE_DURATION = "I need a duration that the card offers, so I did nothing. Please choose one from its menu."


def too_late(row: RequestRow, upstream: UpstreamName, user_id: str) -> str:
    """For somebody whose press came after the request was decided or settled: what happened, and by whom."""
    answered = row.state in (State.DECIDED, State.APPROVED, State.DENIED, State.UNCONFIRMED)
    if answered and row.decided_by == user_id:
        return f"Your earlier answer counts: {_what_happened(row, upstream)} I did nothing more."
    late = "You were not the first" if answered else "It is too late"
    return f"{late}: {_what_happened(row, upstream)} I did not count your answer."


def _what_happened(row: RequestRow, upstream: UpstreamName) -> str:
    done = "denied" if row.verdict is Verdict.DENY else "approved"
    match row.state:
        case State.DECIDED:
            return f"<@{row.decided_by}> has {done} this request, and {upstream.title} is being told."
        case State.APPROVED | State.DENIED:
            return f"<@{row.decided_by}> has {done} this request."
        case State.UNCONFIRMED:
            return f"<@{row.decided_by}> has answered, and {upstream.title} has not confirmed it."
        case State.EXPIRED:
            return f"the request expired in {upstream.title}."
        case _:
            return _elsewhere(row, upstream)


def _elsewhere(row: RequestRow, upstream: UpstreamName) -> str:
    name = escaped(cut(one_line(row.outcome_by), NAME_LIMIT))
    by = f" by {name}" if name else ""
    words = {
        Status.APPROVED: f"it was approved in {upstream.title}{by}.",
        Status.DENIED: f"it was denied in {upstream.title}{by}.",
        Status.WITHDRAWN: f"it was withdrawn{by}.",
    }
    return words.get(Status(row.outcome_status), f"it no longer waits in {upstream.title}.")


def about(channel_id: str, channel: Channel | None, waiting: int) -> str:
    """For somebody who mentioned the bot: what it does here."""
    if channel is None:
        return (
            "This channel is not registered, so I post no requests here. "
            f'To register it, add `{{"id": "{channel_id}", "approvers": {{"users": ["U…"]}}}}` '
            "to channels.json and restart me."
        )
    count = "No request is" if waiting == 0 else "1 request is" if waiting == 1 else f"{waiting} requests are"
    return f"I post approval requests here. {count} waiting. {describe(channel.policy)}"

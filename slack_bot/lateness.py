"""What somebody is told whose answer came too late. Pure; mrkdwn, in our own words."""

from slack_bot.approvals import THE_SCHEDULE, THE_TIME_LIMIT, Cause
from slack_bot.blocks import NAME_LIMIT, UpstreamName, deciders
from slack_bot.plain_text import cut, escaped, one_line
from slack_bot.policy import listed
from slack_bot.rows import RequestRow, State
from upstream_client.models import Status, Verdict


def too_late(row: RequestRow, upstream: UpstreamName, user_id: str) -> str:
    """For somebody whose press came after the request was decided or settled: what happened, and by whom."""
    answered = row.state in (State.DECIDED, State.APPROVED, State.DENIED, State.UNCONFIRMED)
    if answered and user_id in deciders(row):
        return f"Your earlier answer counts: {_what_happened(row, upstream)} I did nothing more."
    late = "You were not the first" if answered and row.cause != Cause.TIMEOUT else "It is too late"
    return f"{late}: {_what_happened(row, upstream)} I did not count your answer."


def _what_happened(row: RequestRow, upstream: UpstreamName) -> str:
    match row.state:
        case State.DECIDED:
            return f"{_who_did_what(row)}, and {upstream.title} is being told."
        case State.APPROVED | State.DENIED:
            return f"{_who_did_what(row)}."
        case State.UNCONFIRMED:
            return f"{_who_has(row)} answered, and {upstream.title} has not confirmed it."
        case State.EXPIRED:
            return f"the request expired in {upstream.title}."
        case _:
            return _elsewhere(row, upstream)


def _who_did_what(row: RequestRow) -> str:
    done = "denied" if row.verdict is Verdict.DENY else "approved"
    if row.cause == Cause.TIMEOUT:
        why = "was not answered in time" if row.verdict is Verdict.DENY else "met no objection in time"
        return f"this request {why}, so it was {done}"
    alone = ", by breaking the glass" if row.cause == Cause.BREAK_GLASS else ""
    return f"{_who_has(row)} {done} this request{alone}"


def _who_has(row: RequestRow) -> str:
    people = [f"<@{user}>" for user in deciders(row)]
    if not people:
        return f"{THE_TIME_LIMIT if row.cause == Cause.TIMEOUT else THE_SCHEDULE} has"
    return f"{listed(people)} {'has' if len(people) == 1 else 'have'}"


def _elsewhere(row: RequestRow, upstream: UpstreamName) -> str:
    name = escaped(cut(one_line(row.outcome_by), NAME_LIMIT))
    by = f" by {name}" if name else ""
    words = {
        Status.APPROVED: f"it was approved in {upstream.title}{by}.",
        Status.DENIED: f"it was denied in {upstream.title}{by}.",
        Status.WITHDRAWN: f"it was withdrawn{by}.",
    }
    return words.get(Status(row.outcome_status), f"it no longer waits in {upstream.title}.")

"""What the requester is told of the outcome. Pure; mrkdwn, in our own words."""

from slack_bot.approvals import Cause
from slack_bot.blocks import NAME_LIMIT, UpstreamName, label_of_reason
from slack_bot.plain_text import cut, escaped, one_line
from slack_bot.rows import RequestRow, State
from upstream_client.models import Verdict

TITLE_LIMIT = 150
REASON_LIMIT = 1_000


def outcome(row: RequestRow, upstream: UpstreamName) -> str:
    """For whoever asked for a request that is settled: what became of it, by whom, and why."""
    what = f"Your request “{escaped(cut(one_line(row.asked.title) or row.upstream_id, TITLE_LIMIT))}”"
    match row.state:
        case State.APPROVED | State.DENIED:
            return _decided(row, what) + _said_besides(row, upstream)
        case State.EXPIRED:
            return f"⌛ {what} expired in {escaped(upstream.title)} before it was answered."
        case State.UNCONFIRMED:
            return (
                f"⚠️ {what} was answered, and {escaped(upstream.title)} has not confirmed that it took the answer. "
                "Please look there."
            )
        case _:
            return f"↪️ {what} does not wait any more in {escaped(upstream.title)}."


def _decided(row: RequestRow, what: str) -> str:
    if row.verdict is Verdict.APPROVE:
        words = f"✅ {what} was approved {_by(row)} for {row.for_how_long.words}."
    else:
        words = f"⛔ {what} was denied {_by(row)}."
    if row.cause == Cause.SCHEDULE or not row.reason:
        return words
    label = f"{label_of_reason(row)}: " if row.decided_by else ""
    return f"{words} {label}{escaped(cut(one_line(row.reason), REASON_LIMIT))}"


def _said_besides(row: RequestRow, upstream: UpstreamName) -> str:
    """What the upstream said when it took the answer, such as who else has to agree; ours is not repeated."""
    if not row.outcome_detail or row.decision_id in row.outcome_detail:
        return ""
    said = escaped(cut(one_line(row.outcome_detail), REASON_LIMIT))
    return f" {escaped(upstream.title)} says: {said}"


def _by(row: RequestRow) -> str:
    match row.cause:
        case Cause.SCHEDULE:
            return "automatically, by the schedule,"
        case Cause.TIMEOUT:
            return "by the time limit"
        case Cause.BREAK_GLASS:
            return f"by {escaped(cut(one_line(row.decided_by_name), NAME_LIMIT))} alone, who broke the glass,"
        case _:
            return f"by {escaped(cut(one_line(row.decided_by_name), NAME_LIMIT)) or f'<@{row.decided_by}>'}"

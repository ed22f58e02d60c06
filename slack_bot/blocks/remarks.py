"""What became of a request: the headline of its card, and the remark below its facts. Pure."""

from slack_bot.approvals import THE_SCHEDULE, THE_TIME_LIMIT, Cause
from slack_bot.blocks.mentions import people
from slack_bot.blocks.upstream_name import UpstreamName
from slack_bot.clock import SECOND, utc_text
from slack_bot.plain_text import cut, cut_and_count, in_line, one_line
from slack_bot.rich_text import Line, line, moment, text
from slack_bot.rows import RequestRow, State
from upstream_client.models import Status, Verdict

NAME_LIMIT = 80
DETAIL_LIMIT = 500
REASON_LIMIT = 1_000

SIGNS = {
    State.PENDING: "🔐 ",
    State.DECIDED: "⏳ ",
    State.APPROVED: "✅ ",
    State.DENIED: "⛔ ",
    State.EXPIRED: "⌛ ",
    State.ELSEWHERE: "↪️ ",
    State.UNCONFIRMED: "⚠️ ",
}
CAUSES = {Cause.TIMEOUT.value: "⌛ ", Cause.BREAK_GLASS.value: "🚨 "}
"""The signs of what was decided otherwise than by votes or a schedule."""

_UNTELLABLE = (
    "It was sent to {upstream}, no answer came back, and the request is gone. "
    "Nobody can tell what became of it: please look in {upstream}."
)


def sign(row: RequestRow) -> str:
    """What the headline begins with."""
    settled = row.state in (State.APPROVED, State.DENIED)
    return CAUSES.get(row.cause or "", SIGNS[row.state]) if settled else SIGNS[row.state]


def headline(row: RequestRow, upstream: UpstreamName) -> str:
    """What became of a request that waits no more, in one line."""
    match row.state:
        case State.DECIDED:
            return f"{_done(row)}, waiting for {upstream.title}"
        case State.APPROVED | State.DENIED:
            return _done(row)
        case State.UNCONFIRMED:
            return f"Not confirmed by {upstream.title}"
        case State.EXPIRED:
            return f"Expired in {upstream.title}"
        case _:
            return _elsewhere(row, upstream)


def _done(row: RequestRow) -> str:
    done = "Approved" if row.verdict is Verdict.APPROVE else "Denied"
    if row.cause == Cause.TIMEOUT:
        return f"{done}: {'nobody objected' if row.verdict is Verdict.APPROVE else 'not answered'} in time"
    if _is_by_nobody(row):
        return f"{done} automatically"
    by = f"{done} by {cut(one_line(row.decided_by_name), NAME_LIMIT) or row.decided_by}"
    return f"{by}, who broke the glass" if row.cause == Cause.BREAK_GLASS else by


def deciders(row: RequestRow) -> tuple[str, ...]:
    """The user ids of everybody whose answers made the verdict; none where no person decided."""
    if _is_by_nobody(row):
        return ()
    return row.all_who_decided or (row.decided_by,)


def _is_by_nobody(row: RequestRow) -> bool:
    """A schedule or the time limit decided."""
    return row.cause in (Cause.SCHEDULE, Cause.TIMEOUT) or not row.decided_by


def _nobody(row: RequestRow) -> str:
    return THE_TIME_LIMIT if row.cause == Cause.TIMEOUT else THE_SCHEDULE


def _elsewhere(row: RequestRow, upstream: UpstreamName) -> str:
    name = cut(one_line(row.outcome_by), NAME_LIMIT)
    by = f" by {name}" if name else ""
    words = {
        Status.APPROVED: f"Approved in {upstream.title}{by}",
        Status.DENIED: f"Denied in {upstream.title}{by}",
        Status.WITHDRAWN: f"Withdrawn{by}",
    }
    return words.get(Status(row.outcome_status), f"No longer waiting in {upstream.title}")


def remark(row: RequestRow, upstream: UpstreamName) -> list[Line]:
    """What the headline leaves open: for how long, when, why it waits again, what went wrong."""
    match row.state:
        case State.PENDING:
            return [line(text("⚠️ " + cut(in_line(row.notice), DETAIL_LIMIT)))] if row.notice else []
        case State.APPROVED | State.DENIED:
            return _decided(row) + _said_besides(row, upstream)
        case State.DECIDED:
            trouble = [line(text(cut(in_line(row.trouble), DETAIL_LIMIT)))] if row.trouble else []
            return _decided(row) + trouble
        case State.UNCONFIRMED:
            return [*_decided(row), line(text(_UNTELLABLE.format(upstream=upstream.title)))]
        case _:
            return _settled_without_us(row, upstream)


def _decided(row: RequestRow) -> list[Line]:
    if row.decided_at is None:
        return []
    when = moment(row.decided_at, utc_text(row.decided_at))
    if _is_by_nobody(row):
        why = f": {cut(in_line(row.reason), DETAIL_LIMIT).rstrip('.')}" if row.reason else ""
        return [line(*_done_by(row, f"{_nobody(row)}{why}, "), when, text("."))]
    took = (row.decided_at - (row.asked.requested_at or row.first_seen_at)) // SECOND
    after = f", {_took(took)} after it was asked." if took >= 0 else "."
    alone = ", who broke the glass, " if row.cause == Cause.BREAK_GLASS else ", "
    lines = [line(*_done_by(row), *people(deciders(row)), text(alone), when, text(after))]
    if row.reason:
        lines.append(
            line(text(f"{label_of_reason(row)}: {cut_and_count(in_line(row.reason), REASON_LIMIT)}"))
        )
    return lines


def label_of_reason(row: RequestRow) -> str:
    """What the deciders' own words are called: as the form asked for them."""
    is_comment = row.verdict is Verdict.APPROVE and row.cause != Cause.BREAK_GLASS
    return "Comment" if is_comment else "Reason"


def _done_by(row: RequestRow, whom: str = "") -> Line:
    """What was answered, for how long, and until when where a moment was named; ends with "by" whom."""
    taken = row.state in (State.APPROVED, State.DENIED)
    if row.verdict is Verdict.DENY:
        return line(text(f"{'Denied' if taken else 'Denial'} by {whom}"))
    words = f"{'Approved' if taken else 'Approval'} for {row.for_how_long.words}"
    if row.until_at is None:
        return line(text(f"{words} by {whom}"))
    return line(text(f"{words}, until "), moment(row.until_at, utc_text(row.until_at)), text(f", by {whom}"))


def _took(seconds: int) -> str:
    for size, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{seconds // size} {noun}s"
    return "1 second" if seconds == 1 else f"{seconds} seconds"


def _settled_without_us(row: RequestRow, upstream: UpstreamName) -> list[Line]:
    lines: list[Line] = []
    if row.verdict is not None:
        answer = "approval" if row.verdict is Verdict.APPROVE else "denial"
        fate = (
            f"'s {answer} was sent, and {upstream.title} does not say whether it took it."
            if row.unsure
            else f"'s {answer} was not applied: it came too late."
        )
        who = [text(_nobody(row).capitalize())] if _is_by_nobody(row) else people(deciders(row))
        lines.append(line(*who, text(fate)))
    if row.settled_at is not None:
        lines.append(line(text("Settled "), moment(row.settled_at, utc_text(row.settled_at)), text(".")))
    return lines + _said(row, upstream)


def _said_besides(row: RequestRow, upstream: UpstreamName) -> list[Line]:
    """What the upstream said when it took the answer, such as who else has to agree; ours is not repeated."""
    return [] if row.decision_id in row.outcome_detail else _said(row, upstream)


def _said(row: RequestRow, upstream: UpstreamName) -> list[Line]:
    if not row.outcome_detail:
        return []
    return [line(text(f"{upstream.title} says: {cut(in_line(row.outcome_detail), DETAIL_LIMIT)}"))]

"""A verdict on its way to the upstream, and what became of it there."""

from sqlalchemy import Connection

from slack_bot import audit
from slack_bot.approvals.change import begin_anew, change, expect, expect_sent, settled_as
from slack_bot.approvals.telling import tell_requester
from slack_bot.audit import Kind
from slack_bot.ballots import how_long
from slack_bot.rows import RequestRow, State
from upstream_client.models import ApprovalRequest, Verdict


def intend(tx: Connection, now: int, row: RequestRow, by: str) -> None:
    """The decision goes to the upstream next, for what is left; ``by`` is the process that sends it."""
    expect(row, State.DECIDED)
    if row.intent_at is not None:
        raise ValueError(f"the decision on request {row.key} is on its way already")
    left = row.left(now)
    if left is None:
        raise ValueError(f"nothing is left of the time until which request {row.key} was approved")
    sending = {"intent_at": now, "intent_by": by, "attempts": row.attempts + 1, "missing": 0}
    change(tx, now, row, State.DECIDED, look=left != row.for_how_long, duration=left.seconds, **sending)
    audit.append(
        tx,
        now,
        Kind.INTENT,
        row.key,
        verdict=row.verdict,
        decision=row.decision_id,
        attempt=row.attempts + 1,
        duration=how_long(left, row.until_at),
    )


def not_sent(tx: Connection, now: int, row: RequestRow, trouble: str, due_at: int) -> None:
    """The decision did not reach the upstream, for sure; it is tried again at ``due_at``."""
    expect(row, State.DECIDED)
    changed = trouble != row.trouble
    change(
        tx,
        now,
        row,
        State.DECIDED,
        look=changed,
        intent_at=None,
        intent_by="",
        attempts=row.attempts + (row.intent_at is None),
        seen_pending=0,
        trouble=trouble,
        due_at=due_at,
    )
    if changed or row.intent_at is not None:
        audit.append(tx, now, Kind.NOT_SENT, row.key, decision=row.decision_id, why=trouble)


def not_confirmed(tx: Connection, now: int, row: RequestRow, trouble: str, due_at: int) -> None:
    """The decision was sent and nobody can tell what became of it; the next look is at ``due_at``."""
    expect_sent(row)
    changed = trouble != row.trouble
    change(tx, now, row, State.DECIDED, look=changed, unsure=True, trouble=trouble, due_at=due_at)
    if changed:
        audit.append(tx, now, Kind.NOT_CONFIRMED, row.key, decision=row.decision_id, why=trouble)


def still_pending(tx: Connection, now: int, row: RequestRow, due_at: int) -> None:
    """After an unknown outcome the request was seen still waiting; the next look is at ``due_at``."""
    expect_sent(row)
    change(tx, now, row, State.DECIDED, look=False, seen_pending=row.seen_pending + 1, due_at=due_at)


def taken(tx: Connection, now: int, row: RequestRow, detail: str) -> None:
    """The upstream took the decision: only now may a card say so without a condition."""
    expect_sent(row)
    to = State.APPROVED if row.verdict is Verdict.APPROVE else State.DENIED
    change(tx, now, row, to, look=True, **settled_as(now, to.value, "", detail))
    audit.append(tx, now, Kind.OUTCOME, row.key, outcome=to.value, decision=row.decision_id, detail=detail)
    tell_requester(tx, now, row)


def unconfirmed(tx: Connection, now: int, row: RequestRow, detail: str) -> None:
    """The decision was sent, the request is gone, and nobody can tell what became of it."""
    expect_sent(row)
    change(tx, now, row, State.UNCONFIRMED, look=True, **settled_as(now, "unconfirmed", "", detail))
    audit.append(
        tx, now, Kind.OUTCOME, row.key, outcome="unconfirmed", decision=row.decision_id, detail=detail
    )
    tell_requester(tx, now, row)


def reopen(tx: Connection, now: int, row: RequestRow, notice: str, request: ApprovalRequest) -> None:
    """A decision did not stand: refused upstream, or the facts changed under it. Its votes are void."""
    expect(row, State.DECIDED)
    begin_anew(tx, now, row, notice, request)
    audit.append(
        tx,
        now,
        Kind.OUTCOME,
        row.key,
        outcome="pending again",
        decision=row.decision_id,
        detail=notice,
        digest=request.digest,
    )

"""What the upstream tells of a request that was settled already: how it ended, where nobody knew that."""

from sqlalchemy import Connection

from slack_bot import audit
from slack_bot.approvals.change import change, expect, settled_as, show_anew
from slack_bot.approvals.telling import tell_requester
from slack_bot.audit import Kind
from slack_bot.rows import RequestRow, State
from upstream_client.models import Seen, Status, Verdict

OPEN = (State.UNCONFIRMED, State.EXPIRED, State.ELSEWHERE)
ENDS = (Status.APPROVED, Status.DENIED, Status.WITHDRAWN)
"""After these nothing else comes. What expired may have gone on to another stage."""


def is_open(row: RequestRow) -> bool:
    """Whether it is settled, and nobody knows how, or whether for good."""
    return row.state in OPEN and row.outcome_status not in ENDS


def confirmed(tx: Connection, now: int, row: RequestRow, detail: str) -> None:
    """The decision that nobody had confirmed was taken: the upstream told so at last."""
    expect(row, State.UNCONFIRMED)
    to = State.APPROVED if row.verdict is Verdict.APPROVE else State.DENIED
    change(tx, now, row, to, look=True, **settled_as(now, to.value, "", detail))
    show_anew(tx, row)
    audit.append(tx, now, Kind.OUTCOME, row.key, outcome=to.value, decision=row.decision_id, detail=detail)
    tell_requester(tx, now, row)


def ended(tx: Connection, now: int, row: RequestRow, seen: Seen) -> None:
    """The upstream told at last how it ended, and it was not our answer that it took."""
    expect(row, *OPEN)
    if not is_open(row) or seen.status not in (*ENDS, Status.EXPIRED):
        raise ValueError(f"request {row.key} cannot end as {seen.status}: it is {row.outcome_status}")
    to = State.EXPIRED if seen.status is Status.EXPIRED else State.ELSEWHERE
    change(tx, now, row, to, look=True, **settled_as(now, seen.status.value, seen.by, seen.comment))
    show_anew(tx, row)
    audit.append(
        tx, now, Kind.REQUEST_GONE, row.key, status=seen.status.value, by=seen.by, comment=seen.comment
    )

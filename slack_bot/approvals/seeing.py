"""What the upstream tells: a request is new, changed, back, or gone."""

from sqlalchemy import Connection, insert

from slack_bot import audit
from slack_bot.approvals.change import (
    as_told,
    begin_anew,
    change,
    expect,
    settled_as,
    show_anew,
    void_votes,
)
from slack_bot.approvals.telling import tell_requester
from slack_bot.audit import Kind
from slack_bot.ledger import requests
from slack_bot.rows import (
    FINAL,
    UNDECIDED,
    RequestRow,
    State,
    key_of,
    next_turn,
)
from upstream_client.models import ApprovalRequest, Seen, Status, Verdict

NEVER = 0
"""No vote became void yet. Replicas' clocks differ, so the time it was first seen would refuse a quick press."""

_LIVE = (State.PENDING, State.DECIDED)


def add(tx: Connection, now: int, request: ApprovalRequest) -> None:
    """A request is seen for the first time: it is pending."""
    key = key_of(request.upstream, request.id)
    tx.execute(
        insert(requests).values(
            key=key,
            upstream=request.upstream,
            upstream_id=request.id,
            state=State.PENDING,
            revision=1,
            revised_at=NEVER,
            version=1,
            look=1,
            first_seen_at=now,
            changed_at=now,
            notice="",
            turn=next_turn(tx, now),
            **UNDECIDED,
            **as_told(request),
        )
    )
    audit.append(
        tx, now, Kind.REQUEST_SEEN, key, upstream=request.upstream, id=request.id, digest=request.digest
    )


def refresh(tx: Connection, now: int, row: RequestRow, request: ApprovalRequest) -> None:
    """The upstream tells a pending request differently. Where the digest changed, the votes are void."""
    expect(row, State.PENDING)
    if request.digest == row.digest:
        change(tx, now, row, State.PENDING, look=True, missing=0, **as_told(request))
        return
    notice = "The request changed while it waited. This is how it stands now."
    change(
        tx,
        now,
        row,
        State.PENDING,
        look=True,
        missing=0,
        revision=row.revision + 1,
        revised_at=now,
        notice=notice,
        **as_told(request),
    )
    void_votes(tx, row)
    audit.append(tx, now, Kind.REQUEST_CHANGED, row.key, was=row.digest, digest=request.digest)


def missed(tx: Connection, now: int, row: RequestRow) -> None:
    """A complete list did not have it: noted, and nothing concluded."""
    expect(row, *_LIVE)
    change(tx, now, row, row.state, look=False, missing=row.missing + 1)


def still_there(tx: Connection, now: int, row: RequestRow) -> None:
    """It is pending after all, whatever the last lists said."""
    expect(row, State.PENDING)
    change(tx, now, row, State.PENDING, look=False, missing=0)


def relist(tx: Connection, now: int, row: RequestRow, request: ApprovalRequest) -> None:
    """A request that was settled is waiting again: listed again, whatever the upstream said before."""
    expect(row, *FINAL)
    confirmed = row.state in (State.APPROVED, State.DENIED)
    answer = "approval" if row.verdict is Verdict.APPROVE else "denial"
    notice = (
        f"The request still waits, although {row.decided_by_name}'s {answer} was confirmed."
        if confirmed
        else "The request is waiting again."
    )
    begin_anew(tx, now, row, notice, request)
    show_anew(tx, row)
    audit.append(tx, now, Kind.REQUEST_BACK, row.key, was=row.state.value, digest=request.digest)


def gone(tx: Connection, now: int, row: RequestRow, seen: Seen) -> None:
    """The upstream no longer waits for an answer, and it was not ours that it took."""
    expect(row, *_LIVE)
    if seen.status is Status.PENDING:
        raise ValueError(f"request {row.key} is seen pending, and not gone")
    to = State.EXPIRED if seen.status is Status.EXPIRED else State.ELSEWHERE
    change(tx, now, row, to, look=True, **settled_as(now, seen.status.value, seen.by, seen.comment))
    audit.append(
        tx, now, Kind.REQUEST_GONE, row.key, status=seen.status.value, by=seen.by, comment=seen.comment
    )
    if to is State.EXPIRED:
        tell_requester(tx, now, row)

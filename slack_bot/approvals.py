"""The one place where a request changes state.

Every function works inside the caller's transaction, writes its audit record there, and changes a row only if
it is still the version that the caller read: the first verdict wins, across threads and replicas.

    pending ──▶ decided ──▶ approved | denied | expired | elsewhere | unconfirmed
       │  ▲        └──────▶ pending      (refused upstream, or the facts changed: votes void)
       │  └── any settled state          (listed again)
       └────▶ expired | elsewhere
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, insert, update

from slack_bot import audit, policy
from slack_bot.audit import Kind
from slack_bot.ballots import Ballot, Counting, Grant, how_long
from slack_bot.ledger import cards, requests, votes
from slack_bot.rows import (
    FINAL,
    UNDECIDED,
    CardState,
    RequestRow,
    State,
    body_of,
    hash_of,
    key_of,
    next_turn,
    request_by_key,
    shown_digest,
    votes_of,
)
from upstream_client.models import ApprovalRequest, Duration, Seen, Status, Verdict

NEVER = 0
"""No vote became void yet. Replicas' clocks differ, so the time it was first seen would refuse a quick press."""

_LIVE = (State.PENDING, State.DECIDED)


class Cause(StrEnum):
    """What brought a verdict about."""

    VOTE = "vote"
    SCHEDULE = "schedule"


class Outdated(Exception):
    """The row was changed by somebody else since it was read; nothing of the transaction may stand."""


@dataclass(frozen=True, slots=True)
class _Ruling:
    """A verdict with everything that goes into the row. ``by`` is empty where no person decided."""

    verdict: Verdict
    cause: Cause
    duration: Duration
    reason: str
    by: str
    by_name: str
    channel: str
    policy: str
    detail: Mapping[str, str] = field(default_factory=dict)
    """What the audit log is told besides."""
    until_at: int | None = None


THE_SCHEDULE = "the schedule"
"""Who decided, where a schedule did."""


def add(tx: Connection, now: int, request: ApprovalRequest) -> None:
    """A request is seen for the first time: it is pending."""
    key, body = key_of(request.upstream, request.id), body_of(request)
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
            digest=request.digest,
            body=body,
            body_hash=hash_of(body),
            first_seen_at=now,
            changed_at=now,
            notice="",
            turn=next_turn(tx, now),
            **UNDECIDED,
        )
    )
    audit.append(
        tx, now, Kind.REQUEST_SEEN, key, upstream=request.upstream, id=request.id, digest=request.digest
    )


def _expect(row: RequestRow, *states: State) -> None:
    """Each function works from these states alone; from any other it would undo what stands."""
    if row.state not in states:
        raise ValueError(f"request {row.key} is {row.state}, and not {' or '.join(states)}")


def _expect_sent(row: RequestRow) -> None:
    """What became of a decision can be known only where it was sent, be it in an earlier try."""
    _expect(row, State.DECIDED)
    if row.intent_at is None and not row.unsure:
        raise ValueError(f"the decision on request {row.key} was not sent")


def _change(tx: Connection, now: int, row: RequestRow, to: State, *, look: bool, **values: object) -> None:
    """Compare and set. Raises `Outdated` where the row is not the one that was read."""
    changed = tx.execute(
        update(requests)
        .where(requests.c.key == row.key, requests.c.version == row.version)
        .values(
            state=to,
            version=row.version + 1,
            look=row.look + look,
            changed_at=now if to is not row.state else row.changed_at,
            **values,
        )
    )
    if changed.rowcount != 1:
        raise Outdated(row.key)


def _as_told(request: ApprovalRequest) -> dict[str, object]:
    body = body_of(request)
    return {"body": body, "body_hash": hash_of(body), "digest": request.digest}


def refresh(tx: Connection, now: int, row: RequestRow, request: ApprovalRequest) -> None:
    """The upstream tells a pending request differently. Where the digest changed, the votes are void."""
    _expect(row, State.PENDING)
    if request.digest == row.digest:
        _change(tx, now, row, State.PENDING, look=True, missing=0, **_as_told(request))
        return
    notice = "The request changed while it waited. This is how it stands now."
    _change(
        tx,
        now,
        row,
        State.PENDING,
        look=True,
        missing=0,
        revision=row.revision + 1,
        revised_at=now,
        notice=notice,
        **_as_told(request),
    )
    audit.append(tx, now, Kind.REQUEST_CHANGED, row.key, was=row.digest, digest=request.digest)


def missed(tx: Connection, now: int, row: RequestRow) -> None:
    """A complete list did not have it: noted, and nothing concluded."""
    _expect(row, *_LIVE)
    _change(tx, now, row, row.state, look=False, missing=row.missing + 1)


def still_there(tx: Connection, now: int, row: RequestRow) -> None:
    """It is pending after all, whatever the last lists said."""
    _expect(row, State.PENDING)
    _change(tx, now, row, State.PENDING, look=False, missing=0)


def _begin_anew(tx: Connection, now: int, row: RequestRow, notice: str, request: ApprovalRequest) -> None:
    """The request waits as if nobody had answered it, with a notice that says why."""
    values = UNDECIDED | _as_told(request)
    revision = row.revision + 1
    _change(
        tx, now, row, State.PENDING, look=True, **values, revision=revision, revised_at=now, notice=notice
    )


def relist(tx: Connection, now: int, row: RequestRow, request: ApprovalRequest) -> None:
    """A request that was settled is waiting again: listed again, whatever the upstream said before."""
    _expect(row, *FINAL)
    confirmed = row.state in (State.APPROVED, State.DENIED)
    answer = "approval" if row.verdict is Verdict.APPROVE else "denial"
    notice = (
        f"The request still waits, although {row.decided_by_name}'s {answer} was confirmed."
        if confirmed
        else "The request is waiting again."
    )
    _begin_anew(tx, now, row, notice, request)
    settled = (cards.c.request_key == row.key, cards.c.state == CardState.SETTLED)
    tx.execute(update(cards).where(*settled).values(state=CardState.POSTED))
    audit.append(tx, now, Kind.REQUEST_BACK, row.key, was=row.state.value, digest=request.digest)


def gone(tx: Connection, now: int, row: RequestRow, seen: Seen) -> None:
    """The upstream no longer waits for an answer, and it was not ours that it took."""
    _expect(row, *_LIVE)
    if seen.status is Status.PENDING:
        raise ValueError(f"request {row.key} is seen pending, and not gone")
    to = State.EXPIRED if seen.status is Status.EXPIRED else State.ELSEWHERE
    _change(tx, now, row, to, look=True, **_settled(now, seen.status.value, seen.by, seen.comment))
    audit.append(
        tx, now, Kind.REQUEST_GONE, row.key, status=seen.status.value, by=seen.by, comment=seen.comment
    )


def _settled(now: int, status: str, by: str, detail: str) -> dict[str, object]:
    return {
        "outcome_status": status,
        "outcome_by": by,
        "outcome_detail": detail,
        "settled_at": now,
        "trouble": "",
        "due_at": None,
    }


def vote(tx: Connection, now: int, key: str, ballot: Ballot) -> Counting:
    """Counts a ballot and, where the votes now add up to a verdict, decides.

    The request must exist. A ballot is counted only while the request is pending and is what the card showed.
    """
    row = request_by_key(tx, key, lock=True)
    if row is None:
        raise LookupError(f"no request {key}")
    if row.state is not State.PENDING:
        return Counting.TOO_LATE
    if shown_digest(row.digest) != ballot.shown or ballot.pressed_at < row.revised_at:
        return Counting.CHANGED
    _record_vote(tx, now, row, ballot)
    verdict = policy.verdict(votes_of(tx, key, row.revision, ballot.channel))
    if verdict is not None:
        ruling = _Ruling(
            verdict,
            Cause.VOTE,
            ballot.duration,
            ballot.reason,
            ballot.user_id,
            ballot.user_name,
            ballot.channel,
            ballot.policy,
            until_at=ballot.until_at,
        )
        _decide(tx, now, row, ruling)
    return Counting.COUNTED


def approve_by_schedule(tx: Connection, now: int, key: str, version: int, grant: Grant) -> bool:
    """Decides for a schedule, on what was read at ``version``.

    False where the request changed since, no longer waits, or came back: that is for a person to look at.
    """
    row = request_by_key(tx, key, lock=True)
    if row is None or row.version != version or not _may_be_scheduled(row):
        return False
    ruling = _Ruling(
        Verdict.APPROVE,
        Cause.SCHEDULE,
        grant.duration,
        grant.words,
        "",
        THE_SCHEDULE,
        grant.channel,
        grant.words,
        {"scope": grant.channel or "all", "set_by": grant.set_by},
    )
    _decide(tx, now, row, ruling)
    return True


def _may_be_scheduled(row: RequestRow) -> bool:
    """Whether a schedule may answer it: it waits, and it neither changed nor came back since it was asked."""
    return row.state is State.PENDING and row.revision == 1


def _record_vote(tx: Connection, now: int, row: RequestRow, ballot: Ballot) -> None:
    tx.execute(
        insert(votes).values(
            request_key=row.key,
            revision=row.revision,
            channel=ballot.channel,
            user_id=ballot.user_id,
            user_name=ballot.user_name,
            verdict=ballot.verdict.value,
            duration=ballot.duration.seconds,
            reason=ballot.reason,
            voted_at=now,
            inbox_id=ballot.inbox_id,
            until_at=ballot.until_at,
        )
    )
    audit.append(
        tx,
        now,
        Kind.VOTE,
        row.key,
        ballot.user_id,
        verdict=ballot.verdict.value,
        duration=how_long(ballot.duration, ballot.until_at),
        channel=ballot.channel,
        digest=row.digest,
        revision=row.revision,
        policy=ballot.policy,
    )


def _decide(tx: Connection, now: int, row: RequestRow, ruling: _Ruling) -> None:
    decision_id = secrets.token_hex(8)
    _change(
        tx,
        now,
        row,
        State.DECIDED,
        look=True,
        verdict=ruling.verdict.value,
        cause=ruling.cause.value,
        duration=ruling.duration.seconds,
        until_at=ruling.until_at,
        reason=ruling.reason,
        decided_by=ruling.by,
        decided_by_name=ruling.by_name,
        decided_in=ruling.channel,
        decided_at=now,
        decision_id=decision_id,
        due_at=now,
        notice="",
    )
    audit.append(
        tx,
        now,
        Kind.DECIDED,
        row.key,
        ruling.by or audit.THE_BOT,
        verdict=ruling.verdict.value,
        cause=ruling.cause.value,
        decision=decision_id,
        duration=how_long(ruling.duration, ruling.until_at),
        channel=ruling.channel,
        reason=ruling.reason,
        policy=ruling.policy,
        **ruling.detail,
    )


def intend(tx: Connection, now: int, row: RequestRow, by: str) -> None:
    """The decision goes to the upstream next, for what is left; ``by`` is the process that sends it."""
    _expect(row, State.DECIDED)
    if row.intent_at is not None:
        raise ValueError(f"the decision on request {row.key} is on its way already")
    left = row.left(now)
    if left is None:
        raise ValueError(f"nothing is left of the time until which request {row.key} was approved")
    sending = {"intent_at": now, "intent_by": by, "attempts": row.attempts + 1, "missing": 0}
    _change(tx, now, row, State.DECIDED, look=left != row.for_how_long, duration=left.seconds, **sending)
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
    _expect(row, State.DECIDED)
    changed = trouble != row.trouble
    _change(
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
    _expect_sent(row)
    changed = trouble != row.trouble
    _change(tx, now, row, State.DECIDED, look=changed, unsure=True, trouble=trouble, due_at=due_at)
    if changed:
        audit.append(tx, now, Kind.NOT_CONFIRMED, row.key, decision=row.decision_id, why=trouble)


def still_pending(tx: Connection, now: int, row: RequestRow, due_at: int) -> None:
    """After an unknown outcome the request was seen still waiting; the next look is at ``due_at``."""
    _expect_sent(row)
    _change(tx, now, row, State.DECIDED, look=False, seen_pending=row.seen_pending + 1, due_at=due_at)


def taken(tx: Connection, now: int, row: RequestRow, detail: str) -> None:
    """The upstream took the decision: only now may a card say so without a condition."""
    _expect_sent(row)
    to = State.APPROVED if row.verdict is Verdict.APPROVE else State.DENIED
    _change(tx, now, row, to, look=True, **_settled(now, to.value, "", detail))
    audit.append(tx, now, Kind.OUTCOME, row.key, outcome=to.value, decision=row.decision_id, detail=detail)


def unconfirmed(tx: Connection, now: int, row: RequestRow, detail: str) -> None:
    """The decision was sent, the request is gone, and nobody can tell what became of it."""
    _expect_sent(row)
    _change(tx, now, row, State.UNCONFIRMED, look=True, **_settled(now, "unconfirmed", "", detail))
    audit.append(
        tx, now, Kind.OUTCOME, row.key, outcome="unconfirmed", decision=row.decision_id, detail=detail
    )


def reopen(tx: Connection, now: int, row: RequestRow, notice: str, request: ApprovalRequest) -> None:
    """A decision did not stand: refused upstream, or the facts changed under it. Its votes are void."""
    _expect(row, State.DECIDED)
    _begin_anew(tx, now, row, notice, request)
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

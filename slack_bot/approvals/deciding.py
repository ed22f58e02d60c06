"""What decides a request: people's votes, a schedule, or the time limit."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sqlalchemy import Connection, insert

from slack_bot import audit, policy
from slack_bot.approvals.change import change
from slack_bot.audit import Kind
from slack_bot.ballots import Ballot, Counting, Grant, TimeLimit, how_long
from slack_bot.ledger import votes
from slack_bot.policy import Approval, Tally, Vote, listed
from slack_bot.rows import RequestRow, State, VoteRow, request_by_key, shown_digest, votes_of
from upstream_client.models import Duration, Verdict


class Cause(StrEnum):
    """What brought a verdict about."""

    VOTE = "vote"
    SCHEDULE = "schedule"
    TIMEOUT = "timeout"
    """Nobody answered in time."""
    BREAK_GLASS = "break-glass"
    """One person decided for the whole quorum."""


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
    detail: Mapping[str, object] = field(default_factory=dict)
    """What the audit log is told besides."""
    until_at: int | None = None
    deciders: Sequence[str] = ()
    """Everybody whose answers made it."""


THE_SCHEDULE = "the schedule"
"""Who decided, where a schedule did."""
THE_TIME_LIMIT = "the time limit"
"""Who decided, where nobody answered in time."""


def vote(tx: Connection, now: int, key: str, ballot: Ballot) -> Counting:
    """Counts a ballot and, where the votes now add up to a verdict, decides.

    The request must exist. A ballot is counted only while the request is pending and is what the card showed.
    Whether the voter may decide is the caller's to know.
    """
    row = request_by_key(tx, key, lock=True)
    if row is None:
        raise LookupError(f"no request {key}")
    if row.state is not State.PENDING:
        return Counting.TOO_LATE
    if shown_digest(row.digest) != ballot.shown or ballot.pressed_at < row.revised_at:
        return Counting.CHANGED
    mine = Approval(ballot.voter, ballot.verdict, ballot.until_at)
    if policy.has_run_out(mine, now):
        return Counting.RUN_OUT
    given = votes_of(tx, row.key, row.revision, ballot.channel)
    before, after = _tally(now, row, ballot, given), _tally(now, row, ballot, [*given, mine])
    if ballot.break_glass:
        _break_glass(tx, now, row, ballot, before)
        return Counting.COUNTED
    # A second press may fill a seat that was not asked for at the first, or decide where fewer are asked for now.
    if ballot.user_id in before.given and after == before and after.verdict is None:
        return Counting.REPEATED
    _record_vote(tx, now, row, ballot)
    _conclude(tx, now, row, ballot, after)
    return Counting.COUNTED


def _tally(now: int, row: RequestRow, ballot: Ballot, given: Sequence[Vote]) -> Tally:
    return policy.count(ballot.rules, row.asked, given, backup_called=ballot.backup_called, now=now)


def _conclude(tx: Connection, now: int, row: RequestRow, ballot: Ballot, tally: Tally) -> None:
    """Decides where the votes add up to a verdict; else the cards show how far it has come."""
    if tally.verdict is None:
        change(tx, now, row, State.PENDING, look=True)
        return
    given = votes_of(tx, row.key, row.revision, ballot.channel)
    counted = [one for one in given if one.user_id in tally.given and one.verdict is Verdict.APPROVE]
    ruling = _by_ballot(ballot, tally.verdict, Cause.VOTE)
    if tally.verdict is Verdict.APPROVE and counted:
        ruling = _of_all(ruling, now, counted)
    _decide(tx, now, row, ruling)


def _of_all(ruling: _Ruling, now: int, counted: Sequence[VoteRow]) -> _Ruling:
    """An approval by several holds for the shortest time that one of them chose, and is named after all."""
    latest = {one.user_id: one for one in counted}
    shortest = min(latest.values(), key=lambda one: one.seconds_left(now))
    names = [one.user_name for one in latest.values()]
    reasons = [one.reason for one in latest.values() if one.reason]
    return replace(
        ruling,
        duration=Duration(shortest.duration),
        until_at=shortest.until_at,
        by_name=listed(names),
        reason=" / ".join(reasons),
        deciders=[*(user for user in latest if user != ruling.by), ruling.by],
    )


def _by_ballot(ballot: Ballot, verdict: Verdict, cause: Cause) -> _Ruling:
    return _Ruling(
        verdict,
        cause,
        ballot.duration,
        ballot.reason,
        ballot.user_id,
        ballot.user_name,
        ballot.channel,
        policy.text_of(ballot.rules),
        until_at=ballot.until_at,
        deciders=[ballot.user_id],
    )


def _break_glass(tx: Connection, now: int, row: RequestRow, ballot: Ballot, before: Tally) -> None:
    """One person decides for the whole quorum; the audit log has a record of its own for it."""
    if not ballot.rules.break_glass.allowed or not ballot.reason:
        raise ValueError("breaking the glass must be allowed in the channel, and takes a reason")
    _record_vote(tx, now, row, ballot)
    audit.append(
        tx,
        now,
        Kind.BREAK_GLASS,
        row.key,
        ballot.user_id,
        verdict=ballot.verdict.value,
        reason=ballot.reason,
        channel=ballot.channel,
        approvals=len(before.given),
        needed=before.asked_in_all,
        policy=policy.text_of(ballot.rules),
    )
    _decide(tx, now, row, _by_ballot(ballot, ballot.verdict, Cause.BREAK_GLASS))


def decide_by_time_limit(tx: Connection, now: int, key: str, version: int, limit: TimeLimit) -> bool:
    """Decides because nobody has answered in time, on what was read at ``version``.

    False where the request changed since, or no longer waits.
    """
    row = request_by_key(tx, key, lock=True)
    if row is None or row.version != version or row.state is not State.PENDING:
        return False
    ruling = _Ruling(
        limit.verdict,
        Cause.TIMEOUT,
        limit.duration,
        limit.words,
        "",
        THE_TIME_LIMIT,
        limit.channel,
        limit.policy,
    )
    _decide(tx, now, row, ruling)
    return True


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
            standing=ballot.voter.standing.value,
            groups=json.dumps(sorted(ballot.voter.groups)),
            in_channel=ballot.voter.in_channel,
            email=ballot.voter.email,
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
        policy=policy.text_of(ballot.rules),
    )


def _decide(tx: Connection, now: int, row: RequestRow, ruling: _Ruling) -> None:
    decision_id = secrets.token_hex(8)
    change(
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
        deciders=" ".join(ruling.deciders),
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
        deciders=list(ruling.deciders),
        policy=ruling.policy,
        **ruling.detail,
    )

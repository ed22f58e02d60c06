"""One request, its row and its ballots, for tests to vary."""

from dataclasses import replace
from itertools import count

from sqlalchemy import Connection, insert

from slack_bot import approvals
from slack_bot.ballots import Ballot, Counting
from slack_bot.blocks import UpstreamName
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger, inbox
from slack_bot.policy import Approvals, ChannelPolicy, Standing, Terms, Voter
from slack_bot.rows import RequestRow, State, body_of, hash_of, key_of, request_by_key, shown_digest
from upstream_client.models import (
    ONE_TIME,
    STANDARD_DURATIONS,
    ApprovalRequest,
    Duration,
    Fact,
    Risk,
    Verdict,
)

NOW = 1_795_168_800 * SECOND
"""2026-11-20 10:00 UTC."""
CHANNEL = "C01APPROVALS"
OTHER_CHANNEL = "C03SECOND"
DECISION = "0123456789abcdef"
APPROVER, SECOND_APPROVER = "U02APPROVER", "U03SECOND"
EITHER = ChannelPolicy(users=(APPROVER, SECOND_APPROVER))
"""One of the two decides; both together where the risk is high."""
BOTH = ChannelPolicy(users=(APPROVER, SECOND_APPROVER), terms=Terms(Approvals(2, 2, 2, 2)))
"""Only both together approve."""
PRIVMAN = UpstreamName("Privilege Manager", "Approve", "Deny")

REQUEST = ApprovalRequest(
    upstream="privilege_manager",
    id="85d71683-7dac-4762-8120-76a9a564fdc1",
    title="Run setup.exe as administrator",
    requester="PC-1\\Requester",
    requester_email="requester@example.com",
    justification="Needed for the release.",
    facts=(
        Fact("user", "User", "PC-1\\Requester"),
        Fact("file", "File", "C:\\Tools\\setup.exe"),
        Fact("reputation", "Reputation", "Good Rating", bound=False),
    ),
    risk=Risk.MEDIUM,
    link="https://privman.example.com/Tms/PrivilegeManager/#/approvals",
    requested_at=NOW - 90 * SECOND,
    durations=STANDARD_DURATIONS,
)
CHANGED = replace(REQUEST, facts=(Fact("file", "File", "C:\\Tools\\other.exe"),))
"""The same request with other bound facts."""
RETOLD = replace(REQUEST, risk=Risk.HIGH)
"""The same request, told differently where people are not bound to it."""

_undecided = RequestRow(
    key=key_of(REQUEST.upstream, REQUEST.id),
    upstream=REQUEST.upstream,
    upstream_id=REQUEST.id,
    state=State.PENDING,
    revision=1,
    revised_at=0,
    version=1,
    look=1,
    digest=REQUEST.digest,
    body=body_of(REQUEST),
    body_hash=hash_of(body_of(REQUEST)),
    first_seen_at=NOW - 60 * SECOND,
    changed_at=NOW - 60 * SECOND,
    missing=0,
    notice="",
    verdict=None,
    cause=None,
    duration=None,
    reason="",
    decided_by="",
    decided_by_name="",
    decided_in="",
    decided_at=None,
    decision_id="",
    intent_at=None,
    intent_by="",
    attempts=0,
    seen_pending=0,
    unsure=False,
    due_at=None,
    trouble="",
    outcome_status="",
    outcome_by="",
    outcome_detail="",
    settled_at=None,
)


def pending_row(asked: ApprovalRequest = REQUEST) -> RequestRow:
    """A row that waits for votes, as the ledger would hold it."""
    body = body_of(asked)
    return replace(
        _undecided,
        key=key_of(asked.upstream, asked.id),
        upstream_id=asked.id,
        digest=asked.digest,
        body=body,
        body_hash=hash_of(body),
    )


def decided_row(
    verdict: Verdict = Verdict.APPROVE, asked: ApprovalRequest = REQUEST, duration: Duration = ONE_TIME
) -> RequestRow:
    """A row on which a vote decided, as the ledger would hold it."""
    row = pending_row(asked)
    return replace(
        row,
        state=State.DECIDED,
        verdict=verdict,
        cause="vote",
        duration=duration.seconds,
        decided_by=APPROVER,
        decided_by_name="Approver",
        decided_in=CHANNEL,
        decided_at=NOW,
        decision_id=DECISION,
        due_at=NOW,
        version=2,
        look=2,
        changed_at=NOW,
    )


def settled_row(state: State, verdict: Verdict | None = Verdict.APPROVE, status: str = "") -> RequestRow:
    """A row that waits no more; without a verdict it was settled without us."""
    row = pending_row() if verdict is None else decided_row(verdict)
    return replace(
        row,
        state=state,
        outcome_status=status or state.value,
        settled_at=NOW + SECOND,
        due_at=None,
        version=row.version + 1,
        look=row.look + 1,
    )


def read(ledger: Ledger, asked: ApprovalRequest = REQUEST) -> RequestRow:
    """The request's row as it stands."""
    with ledger.read() as connection:
        row = request_by_key(connection, key_of(asked.upstream, asked.id))
    assert row is not None
    return row


def added(ledger: Ledger, asked: ApprovalRequest = REQUEST) -> RequestRow:
    """The row of a request seen for the first time."""
    with ledger.write() as tx:
        approvals.add(tx, NOW, asked)
    return read(ledger, asked)


_press = count(1)


def pressed(tx: Connection, user_id: str = APPROVER, channel: str = CHANNEL) -> int:
    """The id of a saved press of a button."""
    saved = tx.execute(
        insert(inbox).values(
            once_key=f"click {next(_press)}",
            kind="click",
            channel=channel,
            user_id=user_id,
            payload="{}",
            reply_to="",
            received_at=NOW,
            due_at=NOW,
            result="",
            answer="",
        )
    )
    (inbox_id,) = saved.inserted_primary_key or (0,)
    return int(inbox_id)


def ballot(
    tx: Connection,
    row: RequestRow,
    verdict: Verdict = Verdict.APPROVE,
    user_id: str = APPROVER,
    channel: str = CHANNEL,
    duration: Duration = ONE_TIME,
    pressed_at: int | None = None,
    rules: ChannelPolicy = EITHER,
) -> Ballot:
    """An answer to what the row shows, of a press that is saved in this transaction."""
    return Ballot(
        shown=shown_digest(row.digest),
        channel=channel,
        voter=Voter(user_id, Standing.MEMBER),
        user_name={APPROVER: "Approver", SECOND_APPROVER: "Second Approver"}.get(user_id, user_id),
        verdict=verdict,
        duration=duration,
        inbox_id=pressed(tx, user_id, channel),
        pressed_at=row.revised_at if pressed_at is None else pressed_at,
        rules=rules,
    )


def voted(ledger: Ledger, row: RequestRow, verdict: Verdict = Verdict.APPROVE) -> RequestRow:
    """The row after a vote that counted."""
    with ledger.write() as tx:
        assert approvals.vote(tx, NOW, row.key, ballot(tx, row, verdict)) is Counting.COUNTED
    return read(ledger)


def intended(ledger: Ledger, row: RequestRow) -> RequestRow:
    """The row of a decision that is on its way upstream."""
    with ledger.write() as tx:
        approvals.intend(tx, NOW, row, "this process")
    return read(ledger)

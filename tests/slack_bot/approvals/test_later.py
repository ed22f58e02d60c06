"""What is told of a request that was settled already: the whole row after it, and what is on record of it."""

from dataclasses import replace

import pytest

from slack_bot import approvals
from slack_bot.approvals.later import is_open
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger
from slack_bot.rows import CardState, RequestRow, State
from tests.slack_bot.approvals.told import carded, cards_by_channel, last_record, outcomes
from tests.slack_bot.examples import NOW, added, intended, read, voted
from upstream_client.models import Seen, Status, Verdict

LATER = NOW + 7 * SECOND
LATER_STILL = LATER + 7 * SECOND


def unconfirmed(ledger: Ledger, verdict: Verdict) -> RequestRow:
    """A decision that was sent, and of which nobody could tell what became of it; its card shows that."""
    row = intended(ledger, voted(ledger, added(ledger), verdict))
    with ledger.write() as tx:
        approvals.unconfirmed(tx, LATER, row, "")
    return shown(ledger)


def gone(ledger: Ledger, status: Status) -> RequestRow:
    """What waited no more, as far as was known; its card shows that."""
    row = added(ledger)
    with ledger.write() as tx:
        approvals.gone(tx, LATER, row, Seen(status))
    return shown(ledger)


def shown(ledger: Ledger) -> RequestRow:
    row = read(ledger)
    carded(ledger, row, CardState.SETTLED)
    return row


def states(ledger: Ledger, row: RequestRow) -> set[CardState]:
    return {card.state for card in cards_by_channel(ledger, row).values()}


@pytest.mark.parametrize(
    ("verdict", "state"), [(Verdict.APPROVE, State.APPROVED), (Verdict.DENY, State.DENIED)]
)
def test_a_decision_that_was_taken_after_all_is_settled_as_that_and_shown_anew(
    sqlite_ledger: Ledger, verdict: Verdict, state: State
) -> None:
    row = unconfirmed(sqlite_ledger, verdict)
    with sqlite_ledger.write() as tx:
        approvals.confirmed(tx, LATER_STILL, row, "Done.")
    assert read(sqlite_ledger) == replace(
        row,
        state=state,
        version=row.version + 1,
        look=row.look + 1,
        changed_at=LATER_STILL,
        outcome_status=state.value,
        outcome_detail="Done.",
        settled_at=LATER_STILL,
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.actor) == ("outcome", LATER_STILL, "bot")
    assert record.detail == {"outcome": state.value, "decision": row.decision_id, "detail": "Done."}
    assert states(sqlite_ledger, row) == {CardState.POSTED}
    assert len(outcomes(sqlite_ledger)) == 2


@pytest.mark.parametrize(
    ("was", "status", "state"),
    [
        (Status.UNKNOWN, Status.APPROVED, State.ELSEWHERE),
        (Status.UNKNOWN, Status.EXPIRED, State.EXPIRED),
        (Status.EXPIRED, Status.DENIED, State.ELSEWHERE),
    ],
)
def test_how_it_ended_and_who_it_was_is_known_at_last_and_shown_anew(
    sqlite_ledger: Ledger, was: Status, status: Status, state: State
) -> None:
    row = gone(sqlite_ledger, was)
    with sqlite_ledger.write() as tx:
        approvals.ended(tx, LATER_STILL, row, Seen(status, by="Somebody", comment="In the dashboard."))
    after = read(sqlite_ledger)
    assert after == replace(
        row,
        state=state,
        version=row.version + 1,
        look=row.look + 1,
        changed_at=LATER_STILL if state is not row.state else row.changed_at,
        outcome_status=status.value,
        outcome_by="Somebody",
        outcome_detail="In the dashboard.",
        settled_at=LATER_STILL,
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at) == ("request_gone", LATER_STILL)
    assert record.detail == {"status": status.value, "by": "Somebody", "comment": "In the dashboard."}
    assert states(sqlite_ledger, row) == {CardState.POSTED}


@pytest.mark.parametrize("status", [Status.APPROVED, Status.DENIED, Status.WITHDRAWN])
def test_what_is_known_to_have_ended_ends_no_other_way(sqlite_ledger: Ledger, status: Status) -> None:
    row = gone(sqlite_ledger, status)
    assert not is_open(row)
    with pytest.raises(ValueError, match=row.key), sqlite_ledger.write() as tx:
        approvals.ended(tx, LATER_STILL, row, Seen(Status.DENIED, by="Another"))
    assert read(sqlite_ledger) == row

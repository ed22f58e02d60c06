"""Votes and presses from before a request began to wait again count no more."""

from pathlib import Path

import pytest

from slack_bot import approvals
from slack_bot.ballots import Counting
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger
from slack_bot.rows import RequestRow, State, votes_of
from tests.audit_key import AUDIT_KEY
from tests.slack_bot.examples import (
    CHANGED,
    CHANNEL,
    NOW,
    REQUEST,
    RETOLD,
    added,
    ballot,
    read,
    voted,
)
from upstream_client.models import Seen, Status

LATER = NOW + 7 * SECOND
ELSEWHERE = Seen(Status.DENIED, by="Somebody", comment="No.")
SENT = {
    "unconfirmed and listed again": approvals.unconfirmed,
    "approved and listed again": approvals.taken,
}


def void(ledger: Ledger, row: RequestRow, why: str) -> RequestRow:
    """The request waiting again after a decision did not stand."""
    with ledger.write() as tx:
        if why == "gone and listed again":
            approvals.gone(tx, LATER, row, ELSEWHERE)
        elif why in SENT:
            approvals.intend(tx, LATER, row, "this process")
    row = read(ledger)
    if why in SENT:
        with ledger.write() as tx:
            SENT[why](tx, LATER, row, "")
        row = read(ledger)
    with ledger.write() as tx:
        if why.endswith("listed again"):
            approvals.relist(tx, LATER, row, REQUEST)
        else:
            approvals.reopen(tx, LATER, row, why, CHANGED if why == "changed" else REQUEST)
    return read(ledger)


@pytest.mark.parametrize("why", ["refused", "changed", "gone and listed again", *SENT])
def test_votes_are_void_when_the_request_waits_again(ledger: Ledger, why: str) -> None:
    decided = voted(ledger, added(ledger))
    again = void(ledger, decided, why)

    assert again.state is State.PENDING
    assert again.revision == decided.revision + 1
    assert again.look > decided.look
    assert again.notice
    undecided = (again.verdict, again.cause, again.decided_by, again.decided_at, again.decision_id)
    assert undecided == (None, None, "", None, "")
    assert (again.intent_at, again.attempts, again.unsure, again.due_at, again.settled_at) == (
        None,
        0,
        False,
        None,
        None,
    )
    with ledger.read() as connection:
        assert votes_of(connection, again.key, again.revision, CHANNEL) == []
        assert len(votes_of(connection, again.key, decided.revision, CHANNEL)) == 1


def test_each_decision_has_an_id_of_its_own(ledger: Ledger) -> None:
    row = added(ledger)
    ids = []
    for _ in range(3):
        decided = voted(ledger, row)
        ids.append(decided.decision_id)
        row = void(ledger, decided, "refused")
    assert len(set(ids)) == 3


def test_two_ledgers_never_give_the_same_decision_id(tmp_path: Path) -> None:
    """Both may answer the same request, and each has to know its own answer in the upstream's comment."""
    ids = set()
    for name in ("one", "another"):
        ledger = Ledger(f"sqlite:///{tmp_path / name}.db", AUDIT_KEY)
        ids.add(voted(ledger, added(ledger)).decision_id)
        ledger.close()
    assert len(ids) == 2


@pytest.mark.parametrize("why", ["refused", "gone and listed again"])
def test_a_press_from_before_the_votes_became_void_is_not_counted(ledger: Ledger, why: str) -> None:
    again = void(ledger, voted(ledger, added(ledger)), why)
    assert again.revised_at == LATER
    with ledger.write() as tx:
        old = ballot(tx, again, pressed_at=LATER - 1)
        assert approvals.vote(tx, LATER, again.key, old) is Counting.CHANGED
        assert votes_of(tx, again.key, again.revision, CHANNEL) == []
        assert approvals.vote(tx, LATER, again.key, ballot(tx, again, pressed_at=LATER)) is Counting.COUNTED


def test_a_press_from_before_the_facts_changed_and_changed_back_is_not_counted(ledger: Ledger) -> None:
    row = added(ledger)
    for asked in (CHANGED, REQUEST):
        with ledger.write() as tx:
            approvals.refresh(tx, LATER, read(ledger), asked)
    with ledger.write() as tx:
        old = ballot(tx, read(ledger), pressed_at=NOW)
        assert approvals.vote(tx, LATER, row.key, old) is Counting.CHANGED


def test_a_press_from_before_other_words_beside_the_facts_is_counted(ledger: Ledger) -> None:
    row = added(ledger)
    with ledger.write() as tx:
        approvals.refresh(tx, LATER, row, RETOLD)
        assert approvals.vote(tx, LATER, row.key, ballot(tx, row, pressed_at=NOW)) is Counting.COUNTED

"""What the upstream tells: the whole row after it, and what is on record of it."""

from dataclasses import replace

import pytest

from slack_bot import approvals
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger
from slack_bot.rows import CardState, RequestRow, State, body_of, hash_of, key_of
from tests.slack_bot.approvals.told import NOBODY_ANSWERED, carded, cards_by_channel, last_record, outcomes
from tests.slack_bot.examples import CHANGED, NOW, REQUEST, RETOLD, added, intended, read, voted
from upstream_client.models import ApprovalRequest, Seen, Status, Verdict

LATER = NOW + 7 * SECOND


def told_as(row: RequestRow, request: ApprovalRequest) -> RequestRow:
    """The row, with the request as it is told now."""
    body = body_of(request)
    return replace(row, body=body, body_hash=hash_of(body), digest=request.digest)


def test_a_new_request_is_written_down_whole_and_on_record(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    body = body_of(REQUEST)
    assert row == RequestRow(
        key=key_of(REQUEST.upstream, REQUEST.id),
        upstream=REQUEST.upstream,
        upstream_id=REQUEST.id,
        state=State.PENDING,
        revision=1,
        revised_at=0,
        version=1,
        look=1,
        digest=REQUEST.digest,
        body=body,
        body_hash=hash_of(body),
        first_seen_at=NOW,
        changed_at=NOW,
        notice="",
        turn=NOW,
        **NOBODY_ANSWERED,
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.request_key, record.digest, record.actor) == (
        "request_seen",
        NOW,
        row.key,
        REQUEST.digest,
        "bot",
    )
    assert record.detail == {"upstream": REQUEST.upstream, "id": REQUEST.id}


def test_where_the_clock_was_set_back_a_new_request_still_has_the_next_turn(sqlite_ledger: Ledger) -> None:
    added(sqlite_ledger)
    another = replace(REQUEST, id="another")
    with sqlite_ledger.write() as tx:
        approvals.add(tx, NOW - 60 * SECOND, another)
    row = read(sqlite_ledger, another)
    assert (row.turn, row.first_seen_at) == (NOW + 1, NOW - 60 * SECOND)


def test_the_same_facts_told_differently_are_only_drawn_anew(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.missed(tx, LATER, row)
    row = read(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.refresh(tx, LATER, row, RETOLD)
    assert read(sqlite_ledger) == replace(
        told_as(row, RETOLD), version=row.version + 1, look=row.look + 1, missing=0
    )
    assert last_record(sqlite_ledger).kind == "request_seen"


def test_other_facts_begin_a_revision_and_the_waiting_anew(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    card = carded(sqlite_ledger, row)
    other = replace(REQUEST, id="another")
    untouched = carded(sqlite_ledger, added(sqlite_ledger, other))
    with sqlite_ledger.write() as tx:
        approvals.missed(tx, LATER, row)
    row = read(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.refresh(tx, LATER, row, CHANGED)
    assert read(sqlite_ledger) == replace(
        told_as(row, CHANGED),
        version=row.version + 1,
        look=row.look + 1,
        missing=0,
        revision=2,
        revised_at=LATER,
        notice="The request changed while it waited. This is how it stands now.",
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.digest) == ("request_changed", LATER, CHANGED.digest)
    assert record.detail == {"was": REQUEST.digest}
    anew = replace(card, reminders=0, reminded_at=None, backup_at=None)
    assert cards_by_channel(sqlite_ledger, row) == {card.channel: anew}
    assert cards_by_channel(sqlite_ledger, read(sqlite_ledger, other)) == {untouched.channel: untouched}


@pytest.mark.parametrize("decided", [False, True])
def test_an_absence_is_counted_and_changes_nothing_else(sqlite_ledger: Ledger, decided: bool) -> None:
    row = added(sqlite_ledger)
    row = voted(sqlite_ledger, row) if decided else row
    for missing in (1, 2):
        with sqlite_ledger.write() as tx:
            approvals.missed(tx, LATER, row)
        after = read(sqlite_ledger)
        assert after == replace(row, version=row.version + 1, missing=missing)
        row = after


def test_what_is_seen_after_all_is_not_missing(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.missed(tx, LATER, row)
    row = read(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.still_there(tx, LATER, row)
    assert read(sqlite_ledger) == replace(row, version=row.version + 1, missing=0)


CONFIRMED = "The request still waits, although Approver's {} was confirmed."
AGAIN = "The request is waiting again."


@pytest.mark.parametrize(
    ("verdict", "end", "notice"),
    [
        (Verdict.APPROVE, approvals.taken, CONFIRMED.format("approval")),
        (Verdict.DENY, approvals.taken, CONFIRMED.format("denial")),
        (Verdict.APPROVE, approvals.unconfirmed, AGAIN),
        (Verdict.DENY, approvals.unconfirmed, AGAIN),
    ],
)
def test_what_is_listed_again_waits_anew_and_the_notice_says_what_had_been_confirmed(
    sqlite_ledger: Ledger, verdict: Verdict, end: object, notice: str
) -> None:
    row = intended(sqlite_ledger, voted(sqlite_ledger, added(sqlite_ledger), verdict))
    assert callable(end)
    with sqlite_ledger.write() as tx:
        end(tx, NOW, row, "Done.")
    was = read(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.relist(tx, LATER, was, CHANGED)
    assert read(sqlite_ledger) == replace(
        told_as(was, CHANGED),
        state=State.PENDING,
        version=was.version + 1,
        look=was.look + 1,
        changed_at=LATER,
        revision=2,
        revised_at=LATER,
        notice=notice,
        **NOBODY_ANSWERED,
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.digest) == ("request_back", LATER, CHANGED.digest)
    assert record.detail == {"was": was.state.value}


def test_of_what_is_listed_again_the_settled_cards_are_drawn_again_and_no_others(
    sqlite_ledger: Ledger,
) -> None:
    other = added(sqlite_ledger, replace(REQUEST, id="another"))
    elsewhere = carded(sqlite_ledger, other, CardState.SETTLED)
    row = added(sqlite_ledger)
    for channel, state in (("C01", CardState.SETTLED), ("C02", CardState.LOST), ("C03", CardState.CLAIMED)):
        carded(sqlite_ledger, row, state, channel)
    with sqlite_ledger.write() as tx:
        approvals.gone(tx, NOW, row, Seen(Status.WITHDRAWN))
    with sqlite_ledger.write() as tx:
        approvals.relist(tx, LATER, read(sqlite_ledger), REQUEST)
    assert {channel: card.state for channel, card in cards_by_channel(sqlite_ledger, row).items()} == {
        "C01": CardState.POSTED,
        "C02": CardState.LOST,
        "C03": CardState.CLAIMED,
    }
    assert cards_by_channel(sqlite_ledger, other) == {elsewhere.channel: elsewhere}


@pytest.mark.parametrize("decided", [False, True])
@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PENDING])
def test_what_the_upstream_settled_itself_is_written_down_as_it_tells_it(
    sqlite_ledger: Ledger, status: Status, decided: bool
) -> None:
    row = added(sqlite_ledger)
    row = voted(sqlite_ledger, row) if decided else row
    with sqlite_ledger.write() as tx:
        approvals.gone(tx, LATER, row, Seen(status, by="Somebody", comment="No."))
    expired = status is Status.EXPIRED
    assert read(sqlite_ledger) == replace(
        row,
        state=State.EXPIRED if expired else State.ELSEWHERE,
        version=row.version + 1,
        look=row.look + 1,
        changed_at=LATER,
        outcome_status=status.value,
        outcome_by="Somebody",
        outcome_detail="No.",
        settled_at=LATER,
        trouble="",
        due_at=None,
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.actor) == ("request_gone", LATER, "bot")
    assert record.detail == {"status": status.value, "by": "Somebody", "comment": "No."}
    assert len(outcomes(sqlite_ledger)) == expired


def test_what_is_seen_waiting_is_not_gone(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    words = f"^request {row.key} is seen pending, and not gone$"
    with pytest.raises(ValueError, match=words), sqlite_ledger.write() as tx:
        approvals.gone(tx, LATER, row, Seen(Status.PENDING))


def test_a_move_from_a_wrong_state_is_refused_in_words(sqlite_ledger: Ledger) -> None:
    row = voted(sqlite_ledger, added(sqlite_ledger))
    words = f"^request {row.key} is decided, and not pending$"
    with pytest.raises(ValueError, match=words), sqlite_ledger.write() as tx:
        approvals.refresh(tx, LATER, row, REQUEST)
    sent = intended(sqlite_ledger, row)
    with sqlite_ledger.write() as tx:
        approvals.taken(tx, LATER, sent, "")
    settled = read(sqlite_ledger)
    words = f"^request {row.key} is approved, and not pending or decided$"
    with pytest.raises(ValueError, match=words), sqlite_ledger.write() as tx:
        approvals.missed(tx, LATER, settled)

"""A verdict on its way: the whole row after each step, and what is on record of it."""

from dataclasses import replace

import pytest

from slack_bot import approvals
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger
from slack_bot.rows import RequestRow, State, body_of, hash_of
from tests.slack_bot.approvals.told import NOBODY_ANSWERED, carded, cards_by_channel, last_record, outcomes
from tests.slack_bot.examples import CHANGED, NOW, REQUEST, added, ballot, intended, read, voted
from upstream_client.models import ONE_TIME, Duration, Verdict

LATER, DUE = NOW + 7 * SECOND, NOW + 20 * SECOND
NO_ANSWER = "It does not answer."


def sent(ledger: Ledger, verdict: Verdict = Verdict.APPROVE) -> RequestRow:
    """A decision that is on its way."""
    return intended(ledger, voted(ledger, added(ledger), verdict))


def approved_until(ledger: Ledger, until: int) -> RequestRow:
    """An approval that ends at a moment."""
    row = added(ledger)
    with ledger.write() as tx:
        approvals.vote(tx, NOW, row.key, replace(ballot(tx, row, duration=Duration(3_600)), until_at=until))
    return read(ledger)


@pytest.mark.parametrize("verdict", Verdict)
def test_before_a_verdict_is_sent_it_is_on_record_with_its_attempt(
    sqlite_ledger: Ledger, verdict: Verdict
) -> None:
    row = voted(sqlite_ledger, added(sqlite_ledger), verdict)
    with sqlite_ledger.write() as tx:
        approvals.missed(tx, NOW, row)
    row = read(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.intend(tx, LATER, row, "this process")
    assert read(sqlite_ledger) == replace(
        row, version=row.version + 1, intent_at=LATER, intent_by="this process", attempts=1, missing=0
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.actor) == ("intent", LATER, "bot")
    assert record.detail == {
        "verdict": verdict.value,
        "decision": row.decision_id,
        "attempt": 1,
        "duration": "one time",
    }


def test_what_ends_at_a_moment_is_on_record_with_what_is_left_and_the_moment(sqlite_ledger: Ledger) -> None:
    row = approved_until(sqlite_ledger, NOW + 3_600 * SECOND)
    with sqlite_ledger.write() as tx:
        approvals.intend(tx, NOW + 90 * SECOND, row, "this process")
    assert last_record(sqlite_ledger).detail["duration"] == "58 minutes, until 2026-11-20 11:00 UTC"
    with sqlite_ledger.write() as tx:
        approvals.not_sent(tx, NOW + 90 * SECOND, read(sqlite_ledger), NO_ANSWER, DUE)
    again = read(sqlite_ledger)
    assert intended(sqlite_ledger, again).attempts == 2
    assert last_record(sqlite_ledger).detail["attempt"] == 2


def test_what_did_not_go_out_is_tried_again_and_on_record_with_the_reason(sqlite_ledger: Ledger) -> None:
    row = sent(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.still_pending(tx, LATER, row, LATER)
    row = read(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.not_sent(tx, LATER, row, NO_ANSWER, DUE)
    assert read(sqlite_ledger) == replace(
        row,
        version=row.version + 1,
        look=row.look + 1,
        intent_at=None,
        intent_by="",
        seen_pending=0,
        trouble=NO_ANSWER,
        due_at=DUE,
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.actor) == ("not_sent", LATER, "bot")
    assert record.detail == {"decision": row.decision_id, "why": NO_ANSWER}


def test_the_same_trouble_is_on_record_again_only_where_it_had_been_sent(sqlite_ledger: Ledger) -> None:
    row = sent(sqlite_ledger)
    for attempts in (1, 2):
        with sqlite_ledger.write() as tx:
            approvals.not_sent(tx, LATER, row, NO_ANSWER, DUE)
        row = read(sqlite_ledger)
        assert row.attempts == attempts
    assert last_record(sqlite_ledger).seq == 5  # seen, vote, decided, intent, not sent
    again = intended(sqlite_ledger, row)
    with sqlite_ledger.write() as tx:
        approvals.not_sent(tx, LATER, again, NO_ANSWER, DUE)
    assert read(sqlite_ledger).look == again.look
    record = last_record(sqlite_ledger)
    assert (record.seq, record.kind) == (7, "not_sent")


def test_what_nobody_can_tell_of_is_looked_at_again_and_on_record_once(sqlite_ledger: Ledger) -> None:
    row = sent(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.not_confirmed(tx, LATER, row, "No answer came.", DUE)
    unsure = read(sqlite_ledger)
    assert unsure == replace(
        row, version=row.version + 1, look=row.look + 1, unsure=True, trouble="No answer came.", due_at=DUE
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.actor) == ("not_confirmed", LATER, "bot")
    assert record.detail == {"decision": row.decision_id, "why": "No answer came."}
    with sqlite_ledger.write() as tx:
        approvals.not_confirmed(tx, LATER, unsure, "No answer came.", DUE + SECOND)
    assert read(sqlite_ledger) == replace(unsure, version=unsure.version + 1, due_at=DUE + SECOND)
    assert last_record(sqlite_ledger) == record


def test_each_look_that_sees_it_waiting_is_counted_and_names_the_next(sqlite_ledger: Ledger) -> None:
    row = sent(sqlite_ledger)
    for seen in (1, 2):
        with sqlite_ledger.write() as tx:
            approvals.still_pending(tx, LATER, row, DUE + seen)
        after = read(sqlite_ledger)
        assert after == replace(row, version=row.version + 1, seen_pending=seen, due_at=DUE + seen)
        row = after


@pytest.mark.parametrize(
    ("verdict", "state"), [(Verdict.APPROVE, State.APPROVED), (Verdict.DENY, State.DENIED)]
)
def test_what_the_upstream_took_is_settled_and_on_record(
    sqlite_ledger: Ledger, verdict: Verdict, state: State
) -> None:
    row = sent(sqlite_ledger, verdict)
    with sqlite_ledger.write() as tx:
        approvals.not_confirmed(tx, LATER, row, "No answer came.", DUE)
    row = read(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.taken(tx, LATER, row, "Done.")
    assert read(sqlite_ledger) == settled(row, state, state.value, "Done.")
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.actor) == ("outcome", LATER, "bot")
    assert record.detail == {"outcome": state.value, "decision": row.decision_id, "detail": "Done."}
    assert len(outcomes(sqlite_ledger)) == 1


def settled(row: RequestRow, state: State, status: str, detail: str) -> RequestRow:
    """The row once nothing more is done."""
    return replace(
        row,
        state=state,
        version=row.version + 1,
        look=row.look + 1,
        changed_at=LATER,
        outcome_status=status,
        outcome_by="",
        outcome_detail=detail,
        settled_at=LATER,
        trouble="",
        due_at=None,
    )


def test_what_nobody_will_ever_tell_is_settled_as_unconfirmed_and_on_record(sqlite_ledger: Ledger) -> None:
    row = sent(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.unconfirmed(tx, LATER, row, "It is gone.")
    assert read(sqlite_ledger) == settled(row, State.UNCONFIRMED, "unconfirmed", "It is gone.")
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.actor) == ("outcome", LATER, "bot")
    assert record.detail == {"outcome": "unconfirmed", "decision": row.decision_id, "detail": "It is gone."}
    assert len(outcomes(sqlite_ledger)) == 1


def test_what_did_not_stand_waits_anew_as_it_is_told_now_and_is_on_record(sqlite_ledger: Ledger) -> None:
    row = sent(sqlite_ledger)
    card = carded(sqlite_ledger, row)
    other = replace(REQUEST, id="another")
    untouched = carded(sqlite_ledger, added(sqlite_ledger, other))
    with sqlite_ledger.write() as tx:
        approvals.reopen(tx, LATER, row, "It was refused.", CHANGED)
    body = body_of(CHANGED)
    assert read(sqlite_ledger) == replace(
        row,
        state=State.PENDING,
        version=row.version + 1,
        look=row.look + 1,
        changed_at=LATER,
        revision=2,
        revised_at=LATER,
        notice="It was refused.",
        body=body,
        body_hash=hash_of(body),
        digest=CHANGED.digest,
        **NOBODY_ANSWERED,
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.actor, record.digest) == ("outcome", LATER, "bot", CHANGED.digest)
    assert record.detail == {
        "outcome": "pending again",
        "decision": row.decision_id,
        "detail": "It was refused.",
    }
    anew = replace(card, reminders=0, reminded_at=None, backup_at=None)
    assert cards_by_channel(sqlite_ledger, row) == {card.channel: anew}
    assert cards_by_channel(sqlite_ledger, read(sqlite_ledger, other)) == {untouched.channel: untouched}
    assert outcomes(sqlite_ledger) == []


@pytest.mark.parametrize(
    ("trouble", "words"),
    [("sent", "is on its way already"), ("over", "nothing is left of the time until which request")],
)
def test_what_cannot_be_sent_is_refused_in_words(sqlite_ledger: Ledger, trouble: str, words: str) -> None:
    row = sent(sqlite_ledger) if trouble == "sent" else approved_until(sqlite_ledger, NOW + 3_600 * SECOND)
    with pytest.raises(ValueError, match=words), sqlite_ledger.write() as tx:
        approvals.intend(tx, NOW + 7_200 * SECOND, row, "this process")
    assert read(sqlite_ledger) == row


def test_a_verdict_that_was_not_sent_has_no_outcome(sqlite_ledger: Ledger) -> None:
    row = voted(sqlite_ledger, added(sqlite_ledger))
    assert row.for_how_long == ONE_TIME
    words = f"^the decision on request {row.key} was not sent$"
    with pytest.raises(ValueError, match=words), sqlite_ledger.write() as tx:
        approvals.taken(tx, LATER, row, "Done.")

import re
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from slack_bot import approvals
from slack_bot.approvals import Outdated
from slack_bot.audit import records
from slack_bot.ballots import Counting
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger
from slack_bot.rows import KEY_LENGTH, SHOWN_DIGITS, State, key_of, shown_digest, votes_of
from tests.audit_key import AUDIT_KEY
from tests.slack_bot.examples import (
    APPROVER,
    BOTH,
    CHANGED,
    CHANNEL,
    NOW,
    OTHER_CHANNEL,
    REQUEST,
    RETOLD,
    SECOND_APPROVER,
    added,
    ballot,
    intended,
    pressed,
    read,
    voted,
)
from upstream_client.models import ApprovalRequest, Duration, Seen, Status, Verdict

LATER = NOW + 7 * SECOND


def kinds(ledger: Ledger) -> list[str]:
    with ledger.read() as connection:
        return [record.kind for record in records(connection)]


# What is written


def test_a_request_seen_first_waits_undecided(ledger: Ledger) -> None:
    row = added(ledger)
    assert row.state is State.PENDING
    assert (row.revision, row.version, row.look) == (1, 1, 1)
    assert (row.key, row.digest, row.asked) == (key_of(REQUEST.upstream, REQUEST.id), REQUEST.digest, REQUEST)
    assert (row.first_seen_at, row.changed_at, row.revised_at) == (NOW, NOW, 0)
    with ledger.read() as connection:
        (record,) = records(connection)
    assert record.actor == "bot"
    assert record.request_key == row.key
    assert (record.digest, record.detail) == (
        REQUEST.digest,
        {"upstream": REQUEST.upstream, "id": REQUEST.id},
    )


def test_a_vote_decides_and_tells_who_what_when_where_and_why(ledger: Ledger) -> None:
    row = added(ledger)
    with ledger.write() as tx:
        told = replace(ballot(tx, row, duration=Duration(900)), reason="It is the release.")
        assert approvals.vote(tx, LATER, row.key, told) is Counting.COUNTED

    decided = read(ledger)
    assert decided.state is State.DECIDED
    assert (decided.verdict, decided.cause, decided.duration) == (Verdict.APPROVE, "vote", 900)
    assert (decided.decided_by, decided.decided_by_name) == (APPROVER, "Approver")
    assert (decided.decided_in, decided.decided_at, decided.due_at) == (CHANNEL, LATER, LATER)
    assert decided.reason == "It is the release."
    assert re.fullmatch("[0-9a-f]{16}", decided.decision_id)
    assert decided.intent_at is None
    with ledger.read() as connection:
        (vote,) = votes_of(connection, row.key, 1, CHANNEL)
        seen, voted_record, decided_record = records(connection, row.key)
    assert (vote.user_id, vote.verdict, vote.duration, vote.voted_at) == (
        APPROVER,
        Verdict.APPROVE,
        900,
        LATER,
    )
    assert (seen.kind, voted_record.kind, decided_record.kind) == ("request_seen", "vote", "decided")
    assert voted_record.actor == decided_record.actor == APPROVER
    assert voted_record.digest == row.digest
    assert decided_record.detail["decision"] == decided.decision_id


def test_a_denial_taken_is_denied(ledger: Ledger) -> None:
    row = intended(ledger, voted(ledger, added(ledger), Verdict.DENY))
    with ledger.write() as tx:
        approvals.taken(tx, LATER, row, "")
    assert read(ledger).state is State.DENIED


def test_the_intent_is_on_record_before_the_outcome(ledger: Ledger) -> None:
    row = intended(ledger, voted(ledger, added(ledger)))
    assert (row.intent_at, row.intent_by, row.attempts) == (NOW, "this process", 1)
    assert kinds(ledger)[-1] == "intent"
    with ledger.write() as tx:
        approvals.taken(tx, LATER, row, "Done.")
    settled = read(ledger)
    assert kinds(ledger)[-2:] == ["intent", "outcome"]
    assert (settled.settled_at, settled.due_at, settled.outcome_detail) == (LATER, None, "Done.")


def test_trouble_is_told_once_and_cleared_by_the_outcome(ledger: Ledger) -> None:
    row = voted(ledger, added(ledger))
    for _ in range(2):
        with ledger.write() as tx:
            approvals.not_sent(tx, LATER, row, "It does not answer.", LATER)
        row = read(ledger)
    assert kinds(ledger).count("not_sent") == 1  # a retry every few seconds would bury the log
    assert row.look == 3  # add, vote, the first trouble
    assert row.attempts == 2
    row = intended(ledger, row)
    with ledger.write() as tx:
        approvals.taken(tx, LATER, row, "Done.")
    assert read(ledger).trouble == ""


def test_a_call_that_did_not_go_out_may_be_tried_again(ledger: Ledger) -> None:
    row = intended(ledger, voted(ledger, added(ledger)))
    with ledger.write() as tx:
        approvals.not_sent(tx, LATER, row, "It does not answer.", LATER + SECOND)
    again = read(ledger)
    assert (again.intent_at, again.intent_by, again.due_at) == (None, "", LATER + SECOND)
    assert again.attempts == 1
    assert intended(ledger, again).attempts == 2


def test_looks_after_an_unknown_outcome_are_counted_until_it_is_sent_again(ledger: Ledger) -> None:
    row = intended(ledger, voted(ledger, added(ledger)))
    with ledger.write() as tx:
        approvals.not_confirmed(tx, LATER, row, "No answer came.", LATER)
    unsure = read(ledger)
    assert unsure.unsure
    assert unsure.intent_at == NOW
    with ledger.write() as tx:
        approvals.still_pending(tx, LATER, unsure, LATER)
    assert read(ledger).seen_pending == 1
    with ledger.write() as tx:
        approvals.not_sent(tx, LATER, read(ledger), "It was not taken.", LATER)
    again = read(ledger)
    assert again.seen_pending == 0
    assert again.unsure  # an earlier call may still arrive


# Votes that do not count


def test_a_vote_for_an_unknown_request_is_the_callers_mistake(ledger: Ledger) -> None:
    row = added(ledger)
    with ledger.write() as tx, pytest.raises(LookupError):
        approvals.vote(tx, NOW, "nosuchkey234", ballot(tx, row, Verdict.DENY))


def test_an_answer_to_other_facts_is_not_counted(ledger: Ledger) -> None:
    row = added(ledger)
    with ledger.write() as tx:
        approvals.refresh(tx, LATER, row, CHANGED)
        old = ballot(tx, row)
        assert approvals.vote(tx, LATER, row.key, old) is Counting.CHANGED
    now = read(ledger)
    assert now.state is State.PENDING
    with ledger.read() as connection:
        assert votes_of(connection, row.key, now.revision, CHANNEL) == []


def test_other_facts_are_another_revision_and_void_the_votes_on_the_old_ones(ledger: Ledger) -> None:
    row = added(ledger)
    with ledger.write() as tx:
        assert approvals.vote(tx, NOW, row.key, ballot(tx, row, rules=BOTH)) is Counting.COUNTED
    with ledger.write() as tx:
        approvals.refresh(tx, LATER, read(ledger), CHANGED)
    changed = read(ledger)
    assert (changed.revision, changed.digest, changed.asked) == (2, CHANGED.digest, CHANGED)
    assert changed.notice == "The request changed while it waited. This is how it stands now."
    with ledger.write() as tx:
        second = ballot(tx, changed, user_id=SECOND_APPROVER, rules=BOTH)
        assert approvals.vote(tx, LATER, row.key, second) is Counting.COUNTED
    assert read(ledger).state is State.PENDING
    with ledger.write() as tx:
        first = ballot(tx, changed, rules=BOTH)
        assert approvals.vote(tx, LATER, row.key, first) is Counting.COUNTED
    assert read(ledger).verdict is Verdict.APPROVE


def test_what_is_told_differently_beside_the_facts_is_no_new_revision(ledger: Ledger) -> None:
    row = added(ledger)
    with ledger.write() as tx:
        approvals.missed(tx, LATER, row)
    with ledger.write() as tx:
        approvals.refresh(tx, LATER, read(ledger), RETOLD)
    told = read(ledger)
    assert (told.revision, told.notice, told.missing, told.asked) == (1, "", 0, RETOLD)


def test_absences_are_counted_until_it_is_seen_again(ledger: Ledger) -> None:
    row = added(ledger)
    for missing in (1, 2):
        with ledger.write() as tx:
            approvals.missed(tx, LATER, row)
        row = read(ledger)
        assert row.missing == missing
    with ledger.write() as tx:
        approvals.still_there(tx, LATER, row)
    assert read(ledger).missing == 0


def test_an_answer_to_the_same_bound_facts_counts_though_the_rest_changed(ledger: Ledger) -> None:
    row = added(ledger)
    with ledger.write() as tx:
        approvals.refresh(tx, LATER, row, RETOLD)
        for user in (APPROVER, SECOND_APPROVER):
            assert approvals.vote(tx, LATER, row.key, ballot(tx, row, user_id=user)) is Counting.COUNTED
    assert read(ledger).verdict is Verdict.APPROVE


@pytest.mark.parametrize("shown", ["", "0" * SHOWN_DIGITS, REQUEST.digest, REQUEST.digest[2:17]])
def test_a_ballot_must_show_exactly_the_digest_of_the_card(ledger: Ledger, shown: str) -> None:
    row = added(ledger)
    with ledger.write() as tx:
        forged = replace(ballot(tx, row), shown=shown)
        assert approvals.vote(tx, NOW, row.key, forged) is Counting.CHANGED
    assert read(ledger) == row


def test_the_votes_of_another_channel_are_not_counted_along(ledger: Ledger) -> None:
    row = added(ledger)
    with ledger.write() as tx:
        elsewhere = ballot(tx, row, user_id=SECOND_APPROVER, channel=OTHER_CHANNEL, rules=BOTH)
        assert approvals.vote(tx, NOW, row.key, elsewhere) is Counting.COUNTED
        assert approvals.vote(tx, NOW, row.key, ballot(tx, row, rules=BOTH)) is Counting.COUNTED
    assert read(ledger).state is State.PENDING
    with ledger.write() as tx:
        second = ballot(tx, row, user_id=SECOND_APPROVER, rules=BOTH)
        assert approvals.vote(tx, NOW, row.key, second) is Counting.COUNTED
    decided = read(ledger)
    assert (decided.verdict, decided.decided_in) == (Verdict.APPROVE, CHANNEL)


# Until a moment


def test_an_answer_until_a_moment_keeps_it_and_is_sent_for_what_is_left(ledger: Ledger) -> None:
    row, six = added(ledger), NOW + 3_600 * SECOND
    with ledger.write() as tx:
        until = replace(ballot(tx, row, duration=Duration(3_600)), until_at=six)
        assert approvals.vote(tx, NOW, row.key, until) is Counting.COUNTED
    decided = read(ledger)
    assert (decided.until_at, decided.duration) == (six, 3_600)
    with ledger.write() as tx:
        (counted,) = votes_of(tx, row.key, 1, CHANNEL)
        assert counted.until_at == six
        approvals.intend(tx, NOW + 90 * SECOND, decided, "this process")
    sent = read(ledger)
    assert (sent.until_at, sent.duration, sent.look) == (six, 58 * 60, decided.look + 1)
    with ledger.write() as tx:
        approvals.reopen(tx, NOW, sent, "Why.", sent.asked)
    assert (read(ledger).until_at, read(ledger).duration) == (None, None)


def test_when_the_moment_has_passed_nothing_can_be_sent(ledger: Ledger) -> None:
    row = added(ledger)
    with ledger.write() as tx:
        until = replace(ballot(tx, row, duration=Duration(3_600)), until_at=NOW + 3_600 * SECOND)
        approvals.vote(tx, NOW, row.key, until)
    with pytest.raises(ValueError, match="nothing is left"), ledger.write() as tx:
        approvals.intend(tx, NOW + 3_541 * SECOND, read(ledger), "this process")
    assert read(ledger).intent_at is None


# Two at once


def at_once(*work: Callable[[], object]) -> list[object]:
    """What each returned or raised; all begin together."""
    barrier = threading.Barrier(len(work))
    results: list[object] = [None] * len(work)

    def run(position: int) -> None:
        barrier.wait(10)
        try:
            results[position] = work[position]()
        except Outdated as outdated:
            results[position] = outdated

    threads = [threading.Thread(target=run, args=(position,)) for position in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_of_two_who_answer_at_once_the_first_decides_and_the_other_is_told(ledger_url: str) -> None:
    one = Ledger(ledger_url, AUDIT_KEY)
    another = one if one.sole else Ledger(ledger_url, AUDIT_KEY)
    row = added(one)

    def answer(ledger: Ledger, verdict: Verdict, user: str) -> Counting:
        with ledger.write() as tx:
            return approvals.vote(tx, NOW, row.key, ballot(tx, row, verdict, user))

    results = at_once(
        lambda: answer(one, Verdict.APPROVE, APPROVER),
        lambda: answer(another, Verdict.DENY, SECOND_APPROVER),
    )
    decided = read(one)
    with one.read() as connection:
        votes = votes_of(connection, row.key, 1, CHANNEL)
    assert sorted(map(str, results)) == [Counting.COUNTED, Counting.TOO_LATE]
    winner = (
        (Verdict.APPROVE, APPROVER) if results[0] is Counting.COUNTED else (Verdict.DENY, SECOND_APPROVER)
    )
    assert (decided.verdict, decided.decided_by) == winner
    assert [(vote.verdict, vote.user_id) for vote in votes] == [winner]
    assert kinds(one).count("decided") == 1
    another.close()
    one.close()


def test_of_two_replicas_that_would_send_a_decision_one_does(postgres_url: str) -> None:
    one, another = Ledger(postgres_url, AUDIT_KEY), Ledger(postgres_url, AUDIT_KEY)
    row = voted(one, added(one))

    def send(ledger: Ledger, by: str) -> str:
        with ledger.write() as tx:
            approvals.intend(tx, NOW, row, by)
        return by

    results = at_once(lambda: send(one, "one"), lambda: send(another, "another"))
    (sender,) = [result for result in results if isinstance(result, str)]
    assert read(one).intent_by == sender
    assert kinds(one).count("intent") == 1
    assert sum(isinstance(result, Outdated) for result in results) == 1
    another.close()
    one.close()


def test_a_decision_and_a_withdrawal_at_once_leave_one_of_them(ledger_url: str) -> None:
    one = Ledger(ledger_url, AUDIT_KEY)
    another = one if one.sole else Ledger(ledger_url, AUDIT_KEY)
    row = added(one)

    def answer() -> Counting:
        with one.write() as tx:
            return approvals.vote(tx, NOW, row.key, ballot(tx, row))

    def withdraw() -> str:
        with another.write() as tx:
            approvals.gone(tx, NOW, row, Seen(Status.WITHDRAWN))
        return "withdrawn"

    answered, withdrawn = at_once(answer, withdraw)
    after = read(one)
    if answered is Counting.COUNTED:
        assert isinstance(withdrawn, Outdated)
        assert after.state is State.DECIDED
    else:
        assert (answered, withdrawn) == (Counting.TOO_LATE, "withdrawn")
        assert after.state is State.ELSEWHERE
    another.close()
    one.close()


# Keys


def test_a_key_is_twelve_characters_that_stay_the_same_for_ever() -> None:
    key = key_of("privilege_manager", REQUEST.id)
    assert key == "z7tw2aur3tx2"
    assert len(key) == KEY_LENGTH
    assert shown_digest(REQUEST.digest) == REQUEST.digest[2 : 2 + SHOWN_DIGITS]


def test_upstream_and_id_do_not_run_into_each_other() -> None:
    assert key_of("ab", "c") != key_of("a", "bc")


def test_the_same_id_in_two_upstreams_is_two_requests(ledger: Ledger) -> None:
    other: ApprovalRequest = replace(REQUEST, upstream="gate")
    one, two = added(ledger), added(ledger, other)
    assert one.key != two.key


def test_a_press_is_counted_once(ledger: Ledger) -> None:
    """The second vote of one press would be an error of the clerk; the ledger refuses it."""
    row = added(ledger)
    with ledger.write() as tx:
        press = pressed(tx)
        first = replace(ballot(tx, row), inbox_id=press)
        assert approvals.vote(tx, NOW, row.key, first) is Counting.COUNTED
        assert approvals.vote(tx, NOW, row.key, first) is Counting.TOO_LATE

"""What a decision writes down: the vote, the whole row, and the records, for each of its causes."""

from dataclasses import replace
from typing import Any

import pytest

from slack_bot import approvals
from slack_bot.audit import Kind, Record, records
from slack_bot.ballots import Counting, Grant, TimeLimit
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger
from slack_bot.policy import (
    Approvals,
    BreakGlass,
    ChannelPolicy,
    Seat,
    Silence,
    Silences,
    Standing,
    Terms,
    Voter,
    text_of,
)
from slack_bot.rows import RequestRow, State, VoteRow, votes_of
from tests.slack_bot.approvals.told import last_record
from tests.slack_bot.examples import (
    APPROVER,
    BOTH,
    CHANGED,
    CHANNEL,
    EITHER,
    NOW,
    OTHER_CHANNEL,
    REQUEST,
    SECOND_APPROVER,
    added,
    ballot,
    intended,
    read,
    voted,
)
from upstream_client.models import HOUR, MINUTE, ONE_TIME, Duration, Seen, Status, Verdict

LATER = NOW + 60 * SECOND
UNTIL = LATER + HOUR * SECOND
AN_HOUR = "1 hour, until 2026-11-20 11:01 UTC"
GLASS = replace(BOTH, terms=replace(BOTH.terms, break_glass=BreakGlass(allowed=True)))
LIMIT = TimeLimit(CHANNEL, Verdict.APPROVE, Duration(HOUR), "Nobody answered within 4 hours.", "The policy.")
GRANT = Grant(CHANNEL, Duration(HOUR), "Outside business hours, up to low risk.", "U04ADMIN")


def cast(
    ledger: Ledger,
    row: RequestRow,
    user: str = APPROVER,
    verdict: Verdict = Verdict.APPROVE,
    rules: ChannelPolicy = EITHER,
    **more: Any,
) -> Counting:
    """One press, counted in a transaction of its own."""
    with ledger.write() as tx:
        plain = ballot(tx, row, verdict, user, rules=rules)
        return approvals.vote(tx, LATER, row.key, replace(plain, **more))


def record_of(ledger: Ledger, kind: Kind) -> Record:
    """The only record of its kind."""
    with ledger.read() as connection:
        (found,) = (record for record in records(connection) if record.kind == kind)
    return found


def votes(ledger: Ledger, row: RequestRow) -> list[VoteRow]:
    with ledger.read() as connection:
        return votes_of(connection, row.key, row.revision, CHANNEL)


def decided(row: RequestRow, after: RequestRow, **values: Any) -> RequestRow:
    """The row once it is decided by nobody in particular; its id is made up by chance."""
    same: dict[str, Any] = {
        "state": State.DECIDED,
        "version": row.version + 1,
        "look": row.look + 1,
        "changed_at": LATER,
        "decided_in": CHANNEL,
        "decided_at": LATER,
        "decision_id": after.decision_id,
        "due_at": LATER,
        "notice": "",
    }
    return replace(row, **same | values)


@pytest.mark.parametrize("verdict", Verdict)
def test_one_answer_that_decides_is_written_down_whole(sqlite_ledger: Ledger, verdict: Verdict) -> None:
    row = added(sqlite_ledger)
    chosen: dict[str, Any] = {"duration": Duration(HOUR), "until_at": UNTIL, "reason": "It is the release."}
    assert cast(sqlite_ledger, row, verdict=verdict, **chosen) is Counting.COUNTED
    after = read(sqlite_ledger)
    assert after == decided(
        row,
        after,
        verdict=verdict,
        cause="vote",
        duration=HOUR,
        until_at=UNTIL,
        reason="It is the release.",
        decided_by=APPROVER,
        decided_by_name="Approver",
        deciders=APPROVER,
    )
    record = record_of(sqlite_ledger, Kind.DECIDED)
    assert (record.at, record.actor, record.policy) == (LATER, APPROVER, text_of(EITHER))
    assert record.detail == {
        "verdict": verdict.value,
        "cause": "vote",
        "decision": after.decision_id,
        "duration": AN_HOUR,
        "channel": CHANNEL,
        "reason": "It is the release.",
        "deciders": [APPROVER],
    }


def test_a_vote_is_written_down_whole_with_who_gave_it_as_they_were_then(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    voter = Voter(APPROVER, Standing.GUEST, frozenset({"S02", "S01"}), True, "approver@example.com")
    cast(
        sqlite_ledger, row, rules=BOTH, voter=voter, duration=Duration(HOUR), until_at=UNTIL, reason="Known."
    )
    (vote,) = votes(sqlite_ledger, row)
    assert vote == VoteRow(
        id=vote.id,
        request_key=row.key,
        revision=1,
        channel=CHANNEL,
        user_id=APPROVER,
        user_name="Approver",
        verdict=Verdict.APPROVE,
        duration=HOUR,
        reason="Known.",
        voted_at=LATER,
        inbox_id=vote.inbox_id,
        until_at=UNTIL,
        standing=Standing.GUEST,
        groups=frozenset({"S02", "S01"}),
        in_channel=True,
        email="approver@example.com",
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.actor, record.digest, record.policy) == (
        "vote",
        LATER,
        APPROVER,
        row.digest,
        text_of(BOTH),
    )
    assert record.detail == {
        "verdict": "approve",
        "duration": AN_HOUR,
        "channel": CHANNEL,
        "revision": 1,
    }
    assert read(sqlite_ledger) == replace(row, version=row.version + 1, look=row.look + 1)


def test_a_decision_after_a_notice_takes_the_notice_away(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.refresh(tx, NOW, row, CHANGED)
    changed = read(sqlite_ledger)
    assert changed.notice
    cast(sqlite_ledger, changed)
    assert read(sqlite_ledger).notice == ""


def test_everybody_whose_approval_counts_is_a_decider_the_last_one_last(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    three = replace(BOTH, users=(*BOTH.users, "U04ADMIN"), terms=Terms(Approvals(3, 3, 3, 3)))
    for user in (SECOND_APPROVER, APPROVER, "U04ADMIN"):
        cast(sqlite_ledger, row, user, rules=three)
    after = read(sqlite_ledger)
    assert after.deciders == f"{SECOND_APPROVER} {APPROVER} U04ADMIN"
    assert after.decided_by_name == "Second Approver, Approver and U04ADMIN"
    assert record_of(sqlite_ledger, Kind.DECIDED).detail["deciders"] == after.deciders.split()


def test_of_whoever_approved_twice_the_later_answer_is_what_holds(sqlite_ledger: Ledger) -> None:
    """Given a seat that the second press fills, then its length and its reason are those that count."""
    row = added(sqlite_ledger)
    rules = ChannelPolicy(users=(APPROVER, SECOND_APPROVER), terms=Terms(seats=(Seat("S01"), Seat("S02"))))
    first = Voter(APPROVER, Standing.MEMBER)
    cast(sqlite_ledger, row, rules=rules, voter=first, duration=Duration(MINUTE), reason="First.")
    again = Voter(APPROVER, Standing.MEMBER, frozenset({"S01"}))
    assert (
        cast(sqlite_ledger, row, rules=rules, voter=again, duration=Duration(HOUR), reason="Second.")
        is Counting.COUNTED
    )
    other = Voter(SECOND_APPROVER, Standing.MEMBER, frozenset({"S02"}))
    cast(sqlite_ledger, row, SECOND_APPROVER, rules=rules, voter=other, duration=Duration(2 * HOUR))
    after = read(sqlite_ledger)
    assert (after.duration, after.reason, after.deciders) == (
        HOUR,
        "Second.",
        f"{APPROVER} {SECOND_APPROVER}",
    )


def test_who_denied_is_no_decider_of_an_approval_and_the_other_way_round(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    cast(sqlite_ledger, row, rules=BOTH, duration=Duration(MINUTE), reason="Fine.")
    cast(sqlite_ledger, row, SECOND_APPROVER, Verdict.DENY, BOTH, duration=Duration(HOUR), reason="No.")
    after = read(sqlite_ledger)
    assert (after.verdict, after.deciders, after.reason) == (Verdict.DENY, SECOND_APPROVER, "No.")
    assert after.duration == HOUR


def test_what_was_said_in_another_channel_or_of_another_revision_is_no_part_of_it(
    sqlite_ledger: Ledger,
) -> None:
    row = added(sqlite_ledger)
    cast(sqlite_ledger, row, rules=BOTH, channel=OTHER_CHANNEL)
    cast(sqlite_ledger, row, rules=BOTH, reason="Old facts.")
    with sqlite_ledger.write() as tx:
        approvals.refresh(tx, NOW, read(sqlite_ledger), CHANGED)
    changed = read(sqlite_ledger)
    for user in (SECOND_APPROVER, APPROVER):
        assert read(sqlite_ledger).state is State.PENDING
        cast(sqlite_ledger, changed, user, rules=BOTH, reason=f"New facts, {user}.")
    after = read(sqlite_ledger)
    assert after.reason == f"New facts, {SECOND_APPROVER}. / New facts, {APPROVER}."
    assert after.deciders == f"{SECOND_APPROVER} {APPROVER}"


def test_the_backup_decides_only_where_it_was_called(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    silence = Silences(any=Silence(backup_after=60, backup_users=(SECOND_APPROVER,)))
    rules = ChannelPolicy(users=(APPROVER,), terms=Terms(silence=silence))
    cast(sqlite_ledger, row, SECOND_APPROVER, rules=rules)
    assert read(sqlite_ledger).state is State.PENDING
    cast(sqlite_ledger, row, SECOND_APPROVER, rules=rules, backup_called=True)
    assert read(sqlite_ledger).verdict is Verdict.APPROVE


def test_an_approval_whose_moment_has_passed_is_not_counted(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    cast(sqlite_ledger, row, rules=BOTH, duration=Duration(HOUR), until_at=LATER)
    cast(sqlite_ledger, row, SECOND_APPROVER, rules=BOTH)
    assert read(sqlite_ledger).state is State.PENDING


@pytest.mark.parametrize(("seconds", "state"), [(59, State.PENDING), (60, State.DECIDED)])
def test_an_approval_until_a_moment_that_is_less_than_a_minute_away_decides_nothing(
    sqlite_ledger: Ledger, seconds: int, state: State
) -> None:
    row = added(sqlite_ledger)
    cast(sqlite_ledger, row, duration=Duration(HOUR), until_at=LATER + seconds * SECOND)
    assert read(sqlite_ledger).state is state


def test_whoever_approved_until_a_moment_that_has_passed_may_approve_again(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    cast(sqlite_ledger, row, rules=BOTH, duration=Duration(HOUR), until_at=LATER)
    assert cast(sqlite_ledger, row, rules=BOTH) is Counting.COUNTED
    cast(sqlite_ledger, row, SECOND_APPROVER, rules=BOTH)
    assert read(sqlite_ledger).verdict is Verdict.APPROVE


def test_a_vote_on_an_unknown_request_names_it(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    with pytest.raises(LookupError, match=r"^no request nosuchkey234$"), sqlite_ledger.write() as tx:
        approvals.vote(tx, LATER, "nosuchkey234", ballot(tx, row))


def test_a_press_of_the_moment_in_which_the_votes_became_void_counts(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.refresh(tx, NOW, row, CHANGED)
    changed = read(sqlite_ledger)
    assert cast(sqlite_ledger, changed, pressed_at=changed.revised_at - 1) is Counting.CHANGED
    assert cast(sqlite_ledger, changed, pressed_at=changed.revised_at) is Counting.COUNTED


# Break-glass


def test_a_broken_glass_is_on_record_with_what_was_there_and_what_was_needed(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    cast(sqlite_ledger, row, SECOND_APPROVER, rules=GLASS)
    before = read(sqlite_ledger)
    chosen: dict[str, Any] = {"duration": Duration(HOUR), "until_at": UNTIL, "reason": "Production is down."}
    assert cast(sqlite_ledger, before, rules=GLASS, break_glass=True, **chosen) is Counting.COUNTED
    record = record_of(sqlite_ledger, Kind.BREAK_GLASS)
    assert (record.at, record.actor, record.request_key, record.policy) == (
        LATER,
        APPROVER,
        row.key,
        text_of(GLASS),
    )
    assert record.detail == {
        "verdict": "approve",
        "reason": "Production is down.",
        "channel": CHANNEL,
        "approvals": 1,
        "needed": 2,
    }
    after = read(sqlite_ledger)
    assert after == decided(
        before,
        after,
        verdict=Verdict.APPROVE,
        cause="break-glass",
        duration=HOUR,
        until_at=UNTIL,
        reason="Production is down.",
        decided_by=APPROVER,
        decided_by_name="Approver",
        deciders=APPROVER,
    )
    assert last_record(sqlite_ledger).policy == text_of(GLASS)
    assert [one.user_id for one in votes(sqlite_ledger, row)] == [SECOND_APPROVER, APPROVER]


def test_a_glass_that_must_not_be_broken_is_refused_in_words(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    words = "^breaking the glass must be allowed in the channel, and takes a reason$"
    with pytest.raises(ValueError, match=words):
        cast(sqlite_ledger, row, rules=BOTH, break_glass=True, reason="Production is down.")
    assert read(sqlite_ledger) == row


# The time limit and the schedule


@pytest.mark.parametrize("verdict", Verdict)
def test_the_time_limit_is_written_down_whole(sqlite_ledger: Ledger, verdict: Verdict) -> None:
    row = added(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        limit = replace(LIMIT, verdict=verdict)
        assert approvals.decide_by_time_limit(tx, LATER, row.key, row.version, limit) is True
    after = read(sqlite_ledger)
    assert after == decided(
        row,
        after,
        verdict=verdict,
        cause="timeout",
        duration=HOUR,
        reason=LIMIT.words,
        decided_by_name="the time limit",
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.actor, record.policy) == ("decided", LATER, "bot", "The policy.")
    assert record.detail == {
        "verdict": verdict.value,
        "cause": "timeout",
        "decision": after.decision_id,
        "duration": "1 hour",
        "channel": CHANNEL,
        "reason": LIMIT.words,
        "deciders": [],
    }


@pytest.mark.parametrize(("channel", "scope"), [(CHANNEL, CHANNEL), ("", "all")])
def test_a_schedule_is_written_down_whole_with_its_scope_and_who_set_it(
    sqlite_ledger: Ledger, channel: str, scope: str
) -> None:
    row = added(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        grant = replace(GRANT, channel=channel)
        assert approvals.approve_by_schedule(tx, LATER, row.key, row.version, grant) is True
    after = read(sqlite_ledger)
    assert after == decided(
        row,
        after,
        verdict=Verdict.APPROVE,
        cause="schedule",
        duration=HOUR,
        reason=GRANT.words,
        decided_by_name="the schedule",
        decided_in=channel,
    )
    record = last_record(sqlite_ledger)
    assert (record.kind, record.at, record.actor, record.policy) == ("decided", LATER, "bot", GRANT.words)
    assert record.detail == {
        "verdict": "approve",
        "cause": "schedule",
        "decision": after.decision_id,
        "duration": "1 hour",
        "channel": channel,
        "reason": GRANT.words,
        "deciders": [],
        "scope": scope,
        "set_by": "U04ADMIN",
    }


def by_time_limit(ledger: Ledger, key: str, version: int) -> bool:
    with ledger.write() as tx:
        return approvals.decide_by_time_limit(tx, LATER, key, version, LIMIT)


def by_schedule(ledger: Ledger, key: str, version: int) -> bool:
    with ledger.write() as tx:
        return approvals.approve_by_schedule(tx, LATER, key, version, GRANT)


@pytest.mark.parametrize("decide", [by_time_limit, by_schedule])
def test_nobody_decides_what_is_unknown_changed_or_answered(sqlite_ledger: Ledger, decide: Any) -> None:
    row = added(sqlite_ledger)
    assert decide(sqlite_ledger, "nosuchkey234", row.version) is False
    assert decide(sqlite_ledger, row.key, row.version + 1) is False
    assert read(sqlite_ledger) == row
    answered = voted(sqlite_ledger, row, Verdict.DENY)
    assert decide(sqlite_ledger, row.key, answered.version) is False
    assert read(sqlite_ledger) == answered
    assert record_of(sqlite_ledger, Kind.DECIDED).actor == APPROVER


def test_what_changed_or_came_back_is_for_a_person_and_not_for_a_schedule(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.gone(tx, NOW, row, Seen(Status.WITHDRAWN))
    with sqlite_ledger.write() as tx:
        approvals.relist(tx, NOW, read(sqlite_ledger), REQUEST)
    back = read(sqlite_ledger)
    assert by_schedule(sqlite_ledger, row.key, back.version) is False
    assert read(sqlite_ledger) == back
    assert by_time_limit(sqlite_ledger, row.key, back.version) is True


def test_every_decision_has_an_id_of_its_own(sqlite_ledger: Ledger) -> None:
    first = intended(sqlite_ledger, voted(sqlite_ledger, added(sqlite_ledger)))
    with sqlite_ledger.write() as tx:
        approvals.reopen(tx, NOW, first, "It was refused.", REQUEST)
    second = voted(sqlite_ledger, read(sqlite_ledger))
    assert first.decision_id != second.decision_id
    assert {len(first.decision_id), len(second.decision_id)} == {16}
    assert second.for_how_long == ONE_TIME

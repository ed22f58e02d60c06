"""Several people decide together, one for all of them, or nobody in time."""

from dataclasses import replace
from typing import Any

import pytest

from slack_bot import approvals
from slack_bot.approvals import Cause
from slack_bot.audit import Kind, records
from slack_bot.ballots import Counting, TimeLimit
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger
from slack_bot.policy import Approvals, BreakGlass, ChannelPolicy, Seat, Standing, Terms, Voter
from slack_bot.rows import RequestRow, State, votes_of
from tests.slack_bot.examples import (
    APPROVER,
    BOTH,
    CHANGED,
    CHANNEL,
    NOW,
    SECOND_APPROVER,
    added,
    ballot,
    read,
)
from upstream_client.models import HOUR, MINUTE, ONE_TIME, Duration, Verdict

LATER = NOW + 60 * SECOND
THIRD = "U04ADMIN"
SRE, SECURITY = "S01SRE", "S02SECURITY"
GLASS = replace(BOTH, terms=replace(BOTH.terms, break_glass=BreakGlass(allowed=True)))
SEATED = ChannelPolicy(terms=Terms(seats=(Seat(SRE), Seat(SECURITY))))


def cast(
    ledger: Ledger,
    row: RequestRow,
    user: str = APPROVER,
    verdict: Verdict = Verdict.APPROVE,
    duration: Duration = ONE_TIME,
    rules: ChannelPolicy = BOTH,
    **more: Any,
) -> Counting:
    """One press, counted in a transaction of its own."""
    with ledger.write() as tx:
        plain = ballot(tx, row, verdict, user, duration=duration, rules=rules)
        return approvals.vote(tx, LATER, row.key, replace(plain, **more))


def kinds(ledger: Ledger, row: RequestRow) -> list[str]:
    with ledger.read() as connection:
        return [record.kind for record in records(connection, row.key)]


def test_the_first_of_two_leaves_it_waiting_and_its_cards_to_be_drawn_again(ledger: Ledger) -> None:
    row = added(ledger)
    assert cast(ledger, row) is Counting.COUNTED
    now = read(ledger)
    assert (now.state, now.verdict, now.look, now.version) == (
        State.PENDING,
        None,
        row.look + 1,
        row.version + 1,
    )
    assert kinds(ledger, row) == ["request_seen", "vote"]


def test_the_second_decides_in_the_name_of_both(ledger: Ledger) -> None:
    row = added(ledger)
    cast(ledger, row, reason="Known to me.")
    assert cast(ledger, row, SECOND_APPROVER, reason="To me as well.") is Counting.COUNTED
    decided = read(ledger)
    assert (decided.state, decided.verdict, decided.cause) == (State.DECIDED, Verdict.APPROVE, Cause.VOTE)
    assert decided.decided_by == SECOND_APPROVER
    assert decided.decided_by_name == "Approver and Second Approver"
    assert decided.reason == "Known to me. / To me as well."
    with ledger.read() as connection:
        (told,) = [one for one in records(connection, row.key) if one.kind == Kind.DECIDED]
    assert told.detail["deciders"] == [APPROVER, SECOND_APPROVER]


def test_one_person_is_not_two_however_often_they_press(ledger: Ledger) -> None:
    row = added(ledger)
    cast(ledger, row)
    before = read(ledger)
    assert cast(ledger, row, duration=Duration(HOUR)) is Counting.REPEATED
    assert read(ledger) == before
    with ledger.read() as connection:
        assert len(votes_of(connection, row.key, 1, CHANNEL)) == 1


@pytest.mark.parametrize("glass", [True, False])
def test_an_approval_until_a_moment_that_is_too_close_by_now_is_none(ledger: Ledger, glass: bool) -> None:
    row = added(ledger)
    before, reason = read(ledger), "It is urgent."
    soon = LATER + 60 * SECOND
    close = cast(ledger, row, rules=GLASS, until_at=soon - 1, break_glass=glass, reason=reason)
    assert close is Counting.RUN_OUT
    assert read(ledger) == before
    assert cast(ledger, row, until_at=soon) is Counting.COUNTED


@pytest.mark.parametrize("first", [Verdict.APPROVE, None])
def test_one_deny_ends_it(ledger: Ledger, first: Verdict | None) -> None:
    row = added(ledger)
    if first:
        cast(ledger, row)
    assert cast(ledger, row, SECOND_APPROVER, Verdict.DENY, reason="Not this one.") is Counting.COUNTED
    denied = read(ledger)
    assert (denied.verdict, denied.decided_by_name, denied.reason) == (
        Verdict.DENY,
        "Second Approver",
        "Not this one.",
    )


def test_whoever_approved_may_think_better_of_it(ledger: Ledger) -> None:
    row = added(ledger)
    cast(ledger, row)
    assert cast(ledger, row, verdict=Verdict.DENY) is Counting.COUNTED
    assert read(ledger).verdict is Verdict.DENY


@pytest.mark.parametrize(
    ("first", "second", "shortest"),
    [
        (Duration(HOUR), Duration(15 * MINUTE), Duration(15 * MINUTE)),
        (Duration(15 * MINUTE), Duration(HOUR), Duration(15 * MINUTE)),
        (ONE_TIME, Duration(HOUR), ONE_TIME),
        (Duration(HOUR), ONE_TIME, ONE_TIME),
    ],
)
def test_it_holds_for_the_shortest_time_that_one_of_them_chose(
    ledger: Ledger, first: Duration, second: Duration, shortest: Duration
) -> None:
    row = added(ledger)
    cast(ledger, row, duration=first)
    cast(ledger, row, SECOND_APPROVER, duration=second)
    assert read(ledger).for_how_long == shortest


def test_until_a_moment_is_shorter_than_a_length_that_ends_after_it(ledger: Ledger) -> None:
    row, soon = added(ledger), LATER + 10 * 60 * SECOND
    cast(ledger, row, duration=Duration(12 * MINUTE), until_at=soon)
    cast(ledger, row, SECOND_APPROVER, duration=Duration(11 * MINUTE))
    decided = read(ledger)
    assert (decided.until_at, decided.duration) == (soon, 12 * MINUTE)
    left = decided.left(LATER)
    assert left == Duration(10 * MINUTE)


def test_a_vote_counts_by_the_policy_as_it_is_when_the_last_one_comes(ledger: Ledger) -> None:
    row = added(ledger)
    cast(ledger, row)
    without_the_first = replace(BOTH, users=(SECOND_APPROVER, THIRD))
    assert cast(ledger, row, SECOND_APPROVER, rules=without_the_first) is Counting.COUNTED
    assert read(ledger).state is State.PENDING
    assert cast(ledger, row, THIRD, rules=without_the_first) is Counting.COUNTED
    decided = read(ledger)
    assert decided.verdict is Verdict.APPROVE
    assert decided.decided_by_name == f"Second Approver and {THIRD}"


def test_where_the_number_was_lowered_meanwhile_the_next_press_decides_for_as_long_as_it_says(
    ledger: Ledger,
) -> None:
    row = added(ledger)
    cast(ledger, row, duration=Duration(HOUR))
    lower = replace(BOTH, terms=Terms(Approvals(1, 1, 1, 1), longest=Duration(15 * MINUTE)))
    assert cast(ledger, row, rules=lower, duration=Duration(15 * MINUTE)) is Counting.COUNTED
    decided = read(ledger)
    assert (decided.verdict, decided.for_how_long) == (Verdict.APPROVE, Duration(15 * MINUTE))
    assert kinds(ledger, row) == ["request_seen", "vote", "vote", "decided"]


def test_seats_are_filled_by_the_groups_that_voters_were_in(ledger: Ledger) -> None:
    row = added(ledger)
    both_groups = Voter(APPROVER, Standing.MEMBER, frozenset({SRE, SECURITY}))
    sre = Voter(SECOND_APPROVER, Standing.MEMBER, frozenset({SRE}))
    assert cast(ledger, row, rules=SEATED, voter=both_groups) is Counting.COUNTED
    assert read(ledger).state is State.PENDING
    assert cast(ledger, row, SECOND_APPROVER, rules=SEATED, voter=sre) is Counting.COUNTED
    assert read(ledger).verdict is Verdict.APPROVE


def test_facts_that_change_void_what_one_of_two_said(ledger: Ledger) -> None:
    row = added(ledger)
    cast(ledger, row)
    with ledger.write() as tx:
        approvals.refresh(tx, LATER, read(ledger), CHANGED)
    changed = read(ledger)
    assert cast(ledger, changed, SECOND_APPROVER, pressed_at=LATER) is Counting.COUNTED
    assert read(ledger).state is State.PENDING


# Break-glass


def test_whoever_breaks_the_glass_decides_alone_and_that_has_a_record_of_its_own(ledger: Ledger) -> None:
    row = added(ledger)
    given = cast(ledger, row, rules=GLASS, break_glass=True, reason="Production is down.")
    assert given is Counting.COUNTED
    decided = read(ledger)
    assert (decided.verdict, decided.cause, decided.reason) == (
        Verdict.APPROVE,
        Cause.BREAK_GLASS,
        "Production is down.",
    )
    assert kinds(ledger, row) == ["request_seen", "vote", "break_glass", "decided"]


@pytest.mark.parametrize(("rules", "reason"), [(BOTH, "Production is down."), (GLASS, "")])
def test_the_glass_is_not_broken_where_that_is_not_allowed_or_without_a_reason(
    ledger: Ledger, rules: ChannelPolicy, reason: str
) -> None:
    row = added(ledger)
    with pytest.raises(ValueError, match="glass"):
        cast(ledger, row, rules=rules, break_glass=True, reason=reason)
    assert read(ledger) == row
    assert kinds(ledger, row) == ["request_seen"]


# Nobody in time


@pytest.mark.parametrize("verdict", Verdict)
def test_the_time_limit_decides_with_a_cause_of_its_own(ledger: Ledger, verdict: Verdict) -> None:
    row = added(ledger)
    limit = TimeLimit(CHANNEL, verdict, ONE_TIME, "Nobody answered within 4 hours.", "The policy.")
    with ledger.write() as tx:
        assert approvals.decide_by_time_limit(tx, LATER, row.key, row.version, limit)
    decided = read(ledger)
    assert (decided.verdict, decided.cause) == (verdict, Cause.TIMEOUT)
    assert (decided.decided_by, decided.decided_by_name) == ("", "the time limit")
    assert decided.reason == "Nobody answered within 4 hours."
    with ledger.read() as connection:
        told = records(connection, row.key)[-1]
    assert (told.kind, told.actor, told.policy) == ("decided", "bot", "The policy.")


def test_the_time_limit_comes_too_late_after_any_change(ledger: Ledger) -> None:
    row = added(ledger)
    cast(ledger, row)
    limit = TimeLimit(CHANNEL, Verdict.DENY, ONE_TIME, "Nobody answered.", "")
    with ledger.write() as tx:
        assert not approvals.decide_by_time_limit(tx, LATER, row.key, row.version, limit)
    assert read(ledger).state is State.PENDING

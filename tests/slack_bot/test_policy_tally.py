"""What votes add up to: tables, and random votes beside the slowest way to count them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_bot.policy import (
    Approvals,
    ChannelPolicy,
    Said,
    Seat,
    Silence,
    Silences,
    Standing,
    Tally,
    Terms,
    UserName,
    count,
    describe,
    may_decide,
    risks_alike,
)
from slack_bot.policy.standing import Voter
from tests.slack_bot.examples import NOW, REQUEST
from upstream_client.models import MINUTE, ApprovalRequest, Risk, Verdict

A, B, C, D = "U02APPROVER", "U03SECOND", "U04ADMIN", "U05OUTSIDER"
SRE, SECURITY = "S01SRE", "S02SECURITY"
PEOPLE = ChannelPolicy(users=(A, B, C))
SEATED = ChannelPolicy(users=(A,), terms=Terms(seats=(Seat(SRE), Seat(SECURITY))))


@dataclass(frozen=True)
class Cast:
    """A vote, as much of it as the count reads."""

    user_id: str
    verdict: Verdict = Verdict.APPROVE
    groups: frozenset[str] = frozenset()
    standing: Standing = Standing.MEMBER
    in_channel: bool = False
    email: str = ""
    until_at: int | None = None


def asked(risk: Risk, requester: str = "", email: str = "") -> ApprovalRequest:
    return replace(REQUEST, risk=risk, requester=requester, requester_email=email)


def yes(user: str, *groups: str) -> Cast:
    return Cast(user, groups=frozenset(groups))


def no(user: str) -> Cast:
    return Cast(user, Verdict.DENY)


@pytest.mark.parametrize(
    ("risk", "votes", "decided"),
    [
        (Risk.LOW, [], None),
        (Risk.LOW, [yes(A)], Verdict.APPROVE),
        (Risk.MEDIUM, [yes(A)], Verdict.APPROVE),
        (Risk.UNRATED, [yes(A)], Verdict.APPROVE),
        (Risk.HIGH, [yes(A)], None),
        (Risk.HIGH, [yes(A), yes(A)], None),
        (Risk.HIGH, [yes(A), yes(B)], Verdict.APPROVE),
        (Risk.CRITICAL, [yes(A)], None),
        (Risk.CRITICAL, [yes(A), yes(D)], None),
        (Risk.CRITICAL, [yes(A), yes(B)], Verdict.APPROVE),
        (Risk.HIGH, [no(A)], Verdict.DENY),
        (Risk.HIGH, [yes(A), no(A)], Verdict.DENY),
        (Risk.HIGH, [yes(A), yes(B), no(C)], Verdict.DENY),
        (Risk.HIGH, [no(D), yes(A)], None),
    ],
)
def test_a_channel_that_says_nothing_asks_two_from_high_upwards(
    risk: Risk, votes: Sequence[Cast], decided: Verdict | None
) -> None:
    assert count(PEOPLE, asked(risk), votes).verdict is decided


@pytest.mark.parametrize(
    ("votes", "missing"),
    [
        ([], "1 of <!subteam^S01SRE> and 1 of <!subteam^S02SECURITY>"),
        ([yes(B, SRE)], "1 of <!subteam^S02SECURITY>"),
        ([yes(B, SRE), yes(C, SRE)], "1 of <!subteam^S02SECURITY>"),
        ([yes(B, SRE, SECURITY)], "1 of <!subteam^S02SECURITY>"),
        ([yes(B, SRE, SECURITY), yes(C, SRE)], ""),
        ([yes(B, SRE, SECURITY), yes(C, SECURITY)], ""),
        ([yes(A)], "1 of <!subteam^S01SRE> and 1 of <!subteam^S02SECURITY>"),
        ([yes(A), yes(B, SRE), yes(C, SECURITY)], ""),
    ],
)
def test_each_seat_is_filled_by_somebody_else(votes: Sequence[Cast], missing: str) -> None:
    tally = count(SEATED, asked(Risk.LOW), votes)
    assert tally.missing == missing
    assert (tally.verdict is Verdict.APPROVE) == (missing == "")


def test_more_may_be_asked_than_there_are_seats() -> None:
    policy = ChannelPolicy(users=(A, B), terms=Terms(Approvals(high=3), seats=(Seat(SRE),)))
    assert count(policy, asked(Risk.HIGH), []).missing == "1 of <!subteam^S01SRE> and 2 more"
    assert count(policy, asked(Risk.HIGH), [yes(A), yes(B)]).missing == "1 of <!subteam^S01SRE>"
    sre_first = count(policy, asked(Risk.HIGH), [yes(C, SRE), yes(A)])
    assert (sre_first.missing, sre_first.rule) == ("1 more", "approvals for high risk")
    assert count(policy, asked(Risk.HIGH), [yes(C, SRE), yes(A), yes(B)]).verdict is Verdict.APPROVE


def test_a_seat_from_high_upwards_neither_asks_nor_lets_anybody_decide_below() -> None:
    policy = ChannelPolicy(users=(A,), terms=Terms(seats=(Seat(SECURITY, 1, Risk.HIGH),)))
    guard = Voter(B, Standing.MEMBER, frozenset({SECURITY}))
    assert count(policy, asked(Risk.MEDIUM), [yes(A)]).verdict is Verdict.APPROVE
    assert may_decide(policy, guard, Risk.MEDIUM) is not None
    assert may_decide(policy, guard, Risk.HIGH) is None
    assert policy.asks_of(A, Risk.MEDIUM).groups == ()
    assert policy.asks_of(A, Risk.HIGH).groups == (SECURITY,)


def test_the_backup_may_decide_once_it_was_called() -> None:
    silence = Silences(any=Silence(backup_after=60, backup_users=(C,), backup_groups=(SRE,)))
    policy = ChannelPolicy(users=(A,), terms=Terms(silence=silence))
    for voter in (Voter(C, Standing.MEMBER), Voter(D, Standing.MEMBER, frozenset({SRE}))):
        assert may_decide(policy, voter, Risk.LOW) is not None
        assert may_decide(policy, voter, Risk.LOW, backup_called=True) is None
    assert count(policy, asked(Risk.LOW), [yes(C)]).verdict is None
    assert count(policy, asked(Risk.LOW), [yes(C)], backup_called=True).verdict is Verdict.APPROVE
    assert policy.asks_of(D, Risk.LOW, backup_called=True).groups == (SRE,)


def test_the_channel_says_more_than_the_defaults_and_those_more_than_what_is_built_in() -> None:
    defaults = Terms(Approvals(medium=2, high=3))
    policy = ChannelPolicy(terms=Terms(Approvals(high=4)), defaults=defaults)
    assert [policy.needed(risk) for risk in (Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL)] == [1, 2, 4, 2]
    said = [policy.needed_is_said(risk) for risk in (Risk.LOW, Risk.MEDIUM, Risk.HIGH)]
    assert said == [Said.BUILT_IN, Said.DEFAULTS, Said.HERE]
    assert policy.needed(Risk.UNRATED) == 2


def test_risks_that_ask_for_as_many_stand_together() -> None:
    assert risks_alike(PEOPLE) == [((Risk.LOW, Risk.MEDIUM), 1), ((Risk.HIGH, Risk.CRITICAL), 2)]


# Whose approvals do not count (any more)


@pytest.mark.parametrize(
    ("terms", "requester", "email"),
    [
        (Terms(requesters=(("svc", A),)), "svc", ""),
        (Terms(), "", "A@example.com"),
        (Terms(user_names=(UserName("CORP\\*", "*@example.com"),)), "CORP\\a", ""),
    ],
)
def test_an_approval_does_not_count_once_it_is_known_to_be_of_whoever_asked(
    terms: Terms, requester: str, email: str
) -> None:
    policy = ChannelPolicy(users=(A, B), terms=terms)
    own, other = replace(yes(A), email="a@example.com"), yes(B)
    request = asked(Risk.HIGH, requester, email)
    tally = count(policy, request, [own, other])
    assert (tally.verdict, tally.given) == (None, (B,))
    assert count(policy, request, [own, no(A)]).verdict is Verdict.DENY
    allowed = replace(policy, terms=replace(terms, own_requests=True))
    assert count(allowed, request, [own, other]).verdict is Verdict.APPROVE


def test_an_approval_until_a_moment_counts_until_then() -> None:
    soon = replace(yes(A), until_at=NOW + 10 * MINUTE * 1_000_000)
    almost = NOW + 9 * MINUTE * 1_000_000
    assert count(PEOPLE, asked(Risk.HIGH), [soon, yes(B)], now=almost).verdict is Verdict.APPROVE
    late = count(PEOPLE, asked(Risk.HIGH), [soon, yes(B)], now=almost + 1)
    assert (late.verdict, late.given) == (None, (B,))


def test_whoever_fills_no_seat_makes_none_superfluous() -> None:
    tally = count(SEATED, asked(Risk.LOW), [yes(A)])
    assert (len(tally.given), tally.asked_in_all) == (1, 3)


# Who may decide where seats begin at a higher risk

FROM_HIGH = Terms(seats=(Seat(SECURITY, 1, Risk.HIGH),))
REGISTERED = ChannelPolicy(registered_by=A, defaults=FROM_HIGH)


@pytest.mark.parametrize(("risk", "may"), [(Risk.LOW, True), (Risk.UNRATED, True), (Risk.HIGH, False)])
def test_below_the_seats_whoever_registered_the_channel_decides_until_somebody_is_named(
    risk: Risk, may: bool
) -> None:
    assert (may_decide(REGISTERED, Voter(A, Standing.MEMBER), risk) is None) == may
    refusal = may_decide(REGISTERED, Voter(B, Standing.MEMBER, frozenset({SECURITY})), risk)
    assert (refusal is None) == (not may)
    if refusal is not None:
        assert "only <@U02APPROVER> may decide here what has" in refusal.words


def test_where_nobody_is_named_below_the_seats_the_refusal_says_what_to_do() -> None:
    refusal = may_decide(ChannelPolicy(defaults=FROM_HIGH), Voter(A, Standing.MEMBER), Risk.LOW)
    assert refusal is not None
    assert refusal.words == ("Nobody may decide here what has low risk: an admin has to name approvers.")


def test_it_is_told_from_which_risk_a_group_with_a_seat_may_decide() -> None:
    assert describe(replace(PEOPLE, users=(A,), terms=FROM_HIGH)) == (
        "Deciding is for <@U02APPROVER>. From high risk upwards it is for <!subteam^S02SECURITY> too."
    )
    of_them = "From high risk upwards it is for <!subteam^S02SECURITY>."
    assert describe(REGISTERED) == (
        f"Until approvers are picked, only <@U02APPROVER> may decide here what has low or medium risk. {of_them}"
    )
    nobody = replace(REGISTERED, registered_by="")
    assert describe(nobody) == f"Nobody may decide here yet what has low or medium risk. {of_them}"


def test_a_named_person_denies_without_a_look_at_any_group() -> None:
    policy = replace(PEOPLE, terms=FROM_HIGH)
    assert policy.asks_of(A, Risk.HIGH).groups == (SECURITY,)
    assert policy.asks_of(A, Risk.HIGH, verdict=Verdict.DENY).groups == ()
    assert policy.asks_of(D, Risk.HIGH, verdict=Verdict.DENY).groups == (SECURITY,)


# Random votes

USERS = st.sampled_from([A, B, C, D, "U06GUEST"])
GROUPS = st.frozensets(st.sampled_from([SRE, SECURITY, "S03OTHERS"]))
VOTES = st.lists(st.builds(Cast, USERS, groups=GROUPS, standing=st.sampled_from(Standing)), max_size=7)
SEATS = st.lists(st.builds(Seat, st.sampled_from([SRE, SECURITY]), st.integers(1, 2)), max_size=2)
POLICIES = st.builds(
    lambda users, groups, high, seats: ChannelPolicy(
        users=tuple(users), groups=tuple(groups), terms=Terms(Approvals(high=high), seats=tuple(seats))
    ),
    st.frozensets(USERS, max_size=3),
    GROUPS,
    st.integers(1, 4),
    SEATS,
)


def seats_can_be_filled(seats: Sequence[Seat], voters: dict[str, frozenset[str]]) -> bool:
    """By trying every order in which people could sit down."""
    places = [seat.group for seat in seats for _ in range(seat.count)]
    return any(
        all(place in voters[user] for place, user in zip(places, sitting, strict=True))
        for sitting in permutations(voters, len(places))
    )


def valid(policy: ChannelPolicy, votes: Sequence[Cast]) -> dict[str, frozenset[str]]:
    return {
        one.user_id: one.groups
        for one in votes
        if may_decide(policy, Voter(one.user_id, one.standing, one.groups), Risk.HIGH) is None
    }


@given(POLICIES, VOTES)
def test_approved_means_so_many_different_approvers_and_every_seat_filled(
    policy: ChannelPolicy, votes: list[Cast]
) -> None:
    tally = count(policy, asked(Risk.HIGH), votes)
    voters = valid(policy, votes)
    enough = len(voters) >= policy.needed(Risk.HIGH) and seats_can_be_filled(policy.seats(Risk.HIGH), voters)
    assert (tally.verdict is Verdict.APPROVE) == enough
    assert tally.given == tuple(voters)
    says_what_is_missing(tally)


def says_what_is_missing(tally: Tally) -> None:
    assert (tally.missing == "") == (tally.verdict is Verdict.APPROVE)
    assert (tally.more == 0) == (tally.verdict is Verdict.APPROVE)


@given(POLICIES, VOTES, st.builds(Cast, USERS, groups=GROUPS))
def test_one_more_approval_never_takes_a_verdict_back_and_brings_it_by_one_at_most(
    policy: ChannelPolicy, votes: list[Cast], more: Cast
) -> None:
    votes = [one for one in votes if one.user_id != more.user_id]
    before, after = count(policy, asked(Risk.HIGH), votes), count(policy, asked(Risk.HIGH), [*votes, more])
    assert before.more - 1 <= after.more <= before.more


@given(POLICIES, VOTES, USERS)
def test_one_deny_of_somebody_who_may_decide_ends_it(
    policy: ChannelPolicy, votes: list[Cast], user: str
) -> None:
    tally = count(policy, asked(Risk.HIGH), [*votes, no(user)])
    may = may_decide(policy, Voter(user, Standing.MEMBER), Risk.HIGH) is None
    assert (tally.verdict is Verdict.DENY) == may


@given(POLICIES, VOTES)
def test_the_order_of_the_votes_changes_nothing(policy: ChannelPolicy, votes: list[Cast]) -> None:
    once = list({one.user_id: one for one in votes}.values())
    tally, backwards = count(policy, asked(Risk.HIGH), once), count(policy, asked(Risk.HIGH), once[::-1])
    assert (tally.verdict, tally.more) == (backwards.verdict, backwards.more)

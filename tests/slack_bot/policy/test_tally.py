"""Whose approvals count, and who sits where."""

from dataclasses import dataclass, replace

import pytest

from slack_bot.policy import Approvals, ChannelPolicy, Seat, Standing, Terms, count
from tests.slack_bot.examples import REQUEST
from upstream_client.models import ApprovalRequest, Risk, Verdict

A, B, C = "U02APPROVER", "U03SECOND", "U04THIRD"
SRE, SECURITY, DATABASE = "S01SRE", "S02SECURITY", "S03DATABASE"
ONE = Terms(Approvals(1, 1, 1, 1))


@dataclass(frozen=True)
class Cast:
    """A vote, as much of it as the count reads."""

    user_id: str
    groups: frozenset[str] = frozenset()
    in_channel: bool = False
    email: str = ""
    verdict: Verdict = Verdict.APPROVE
    standing: Standing = Standing.MEMBER
    until_at: int | None = None


def yes(user: str, *groups: str) -> Cast:
    return Cast(user, frozenset(groups))


def asked(risk: Risk, email: str = "") -> ApprovalRequest:
    return replace(REQUEST, risk=risk, requester="", requester_email=email)


def test_where_everyone_decides_only_those_count_who_were_in_the_channel() -> None:
    policy = ChannelPolicy(everyone=True, terms=ONE)
    assert count(policy, asked(Risk.LOW), [replace(yes(A), in_channel=False)]).verdict is None
    assert count(policy, asked(Risk.LOW), [replace(yes(A), in_channel=True)]).verdict is Verdict.APPROVE


def test_a_group_that_decides_only_what_is_critical_does_not_count_below() -> None:
    terms = replace(ONE, seats=(Seat(SECURITY, 1, Risk.CRITICAL),))
    policy = ChannelPolicy(users=(A,), terms=terms)
    assert count(policy, asked(Risk.HIGH), [yes(B, SECURITY)]).given == ()
    assert count(policy, asked(Risk.CRITICAL), [yes(B, SECURITY)]).given == (B,)


@pytest.mark.parametrize(
    ("email", "given"), [("", (A,)), ("second@example.com", (A,)), ("Asker@Example.com", ())]
)
def test_an_address_in_slack_is_ones_own_only_where_it_is_the_one_who_asked(
    email: str, given: tuple[str, ...]
) -> None:
    policy = ChannelPolicy(users=(A,), terms=ONE)
    tally = count(policy, asked(Risk.LOW, "asker@example.com"), [replace(yes(A), email=email)])
    assert tally.given == given


@pytest.mark.parametrize(
    ("seats", "votes", "left"),
    [
        ((SRE, SECURITY), [yes(A, SRE), yes(B, SRE, SECURITY)], ()),
        ((SRE, SECURITY), [yes(B, SRE, SECURITY), yes(A, SRE)], ()),
        ((SRE, SECURITY), [yes(A, SRE), yes(B, SRE)], (SECURITY,)),
        ((SRE, SECURITY, DATABASE), [yes(A, SRE, SECURITY), yes(B, SRE, DATABASE)], (DATABASE,)),
        (
            (SRE, SECURITY, DATABASE),
            [yes(A, SRE, SECURITY), yes(B, SRE, DATABASE), yes(C, SRE)],
            (),
        ),
    ],
)
def test_people_move_up_for_each_other_and_nobody_sits_twice(
    seats: tuple[str, ...], votes: list[Cast], left: tuple[str, ...]
) -> None:
    terms = replace(ONE, seats=tuple(Seat(group) for group in seats))
    tally = count(ChannelPolicy(users=(A,), terms=terms), asked(Risk.LOW), votes)
    assert tally.open_seats == left
    assert tally.rule == ("seats" if left else "approvals for low risk")
    assert (tally.verdict is Verdict.APPROVE) == (not left)

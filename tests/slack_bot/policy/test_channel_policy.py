"""What a channel asks for, one statement at a time."""

import pytest

from slack_bot.policy import (
    Approvals,
    BreakGlass,
    ChannelPolicy,
    LookUps,
    Seat,
    Silence,
    Silences,
    Terms,
    takes_several,
)
from upstream_client.models import Risk

A, B, BACKUP = "U02APPROVER", "U03SECOND", "U04BACKUP"
SRE, ON_CALL = "S01SRE", "S02ONCALL"


@pytest.mark.parametrize(
    ("policy", "names"),
    [
        (ChannelPolicy(), False),
        (ChannelPolicy(registered_by=A), False),
        (ChannelPolicy(users=(A,)), True),
        (ChannelPolicy(groups=(SRE,)), True),
        (ChannelPolicy(everyone=True), True),
        (ChannelPolicy(terms=Terms(seats=(Seat(SRE, 1, Risk.CRITICAL),))), True),
    ],
)
def test_approvers_are_named_by_any_of_the_four_ways(policy: ChannelPolicy, names: bool) -> None:
    assert policy.names_somebody is names
    assert policy.names_somebody_for(Risk.CRITICAL) is names


def test_nobody_may_break_the_glass_unless_it_is_said() -> None:
    assert ChannelPolicy().break_glass == BreakGlass(allowed=False)
    assert ChannelPolicy().break_glass.allowed is False


@pytest.mark.parametrize("named", [A, B])
def test_the_backup_is_looked_up_only_once_it_was_called(named: str) -> None:
    silence = Silence(backup_after=60, backup_users=(BACKUP,), backup_groups=(ON_CALL,))
    policy = ChannelPolicy(users=(A,), groups=(SRE,), terms=Terms(silence=Silences(any=silence)))
    groups = () if named == A else (SRE,)
    assert policy.asks_of(named) == LookUps(groups, channel_members=False)
    assert policy.asks_of(BACKUP) == LookUps((SRE,), channel_members=False)
    assert policy.asks_of(BACKUP, backup_called=True) == LookUps((), channel_members=False)
    assert policy.asks_of(B, backup_called=True) == LookUps((SRE, ON_CALL), channel_members=False)


@pytest.mark.parametrize(
    ("terms", "risk", "several"),
    [
        (Terms(), Risk.MEDIUM, False),
        (Terms(), Risk.HIGH, True),
        (Terms(approvals=Approvals(low=2)), Risk.LOW, True),
        (Terms(approvals=Approvals(high=1)), Risk.HIGH, False),
        (Terms(seats=(Seat(SRE),)), Risk.LOW, True),
        (Terms(approvals=Approvals(high=1), seats=(Seat(SRE, 1, Risk.CRITICAL),)), Risk.HIGH, False),
        (Terms(approvals=Approvals(critical=1), seats=(Seat(SRE, 1, Risk.CRITICAL),)), Risk.CRITICAL, True),
    ],
)
def test_more_than_any_one_approval_is_needed_where_there_are_two_or_a_seat(
    terms: Terms, risk: Risk, several: bool
) -> None:
    assert takes_several(ChannelPolicy(users=(A, B), terms=terms), risk) is several

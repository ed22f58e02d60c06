"""That one approver is enough in a channel is said there, and taken back, without losing anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_bot.policy import ONE_IS_ENOUGH, Approvals, ChannelPolicy, Seat, Terms
from slack_bot.policy.opt_out import is_opted_out, more_than_one, opted
from upstream_client.models import Duration, Risk

RISKS = (Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL)


def channel(approvals: Approvals, defaults: Approvals | None = None) -> ChannelPolicy:
    terms = Terms(approvals=approvals, seats=(Seat("S02"),), longest=Duration(60))
    return ChannelPolicy(("U02",), terms=terms, defaults=Terms(approvals=defaults or Approvals()))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Approvals(), Approvals(high=1, critical=1)),
        (Approvals(low=1), Approvals(low=1, high=1, critical=1)),
        (Approvals(medium=3, critical=5), Approvals(medium=1, high=1, critical=1)),
    ],
)
def test_opted_out_one_is_enough_for_every_risk_and_that_is_said_for_those_with_more(
    before: Approvals, after: Approvals
) -> None:
    policy = opted(channel(before), out=True)
    assert policy.terms.approvals == after
    assert policy == channel(after)
    assert [policy.needed(risk) for risk in RISKS] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Approvals(high=1, critical=1), Approvals()),
        (ONE_IS_ENOUGH, Approvals(low=1, medium=1)),
        (Approvals(low=2, medium=3, high=3, critical=1), Approvals(low=2, medium=3, high=3)),
    ],
)
def test_opted_in_again_the_channel_says_nothing_of_what_was_lower_and_keeps_the_rest(
    before: Approvals, after: Approvals
) -> None:
    assert opted(channel(before), out=False) == channel(after)


def test_what_the_defaults_ask_for_counts_as_what_holds_if_nothing_is_said() -> None:
    defaults = Approvals(medium=2, high=3)
    assert more_than_one(channel(Approvals(high=1), defaults)) == {
        Risk.MEDIUM: 2,
        Risk.HIGH: 3,
        Risk.CRITICAL: 2,
    }
    assert is_opted_out(channel(Approvals(high=2), defaults))
    assert not is_opted_out(channel(Approvals(high=4), defaults))
    assert more_than_one(channel(Approvals(), ONE_IS_ENOUGH)) == {}


numbers = st.builds(Approvals, *[st.integers(1, 4) | st.none()] * 4)


@given(numbers, numbers, st.booleans())
def test_what_is_asked_for_holds_then_and_asked_again_changes_nothing(
    approvals: Approvals, defaults: Approvals, out: bool
) -> None:
    before = channel(approvals, defaults)
    after = opted(before, out=out)
    assert is_opted_out(after) is (out and bool(more_than_one(before)))
    assert opted(after, out=out) == after
    assert opted(before, out=is_opted_out(before)) == before
    if not out:
        assert all(after.needed(risk) >= before.needed(risk) for risk in RISKS)
    if is_opted_out(after) and not is_opted_out(before):
        assert all(after.needed(risk) == 1 for risk in RISKS)

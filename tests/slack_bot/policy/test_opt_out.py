"""Seats are filled besides: they count neither for nor against one approver being enough."""

import pytest

from slack_bot.policy import Approvals, ChannelPolicy, Seat, Terms
from slack_bot.policy.opt_out import is_opted_out, more_than_one, opted
from upstream_client.models import Risk

SEATS = (Seat("S02", 3),)


@pytest.mark.parametrize(
    ("terms", "defaults"),
    [(Terms(seats=SEATS), Terms()), (Terms(), Terms(seats=SEATS)), (Terms(seats=SEATS), Terms(seats=SEATS))],
)
def test_what_would_be_asked_for_is_told_without_the_seats(terms: Terms, defaults: Terms) -> None:
    policy = ChannelPolicy(("U02",), terms=terms, defaults=defaults)
    assert more_than_one(policy) == {Risk.HIGH: 2, Risk.CRITICAL: 2}
    out = opted(policy, out=True)
    assert out.terms.approvals == Approvals(high=1, critical=1)
    assert is_opted_out(out)
    assert out.all_seats == SEATS
    assert out.needed(Risk.LOW) == 3

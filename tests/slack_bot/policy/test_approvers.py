"""Who may decide where seats begin at a higher risk, in words."""

import pytest

from slack_bot.policy import ChannelPolicy, Seat, Standing, Terms, Voter, describe, may_decide
from upstream_client.models import Risk

ADMIN, OTHER = "U04ADMIN", "U05OUTSIDER"
SECURITY = "S02SECURITY"


@pytest.mark.parametrize(
    ("risk", "named"), [(Risk.LOW, "low"), (Risk.MEDIUM, "medium"), (Risk.UNRATED, "medium")]
)
def test_below_the_seats_a_refusal_names_the_one_who_decides_and_the_risk(risk: Risk, named: str) -> None:
    policy = ChannelPolicy(registered_by=ADMIN, terms=Terms(seats=(Seat(SECURITY, 1, Risk.HIGH),)))
    refusal = may_decide(policy, Voter(OTHER, Standing.MEMBER), risk)
    assert refusal is not None
    assert refusal.rule == "no approvers"
    assert refusal.words == (
        f"Until approvers are picked, only <@{ADMIN}> may decide here what has {named} risk."
    )


@pytest.mark.parametrize("risk", [Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL])
def test_a_group_that_decides_only_from_some_risk_upwards_is_told_with_it(risk: Risk) -> None:
    policy = ChannelPolicy(users=(OTHER,), terms=Terms(seats=(Seat(SECURITY, 1, risk),)))
    assert describe(policy) == (
        f"Deciding is for <@{OTHER}>. From {risk.value} risk upwards it is for <!subteam^{SECURITY}> too."
    )

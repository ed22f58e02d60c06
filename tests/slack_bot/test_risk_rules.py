"""The operator's own rules for how risky a request is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_bot.risk_rules import RiskRule, rate
from tests.slack_bot.any_rows import REQUESTS
from tests.slack_bot.examples import REQUEST
from upstream_client.models import ApprovalRequest, Fact, Risk

ASKED = replace(
    REQUEST,
    facts=(
        Fact("policy", "Policy", "Install [signed] software"),
        Fact("environment", "Environment", "Production-EU"),
        Fact("file", "File", "C:\\Tools\\setup.exe"),
        Fact("note", "Note", "", bound=False),
    ),
    risk=Risk.UNRATED,
)


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (RiskRule(Risk.HIGH), True),
        (RiskRule(Risk.HIGH, upstream="privilege_manager"), True),
        (RiskRule(Risk.HIGH, upstream="privilege"), False),
        (RiskRule(Risk.HIGH, facts=(("environment", "prod*"),)), True),
        (RiskRule(Risk.HIGH, facts=(("environment", "PRODUCTION-??"),)), True),
        (RiskRule(Risk.HIGH, facts=(("environment", "production-?"),)), False),
        (RiskRule(Risk.HIGH, facts=(("environment", "prod"),)), False),
        (RiskRule(Risk.HIGH, facts=(("Environment", "prod*"),)), False),
        (RiskRule(Risk.HIGH, facts=(("policy", "install [signed] *"),)), True),
        (RiskRule(Risk.HIGH, facts=(("policy", "install [!x]igned] *"),)), False),
        (RiskRule(Risk.HIGH, facts=(("policy", "install ?signed? *"),)), True),
        (RiskRule(Risk.HIGH, facts=(("file", "c:\\tools\\*.exe"),)), True),
        (RiskRule(Risk.HIGH, facts=(("note", "*"),)), True),
        (RiskRule(Risk.HIGH, facts=(("commit", "*"),)), False),
        (RiskRule(Risk.HIGH, facts=(("environment", "prod*"), ("file", "*.msi"))), False),
        (RiskRule(Risk.HIGH, facts=(("environment", "prod*"), ("file", "*.exe"))), True),
        (RiskRule(Risk.HIGH, requester="pc-1\\*"), True),
        (RiskRule(Risk.HIGH, requester="*@example.com"), True),
        (RiskRule(Risk.HIGH, requester="pc-2\\*"), False),
        (RiskRule(Risk.HIGH, "privilege_manager", (("environment", "test*"),), "*"), False),
    ],
)
def test_a_rule_fits_where_all_that_it_says_does(rule: RiskRule, *, fits: bool) -> None:
    assert rule.fits(ASKED) is fits
    assert rate(ASKED, [rule]).risk is (Risk.HIGH if fits else Risk.UNRATED)


def test_what_a_rule_rates_is_no_claim_any_more_and_what_none_rates_stays_one() -> None:
    claimed = replace(ASKED, risk=Risk.LOW, risk_claimed=True)
    rated = rate(claimed, [RiskRule(Risk.LOW)])
    assert (rated.risk, rated.risk_claimed) == (Risk.LOW, False)
    assert rate(claimed, [RiskRule(Risk.LOW, upstream="another")]) == claimed


def test_who_is_not_known_is_like_nobody() -> None:
    assert not RiskRule(Risk.LOW, requester="*").fits(replace(ASKED, requester="", requester_email=""))


def test_one_of_several_facts_with_the_same_key_is_enough() -> None:
    asked = replace(ASKED, facts=(Fact("label", "Label", "blue"), Fact("label", "Label", "prod")))
    assert RiskRule(Risk.HIGH, facts=(("label", "prod"),)).fits(asked)


def test_a_line_break_is_a_character_as_well() -> None:
    asked = replace(ASKED, facts=(Fact("command_line", "Command line", "setup\n/quiet"),))
    assert RiskRule(Risk.HIGH, facts=(("command_line", "setup*quiet"),)).fits(asked)
    assert RiskRule(Risk.HIGH, facts=(("command_line", "setup?/quiet"),)).fits(asked)


@pytest.mark.parametrize("said", Risk)
def test_the_first_rule_that_fits_replaces_what_the_upstream_says(said: Risk) -> None:
    rules = [
        RiskRule(Risk.CRITICAL, facts=(("environment", "test*"),)),
        RiskRule(Risk.LOW, facts=(("environment", "prod*"),)),
        RiskRule(Risk.HIGH),
    ]
    asked = replace(ASKED, risk=said)
    assert rate(asked, rules) == replace(asked, risk=Risk.LOW)
    assert rate(asked, rules[:1]) is asked
    assert rate(asked, []) is asked


def test_a_pattern_of_many_stars_is_no_way_to_hold_the_bot_up() -> None:
    """Given a long text that nearly fits, then it is told at once that it does not."""
    asked = replace(ASKED, facts=(Fact("file", "File", "a" * 50_000),))
    assert not RiskRule(Risk.HIGH, facts=(("file", "*a" * 30 + "*b"),)).fits(asked)


RULES = st.lists(
    st.builds(
        RiskRule,
        st.sampled_from([Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL]),
        st.sampled_from(["", "privilege_manager", "gate"]),
        st.lists(st.tuples(st.sampled_from(["key", "other"]), st.text(max_size=5)), max_size=2).map(tuple),
        st.sampled_from(["", "*", "[", "*@example.com"]),
    ),
    max_size=4,
)


@given(REQUESTS, RULES)
def test_nothing_but_the_risk_and_who_states_it_is_ever_changed(
    asked: ApprovalRequest, rules: list[RiskRule]
) -> None:
    rated = rate(asked, rules)
    assert replace(rated, risk=asked.risk, risk_claimed=asked.risk_claimed) == asked
    assert rated.digest == asked.digest
    assert rated.risk in (asked.risk, *(rule.risk for rule in rules))
    assert rate(rated, rules) == rated

"""Nobody approves what they asked for themselves, however the upstream names them."""

from dataclasses import replace

import pytest

from slack_bot.policy import (
    ChannelPolicy,
    Claimed,
    RefusedFrom,
    Requester,
    Terms,
    UserName,
    claimed,
    refuse_own,
)
from tests.slack_bot.examples import REQUEST
from upstream_client.models import Risk

ASKER, OTHER = "U01REQUESTER", "U02APPROVER"
EMAIL = "requester@example.com"
CORP = UserName("CORP\\*", "*@example.com")


@pytest.mark.parametrize(
    ("terms", "requester", "email", "told"),
    [
        (Terms(), "CORP\\requester", "", Claimed()),
        (Terms(), "", "", Claimed()),
        (Terms(), "CORP\\requester", "Requester@Example.com", Claimed("", (EMAIL,))),
        (Terms(), "Requester@example.com", "", Claimed("", (EMAIL,))),
        (Terms(), "requester@localhost", "", Claimed()),
        (Terms(requesters=(("corp\\REQUESTER", ASKER),)), "CORP\\requester", "", Claimed(ASKER)),
        (Terms(requesters=((EMAIL, ASKER),)), "somebody", EMAIL, Claimed(ASKER, (EMAIL,))),
        (Terms(requesters=(("", ASKER),)), "", "", Claimed()),
        (Terms(user_names=(CORP,)), "corp\\Requester", "", Claimed("", (EMAIL,))),
        (Terms(user_names=(CORP,)), "CORP\\", "", Claimed()),
        (Terms(user_names=(CORP,)), "OTHER\\requester", "", Claimed()),
        (Terms(user_names=(CORP,)), "CORP\\requester@example.org", "", Claimed()),
        (Terms(user_names=(CORP,)), "CORP\\two words", "", Claimed()),
        (Terms(user_names=(replace(CORP, upstream="gate"),)), "CORP\\requester", "", Claimed()),
        (Terms(user_names=(replace(CORP, pattern="requester"),)), "requester", "", Claimed()),
        (Terms(user_names=(UserName("*.adm", "*@example.com"),)), "requester.adm", "", Claimed("", (EMAIL,))),
    ],
)
def test_who_asked_is_told_by_the_map_the_address_or_the_rules(
    terms: Terms, requester: str, email: str, told: Claimed
) -> None:
    request = replace(REQUEST, requester=requester, requester_email=email)
    assert claimed(ChannelPolicy(terms=terms), request) == told
    assert claimed(ChannelPolicy(defaults=terms), request) == told


def test_the_channels_own_map_comes_before_that_for_all() -> None:
    policy = ChannelPolicy(
        terms=Terms(requesters=(("requester", ASKER),)), defaults=Terms(requesters=(("requester", OTHER),))
    )
    assert claimed(policy, replace(REQUEST, requester="requester")).user_id == ASKER


KNOWN = Requester(ASKER, (EMAIL,))
UNKNOWN = Requester(why="The request names nobody whom I know.")
UNREAD = Requester("", (EMAIL,), "I cannot read from Slack who has this address.", unread=True)
ALLOWED = ChannelPolicy(terms=Terms(own_requests=True))


@pytest.mark.parametrize(
    ("requester", "voter", "email", "rule"),
    [
        (KNOWN, ASKER, "", "not one's own"),
        (KNOWN, OTHER, "Requester@Example.com", "not one's own"),
        (KNOWN, OTHER, "approver@example.com", None),
        (KNOWN, OTHER, "", None),
        (UNKNOWN, OTHER, "", None),
        (UNREAD, OTHER, "", "cannot tell who asked"),
        (replace(UNREAD, unread=False), OTHER, EMAIL, "not one's own"),
    ],
)
def test_whoever_asked_does_not_approve_it(
    requester: Requester, voter: str, email: str, rule: str | None
) -> None:
    refusal = refuse_own(ChannelPolicy(), Risk.LOW, requester, voter, email)
    assert (refusal.rule if refusal else None) == rule
    assert refuse_own(ALLOWED, Risk.CRITICAL, requester, voter, email) is None


@pytest.mark.parametrize(
    ("refused_from", "refuses"),
    [
        (None, {Risk.HIGH, Risk.CRITICAL}),
        (RefusedFrom.NEVER, set()),
        (RefusedFrom.LOW, set(Risk)),
        (RefusedFrom.MEDIUM, {Risk.MEDIUM, Risk.UNRATED, Risk.HIGH, Risk.CRITICAL}),
        (RefusedFrom.CRITICAL, {Risk.CRITICAL}),
    ],
)
def test_from_which_risk_upwards_an_unknown_requester_is_refused(
    refused_from: RefusedFrom | None, refuses: set[Risk]
) -> None:
    policy = ChannelPolicy(terms=Terms(unknown_requester_refused_from=refused_from))
    refused = {risk for risk in Risk if refuse_own(policy, risk, UNKNOWN, OTHER, "")}
    assert refused == refuses


def test_a_refusal_says_what_would_satisfy_it() -> None:
    own = refuse_own(ChannelPolicy(), Risk.LOW, KNOWN, ASKER, "")
    unknown = refuse_own(ChannelPolicy(), Risk.HIGH, UNKNOWN, OTHER, "")
    assert own is not None
    assert "somebody else has to approve it" in own.words
    assert unknown is not None
    assert UNKNOWN.why in unknown.words
    assert "An admin can say who it is" in unknown.words

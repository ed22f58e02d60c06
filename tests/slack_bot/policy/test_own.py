"""What a rule makes of a user name, and the words of each refusal."""

from dataclasses import replace

import pytest

from slack_bot.policy import ChannelPolicy, Refusal, Requester, UserName, refuse_own
from slack_bot.policy.own import address_of
from tests.slack_bot.examples import REQUEST
from upstream_client.models import Risk

ASKER, OTHER = "U01REQUESTER", "U02APPROVER"
CANNOT_TELL = "cannot tell who asked"


@pytest.mark.parametrize(
    ("pattern", "name", "address"),
    [
        ("a*a", "a", ""),
        ("a*a", "aa", ""),
        ("a*a", "aba", "b@example.com"),
        ("corp\\*.adm", "CORP\\Requester.adm", "requester@example.com"),
        ("corp\\*.adm", "corp\\.adm", ""),
    ],
)
def test_a_rule_fits_only_where_something_stands_for_its_star(pattern: str, name: str, address: str) -> None:
    request = replace(REQUEST, requester=name)
    assert address_of(UserName(pattern, "*@example.com"), request) == address


@pytest.mark.parametrize(
    ("requester", "voter", "refusal"),
    [
        (
            Requester(ASKER),
            ASKER,
            Refusal(
                "not one's own",
                "You asked for this yourself, so somebody else has to approve it. You may deny it.",
            ),
        ),
        (
            Requester(why="I cannot read from Slack who has this address.", unread=True),
            OTHER,
            Refusal(
                CANNOT_TELL,
                "I cannot read from Slack who has this address. Until then nobody can approve this.",
            ),
        ),
        (
            Requester(why="The request names nobody whom I know."),
            OTHER,
            Refusal(
                CANNOT_TELL,
                "I cannot tell who in Slack asked for this, so it might be you. The request names nobody whom I "
                "know. An admin can say who it is, or allow it: see `policy`.",
            ),
        ),
        (
            Requester(),
            OTHER,
            Refusal(
                CANNOT_TELL,
                "I cannot tell who in Slack asked for this, so it might be you. An admin can say who it is, or "
                "allow it: see `policy`.",
            ),
        ),
    ],
)
def test_each_refusal_says_why_and_what_would_satisfy_it(
    requester: Requester, voter: str, refusal: Refusal
) -> None:
    assert refuse_own(ChannelPolicy(), Risk.HIGH, requester, voter, "") == refusal

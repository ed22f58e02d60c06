"""What a card, its forms and its announcement show of the policy: how far it has come, and what may be chosen."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sandbox.block_kit import problems, view_problems
from slack_bot.ballots import Ballot
from slack_bot.blocks import (
    Asking,
    UpstreamName,
    announced_in,
    approve_form,
    break_glass_form,
    broken_glass,
    card,
    none_is_short_enough,
    told_duration,
)
from slack_bot.clock import SECOND
from slack_bot.policy import (
    Approvals,
    BreakGlass,
    ChannelPolicy,
    Seat,
    Silence,
    Silences,
    Standing,
    Terms,
    Voter,
    count,
)
from slack_bot.rows import RequestRow, VoteRow, shown_digest
from tests.slack_bot.examples import (
    APPROVER,
    BOTH,
    CHANNEL,
    EITHER,
    NOW,
    OTHER_CHANNEL,
    PRIVMAN,
    SECOND_APPROVER,
)
from tests.slack_bot.shown import (
    APPROVED,
    PENDING,
    approval,
    asking,
    block_of,
    drawn,
    headline,
    lines,
    objects,
    words,
)
from upstream_client.models import DAY, HOUR, MINUTE, ONE_TIME, Duration, Risk, Verdict

TAKES_OTHERS = replace(PRIVMAN, other_durations=True)
HIGH = asking(risk=Risk.HIGH)
SRE, SECURITY = "S02SRE", "S03SECURITY"
SEATED = ChannelPolicy(
    users=(APPROVER, SECOND_APPROVER), terms=Terms(Approvals(2, 2, 2, 2), (Seat(SRE), Seat(SECURITY)))
)
GLASS = replace(BOTH, terms=replace(BOTH.terms, break_glass=BreakGlass(True, OTHER_CHANNEL)))


def at_most(longest: Duration) -> ChannelPolicy:
    return replace(EITHER, terms=Terms(longest=longest))


def progress(policy: ChannelPolicy, votes: Sequence[VoteRow] = (), row: RequestRow = PENDING) -> list[str]:
    shown = drawn(row, policy, votes)
    assert problems(shown.blocks, "message") == []
    return [] if block_of(shown, "approvals") is None else lines(shown, "approvals")


def elements(
    row: RequestRow, policy: ChannelPolicy, upstream: UpstreamName = PRIVMAN
) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = card(row, upstream, policy, ()).blocks[-1]["elements"]
    return shown


def offered(row: RequestRow, policy: ChannelPolicy, upstream: UpstreamName = PRIVMAN) -> list[str]:
    """The values of the duration menu; none where there is no menu."""
    menus = [one for one in elements(row, policy, upstream) if one["action_id"] == "choose_duration"]
    return [option["value"] for menu in menus for option in menu["options"]]


# How far it has come


def test_where_one_approval_is_enough_and_none_is_given_nothing_is_told() -> None:
    assert progress(EITHER) == []


def test_where_more_are_needed_it_tells_how_many_and_by_which_rule() -> None:
    told = ["Approvals: 0 of 2 · still needed: 2 more, by the rule “approvals for high risk”"]
    assert progress(EITHER, row=HIGH) == told


def test_it_names_who_has_approved() -> None:
    assert progress(BOTH, [approval(PENDING, APPROVER)]) == [
        f"Approvals: 1 of 2, by @{APPROVER} · still needed: 1 more, by the rule “approvals for medium risk”"
    ]


def test_it_names_the_groups_of_which_somebody_is_needed() -> None:
    of_sre = approval(PENDING, APPROVER, groups=frozenset({SRE}))
    assert progress(SEATED) == [
        f"Approvals: 0 of 2 · still needed: 1 of @{SRE} and 1 of @{SECURITY}, by the rule “seats”"
    ]
    assert progress(SEATED, [of_sre]) == [
        f"Approvals: 1 of 2, by @{APPROVER} · still needed: 1 of @{SECURITY}, by the rule “seats”"
    ]


def test_somebody_of_both_groups_fills_one_seat() -> None:
    of_both = approval(PENDING, APPROVER, groups=frozenset({SRE, SECURITY}))
    assert "Approvals: 1 of 2" in progress(SEATED, [of_both])[0]


def test_approvals_that_fill_no_seat_make_nobody_less_needed() -> None:
    both = [approval(PENDING, user) for user in (APPROVER, SECOND_APPROVER)]
    assert progress(SEATED, both) == [
        f"Approvals: 2 of 4, by @{APPROVER} and @{SECOND_APPROVER} · still needed: "
        f"1 of @{SRE} and 1 of @{SECURITY}, by the rule “seats”"
    ]


def test_where_one_is_enough_that_has_to_be_of_a_group_the_group_is_named() -> None:
    assert progress(replace(EITHER, terms=Terms(seats=(Seat(SRE),)))) == [
        f"Approvals: 0 of 1 · still needed: 1 of @{SRE}, by the rule “seats”"
    ]


def test_an_approval_of_somebody_who_may_not_decide_any_more_is_not_counted() -> None:
    only = replace(BOTH, users=(SECOND_APPROVER,))
    assert "Approvals: 0 of 2 ·" in progress(only, [approval(PENDING, APPROVER)])[0]


def test_the_backup_counts_once_it_is_called() -> None:
    backup = Silences(any=Silence(backup_after=60, backup_users=("U05OUTSIDER",)))
    policy = replace(BOTH, terms=replace(BOTH.terms, silence=backup))
    votes = [approval(PENDING, "U05OUTSIDER")]
    assert "0 of 2" in lines(drawn(PENDING, policy, votes), "approvals")[0]
    assert "1 of 2" in lines(drawn(PENDING, policy, votes, backup_called=True), "approvals")[0]


def test_where_the_rules_changed_so_that_it_is_enough_it_says_what_decides() -> None:
    assert progress(EITHER, [approval(PENDING, APPROVER)]) == [
        f"Approvals: 1 of 1, by @{APPROVER} · that is enough now: the next press of “Approve” decides"
    ]


def test_of_very_many_approvers_it_counts_the_rest() -> None:
    crowd = tuple(f"U{number:09}" for number in range(30))
    policy = ChannelPolicy(users=crowd, terms=Terms(Approvals(31, 31, 31, 31)))
    told = progress(policy, [approval(PENDING, user) for user in crowd])
    assert "30 of 31" in told[0]
    assert "@U000000019 and 10 more · still needed: 1 more" in told[0]


def test_in_a_channel_that_is_not_known_nothing_is_claimed() -> None:
    assert block_of(drawn(HIGH, None), "approvals") is None


def test_a_settled_card_tells_nothing_of_what_was_needed() -> None:
    settled = replace(APPROVED, body=HIGH.body)
    assert block_of(drawn(settled, BOTH, [approval(PENDING, APPROVER)]), "approvals") is None


# Risk


@pytest.mark.parametrize(
    ("risk", "begins", "text"),
    [
        (Risk.UNRATED, "🔐 Run ", "Approval needed: "),
        (Risk.LOW, "🔐 Run ", "Approval needed: "),
        (Risk.MEDIUM, "🔐 Run ", "Approval needed: "),
        (Risk.HIGH, "🟠 High risk: Run ", "Approval needed, high risk: "),
        (Risk.CRITICAL, "🔴 Critical risk: Run ", "Approval needed, critical risk: "),
    ],
)
def test_high_risk_is_visibly_different(risk: Risk, begins: str, text: str) -> None:
    shown = drawn(asking(risk=risk))
    assert headline(shown).startswith(begins)
    assert shown.text.startswith(text)


def test_a_title_cannot_look_like_high_risk_nor_push_it_off_the_headline() -> None:
    assert headline(drawn(asking(title="🔴 Critical risk: x"))).startswith("🔐 ")
    long = drawn(asking(title="t" * 300, risk=Risk.CRITICAL))
    assert headline(long).startswith("🔴 Critical risk: ttt")
    assert words(block_of(long, "asked")) == "t" * 300 + "\n"


# Durations


def test_the_menu_offers_nothing_longer_than_the_channel_allows() -> None:
    assert offered(PENDING, at_most(Duration(HOUR))) == ["once", "900", "1800", "3600"]
    assert offered(PENDING, EITHER)[-1] == str(DAY)


@pytest.mark.parametrize(
    ("longest", "upstream"),
    [(ONE_TIME, PRIVMAN), (Duration(MINUTE), PRIVMAN), (ONE_TIME, TAKES_OTHERS)],
)
def test_where_only_one_time_is_short_enough_there_is_nothing_to_choose(
    longest: Duration, upstream: UpstreamName
) -> None:
    assert offered(PENDING, at_most(longest), upstream) == []
    shown = card(PENDING, upstream, at_most(longest), ())
    assert "For: one time" in lines(shown, "facts")
    assert progress(at_most(longest)) == []
    form = approve_form(Asking(PENDING, upstream, at_most(longest), None, "Etc/UTC", "{}"))
    assert [one["block_id"] for one in form["blocks"]] == ["asked", "duration_told", "reason"]


def test_where_others_are_taken_the_menu_still_leads_to_them() -> None:
    long = asking(durations=(Duration(DAY),))
    assert [value.partition(".")[0] for value in offered(long, at_most(Duration(HOUR)), TAKES_OTHERS)] == [
        "other"
    ]


def test_where_nothing_is_short_enough_the_card_says_that_it_can_only_be_denied() -> None:
    long, policy = asking(durations=(Duration(DAY),)), at_most(Duration(HOUR))
    assert none_is_short_enough(long.asked, PRIVMAN, policy)
    assert offered(long, policy) == []
    assert progress(policy, row=long) == [
        "⚠️ In this channel an approval holds for 1 hour at most, and Privilege Manager offers nothing so short: "
        "it can only be denied."
    ]
    assert progress(policy, [approval(long, APPROVER)], long) == progress(policy, row=long)
    assert not any(line.startswith("For: ") for line in lines(drawn(long, policy), "facts"))
    assert told_duration(long.asked, PRIVMAN, policy) is None


def test_what_can_only_be_denied_offers_nothing_that_approves() -> None:
    """Given nothing short enough, when a card is drawn, then no button and no choice leads to an approval."""
    policy = replace(GLASS, terms=replace(GLASS.terms, longest=Duration(HOUR)))
    long = asking(durations=(Duration(DAY),))
    assert [one["action_id"] for one in elements(long, policy)] == ["deny_request", "more_choices"]
    assert more(long, policy) == ["reason", "details"]
    assert problems(drawn(long, policy).blocks, "message") == []
    assert [one["action_id"] for one in elements(long, policy, TAKES_OTHERS)][1] == "approve_request"
    assert "break_glass" in more(PENDING, policy)


def test_forms_offer_nothing_longer_than_the_channel_allows() -> None:
    view = approve_form(Asking(PENDING, PRIVMAN, at_most(Duration(HOUR)), str(DAY), "Etc/UTC", "{}"))
    menu = view["blocks"][1]["element"]
    assert [option["value"] for option in menu["options"]] == ["once", "900", "1800", "3600"]
    assert "initial_option" not in menu


def test_a_form_in_which_a_duration_is_typed_says_the_longest() -> None:
    view = approve_form(Asking(PENDING, TAKES_OTHERS, at_most(Duration(HOUR)), str(DAY), "Etc/UTC", "{}"))
    assert view["blocks"][1]["hint"]["text"].endswith("or one time. At most 1 hour.")
    assert "initial_value" not in view["blocks"][1]["element"]


# Break-glass


def more(row: RequestRow, policy: ChannelPolicy) -> list[str]:
    return [option["value"].partition(".")[0] for option in elements(row, policy)[-1]["options"]]


@pytest.mark.parametrize(
    ("policy", "row", "there"),
    [
        (GLASS, PENDING, True),
        (BOTH, PENDING, False),
        (replace(GLASS, terms=replace(GLASS.terms, approvals=Approvals())), PENDING, False),
        (replace(GLASS, terms=replace(GLASS.terms, approvals=Approvals())), HIGH, True),
    ],
)
def test_breaking_the_glass_is_offered_where_it_is_allowed_and_means_something(
    policy: ChannelPolicy, row: RequestRow, there: bool
) -> None:
    assert ("break_glass" in more(row, policy)) is there
    assert problems(drawn(row, policy).blocks, "message") == []


def test_the_form_says_what_it_means_and_asks_for_a_reason() -> None:
    tally = count(GLASS, PENDING.asked, [approval(PENDING, SECOND_APPROVER)])
    asking_for = Asking(PENDING, PRIVMAN, GLASS, "3600", "Etc/UTC", "{}")
    view = break_glass_form(asking_for, tally, announced_in(CHANNEL, GLASS))
    assert view_problems(view) == []
    assert words(view["blocks"][0]).splitlines() == [
        "🚨 You approve alone what others should approve as well. So far 1 of 2 have.",
        f"It is announced in @{CHANNEL} and @{OTHER_CHANNEL} with your name and your reason, and marked in the "
        "audit log.",
    ]
    assert view["title"]["text"] == view["submit"]["text"] == "Break the glass"
    duration, reason = view["blocks"][-2:]
    assert duration["element"]["initial_option"]["value"] == "3600"
    assert (reason["block_id"], reason["optional"]) == ("reason", False)


@pytest.mark.parametrize(
    ("elsewhere", "channels"),
    [("", [CHANNEL]), (CHANNEL, [CHANNEL]), (OTHER_CHANNEL, [CHANNEL, OTHER_CHANNEL])],
)
def test_it_is_announced_once_in_each_channel(elsewhere: str, channels: list[str]) -> None:
    policy = ChannelPolicy(terms=Terms(break_glass=BreakGlass(True, elsewhere)))
    assert announced_in(CHANNEL, policy) == channels


def broken(row: RequestRow = PENDING, reason: str = "The site\nis down.", **changes: Any) -> Ballot:
    ballot = Ballot(
        shown=shown_digest(row.digest),
        channel=CHANNEL,
        voter=Voter(APPROVER, Standing.MEMBER),
        user_name="Approver",
        verdict=Verdict.APPROVE,
        duration=Duration(HOUR),
        inbox_id=1,
        pressed_at=NOW,
        rules=GLASS,
        reason=reason,
        break_glass=True,
    )
    return replace(ballot, **changes)


def test_the_announcement_tells_who_what_for_whom_how_long_why_and_what_was_missing() -> None:
    before = count(GLASS, PENDING.asked, [])
    said = broken_glass(PENDING, PRIVMAN, broken(), before, "U01REQUESTER")
    assert words(said.blocks[0]).splitlines() == [
        f"🚨 @{APPROVER} broke the glass, to approve alone: Run setup.exe as administrator",
        "Requested by: @U01REQUESTER (PC-1\\Requester)",
        "For: 1 hour",
        "Reason: The site ⏎ is down.",
        "Approvals before: 0 of 2",
        "From: Privilege Manager",
    ]
    assert said.text == f"🚨 <@{APPROVER}> broke the glass, to approve a request alone."


def test_the_announcement_says_until_when_and_leaves_out_whom_nobody_knows() -> None:
    unknown = asking(requester="")
    until = broken(unknown, until_at=NOW + 3_600 * SECOND)
    told = words(broken_glass(unknown, PRIVMAN, until, count(GLASS, PENDING.asked, []), "").blocks[0])
    assert "For: 1 hour, until 2026-11-20 11:00 UTC\n" in told
    assert "Requested by" not in told


@pytest.mark.parametrize("text", ["<!channel> *bold* :smile:", "x" * 5_000, "\u202e" * 2_000, "a\n" * 900])
def test_outside_words_in_the_announcement_are_never_parsed_and_slack_takes_it(text: str) -> None:
    row = asking(title=text, requester=text)
    said = broken_glass(row, PRIVMAN, broken(row, text[:1_000]), count(GLASS, PENDING.asked, []), "")
    assert problems(said.blocks, "message") == []
    kinds = {part["type"] for part in objects(said.blocks) if "type" in part}
    assert kinds == {"rich_text", "rich_text_section", "text", "user"}
    assert "channel" not in said.text

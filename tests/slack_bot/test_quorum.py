"""Who may approve, and how many must: conversations of several people with one card."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.policy import Approvals, BreakGlass, ChannelPolicy, RefusedFrom, Seat, Terms
from slack_bot.rows import State
from tests.rig import (
    APPROVALS,
    APPROVER,
    APPROVERS_GROUP,
    OUTSIDER,
    REQUESTER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Rig,
    has_buttons,
)
from tests.slack_bot.conversing import recorded, rules
from tests.slack_bot.forms import modal, opened, words
from tests.slack_bot.quorums import ASKED_BY, NAMED, TWO, approvals_line, approved_by, ask_rated, of_group
from upstream_client.models import HOUR, Duration, Risk

OTHER_GROUP = "S02EMPTY"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    """What is not rated asks for two approvers."""
    with Rig(sandbox, tmp_path, {APPROVALS: of_group(approvals=TWO)}) as running:
        yield running


def remark(rig: Rig) -> str:
    return str(next(block for block in rig.card()["blocks"] if block["block_id"] == "remark"))


# How many


@pytest.mark.parametrize("risk", [Risk.HIGH, Risk.CRITICAL])
def test_a_channel_that_says_nothing_asks_two_from_high_upwards(
    sandbox: Sandbox, tmp_path: Path, risk: Risk
) -> None:
    with Rig(sandbox, tmp_path) as rig:
        request = ask_rated(rig, risk, **ASKED_BY)
        needs = f"by the rule “approvals for {risk.value} risk”"
        assert approvals_line(rig) == f"Approvals: 0 of 2 · still needed: 2 more, {needs}"

        approved_by(rig, APPROVER)
        assert rig.row().state is State.PENDING
        assert approvals_line(rig) == f"Approvals: 1 of 2, by @{APPROVER} · still needed: 1 more, {needs}"
        assert has_buttons(rig.card())
        assert rig.told(APPROVER) == []
        assert rig.upstream_request(request)["decisions"] == 0

        approved_by(rig, SECOND_APPROVER)
        assert rig.headline() == "Approved by Approver and Second Approver"
        assert APPROVER in remark(rig)
        assert SECOND_APPROVER in remark(rig)
        assert not has_buttons(rig.card())
        assert rig.upstream_request(request)["decisions"] == 1
        assert [record.actor for record in recorded(rig, "vote")] == [APPROVER, SECOND_APPROVER]


@pytest.mark.parametrize("risk", [Risk.MEDIUM, Risk.UNRATED])
def test_below_high_one_is_enough_where_nothing_is_said(sandbox: Sandbox, tmp_path: Path, risk: Risk) -> None:
    with Rig(sandbox, tmp_path) as rig:
        ask_rated(rig, risk)
        assert approvals_line(rig) == ""
        approved_by(rig, APPROVER)
        assert rig.headline() == "Approved by Approver"


def test_each_step_costs_one_call(rig: Rig) -> None:
    rig.ask()
    approved_by(rig, APPROVER)
    approved_by(rig, SECOND_APPROVER)
    rig.look()
    assert len(rig.control.calls("chat.postMessage")) == 1
    assert len(rig.control.calls("chat.update")) == 2


def test_one_deny_ends_it_whoever_approved_before(rig: Rig) -> None:
    request = rig.ask()
    approved_by(rig, APPROVER)
    rig.press(SECOND_APPROVER, "deny_request")
    rig.run()
    assert rig.headline() == "Denied by Second Approver"
    assert APPROVER not in remark(rig)
    assert rig.upstream_request(request)["status"] == "Denied"


def test_whoever_approves_twice_counts_once_and_is_told_what_is_missing(rig: Rig) -> None:
    request = rig.ask()
    approved_by(rig, APPROVER)
    approved_by(rig, APPROVER)
    assert rig.told(APPROVER) == [
        "Your approval counts already. It is for one time, and stays so. "
        "It needs 1 more, by the rule “approvals for medium risk”."
    ]
    assert rules(rig) == ["repeated"]
    assert "Approvals: 1 of 2" in approvals_line(rig)
    assert rig.upstream_request(request)["decisions"] == 0


def test_whoever_approved_first_and_presses_late_is_told_that_their_answer_counts(rig: Rig) -> None:
    rig.ask()
    card = rig.card()
    approved_by(rig, APPROVER)
    approved_by(rig, SECOND_APPROVER)
    approved_by(rig, APPROVER, card=card, value=card["blocks"][-1]["elements"][1]["value"], force=True)
    both = f"<@{APPROVER}> and <@{SECOND_APPROVER}> have approved this request."
    assert rig.told(APPROVER) == [f"Your earlier answer counts: {both} I did nothing more."]


def test_the_shortest_time_of_all_holds_and_all_reasons_are_kept(rig: Rig) -> None:
    request = rig.ask()
    opened(rig, "comment")
    rig.control.submit(APPROVER, {"typed_duration": "2h", "reason_text": "Mine."})
    rig.run()
    opened(rig, "comment", SECOND_APPROVER)
    rig.control.submit(SECOND_APPROVER, {"typed_duration": "3h", "reason_text": "Yours."})
    rig.run()
    assert rig.upstream_request(request)["duration"] == 120
    assert "Approved for 2 hours by" in rig.words()
    assert "Comment: Mine. / Yours." in rig.words()


def test_approvals_of_two_channels_do_not_add_up(sandbox: Sandbox, tmp_path: Path) -> None:
    both = {APPROVALS: of_group(approvals=TWO), SECOND_CHANNEL: of_group(approvals=TWO)}
    with Rig(sandbox, tmp_path, both) as rig:
        request = rig.ask()
        approved_by(rig, APPROVER)
        approved_by(rig, SECOND_APPROVER, channel=SECOND_CHANNEL, card=rig.card(SECOND_CHANNEL))
        assert rig.row().state is State.PENDING
        assert f"1 of 2, by @{APPROVER} " in approvals_line(rig)
        assert f"1 of 2, by @{SECOND_APPROVER} " in approvals_line(rig, SECOND_CHANNEL)

        approved_by(rig, SECOND_APPROVER)
        assert rig.upstream_request(request)["decisions"] == 1
        for channel in both:
            assert rig.headline(channel) == "Approved by Approver and Second Approver"
            assert {APPROVER, SECOND_APPROVER} <= set(str(rig.card(channel)).split("'"))


# Seats


def test_one_of_each_group_is_asked_for_and_one_person_fills_one_seat(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    seats = (Seat(APPROVERS_GROUP), Seat(OTHER_GROUP))
    with Rig(sandbox, tmp_path, {APPROVALS: replace(NAMED, terms=Terms(seats=seats))}) as rig:
        rig.control.change_usergroup(APPROVERS_GROUP, users=[APPROVER])
        rig.control.change_usergroup(OTHER_GROUP, users=[APPROVER, OUTSIDER])
        request = rig.ask()
        assert approvals_line(rig) == (
            f"Approvals: 0 of 2 · still needed: 1 of @{APPROVERS_GROUP} and 1 of @{OTHER_GROUP}, "
            "by the rule “seats”"
        )
        approved_by(rig, APPROVER)
        assert f"1 of 2, by @{APPROVER} · still needed: 1 of @{OTHER_GROUP}, by" in approvals_line(rig)
        approved_by(rig, SECOND_APPROVER)
        assert rig.row().state is State.PENDING
        assert f"2 of 3, by @{APPROVER} and @{SECOND_APPROVER} ·" in approvals_line(rig)
        approved_by(rig, OUTSIDER)
        assert rig.headline() == "Approved by Approver, Second Approver and Outsider"
        assert rig.upstream_request(request)["decisions"] == 1


# Not one's own


def test_ones_own_request_is_refused_before_any_list_and_may_be_denied(rig: Rig) -> None:
    request = rig.ask(**ASKED_BY)
    approved_by(rig, REQUESTER)
    assert rig.told(REQUESTER) == [
        "You asked for this yourself, so somebody else has to approve it. You may deny it."
    ]
    assert rules(rig) == ["not one's own"]
    assert rig.control.calls("usergroups.users.list") == []
    assert rig.upstream_request(request)["decisions"] == 0


@pytest.mark.parametrize("how", ["comment", "break_glass"])
def test_no_form_opens_for_ones_own_request(sandbox: Sandbox, tmp_path: Path, how: str) -> None:
    terms = Terms(approvals=TWO, break_glass=BreakGlass(True))
    with Rig(sandbox, tmp_path, {APPROVALS: ChannelPolicy(users=(REQUESTER,), terms=terms)}) as rig:
        rig.ask(**ASKED_BY)
        rig.press(
            REQUESTER, "more_choices", value=f"{how}.{rig.card()['blocks'][-1]['elements'][1]['value']}"
        )
        rig.run()
        assert rules(rig) == ["not one's own"]
        assert rig.control.views(REQUESTER)["modals"] == []


def test_the_opt_out_is_explicit(sandbox: Sandbox, tmp_path: Path) -> None:
    own = ChannelPolicy(users=(REQUESTER,), terms=Terms(own_requests=True))
    with Rig(sandbox, tmp_path, {APPROVALS: own}) as rig:
        rig.ask(**ASKED_BY)
        approved_by(rig, REQUESTER)
        assert rig.headline() == "Approved by Requester"


@pytest.mark.parametrize(
    ("risk", "refused_from", "counts"),
    [
        (Risk.HIGH, None, False),
        (Risk.MEDIUM, None, True),
        (Risk.UNRATED, None, True),
        (Risk.MEDIUM, RefusedFrom.MEDIUM, False),
        (Risk.CRITICAL, RefusedFrom.NEVER, True),
    ],
)
def test_where_nobody_can_tell_who_asked_the_channel_says_whether_it_can_be_approved(
    sandbox: Sandbox, tmp_path: Path, risk: Risk, refused_from: RefusedFrom | None, counts: bool
) -> None:
    policy = of_group(approvals=Approvals(1, 1, 1, 1), unknown_requester_refused_from=refused_from)
    with Rig(sandbox, tmp_path, {APPROVALS: policy}) as rig:
        ask_rated(rig, risk)
        approved_by(rig, APPROVER)
        assert rig.row().state is (State.APPROVED if counts else State.PENDING)
        assert rules(rig) == ([] if counts else ["cannot tell who asked"])


def test_what_nobody_may_approve_because_it_cannot_be_told_who_asked_can_be_denied(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Rig(sandbox, tmp_path) as rig:
        ask_rated(rig, Risk.HIGH)
        rig.press(APPROVER, "deny_request")
        rig.run()
        assert rig.headline() == "Denied by Approver"


# For how long


def test_nothing_longer_than_allowed_is_offered_nor_taken(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: of_group(longest=Duration(HOUR))}) as rig:
        request = rig.ask()
        menu = rig.card()["blocks"][-1]["elements"][0]
        assert [option["text"]["text"] for option in menu["options"]][-2:] == ["1 hour", "Other…"]
        form = opened(rig, "comment")
        assert "At most 1 hour." in str(form["blocks"])
        answer = rig.control.submit(APPROVER, {"typed_duration": "61m", "reason_text": "For the release."})
        assert answer["errors"] == {
            "duration": "In this channel an approval holds for 1 hour at most. Please write a shorter time."
        }
        assert modal(rig) == form
        rig.run()
        assert rig.row().state is State.PENDING
        assert rig.told(APPROVER) == []
        rig.control.submit(APPROVER, {"typed_duration": "60m", "reason_text": "For the release."})
        rig.run()
        assert rig.upstream_request(request)["duration"] == 60


def test_what_is_longer_than_allowed_since_the_form_was_opened_is_not_counted(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: of_group(longest=Duration(2 * HOUR))}) as rig:
        rig.ask()
        opened(rig, "comment")
        rig.declared = [replace(one, policy=of_group(longest=Duration(HOUR))) for one in rig.declared]
        rig.restart()
        rig.control.submit(APPROVER, {"typed_duration": "2h"})
        rig.run()
        assert rig.told(APPROVER) == [
            "In this channel an approval holds for 1 hour at most, so I did nothing. Please choose a shorter time."
        ]
        assert rules(rig) == ["longer than allowed"]
        assert rig.row().state is State.PENDING


def test_the_details_tell_who_counts_what_is_missing_and_all_the_rules(rig: Rig) -> None:
    rig.ask()
    approved_by(rig, APPROVER)
    told = words(opened(rig, "details", OUTSIDER)).replace("\n", "")
    assert "Approvals: 1 of 2, by  · still needed: 1 more" in told
    assert "What holds in this channel" in told
    assert "who: Deciding is for ." in told
    assert "2 people must approve what has any risk." in told
    assert "<" not in told

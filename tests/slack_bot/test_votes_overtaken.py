"""What changes between the look at a press and its count, and what becomes known of a vote afterwards."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.policy import Approvals, BreakGlass, ChannelPolicy, Seat, Terms
from slack_bot.risk_rules import RiskRule
from slack_bot.rows import State
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS_GROUP,
    REQUESTER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Rig,
    at_statement,
)
from tests.slack_bot.conversing import registered, rules, talking
from tests.slack_bot.forms import modals, opened
from tests.slack_bot.quorums import ASKED_BY, TWO, approvals_line, approved_by
from upstream_client.models import Risk


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


LOCKING = "FROM inbox \nWHERE inbox.id ="
"""The first statement of the transaction that counts."""


def test_a_press_is_looked_at_anew_where_the_policy_changes_before_it_is_counted(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        rig.channels.set_policy(APPROVALS, ChannelPolicy(users=(APPROVER,)), ADMIN)
        rig.ask()
        rig.press(APPROVER, "approve_request")
        others = ChannelPolicy(users=(SECOND_APPROVER,))
        with at_statement(rig, LOCKING, lambda: rig.channels.set_policy(APPROVALS, others, ADMIN)):
            assert rig.step("clerk") == pytest.approx(0, abs=0.01)
        assert rig.row().state is State.PENDING
        assert rules(rig) == []
        rig.run("clerk")
        assert "You are not an approver here" in rig.told(APPROVER)[-1]


def test_a_press_in_a_channel_that_is_removed_before_it_is_counted_counts_for_nothing(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        rig.ask()
        rig.press(ADMIN, "approve_request")
        with at_statement(rig, LOCKING, lambda: rig.channels.remove(APPROVALS)):
            rig.step("clerk")
        rig.run("clerk")
        assert rig.row().state is State.PENDING
        assert "No approvals are decided in this channel any more" in rig.told(ADMIN)[-1]


def test_the_requesters_approval_does_not_count_once_it_is_known_whose_it_was(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    both = ChannelPolicy(users=(REQUESTER, APPROVER), terms=Terms(approvals=TWO))
    with Rig(sandbox, tmp_path, {APPROVALS: both}) as rig:
        request = rig.ask()
        approved_by(rig, REQUESTER)
        assert "1 of 2" in approvals_line(rig)
        known = replace(both.terms, requesters=((rig.row().asked.requester, REQUESTER),))
        rig.declared = [replace(one, policy=replace(both, terms=known)) for one in rig.declared]
        rig.restart()
        rig.run()
        assert "0 of 2" in approvals_line(rig)
        approved_by(rig, APPROVER)
        assert rig.row().state is State.PENDING
        assert rig.upstream_request(request)["decisions"] == 0
        assert "1 of 2" in approvals_line(rig)


def test_whoever_approved_may_fill_a_seat_that_is_asked_for_only_now(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    seated = ChannelPolicy(
        users=(APPROVER, SECOND_APPROVER),
        terms=Terms(Approvals(2, 2, 2, 2), seats=(Seat(APPROVERS_GROUP, 1, Risk.HIGH),)),
    )
    with Rig(sandbox, tmp_path, {APPROVALS: seated}, risk_rules=[RiskRule(Risk.MEDIUM)]) as rig:
        rig.ask(**ASKED_BY)
        approved_by(rig, APPROVER)
        rig.risk_rules = [RiskRule(Risk.HIGH)]
        rig.restart()
        rig.look()
        assert "still needed" in approvals_line(rig)
        before = approvals_line(rig)
        approved_by(rig, APPROVER)
        assert rig.told(APPROVER) == []
        assert approvals_line(rig) != before
        approved_by(rig, SECOND_APPROVER)
        assert rig.headline() == "Approved by Approver and Second Approver"


GLASS = Terms(approvals=TWO, break_glass=BreakGlass(True, SECOND_CHANNEL))


def test_nobody_breaks_the_glass_for_their_own_request_even_where_own_requests_are_allowed(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    terms = replace(GLASS, own_requests=True)
    policy = ChannelPolicy(users=(REQUESTER, APPROVER), terms=terms)
    with Rig(sandbox, tmp_path, {APPROVALS: policy}) as rig:
        rig.ask(**ASKED_BY)
        with pytest.raises(ValueError, match="not enough values"):
            opened(rig, "break_glass", REQUESTER)
        rig.run("clerk")
        assert modals(rig, REQUESTER) == []
        assert "You asked for this yourself" in rig.told(REQUESTER)[-1]


def test_where_one_approval_is_missing_its_giver_breaks_no_glass(sandbox: Sandbox, tmp_path: Path) -> None:
    policy = ChannelPolicy(users=(APPROVER, SECOND_APPROVER), terms=GLASS)
    with Rig(sandbox, tmp_path, {APPROVALS: policy}) as rig:
        rig.ask(**ASKED_BY)
        approved_by(rig, APPROVER)
        with pytest.raises(ValueError, match="not enough values"):
            opened(rig, "break_glass", SECOND_APPROVER)
        rig.run("clerk")
        assert "Your approval is all that is missing" in rig.told(SECOND_APPROVER)[-1]


def test_whoever_fills_no_seat_may_break_the_glass(sandbox: Sandbox, tmp_path: Path) -> None:
    terms = Terms(seats=(Seat("S02EMPTY"),), break_glass=BreakGlass(True, SECOND_CHANNEL))
    policy = ChannelPolicy(users=(ADMIN,), terms=terms)
    with Rig(sandbox, tmp_path, {APPROVALS: policy}) as rig:
        rig.ask(**ASKED_BY)
        opened(rig, "break_glass", ADMIN)


def test_a_deny_that_came_first_is_heard_first_though_slack_keeps_us_from_telling_whose_it_is(
    rig: Rig,
) -> None:
    rig.ask()
    approved_by(rig, SECOND_APPROVER)  # from here on it is known for a minute who they are
    request = rig.ask()
    rig.control.faults(method="users.info", kind="ratelimited", times=1, retry_after=20)
    rig.press(APPROVER, "deny_request")
    rig.step("clerk")
    rig.press(SECOND_APPROVER, "approve_request")
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert rig.upstream_request(request)["status"] == "Denied"
    assert "You were not the first" in rig.told(SECOND_APPROVER)[-1]

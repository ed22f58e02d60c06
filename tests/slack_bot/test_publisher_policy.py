"""A waiting card shows the policy as it is: changed rules are drawn once, and nothing is drawn for nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from sandbox import Sandbox
from slack_bot.blocks import mark_of
from slack_bot.ledger import cards
from slack_bot.parameter_store import DirectoryStore
from slack_bot.policy import ChannelPolicy, Terms
from slack_bot.publisher.board import ANOTHERS
from slack_bot.rows import CardRow, card_of
from tests.clock import Clock
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Rig,
    at_statement,
    has_buttons,
)
from tests.slack_bot.backlogged import POST, UPDATE
from tests.slack_bot.conversing import mention, registered, talking
from tests.slack_bot.quorums import TWO, approvals_line, approved_by, of_group
from upstream_client.models import HOUR, Duration

TWO_NEEDED = of_group(approvals=TWO)
AN_HOUR = of_group(longest=Duration(HOUR))


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}) as running:
        running.slack_timeout = 2
        yield running


def edits(rig: Rig, channel: str = APPROVALS) -> list[dict[str, Any]]:
    return [one for one in rig.control.calls(UPDATE) if one["arguments"]["channel"] == channel]


def card(rig: Rig, channel: str = APPROVALS) -> CardRow:
    with rig.ledger.read() as connection:
        found = card_of(connection, rig.row().key, channel)
    assert found is not None
    return found


def declare(rig: Rig, policy: ChannelPolicy, channel: str = APPROVALS) -> None:
    """The operator declares another policy, and starts the bot anew."""
    rig.declared = [replace(one, policy=policy) if one.id == channel else one for one in rig.declared]
    rig.restart()


def menu(rig: Rig) -> list[str]:
    return [option["value"] for option in rig.card()["blocks"][-1]["elements"][0]["options"]]


def test_a_card_is_posted_with_the_mark_of_the_policy_it_shows_and_not_drawn_again(rig: Rig) -> None:
    rig.ask()
    assert card(rig).shown_policy.startswith(f"{mark_of(APPROVERS)}.")
    for _ in range(3):
        rig.look()
        rig.restart()
    assert edits(rig) == []


def test_a_request_that_one_person_answers_costs_two_calls(rig: Rig) -> None:
    rig.ask()
    approved_by(rig, APPROVER)
    rig.look()
    for channel in (APPROVALS, SECOND_CHANNEL):
        posts = [one for one in rig.control.calls(POST) if one["arguments"]["channel"] == channel]
        assert (len(posts), len(edits(rig, channel))) == (1, 1)


def test_a_changed_policy_is_drawn_once_and_in_its_channel_alone(rig: Rig) -> None:
    rig.ask()
    assert approvals_line(rig) == ""
    declare(rig, TWO_NEEDED)
    for _ in range(3):
        rig.look()
    assert "Approvals: 0 of 2" in approvals_line(rig)
    assert card(rig).shown_policy.startswith(f"{mark_of(TWO_NEEDED)}.")
    assert (len(edits(rig)), len(edits(rig, SECOND_CHANNEL))) == (1, 0)


def test_a_shorter_longest_time_leaves_the_menu(rig: Rig) -> None:
    rig.ask()
    assert "86400" in menu(rig)
    declare(rig, AN_HOUR)
    rig.run()
    assert menu(rig)[-2] == "3600"


def test_votes_that_do_not_count_any_more_leave_the_card(rig: Rig) -> None:
    declare(rig, TWO_NEEDED)
    rig.ask()
    approved_by(rig, APPROVER)
    assert f"1 of 2, by @{APPROVER}" in approvals_line(rig)
    declare(rig, ChannelPolicy(users=(SECOND_APPROVER,), terms=Terms(approvals=TWO)))
    rig.run()
    assert "Approvals: 0 of 2 ·" in approvals_line(rig)


def test_where_fewer_are_needed_by_now_the_card_says_that_one_press_decides_and_it_does(rig: Rig) -> None:
    declare(rig, TWO_NEEDED)
    request = rig.ask()
    approved_by(rig, APPROVER)
    declare(rig, APPROVERS)
    rig.run()
    assert "that is enough now: the next press of “Approve” decides" in approvals_line(rig)
    assert rig.upstream_request(request)["decisions"] == 0
    approved_by(rig, APPROVER)
    assert rig.headline() == "Approved by Approver"


def test_a_settled_card_is_left_as_it_is(rig: Rig) -> None:
    rig.ask()
    approved_by(rig, APPROVER)
    before = len(edits(rig))
    declare(rig, TWO_NEEDED)
    rig.look()
    assert len(edits(rig)) == before


def test_a_card_of_before_policies_were_marked_is_drawn_once(rig: Rig) -> None:
    rig.ask()
    with rig.ledger.write() as tx:
        tx.execute(update(cards).values(shown_policy=""))
    rig.run()
    rig.look()
    assert (len(edits(rig)), len(edits(rig, SECOND_CHANNEL))) == (1, 1)


def test_a_channel_that_is_registered_no_more_is_left_as_it_is(rig: Rig) -> None:
    rig.ask()
    rig.declared = [one for one in rig.declared if one.id != APPROVALS]
    rig.restart()
    rig.run()
    assert edits(rig) == []
    assert has_buttons(rig.card())


def test_while_the_channels_cannot_be_read_nothing_is_drawn(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        rig.ask()
        before = len(edits(rig))
        kept = tmp_path / "state" / "channels" / f"{APPROVALS}.json"
        kept.write_text("{" + kept.read_text())
        rig.restart()
        rig.run()
        assert len(edits(rig)) == before


def test_approvers_picked_in_slack_are_shown_at_once(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        rig.ask()
        drawn = card(rig).shown_policy
        mention(rig, ADMIN, f"approvers <@{APPROVER}>")
        rig.run()
        assert card(rig).shown_policy not in ("", drawn)
        before = len(edits(rig))
        rig.look()
        assert len(edits(rig)) == before


def test_a_policy_that_changes_while_the_card_is_on_its_way_is_drawn_after_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        rig.control.file_request()
        rig.step("poller")
        before = len(edits(rig))
        with at_statement(rig, "UPDATE cards", lambda: rig.channels.set_policy(APPROVALS, TWO_NEEDED, ADMIN)):
            rig.step("publisher")
        rig.run()
        assert "Approvals: 0 of 2" in approvals_line(rig)
        assert len(edits(rig)) == before + 1


def test_an_edit_that_fails_is_made_again_until_the_card_shows_it(rig: Rig) -> None:
    rig.ask()
    rig.control.faults(method=UPDATE, kind="server_error", times=3)
    declare(rig, TWO_NEEDED)
    rig.run()
    assert "Approvals: 0 of 2" in approvals_line(rig)
    assert len(edits(rig)) == 4


def test_a_look_and_a_policy_that_are_both_old_are_one_edit(rig: Rig) -> None:
    rig.ask()
    declare(rig, TWO_NEEDED)
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.run("publisher")
    assert f"1 of 2, by @{APPROVER}" in approvals_line(rig)
    assert len(edits(rig)) == 1


def test_many_cards_of_a_changed_policy_keep_no_new_request_waiting(rig: Rig) -> None:
    for _ in range(3):
        rig.ask()
    declare(rig, TWO_NEEDED)
    rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    assert len(rig.cards()) == 4
    assert len(edits(rig)) == 1
    rig.run()
    assert len(edits(rig)) == 3


def test_a_policy_that_changes_no_card_costs_no_call_however_many_wait(rig: Rig) -> None:
    """Given cards that look the same under another policy, when it holds, then Slack is not called for them."""
    for _ in range(4):
        rig.ask()
    also_named = replace(APPROVERS, users=(SECOND_APPROVER,))
    declare(rig, also_named)
    before = len(rig.control.calls())
    assert rig.step("publisher") is None
    assert edits(rig) == []
    assert len(rig.control.calls()) == before
    assert all_marked(rig, also_named)
    declare(rig, TWO_NEEDED)
    rig.run()
    assert len(edits(rig)) == 4
    assert all_marked(rig, TWO_NEEDED)


def all_marked(rig: Rig, policy: ChannelPolicy) -> bool:
    with rig.ledger.read() as connection:
        here = select(cards.c.shown_policy).where(cards.c.channel == APPROVALS)
        return all(one.startswith(f"{mark_of(policy)}.") for one in connection.execute(here).scalars())


def test_cards_of_a_changed_policy_are_drawn_one_every_two_seconds(rig: Rig) -> None:
    for _ in range(4):
        rig.ask()
    declare(rig, TWO_NEEDED)
    for drawn in (1, 2, 3):
        waits = [rig.step("publisher") for _ in range(3)]
        assert waits == [pytest.approx(2, abs=0.1)] * 3
        assert len(edits(rig)) == drawn
        rig.clock.advance(2)
    assert rig.step("publisher") is None
    assert len(edits(rig)) == 4


def test_a_card_that_somebody_answers_waits_for_none_that_only_the_policy_changed(rig: Rig) -> None:
    """Given cards that wait for their turn after an edit, when one is answered, then it is drawn at once."""
    for _ in range(3):
        rig.ask()
    newest = rig.card()
    declare(rig, TWO_NEEDED)
    rig.step("publisher")
    rig.press(APPROVER, "approve_request", card=newest)
    rig.step("clerk")
    rig.step("publisher")
    assert [one["arguments"]["ts"] == newest["ts"] for one in edits(rig)] == [False, True]


def test_an_edit_of_which_nobody_knows_whether_it_was_made_is_drawn_over_though_the_policy_is_back(
    rig: Rig,
) -> None:
    rig.ask()
    declare(rig, TWO_NEEDED)
    rig.control.faults(method=UPDATE, kind="reset", times=1)
    rig.step("publisher")
    assert "Approvals: 0 of 2" in approvals_line(rig)
    declare(rig, APPROVERS)
    rig.run()
    assert approvals_line(rig) == ""


def test_what_people_answered_is_drawn_before_what_only_the_policy_changed(rig: Rig) -> None:
    for _ in range(3):
        rig.ask()
    newest = rig.card()
    declare(rig, TWO_NEEDED)
    rig.press(APPROVER, "approve_request", card=newest)
    rig.step("clerk")
    rig.step("publisher")
    assert next(one["arguments"]["ts"] for one in edits(rig)) == newest["ts"]


# Several replicas


@pytest.fixture
def at_odds(sandbox: Sandbox, tmp_path: Path, postgres_url: str) -> Iterator[tuple[Rig, Rig]]:
    """Two over one ledger that were started with different policies."""
    clock = Clock()
    with (
        Rig(sandbox, tmp_path, {APPROVALS: APPROVERS}, ledger_url=postgres_url, clock=clock) as a,
        Rig(sandbox, tmp_path, {APPROVALS: TWO_NEEDED}, ledger_url=postgres_url, clock=clock) as b,
    ):
        yield a, b


def test_replicas_that_disagree_do_not_draw_over_each_other_without_a_pause(
    at_odds: tuple[Rig, Rig],
) -> None:
    a, b = at_odds
    a.ask()
    for _ in range(20):
        b.step("publisher")
        a.step("publisher")
        a.clock.advance(1)
    assert len(edits(a)) == 2
    a.clock.advance(ANOTHERS)
    b.step("publisher")
    assert len(edits(a)) == 3
    assert "Approvals: 0 of 2" in approvals_line(b)


def drawn_over(a: Rig, b: Rig) -> None:
    """Each has drawn its own policy, and waits for as long as it must."""
    b.step("publisher")
    a.step("publisher")


def test_replicas_that_keep_disagreeing_are_told_of_and_draw_ever_more_rarely(
    at_odds: tuple[Rig, Rig],
) -> None:
    """Given different policies, when a card was drawn three times, then the log says so, and they slow down."""
    a, b = at_odds
    a.ask()
    with capture_logs() as logs:
        for _ in range(2):
            drawn_over(a, b)
            a.clock.advance(ANOTHERS)
    assert [one for one in logs if one["log_level"] == "error"] == []
    with capture_logs() as logs:
        drawn_over(a, b)
    told = [one for one in logs if one["log_level"] == "error"]
    assert [one["event"] for one in told] == ["another replica draws this card by another policy"] * 2
    assert all("channels.json" in one["hint"] and one["again_in"] == 2 * ANOTHERS for one in told)
    before = len(edits(a))
    a.clock.advance(ANOTHERS)
    drawn_over(a, b)
    assert len(edits(a)) == before
    a.clock.advance(ANOTHERS)
    drawn_over(a, b)
    assert len(edits(a)) == before + 2
    a.clock.advance(2 * ANOTHERS)
    drawn_over(a, b)
    assert len(edits(a)) == before + 2


def test_replicas_that_read_one_policy_after_another_are_not_told_of(
    sandbox: Sandbox, tmp_path: Path, postgres_url: str
) -> None:
    """Given one store, when approvers change there and back again, then each is drawn, and nothing is wrong."""
    clock, store = Clock(), DirectoryStore(tmp_path / "state")
    with (
        Rig(sandbox, tmp_path, {}, ledger_url=postgres_url, clock=clock, store=store) as a,
        Rig(sandbox, tmp_path, {}, ledger_url=postgres_url, clock=clock, store=store) as b,
    ):
        registered(a)
        a.ask()
        before = len(edits(a))
        with capture_logs() as logs:
            for policy in [TWO_NEEDED, APPROVERS] * 4:
                a.channels.set_policy(APPROVALS, policy, ADMIN)
                for rig in (b, a):
                    rig.refresher.work(clock.now())
                    rig.step("publisher")
                clock.advance(3)
        assert len(edits(a)) == before + 8
        assert [one for one in logs if one["log_level"] == "error"] == []

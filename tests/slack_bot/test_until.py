"""Approved until a moment: what is sent ends then, however long the answer was on its way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sandbox import Sandbox
from slack_bot.answers import CHOOSE_DURATION, RUN_OUT
from slack_bot.blocks import Card
from slack_bot.clock import SECOND
from slack_bot.policy import Approvals, Terms
from slack_bot.rows import State
from tests.clock import Clock
from tests.rig import APPROVALS, APPROVER, APPROVERS, SECOND_APPROVER, Rig, has_buttons
from tests.slack_bot.conversing import drawn, hear, mention
from tests.slack_bot.forms import opened, words
from tests.slack_bot.quorums import approvals_line, approved_by
from tests.slack_bot.shown import lines, objects
from tests.slack_bot.test_modals_counting import refused, submit_here
from tests.upstream_client.privilege_manager.contracts import changed

LONDON = ZoneInfo("Europe/London")
"""The zone of whoever submits."""


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


class Slow(Clock):
    """Two seconds pass at once while Slack takes the next edit, where a test lets them."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox
        self._edits = -1

    def let_the_next_edit_take_long(self) -> None:
        self._edits = len(self._sandbox.control.calls("chat.update"))

    def now(self) -> int:
        if 0 <= self._edits < len(self._sandbox.control.calls("chat.update")):
            self._edits = -1
            self.advance(2)
        return super().now()


def at_noon(rig: Rig) -> int:
    """It is tomorrow, 12:00 and a few seconds UTC at most; when 18:00 is."""
    now = datetime.fromtimestamp(rig.clock.now() / SECOND, UTC)
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    rig.clock.advance((noon - now).total_seconds())
    return (int(noon.timestamp()) + 6 * 3_600) * SECOND


def approved_until_six(rig: Rig) -> tuple[str, int]:
    """Somebody approves until 18:00; counted, and not sent. The request's id, and when that is."""
    rig.control.change_user(APPROVER, tz="Etc/UTC")
    request = rig.ask()
    six = at_noon(rig)
    opened(rig, "comment")
    assert rig.control.submit(APPROVER, {"typed_duration": "until 18:00"})["acknowledged"]
    rig.step("clerk")
    assert (rig.row().state, rig.row().until_at) == (State.DECIDED, six)
    return request, six


def said(rig: Rig) -> list[str]:
    """The card's remark."""
    return lines(Card("", rig.card()["blocks"], {}), "remark")


def test_it_is_sent_in_whole_minutes_and_the_card_says_until_when(rig: Rig) -> None:
    request, six = approved_until_six(rig)
    rig.run()
    assert rig.upstream_request(request)["duration"] == 359
    assert said(rig)[0].startswith("Approved for 5 hours 59 minutes, until 20")
    assert ", by @U02APPROVER, " in said(rig)[0]
    dates = [one["timestamp"] for one in objects(rig.card()["blocks"]) if one.get("type") == "date"]
    assert six // SECOND in dates


def test_after_the_upstream_was_away_only_what_is_left_is_sent_and_said(rig: Rig) -> None:
    request, _ = approved_until_six(rig)
    rig.upstream_fails("*", "server_error", times=1)
    rig.step("applier")
    assert rig.row().state is State.DECIDED
    rig.clock.advance(3 * 3_600)
    rig.run()
    assert rig.upstream_request(request)["duration"] == 179
    assert said(rig)[0].startswith("Approved for 2 hours 59 minutes, until 20")
    told = [record.detail["duration"] for record in rig.audit(rig.row().key) if "duration" in record.detail]
    assert [str(words).partition(",")[0] for words in told] == [
        "5 hours 59 minutes",
        "5 hours 59 minutes",
        "2 hours 59 minutes",
    ]


def test_what_is_sent_again_ends_at_the_same_time(rig: Rig) -> None:
    request, _ = approved_until_six(rig)
    rig.upstream_fails("approve", "reset_before")
    rig.step("applier")
    rig.clock.advance(2 * 3_600)
    rig.run()
    assert rig.upstream_request(request)["duration"] == 239


@pytest.mark.parametrize("late", [0, 24 * 3_600])
def test_once_it_has_passed_nothing_is_approved_and_people_are_asked_again(rig: Rig, late: int) -> None:
    request, six = approved_until_six(rig)
    rig.upstream_fails("*", "server_error", times=1)
    rig.step("applier")
    rig.clock.advance((six - rig.clock.now()) / SECOND - 59 + late)
    rig.run()
    assert (rig.row().state, rig.row().until_at) == (State.PENDING, None)
    assert "The time until which Approver approved has passed, so nothing was approved." in rig.words()
    assert has_buttons(rig.card())
    assert rig.upstream_request(request)["decisions"] == 0

    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.headline() == "Approved by Approver"


def test_less_than_a_minute_is_said_in_the_form(rig: Rig) -> None:
    rig.control.change_user(APPROVER, tz="Etc/UTC")
    rig.ask()
    at_noon(rig)
    opened(rig, "comment")
    rig.clock.advance(10)
    answer = rig.control.submit(APPROVER, {"typed_duration": "until 12:01"})
    assert "less than a minute" in answer["errors"]["duration"]


@pytest.mark.parametrize("is_spoken", [True, False])
def test_what_runs_out_before_it_is_handled_is_not_called_counted(rig: Rig, is_spoken: bool) -> None:
    rig.control.change_user(APPROVER, tz="Etc/UTC")
    rig.ask()
    six = at_noon(rig)
    opened(rig, "comment")
    rig.clock.advance((six - rig.clock.now()) / SECOND - 61)
    if is_spoken:
        hear(rig, APPROVER, f"approve {rig.row().key} until 18:00")
    else:
        assert rig.control.submit(APPROVER, {"typed_duration": "until 18:00"})["acknowledged"]
    rig.clock.advance(2)
    rig.run()
    refused(rig, APPROVER, RUN_OUT, "refusal")
    assert "vote" not in [record.kind for record in rig.audit(rig.row().key)]


def test_a_denial_is_until_no_moment(rig: Rig) -> None:
    rig.ask()
    submit_here(rig, callback_id="deny_form", typed="until 18:00", reason="No.")
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert rig.row().until_at is None


def test_where_no_other_durations_are_taken_nothing_is_approved_until_a_moment(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    rig = Rig(sandbox, tmp_path)
    rig.contract = changed(lambda contract: contract["duration"].update(other=False))
    with rig:
        rig.ask()
        at_noon(rig)
        rig.clock.advance(-30)
        ends = datetime.fromtimestamp(rig.clock.now() / SECOND, LONDON) + timedelta(seconds=3_630)
        submit_here(rig, typed=f"until {ends:%H:%M}")  # an hour is offered
        refused(rig, APPROVER, CHOOSE_DURATION, "security_event")


def test_of_two_approvals_one_that_has_run_out_is_taken_off_the_card_before_anybody_presses(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given one more that has no end, then the card is drawn once, and tells of that one alone."""
    three = replace(APPROVERS, terms=Terms(approvals=Approvals(3, 3, 3, 3)))
    with Rig(sandbox, tmp_path, {APPROVALS: three}) as rig:
        rig.control.change_user(APPROVER, tz="Etc/UTC")
        rig.ask()
        six = at_noon(rig)
        mention(rig, APPROVER, f"approve {rig.row().key} until 18:00")
        approved_by(rig, SECOND_APPROVER)
        both = "Approvals: 2 of 3, by @U02APPROVER and @U03SECOND · still needed: 1 more"
        assert approvals_line(rig).startswith(both)

        rig.clock.advance((six - rig.clock.now()) / SECOND - 90)
        rig.run()
        assert approvals_line(rig).startswith(both)

        before = len(rig.control.calls("chat.update"))
        rig.clock.advance(31)
        for _ in range(2):
            rig.run()
            rig.restart()
        one = "Approvals: 1 of 3, by @U03SECOND · still needed: 2 more"
        assert approvals_line(rig).startswith(one)
        assert len(rig.control.calls("chat.update")) == before + 1
        assert "1 of 3" in words(opened(rig, "details"))
        mention(rig, APPROVER, f"show {rig.row().key}")
        assert "1 of 3" in drawn(rig.control.ephemerals(APPROVER)[-1])


def test_one_that_runs_out_while_the_card_is_drawn_is_taken_off_it_all_the_same(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given that it counted when the card was drawn, and no more when Slack had taken that."""
    three = replace(APPROVERS, terms=Terms(approvals=Approvals(3, 3, 3, 3)))
    clock = Slow(sandbox)
    with Rig(sandbox, tmp_path, {APPROVALS: three}, clock=clock) as rig:
        rig.control.change_user(APPROVER, tz="Etc/UTC")
        rig.ask()
        six = at_noon(rig)
        mention(rig, APPROVER, f"approve {rig.row().key} until 18:00")
        rig.run()
        rig.clock.advance((six - rig.clock.now()) / SECOND - 61)
        rig.press(SECOND_APPROVER, "approve_request")
        rig.step("clerk")
        clock.let_the_next_edit_take_long()
        rig.run("publisher")
        assert approvals_line(rig).startswith("Approvals: 2 of 3")
        rig.clock.advance(15)
        rig.run("publisher")
        assert approvals_line(rig).startswith("Approvals: 1 of 3, by @U03SECOND")

"""Presses that would count, had nothing happened to their time, their request or its durations."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from sandbox import Sandbox
from slack_bot.answers import CHANGED, CHOOSE_DURATION, NOT_CONFIGURED, STALE
from slack_bot.ledger import requests
from slack_bot.rows import State, body_of
from tests.rig import APPROVER, SECOND_APPROVER, Rig, has_buttons
from tests.slack_bot.verdicts import press_here
from upstream_client.models import ONE_TIME, Duration

QUARTER, HOUR = Duration(900), Duration(3600)


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


def offering(rig: Rig, *durations: Duration) -> None:
    """The only request there is may be approved for so long; the card is drawn anew."""
    rig.ask()
    asked = replace(rig.row().asked, durations=durations)
    with rig.ledger.write() as tx:
        tx.execute(update(requests).values(body=body_of(asked), look=requests.c.look + 1))
    rig.run("publisher")


@pytest.mark.parametrize(
    "offered",
    [(ONE_TIME,), (QUARTER, ONE_TIME)],
)
def test_without_a_choice_it_is_one_time(rig: Rig, offered: tuple[Duration, ...]) -> None:
    offering(rig, *offered)
    press_here(rig, APPROVER)
    rig.step("clerk")
    assert (rig.row().state, rig.row().for_how_long) == (State.DECIDED, ONE_TIME)


def test_beside_the_only_duration_there_is_the_menu_leads_to_others(rig: Rig) -> None:
    offering(rig, HOUR)
    menu, *buttons = rig.card()["blocks"][-1]["elements"]
    assert [option["text"]["text"] for option in menu["options"]] == ["1 hour", "Other…"]
    assert [element["type"] for element in buttons] == ["button", "button", "overflow"]


@pytest.mark.parametrize("offered", [(HOUR,), (QUARTER, HOUR), ()])
def test_without_a_choice_and_without_one_time_nobody_guesses(
    rig: Rig, offered: tuple[Duration, ...]
) -> None:
    offering(rig, *offered)
    press_here(rig, APPROVER)
    rig.run()
    assert rig.told(APPROVER) == [CHOOSE_DURATION]
    assert rig.row().state is State.PENDING


def test_a_denial_needs_no_duration(rig: Rig) -> None:
    offering(rig, QUARTER, HOUR)
    press_here(rig, APPROVER, action_id="deny_request")
    rig.run()
    assert rig.headline() == "Denied by Approver"


def test_a_press_for_an_upstream_that_is_no_longer_configured_is_refused(rig: Rig) -> None:
    rig.ask()
    with rig.ledger.write() as tx:
        tx.execute(update(requests).values(upstream="taken out"))
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.told(APPROVER) == [NOT_CONFIGURED]
    assert rig.row().state is State.PENDING


def test_a_press_of_before_the_clock_was_set_back_is_not_counted(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.clock.advance(-3600)
    rig.step("clerk")
    assert rig.told(APPROVER) == [STALE]
    assert rig.row().state is State.PENDING


def test_a_press_of_before_the_clock_was_corrected_by_seconds_counts(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.clock.advance(-30)
    rig.run()
    assert rig.headline() == "Approved by Approver"


def test_a_press_saved_by_a_replica_whose_clock_is_behind_counts(rig: Rig) -> None:
    rig.ask()
    rig.clock.advance(-30)
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.headline() == "Approved by Approver"


def test_a_press_that_waited_while_another_ones_answer_was_refused_upstream_is_not_counted(rig: Rig) -> None:
    request = rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.press(SECOND_APPROVER, "approve_request")
    rig.control.faults(method="users.info", kind="ratelimited", nth=2, retry_after=20)
    rig.step("clerk")
    assert rig.row().decided_by == APPROVER
    rig.upstream_fails("approve", "forbidden")
    rig.step("applier")
    assert rig.row().state is State.PENDING
    rig.run()
    assert rig.told(SECOND_APPROVER) == [CHANGED]
    assert has_buttons(rig.card())
    assert "Privilege Manager refused Approver's approval" in rig.words()
    assert rig.upstream_request(request)["decisions"] == 0

    rig.press(SECOND_APPROVER, "approve_request")
    rig.run()
    assert rig.headline() == "Approved by Second Approver"

"""Faults of Slack's and of the clock's that can come between any two steps of a question's way."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.clock import SECOND
from tests.rig import APPROVER, Rig, has_buttons

STEPS = ("poller", "publisher", "press", "clerk", "applier", "publisher")


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    running = Rig(sandbox, tmp_path)
    running.slack_timeout = 2
    with running:
        yield running


def is_approved_once(rig: Rig, request: str) -> None:
    assert len(rig.cards()) == 1
    assert rig.headline() == "Approved by Approver"
    assert not has_buttons(rig.card())
    assert rig.upstream_request(request)["decisions"] == 1


@pytest.mark.parametrize(
    "kind", ["server_error", "timeout", "reset", "reset_before", "internal_error", "ratelimited"]
)
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_whatever_goes_wrong_with_a_message_there_is_one_card_and_it_tells_the_end(
    rig: Rig, method: str, kind: str
) -> None:
    rig.control.faults(method=method, kind=kind, times=2)
    request = rig.ask()
    rig.press(APPROVER, "approve_request")
    rig.run()
    is_approved_once(rig, request)


@pytest.mark.parametrize("seconds", [-3600.0, -1.0, 1.0, 600.0])
@pytest.mark.parametrize("position", range(len(STEPS)))
def test_a_clock_that_steps_between_any_two_steps_doubles_and_loses_nothing(
    rig: Rig, position: int, seconds: float
) -> None:
    """Given a press of which nobody can tell any more how old it is, then the person is asked to press again."""
    request = rig.control.file_request()
    for number, step in enumerate(STEPS):
        if number == position:
            rig.clock.advance(seconds)
        if step == "press":
            rig.press(APPROVER, "approve_request")
        else:
            rig.step(step)
    rig.run()
    if has_buttons(rig.card()):
        assert (STEPS[position], seconds) == ("clerk", -3600.0)
        assert len(rig.told(APPROVER)) == 1
        rig.press(APPROVER, "approve_request")
        rig.run()
    is_approved_once(rig, request)


def test_a_clock_that_steps_back_and_forth_all_the_time_changes_nothing(rig: Rig) -> None:
    began = rig.clock.now()
    request = rig.control.file_request()
    for number, step in enumerate(STEPS):
        rig.clock.advance(300 if number % 2 else -300)
        if step == "press":
            rig.press(APPROVER, "approve_request")
        else:
            rig.step(step)
    rig.run()
    is_approved_once(rig, request)
    assert abs(rig.clock.now() - began) < 900 * SECOND

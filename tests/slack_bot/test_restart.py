"""A process may die anywhere: whoever comes next finds everything in the ledger, in Slack and upstream."""

import contextlib
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.rig import APPROVER, Killed, Rig, has_buttons

TRANSACTIONS = 11
"""The whole path's: seen, claimed, posted, told, saved, voted, intended, taken, drawn; and one more never comes."""


def _travel(rig: Rig) -> None:
    """Whatever is left to do between the upstream and the settled card."""
    rig.step("poller")
    rig.run()


def _press_if_it_can_be(rig: Rig) -> None:
    """The approver presses once a card is there; a press that is refused or lost is pressed again."""
    if rig.cards() and has_buttons(rig.card()):
        rig.press(APPROVER, "approve_request", values={"choose_duration": "900"})


def _one_of_everything(rig: Rig, request: str) -> None:
    assert len(rig.cards()) == 1
    assert rig.headline() == "Approved by Approver"
    assert not has_buttons(rig.card())
    upstream = rig.upstream_request(request)
    assert (upstream["status"], upstream["decisions"], upstream["duration"]) == ("Approved", 1, 15)
    kinds = [record.kind for record in rig.audit(rig.row().key)]
    for once in ("request_seen", "card_posted", "vote", "decided", "outcome"):
        assert kinds.count(once) == 1, kinds


@pytest.mark.parametrize("boundary", range(1, TRANSACTIONS + 1))
def test_killed_between_any_two_transactions_the_next_process_finishes_the_job_once(
    sandbox: Sandbox, tmp_path: Path, boundary: int
) -> None:
    with Rig(sandbox, tmp_path) as rig:
        request = rig.control.file_request()
        died = _until_killed(rig, boundary)
        for _ in range(2):
            if died:
                rig.restart()
                rig.clock.advance(5)
            _travel(rig)
            _press_if_it_can_be(rig)
            _travel(rig)
        _one_of_everything(rig, request)
        assert died is (boundary < TRANSACTIONS)


def _until_killed(rig: Rig, boundary: int) -> bool:
    with rig.killed_at(boundary) as strike, contextlib.suppress(Killed):
        _travel(rig)
        _press_if_it_can_be(rig)
        if not strike.struck:
            _travel(rig)
    return strike.struck


STEPS = ("poller", "publisher", "press", "clerk", "applier", "publisher")


@pytest.mark.parametrize("restart_after", range(len(STEPS)))
def test_a_restart_between_any_two_steps_loses_nothing(
    sandbox: Sandbox, tmp_path: Path, restart_after: int
) -> None:
    with Rig(sandbox, tmp_path) as rig:
        request = rig.control.file_request()
        for position, step in enumerate(STEPS):
            if step == "press":
                _press_if_it_can_be(rig)
            else:
                rig.step(step)
            if position == restart_after:
                rig.restart()
        _travel(rig)
        _one_of_everything(rig, request)


def test_a_press_after_a_restart_works(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path) as rig:
        request = rig.ask()
        rig.restart()
        _press_if_it_can_be(rig)
        rig.run()
        _one_of_everything(rig, request)


def test_a_press_that_could_not_be_saved_is_not_acknowledged_and_pressing_again_works(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Rig(sandbox, tmp_path) as rig:
        request = rig.ask()
        with rig.killed_at(1):
            answer = rig.press(APPROVER, "approve_request", values={"choose_duration": "900"})
        assert not answer["acknowledged"]
        assert rig.control.warnings(APPROVER)
        _press_if_it_can_be(rig)
        rig.run()
        _one_of_everything(rig, request)

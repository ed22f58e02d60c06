"""A press where nobody can tell at the moment whether anything is decided there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.rows import State
from tests.rig import ADMIN, APPROVALS, Rig
from tests.slack_bot.conversing import registered, talking


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with talking(sandbox, tmp_path) as running:
        yield running


def pressed_unread(rig: Rig, kept: Path) -> float:
    """An admin's press after a restart at which the only channel cannot be read; how long it waits."""
    registered(rig)
    rig.ask()
    kept.write_text("{" + kept.read_text())
    rig.restart()
    rig.press(ADMIN, "approve_request")
    wait = rig.step("clerk")
    assert wait is not None
    assert rig.told(ADMIN) == []
    assert rig.row().state is State.PENDING
    return wait


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """How the channel is stored."""
    return tmp_path / "state" / "channels" / f"{APPROVALS}.json"


def test_it_is_kept_and_counts_when_the_channels_can_be_read_again(rig: Rig, kept: Path) -> None:
    wait = pressed_unread(rig, kept)
    assert 9 < wait <= 10
    kept.write_text(kept.read_text()[1:])
    rig.step("refresher")
    rig.clock.advance(wait)
    rig.run()
    assert rig.headline() == "Approved by Admin"


def test_after_a_quarter_of_an_hour_the_person_is_asked_to_press_again(rig: Rig, kept: Path) -> None:
    pressed_unread(rig, kept)
    rig.clock.advance(15 * 60 + 2)
    rig.run("clerk")
    assert ["please press again" in told for told in rig.told(ADMIN)] == [True]
    assert rig.row().state is State.PENDING

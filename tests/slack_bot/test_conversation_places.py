"""While nobody can tell which channels are registered, nobody is told that this one is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.rig import ADMIN, APPROVALS, APPROVER, GUEST, Rig
from tests.slack_bot.conversing import block_state, mention, registered, rules, talking, write

UNREAD = "I cannot read which channels are registered:"


@pytest.fixture
def blind(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    """A bot that was restarted, and cannot read what it has registered."""
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        block_state(tmp_path, "channels")
        rig.restart()
        yield rig


@pytest.mark.parametrize(
    "words", ["policy", "pending", "approvers everyone", "autoapprove status", "autoapprove off", "remove"]
)
def test_a_command_is_refused_in_these_words(blind: Rig, words: str) -> None:
    told = mention(blind, ADMIN, words)
    assert told.startswith(UNREAD)
    assert "not registered" not in told
    assert rules(blind) == ["channels unread"]


@pytest.mark.parametrize("words", ["status", "help", "statsu", ""])
@pytest.mark.parametrize("user", [APPROVER, GUEST])
def test_what_is_for_everybody_says_it_as_well(blind: Rig, user: str, words: str) -> None:
    told = mention(blind, user, words)
    assert UNREAD in told
    assert "not registered" not in told


def test_directly_too(blind: Rig) -> None:
    for words in ("policy", f"remove <#{APPROVALS}>", f"autoapprove <#{APPROVALS}> status"):
        assert UNREAD in write(blind, ADMIN, words)
    told = write(blind, ADMIN, "status")
    assert "No channel is registered" not in told
    assert "I cannot read the channels and schedules" in told

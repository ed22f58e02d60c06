"""The stored state, read anew: what changed, what cannot be read, and who is told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.channel_names import NamedChannel
from slack_bot.policy import ChannelPolicy
from slack_bot.refresher import EVERY, Refresher
from slack_bot.web_client import web_client
from tests.rig import ADMIN, APPROVALS, APPROVER, SECOND_CHANNEL, Killed, Rig


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {}) as running:
        yield running


def changed_outside(rig: Rig) -> list[tuple[object, object]]:
    return [(one.detail["what"], one.detail["name"]) for one in rig.audit() if one.kind == "changed_outside"]


def test_what_we_wrote_ourselves_is_no_change(rig: Rig) -> None:
    rig.channels.register(APPROVALS, ADMIN, rig.clock.now())
    rig.channels.set_policy(APPROVALS, ChannelPolicy(users=(APPROVER,), registered_by=ADMIN), ADMIN)
    assert rig.step("refresher") == EVERY
    assert changed_outside(rig) == []


def test_what_somebody_else_wrote_holds_and_is_in_the_audit(rig: Rig, tmp_path: Path) -> None:
    rig.channels.register(APPROVALS, ADMIN, rig.clock.now())
    [file] = (tmp_path / "state" / "channels").glob("*.json")
    kept = json.loads(file.read_text())
    file.write_text(json.dumps(kept | {"users": [APPROVER]}))

    rig.step("refresher")
    rig.step("refresher")

    channel = rig.channels.get(APPROVALS)
    assert channel is not None
    assert channel.policy.users == (APPROVER,)
    assert changed_outside(rig) == [("channel", APPROVALS)]


def test_after_a_restart_the_channels_are_still_there(rig: Rig) -> None:
    rig.channels.register(SECOND_CHANNEL, ADMIN, rig.clock.now())
    rig.restart()
    assert [one.id for one in rig.channels.all()] == [SECOND_CHANNEL]
    assert changed_outside(rig) == []


def test_the_channel_of_the_setting_is_declared_as_soon_as_it_is_found(rig: Rig, sandbox: Sandbox) -> None:
    told: list[str] = []
    client = web_client(rig.settings(), timeout=2, retries=False)
    named = NamedChannel(client, "#approvals", rig.notes)
    refresher = Refresher(rig.ledger, rig.state, named, rig.clock.now, lambda: told.append("changed"))

    refresher.work(rig.clock.now())

    assert [(one.id, one.is_default) for one in rig.channels.all()] == [(APPROVALS, True)]
    assert rig.channels.default == rig.channels.get(APPROVALS)
    assert told == ["changed"]


def test_while_slack_does_not_tell_that_channel_there_may_be_one_more_than_are_known(
    rig: Rig, sandbox: Sandbox
) -> None:
    told: list[str] = []
    client = web_client(rig.settings(), timeout=2, retries=False)
    named = NamedChannel(client, "#approvals", rig.notes)
    refresher = Refresher(rig.ledger, rig.state, named, rig.clock.now, lambda: told.append("changed"))
    sandbox.control.faults(method="users.conversations", kind="ratelimited", retry_after=30)

    refresher.work(rig.clock.now())

    assert "asks to wait" in rig.channels.incomplete
    assert rig.channels.trouble == ""
    refresher.work(rig.clock.now())
    assert (rig.channels.incomplete, told) == ("", ["changed", "changed"])


def test_a_change_that_could_not_be_recorded_is_recorded_later(rig: Rig, tmp_path: Path) -> None:
    """Given a death before the audit record, when it looks again, then the change is not forgotten."""
    rig.channels.register(APPROVALS, ADMIN, rig.clock.now())
    [file] = (tmp_path / "state" / "channels").glob("*.json")
    file.unlink()
    with rig.killed_at(1), pytest.raises(Killed):
        rig.step("refresher")
    assert changed_outside(rig) == []

    rig.step("refresher")

    assert changed_outside(rig) == [("channel", APPROVALS)]
    assert rig.channels.all() == []


def test_a_stopped_one_reads_nothing_more(rig: Rig) -> None:
    rig.refresher.stop()
    assert rig.step("refresher") is None

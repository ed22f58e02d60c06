"""What registered channels are called is asked of Slack again and again, and kept; the unknown stays unknown."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot import name_reader
from slack_bot.closed_channels import ClosedChannels
from slack_bot.name_reader import NameReader
from slack_bot.placement import Placement
from slack_bot.web_client import web_client
from tests.rig import ADMIN, APPROVALS, APPROVERS, SECOND_CHANNEL, Rig
from tests.slack_bot.conversing import registered

INFO = "conversations.info"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}) as running:
        yield running


class Reading:
    """A reader that is stepped by hand, and how often it told of a change."""

    def __init__(self, rig: Rig) -> None:
        client = web_client(rig.settings(), timeout=2, retries=False)
        self._rig = rig
        self.changes = 0
        self.placement = Placement(rig.channels, ClosedChannels())
        self.notes: list[str] = []
        monotonic = rig.clock.monotonic
        self.reader = NameReader(
            client, rig.ledger, rig.channels, self.placement, monotonic, self._changed, self.notes
        )

    def _changed(self) -> None:
        self.changes += 1

    def step(self) -> float:
        wait = self.reader.work(self._rig.clock.now())
        assert wait is not None
        return wait

    def names(self) -> list[str]:
        return [self.placement.name_of(one.id) for one in self._rig.channels.all()]


def test_the_names_are_known_after_one_round_and_read_again_later(rig: Rig) -> None:
    reading = Reading(rig)
    assert reading.step() == pytest.approx(name_reader.EVERY, abs=1)
    assert (reading.names(), reading.changes) == (["approvals", "second-approvals"], 1)
    reading.step()
    assert len(rig.control.calls(INFO)) == 2
    rig.control.change_channel(SECOND_CHANNEL, name="renamed")
    rig.clock.advance(name_reader.EVERY + 1)
    reading.step()
    assert (reading.names(), reading.changes) == (["approvals", "renamed"], 2)


def test_a_channel_that_was_just_registered_is_read_at_the_next_round(rig: Rig, sandbox: Sandbox) -> None:
    reading = Reading(rig)
    reading.step()
    sandbox.control.change_channel("C02GENERAL", join=["U07BOT", ADMIN])
    registered(rig, "C02GENERAL")
    before = len(rig.control.calls(INFO))
    reading.step()
    assert len(rig.control.calls(INFO)) == before + 1
    assert "general" in reading.names()


def test_slack_is_given_the_time_it_asks_for(rig: Rig) -> None:
    rig.control.faults(method=INFO, kind="ratelimited", retry_after=40)
    reading = Reading(rig)
    assert reading.step() == pytest.approx(40, abs=0.1)
    rig.clock.advance(39)
    reading.step()
    assert len(rig.control.calls(INFO)) == 1
    rig.clock.advance(1)
    reading.step()
    assert reading.names() == ["approvals", "second-approvals"]


def test_where_slack_does_not_answer_it_is_asked_until_it_does_and_the_operator_is_told(rig: Rig) -> None:
    rig.control.faults(method=INFO, kind="server_error", times=5)
    reading = Reading(rig)
    for _ in range(5):
        assert reading.step() == pytest.approx(name_reader.AGAIN_AFTER, abs=0.1)
        assert (reading.names(), reading.changes) == (["", ""], 0)
        assert [APPROVALS in note for note in sorted(reading.notes)] == [True, False]
        rig.clock.advance(name_reader.AGAIN_AFTER)
    reading.step()
    assert reading.names() == ["approvals", "second-approvals"]
    assert reading.notes == []


def test_a_channel_that_slack_never_tells_of_keeps_no_other_from_being_read(rig: Rig) -> None:
    rig.control.faults(method=INFO, kind="server_error", times=1)
    reading = Reading(rig)
    reading.step()
    rig.clock.advance(name_reader.AGAIN_AFTER)
    reading.step()
    asked = [one["arguments"]["channel"] for one in rig.control.calls(INFO)]
    assert asked[:2] == [APPROVALS, SECOND_CHANNEL]


@pytest.mark.parametrize("fault", ["ratelimited", "server_error"])
def test_after_a_restart_the_names_read_last_hold_until_slack_tells_others(rig: Rig, fault: str) -> None:
    Reading(rig).step()
    rig.control.change_channel(SECOND_CHANNEL, name="renamed")
    rig.restart()
    rig.control.faults(method=INFO, kind=fault, times=1, retry_after=30)
    reading = Reading(rig)
    reading.step()
    assert (reading.names(), reading.changes) == (["approvals", "second-approvals"], 1)
    assert reading.notes == []
    rig.clock.advance(31)
    reading.step()
    assert reading.names() == ["approvals", "renamed"]


def test_what_one_replica_reads_another_knows(rig: Rig) -> None:
    rig.control.faults(method=INFO, kind="ratelimited", retry_after=300, times=1)
    deaf, other = Reading(rig), Reading(rig)
    deaf.step()
    assert (deaf.names(), len(deaf.notes)) == (["", ""], 2)
    other.step()
    deaf.step()
    assert deaf.names() == other.names() == ["approvals", "second-approvals"]
    assert (deaf.changes, deaf.notes) == (1, [])


def test_what_is_kept_of_a_channel_that_is_registered_no_more_counts_for_nothing(rig: Rig) -> None:
    Reading(rig).step()
    rig.declared.pop()
    rig.restart()
    reading = Reading(rig)
    reading.step()
    assert reading.placement.name_of(SECOND_CHANNEL) == ""
    assert reading.notes == []


def test_without_the_scope_a_name_is_unknown_and_the_operator_is_told_what_to_do(tmp_path: Path) -> None:
    with (
        Sandbox(declined_scopes=["channels:read"]) as sandbox,
        Rig(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig,
    ):
        reading = Reading(rig)
        reading.step()
        assert (reading.names(), reading.changes) == ([""], 0)
        reading.step()
        assert len(rig.control.calls(INFO)) == 1
        (note,) = reading.notes
        assert "missing_scope" in note
        assert "give the app channels:read" in note
        rig.clock.advance(name_reader.REFUSED_AGAIN)
        reading.step()
        assert len(rig.control.calls(INFO)) == 2
        assert len(reading.notes) == 1


def test_after_a_stop_nothing_is_read(rig: Rig) -> None:
    reading = Reading(rig)
    reading.reader.stop()
    reading.step()
    assert rig.control.calls(INFO) == []

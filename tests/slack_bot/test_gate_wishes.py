"""A ticket's wish for a channel while nobody can tell what it means: no card moves, and no schedule answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.risk_rules import RiskRule
from tests.approval_gate.gate_process import Caller, GateProcess
from tests.clock import Clock
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS, SECOND_CHANNEL
from tests.slack_bot.conversing import mention
from tests.slack_bot.gated import GatedRig
from tests.slack_bot.schedules import open_at
from upstream_client.models import Risk

BOTH = {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}
RATED = (RiskRule(Risk.LOW),)
"""Without them no schedule approves what a program files."""
INFO = "conversations.info"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path, gate: GateProcess) -> Iterator[GatedRig]:
    with GatedRig(sandbox, tmp_path, gate, BOTH, risk_rules=RATED) as running:
        yield running


@contextmanager
def names_unreadable(rig: GatedRig) -> Iterator[None]:
    rig.control.faults(method=INFO, kind="ratelimited", retry_after=30)
    yield
    rig.clock.advance(31)


def open_schedule(rig: GatedRig, channel: str) -> None:
    """Of a channel in which whatever is low is approved."""
    rig.schedules.put(channel, replace(open_at(rig.clock.now()), set_by=ADMIN))


def place(rig: GatedRig) -> None:
    """The names are read, the gate is told, and the bot looks at what became of it."""
    rig.step("name_reader")
    rig.step("signpost")
    rig.look()


def state_of(rig: GatedRig, ticket: str) -> tuple[object, object, list[str]]:
    told = rig.ticket(ticket)
    return told["status"], told["channel"]["followed"], rig.shown_in(ticket)


def test_a_ticket_filed_before_the_gate_was_told_waits_for_that_and_no_schedule_takes_it(
    rig: GatedRig,
) -> None:
    open_schedule(rig, APPROVALS)
    rig.step("name_reader")
    ticket = rig.file(channel=SECOND_CHANNEL)
    assert state_of(rig, ticket) == ("pending", None, [])
    assert mention(rig, APPROVER, "pending") == "No request is waiting."
    place(rig)
    assert state_of(rig, ticket) == ("pending", True, [SECOND_CHANNEL])


def test_while_the_gate_cannot_be_told_what_has_no_wish_is_asked_and_may_be_covered(rig: GatedRig) -> None:
    waits, asked = rig.file(channel="#second-approvals"), rig.file()
    assert (rig.shown_in(waits), rig.shown_in(asked)) == ([], [APPROVALS, SECOND_CHANNEL])
    open_schedule(rig, APPROVALS)
    covered = rig.file()
    rig.run()
    assert [rig.ticket(one)["status"] for one in (waits, covered)] == ["pending", "approved"]


def test_after_a_restart_without_names_a_card_stays_where_it_was_wished_for(rig: GatedRig) -> None:
    """Given a card there and an open schedule elsewhere, when no name can be read, then nothing moves."""
    place(rig)
    open_schedule(rig, APPROVALS)
    ticket = rig.file(channel="#second-approvals")
    rig.restart()
    with names_unreadable(rig):
        place(rig)
        assert state_of(rig, ticket) == ("pending", True, [SECOND_CHANNEL])
        assert rig.notes == []
    place(rig)
    assert state_of(rig, ticket) == ("pending", True, [SECOND_CHANNEL])


def test_without_any_name_yet_a_wish_by_name_waits_and_one_by_id_does_not(rig: GatedRig) -> None:
    open_schedule(rig, APPROVALS)
    with names_unreadable(rig):
        place(rig)
        by_name, by_id = rig.file(channel="#second-approvals"), rig.file(channel=SECOND_CHANNEL)
        assert state_of(rig, by_name) == ("pending", None, [])
        assert state_of(rig, by_id) == ("pending", True, [SECOND_CHANNEL])
        assert "what the channel C03SECOND is called" in mention(rig, ADMIN, "status")
    place(rig)
    assert state_of(rig, by_name) == ("pending", True, [SECOND_CHANNEL])
    assert "is called" not in mention(rig, ADMIN, "status")


def test_what_waited_for_a_name_is_still_covered_by_the_schedule_of_its_channel(rig: GatedRig) -> None:
    open_schedule(rig, SECOND_CHANNEL)
    told = [{"id": APPROVALS, "name": "approvals"}, {"id": SECOND_CHANNEL, "name": "second-approvals"}]
    assert rig.decider.put("/v1/channels", {"channels": told}).status_code == 204
    ticket = rig.file(channel="#second-approvals")
    assert state_of(rig, ticket) == ("pending", True, [])
    rig.step("name_reader")
    rig.run()
    assert rig.ticket(ticket)["status"] == "approved"


@contextmanager
def replicas(
    sandbox: Sandbox, folder: Path, gate: GateProcess, url: str
) -> Iterator[tuple[GatedRig, GatedRig]]:
    clock = Clock()
    with (
        GatedRig(sandbox, folder, gate, BOTH, ledger_url=url, clock=clock, risk_rules=RATED) as one,
        GatedRig(
            sandbox, folder, gate, BOTH, replica_of=one, ledger_url=url, clock=clock, risk_rules=RATED
        ) as other,
    ):
        yield one, other


def test_of_two_replicas_one_that_cannot_read_names_goes_by_those_of_the_other(
    sandbox: Sandbox, tmp_path: Path, gate: GateProcess, postgres_url: str
) -> None:
    with replicas(sandbox, tmp_path, gate, postgres_url) as (one, deaf):
        place(one)
        ticket = one.file(channel="#second-approvals")
        with names_unreadable(deaf):
            open_schedule(deaf, APPROVALS)
            place(deaf)
            assert state_of(deaf, ticket) == ("pending", True, [SECOND_CHANNEL])
            newer = deaf.file(channel="#second-approvals")
            assert state_of(deaf, newer) == ("pending", True, [SECOND_CHANNEL])


def test_a_replica_without_any_name_shows_nothing_and_approves_nothing(
    sandbox: Sandbox, tmp_path: Path, gate: GateProcess, postgres_url: str
) -> None:
    """Given a ticket that one has taken in, when another knows no name and tells the gate so, then it waits."""
    told = [{"id": APPROVALS, "name": "approvals"}, {"id": SECOND_CHANNEL, "name": "second-approvals"}]
    with replicas(sandbox, tmp_path, gate, postgres_url) as (one, deaf):
        assert one.decider.put("/v1/channels", {"channels": told}).status_code == 204
        ticket = one.agent.file(channel="#second-approvals")["id"]
        one.step("poller")
        open_schedule(deaf, APPROVALS)
        with names_unreadable(deaf):
            place(deaf)
            assert state_of(deaf, ticket) == ("pending", None, [])
        place(one)
        assert state_of(one, ticket) == ("pending", True, [SECOND_CHANNEL])


def test_a_channel_called_as_the_id_of_another_is_no_way_into_that_one(
    sandbox: Sandbox, tmp_path: Path, gate: GateProcess
) -> None:
    sandbox.control.change_channel(APPROVALS, name=SECOND_CHANNEL.lower())
    with GatedRig(sandbox, tmp_path, gate, BOTH) as rig:
        rig.agent = Caller(gate.url, gate.key("narrow", ("request",), (APPROVALS,)))
        place(rig)
        named, other = rig.file(channel=SECOND_CHANNEL.lower()), rig.file(channel=SECOND_CHANNEL)
        assert state_of(rig, named) == ("pending", True, [APPROVALS])
        assert state_of(rig, other) == ("pending", False, [APPROVALS, SECOND_CHANNEL])


def test_where_the_gate_does_not_take_the_channels_the_operator_is_told(rig: GatedRig) -> None:
    rig.control.change_channel(SECOND_CHANNEL, name="x" * 81)
    place(rig)
    assert any(note.startswith("gate does not take the list of channels") for note in rig.notes)
    rig.control.change_channel(SECOND_CHANNEL, name="short")
    rig.clock.advance(601)
    place(rig)
    assert rig.notes == []

"""What the gate is told of Slack: which channels there are, where cards stand; again after anything went wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from sandbox import Sandbox
from slack_bot.ledger import cards
from slack_bot.rows import UNKNOWN_LOOK
from slack_bot.signpost import LEAST_PAUSE, LONGEST_PAUSE, TELL_AGAIN
from tests.approval_gate.gate_process import GateProcess
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS, SECOND_CHANNEL
from tests.slack_bot.conversing import block_state, registered, unblock_state
from tests.slack_bot.gated import GatedRig


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path, gate: GateProcess) -> Iterator[GatedRig]:
    with GatedRig(sandbox, tmp_path, gate, {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}) as running:
        yield running


def followed(rig: GatedRig, channel: str) -> object:
    """What the gate says of a wish."""
    wish: dict[str, object] = rig.agent.file(channel=channel)["channel"]
    return wish["followed"]


def place_of(rig: GatedRig, ticket: str) -> str:
    """The end of the address that the gate has of its card."""
    url = rig.ticket(ticket)["card_url"] or ""
    return str(url).partition("slack.com/")[2]


def test_before_it_is_told_the_gate_follows_no_wish_and_after_it_those_for_registered_channels(
    rig: GatedRig,
) -> None:
    assert followed(rig, "#approvals") is None
    assert rig.step("signpost") == pytest.approx(TELL_AGAIN, abs=1)
    assert (followed(rig, APPROVALS), followed(rig, "#approvals")) == (True, None)
    rig.step("name_reader")
    rig.step("signpost")
    assert (followed(rig, "#approvals"), followed(rig, "#general")) == (True, False)


def test_a_channel_that_is_registered_later_is_told(rig: GatedRig) -> None:
    rig.step("signpost")
    rig.control.change_channel("C02GENERAL", join=["U07BOT", ADMIN])
    registered(rig, "C02GENERAL")
    rig.step("name_reader")
    rig.step("signpost")
    assert followed(rig, "#general") is True


def test_a_card_is_told_once_and_its_successor_as_well(rig: GatedRig, gate: GateProcess) -> None:
    """Given a card that was told, then the gate is left alone; when it is posted anew, then that is told."""
    rig.step("signpost")
    ticket = rig.file(channel=APPROVALS)
    rig.step("signpost")
    first = rig.card()
    assert place_of(rig, ticket) == f"archives/{APPROVALS}/p{first['ts'].replace('.', '')}"
    gate.kill()
    assert (rig.step("signpost") or 0) > LEAST_PAUSE
    gate.start()
    rig.control.delete(APPROVALS, first["ts"])
    with rig.ledger.write() as tx:
        tx.execute(update(cards).values(shown_look=UNKNOWN_LOOK))
    rig.run()
    rig.step("signpost")
    assert rig.card()["ts"] != first["ts"]
    assert place_of(rig, ticket) == f"archives/{APPROVALS}/p{rig.card()['ts'].replace('.', '')}"


def test_after_a_restart_it_is_told_again_which_changes_nothing(rig: GatedRig) -> None:
    ticket = rig.file()
    rig.step("signpost")
    before = rig.ticket(ticket)
    rig.restart()
    rig.step("signpost")
    assert rig.ticket(ticket) == before


def test_what_waits_no_more_is_not_told(rig: GatedRig) -> None:
    ticket = rig.file()
    rig.press(APPROVER, "deny_request")
    rig.run()
    rig.step("signpost")
    assert rig.ticket(ticket)["card_url"] is None


def test_a_ticket_that_is_cancelled_meanwhile_keeps_no_other_from_being_told(rig: GatedRig) -> None:
    gone = rig.file()
    rig.clock.advance(2)
    other = rig.file()
    assert rig.agent.post(f"/v1/tickets/{gone}/cancel").status_code == 200
    rig.step("signpost")
    assert place_of(rig, other)


def test_while_the_gate_is_away_it_is_tried_ever_more_slowly_and_then_all_is_told(
    rig: GatedRig, gate: GateProcess
) -> None:
    ticket = rig.file()
    gate.kill()
    assert rig.step("signpost") == LEAST_PAUSE
    assert 0 < (rig.step("signpost") or 0) <= LEAST_PAUSE
    rig.clock.advance(LEAST_PAUSE)
    assert rig.step("signpost") == 2 * LEAST_PAUSE
    gate.start()
    rig.clock.advance(2 * LEAST_PAUSE)
    rig.step("signpost")
    assert place_of(rig, ticket)
    assert followed(rig, APPROVALS) is True


def test_while_the_channels_cannot_be_read_the_gate_is_not_told_of_fewer(
    rig: GatedRig, tmp_path: Path
) -> None:
    block_state(tmp_path, "channels")
    rig.step("refresher")
    assert (rig.step("signpost") or 0) > LEAST_PAUSE
    assert followed(rig, APPROVALS) is None
    unblock_state(tmp_path, "channels")
    (tmp_path / "state" / "channels").mkdir()
    rig.step("refresher")
    rig.step("signpost")
    assert followed(rig, APPROVALS) is True


def test_while_slack_has_not_told_which_channel_the_setting_names_the_gate_is_told_of_none(
    rig: GatedRig,
) -> None:
    rig.channels.awaited = "SLACK_CHANNEL: Slack does not answer"
    assert (rig.step("signpost") or 0) > LEAST_PAUSE
    assert followed(rig, APPROVALS) is None
    rig.channels.awaited = ""
    rig.clock.advance(LONGEST_PAUSE)
    rig.step("signpost")
    assert followed(rig, APPROVALS) is True


def test_after_a_stop_nothing_is_told(rig: GatedRig) -> None:
    ticket = rig.file()
    rig.signpost.stop()
    rig.step("signpost")
    assert rig.ticket(ticket)["card_url"] is None
    assert followed(rig, APPROVALS) is None

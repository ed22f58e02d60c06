"""From a program's ticket to a person's answer and back: the bot, Slack and a real gate."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.rows import State
from tests.approval_gate.gate_process import GateProcess
from tests.rig import (
    APPROVALS,
    APPROVER,
    APPROVERS,
    OUTSIDER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    has_buttons,
    texts,
)
from tests.slack_bot.gated import GatedRig
from tests.slack_bot.quorums import TWO, of_group

BOTH = {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path, gate: GateProcess) -> Iterator[GatedRig]:
    with GatedRig(sandbox, tmp_path, gate, BOTH) as running:
        running.step("name_reader")
        running.step("signpost")
        yield running


def test_a_ticket_becomes_a_card_and_a_press_its_verdict(rig: GatedRig) -> None:
    ticket = rig.file(
        title="Refund order A-1",
        action="refund",
        arguments={"order": "A-1", "amount": 100},
        requester="support bot",
        labels={"Agent": "Support"},
        justification="Broken on arrival.",
    )
    words = rig.words()
    for told in (
        "refund",
        "Argument amount: ",
        "100",
        "API key: ",
        "ci",
        "Claimed by the caller: ",
        "Agent (claimed): ",
    ):
        assert told in words
    assert "Broken on arrival." in words
    assert "choose_duration" not in str(rig.card()["blocks"])

    rig.press(APPROVER, "approve_request")
    rig.run()

    settled = rig.ticket(ticket)
    row = next(row for row in rig.rows() if row.upstream_id == ticket)
    assert (settled["status"], row.state) == ("approved", State.APPROVED)
    assert settled["decision"]["by"] == "Approver (U02APPROVER)"
    assert settled["decision"]["comment"].startswith(f"[{row.decision_id}] Approved in Slack by Approver")
    assert settled["decision"]["seconds"] is None
    assert rig.headline_of(ticket) == "Approved by Approver"
    assert rig.headline_of(ticket, SECOND_CHANNEL) == "Approved by Approver"


def test_a_denial_reaches_the_program_with_its_reason(rig: GatedRig) -> None:
    ticket = rig.file()
    rig.press(APPROVER, "deny_request")
    rig.run()
    assert rig.ticket(ticket)["status"] == "denied"
    assert rig.headline_of(ticket) == "Denied by Approver"


def test_somebody_who_may_not_decide_changes_nothing(rig: GatedRig) -> None:
    ticket = rig.file()
    rig.press(OUTSIDER, "approve_request")
    rig.run()
    assert rig.ticket(ticket)["status"] == "pending"


def test_who_decided_elsewhere_is_told_and_nothing_is_said_to_be_ours(
    rig: GatedRig, gate: GateProcess
) -> None:
    """Given the same answer of another program, when ours comes after it, then the card names whoever was first."""
    ticket = rig.file()
    other = gate.caller("another-bot", ("decide",))
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    assert other.decide(ticket, "approve", "Somebody Else").status_code == 200
    rig.run()
    assert rig.headline_of(ticket) == "Approved in Approval gate by Somebody Else"


def test_a_ticket_that_is_cancelled_or_expires_takes_its_card_with_it(rig: GatedRig) -> None:
    ticket = rig.file()
    assert rig.agent.post(f"/v1/tickets/{ticket}/cancel").status_code == 200
    rig.look()
    rig.look()
    assert rig.headline_of(ticket) == "Withdrawn"
    assert not has_buttons(rig.card())


def test_two_approvers_are_asked_where_the_channel_asks_for_two(
    sandbox: Sandbox, tmp_path: Path, gate: GateProcess
) -> None:
    with GatedRig(sandbox, tmp_path, gate, {APPROVALS: of_group(approvals=TWO)}) as rig:
        ticket = rig.file()
        rig.press(APPROVER, "approve_request")
        rig.run()
        assert rig.ticket(ticket)["status"] == "pending"
        rig.press(SECOND_APPROVER, "approve_request")
        rig.run()
        assert rig.ticket(ticket)["status"] == "approved"


def test_a_wish_for_a_registered_channel_is_followed_and_the_program_learns_where_the_card_is(
    rig: GatedRig,
) -> None:
    ticket = rig.file(channel="#second-approvals")
    everywhere = rig.file()
    rig.step("signpost")
    assert rig.shown_in(ticket) == [SECOND_CHANNEL]
    assert rig.shown_in(everywhere) == [APPROVALS, SECOND_CHANNEL]
    (card, _) = rig.cards(SECOND_CHANNEL)
    place = f"https://sandbox.slack.com/archives/{SECOND_CHANNEL}/p{card['ts'].replace('.', '')}"
    assert rig.ticket(ticket)["card_url"].endswith(place.partition("slack.com")[2])
    assert rig.ticket(ticket)["channel"] == {"wished": "#second-approvals", "followed": True, "note": ""}


def test_a_wish_that_cannot_be_followed_is_told_on_every_card(rig: GatedRig) -> None:
    ticket = rig.file(channel="#nowhere")
    assert rig.shown_in(ticket) == [APPROVALS, SECOND_CHANNEL]
    for channel in BOTH:
        assert "asked for #nowhere. #nowhere is not registered." in rig.words(channel)


def test_a_wish_that_the_gate_follows_and_the_bot_cannot_is_told_in_the_bots_words(rig: GatedRig) -> None:
    """Given a channel that the gate still takes for registered, when it is not, then the card goes everywhere."""
    told = [{"id": "C99OPS", "name": "ops"}]
    assert rig.decider.put("/v1/channels", {"channels": told}).status_code == 204
    ticket = rig.file(channel="#ops")
    assert rig.ticket(ticket)["channel"]["followed"] is True
    assert rig.shown_in(ticket) == [APPROVALS, SECOND_CHANNEL]
    assert "Asked for #ops, which is not registered here." in rig.words()


def test_a_request_of_agentsudo_is_answered_by_the_command_and_the_id_that_its_users_know(
    rig: GatedRig,
) -> None:
    asked = {
        "approval_id": "b24f5c2f",
        "agent_name": "Bot",
        "agent_id": "5f0c954e-3f0b-4b7e-8f57-0f6f3a3f2b61",
        "scope": "refund:large",
        "function": "refund",
        "timeout": 300,
        "channel": "#approvals",
    }
    answer = rig.agent.post("/agentsudo/approvals", asked)
    assert answer.ok
    rig.look()
    words = rig.words()
    for label in ("Agent", "Scope", "Function", "Request ID"):
        assert f"{label} (claimed): " in words
    assert "b24f5c2f" in words
    assert rig.control.command(APPROVALS, APPROVER, "/agentsudo", "approve b24f")["acknowledged"]
    rig.run()
    assert rig.agent.get(f"/agentsudo/approvals/{answer.json()['id']}").json() == {"status": "approved"}


def test_after_a_crash_between_answer_and_record_it_is_still_applied_once(rig: GatedRig) -> None:
    ticket = rig.file()
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.clock.advance(1)
    rig.step("applier")
    rig.restart()
    rig.run()
    assert rig.ticket(ticket)["status"] == "approved"
    assert rig.headline_of(ticket) == "Approved by Approver"


def test_outside_words_cannot_break_out_of_their_lines(rig: GatedRig) -> None:
    rig.file(
        title="<!channel> *Approved*",
        arguments={"Risk": "low\nRisk: ▽ low", "<@U04ADMIN>": "&amp; 100%"},
    )
    shown = list(texts(rig.card()["blocks"]))
    assert "<!channel>" not in str(rig.card()["text"])
    assert "Argument Risk: " in shown
    assert "low ⏎ Risk: ▽ low" in shown
    assert "&amp; 100%" in shown

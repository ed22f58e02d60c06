"""A decorated function, the gate, the bot and a press in Slack: the function runs once, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from approval_gate import ApprovalCancelled, ApprovalDenied, ApprovalTimeout, Gate, requires_approval
from sandbox import Sandbox
from tests.approval_gate.gate_process import GateProcess
from tests.bot_process import BotProcess
from tests.card_of import card_of
from tests.rig import APPROVALS, APPROVER, texts

pytest_plugins = ["tests.gated_bot"]

TITLE = "refund"


class Refunds:
    """What was paid back, as the program that the gate stands in front of does it."""

    def __init__(self, gate: Gate, **terms: Any) -> None:
        self.paid: list[tuple[str, int]] = []
        self.refund = requires_approval(scope="refund:large", risk="medium", gate=gate, **terms)(self._pay)

    def _pay(self, order: str, euros: int, card_number: str = "") -> int:
        self.paid.append((order, euros))
        return euros


@pytest.fixture
def client(gate: GateProcess, bot: BotProcess) -> Gate:
    """With a bot that listens."""
    return Gate(gate.url, gate.key("agent", ("request",)))


def press(sandbox: Sandbox, action_id: str) -> None:
    """On the card of the refund."""
    card = card_of(sandbox, "refund:large")
    assert sandbox.control.click(APPROVALS, card["ts"], APPROVER, action_id)["acknowledged"]


def headline(sandbox: Sandbox) -> str:
    return str(card_of(sandbox, "refund:large")["blocks"][0]["text"]["text"])


def test_once_a_person_pressed_approve_it_runs_once_with_what_was_shown(
    sandbox: Sandbox, client: Gate
) -> None:
    refunds = Refunds(client, redact=("card_number",))
    with ThreadPoolExecutor() as threads:
        result = threads.submit(refunds.refund, "A-28154", 500, card_number="4111-1111")
        shown = "\n".join(texts(card_of(sandbox, "refund:large")["blocks"]))
        assert refunds.paid == []
        press(sandbox, "approve_request")
        assert result.result(30) == 500
    assert refunds.paid == [("A-28154", 500)]
    assert "A-28154" in shown
    assert "4111-1111" not in shown
    sandbox.control.eventually(lambda: "Approved" in headline(sandbox))


def test_once_a_person_pressed_deny_it_never_runs_and_says_who(sandbox: Sandbox, client: Gate) -> None:
    refunds = Refunds(client)
    with ThreadPoolExecutor() as threads:
        result = threads.submit(refunds.refund, "A-28154", 500)
        press(sandbox, "deny_request")
        with pytest.raises(ApprovalDenied, match="Approver"):
            result.result(30)
    assert refunds.paid == []
    sandbox.control.eventually(lambda: "Denied" in headline(sandbox))


def test_where_nobody_answers_in_time_it_never_runs_and_the_card_settles(
    sandbox: Sandbox, client: Gate
) -> None:
    refunds = Refunds(client, timeout=5, on_timeout="raise")
    with pytest.raises(ApprovalTimeout):
        refunds.refund("A-28154", 500)
    assert refunds.paid == []
    sandbox.control.eventually(lambda: "xpired" in headline(sandbox), 20.0)


def test_a_lock_that_cannot_be_held_any_longer_takes_the_question_back(
    sandbox: Sandbox, client: Gate
) -> None:
    """Given a session's lock that is lost during the wait, then nothing can be approved any more."""

    def extend() -> None:
        card_of(sandbox, "Drain node-1")
        raise LookupError("the lock is lost")

    ticket = client.request(title="Drain node-1", action="drain", arguments={"node": "node-1"})
    with pytest.raises(LookupError):
        client.wait(ticket, keepalive=extend, every=0.1)
    assert client.get(ticket.id).status == "cancelled"
    card = card_of(sandbox, "Drain node-1")
    sandbox.control.eventually(
        lambda: (
            not any(
                one.get("action_id") == "approve_request"
                for block in card_of(sandbox, "Drain node-1")["blocks"]
                for one in block.get("elements", [])
            )
        ),
        20.0,
    )
    assert card["ts"] == card_of(sandbox, "Drain node-1")["ts"]


def test_a_press_while_the_gate_is_gone_is_carried_when_it_is_back(
    sandbox: Sandbox, gate: GateProcess, client: Gate
) -> None:
    """Given a gate that is killed during the wait, when somebody presses Approve, then it still runs once."""
    refunds = Refunds(client)
    with ThreadPoolExecutor() as threads:
        result = threads.submit(refunds.refund, "A-28154", 500)
        card_of(sandbox, "refund:large")
        gate.kill()
        press(sandbox, "approve_request")
        gate.start()
        assert result.result(60) == 500
    assert refunds.paid == [("A-28154", 500)]
    sandbox.control.eventually(lambda: "Approved" in headline(sandbox), 20.0)


def test_a_question_that_was_withdrawn_runs_nothing(sandbox: Sandbox, client: Gate) -> None:
    ticket = client.request(title="Drain node-1", action="drain", arguments={"node": "node-1"})
    card_of(sandbox, "Drain node-1")
    client.cancel(ticket)
    with pytest.raises(ApprovalCancelled):
        client.wait(ticket)

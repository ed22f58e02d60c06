"""The bot and a gate as their own processes: a ticket's card comes at once, and both may be stopped and started."""

import threading
import time
from typing import Any

from sandbox import Sandbox
from tests.approval_gate.gate_process import Caller, GateProcess
from tests.bot_process import BotProcess
from tests.card_of import card_of
from tests.rig import APPROVALS, APPROVER

pytest_plugins = ["tests.gated_bot"]

AT_ONCE = 1.5
"""Seconds from a ticket to its card, on a machine with other work too; the poll interval is 30."""


def test_a_ticket_is_asked_about_at_once_and_a_press_resumes_whoever_waits(
    sandbox: Sandbox, agent: Caller, bot: BotProcess
) -> None:
    agent.file(title="The first one")
    card_of(sandbox, "The first one")
    time.sleep(1.0)  # Slack takes about one message a second in a channel
    answers: list[dict[str, Any]] = []
    filed = time.monotonic()
    ticket = agent.file(title="Deploy the release", channel="#approvals")
    waiting = threading.Thread(
        target=lambda: answers.append(agent.get(f"/v1/tickets/{ticket['id']}", wait=60, timeout=70).json())
    )
    waiting.start()
    card = card_of(sandbox, "Deploy the release")
    assert time.monotonic() - filed < AT_ONCE
    sandbox.control.eventually(lambda: agent.get(f"/v1/tickets/{ticket['id']}").json()["card_url"])
    assert sandbox.control.click(APPROVALS, card["ts"], APPROVER, "approve_request")["acknowledged"]
    waiting.join(20)
    (answer,) = answers
    assert (answer["status"], answer["decision"]["by"]) == ("approved", "Approver (U02APPROVER)")
    assert answer["card_url"].endswith(card["ts"].replace(".", ""))
    sandbox.control.eventually(
        lambda: any("Approved by Approver" in str(one["text"]) for one in sandbox.control.messages(APPROVALS))
    )


def test_a_stop_does_not_wait_for_the_list_that_is_held(bot: BotProcess) -> None:
    time.sleep(0.5)  # the list is held by now, with four seconds between two signs of life
    asked = time.monotonic()
    assert bot.stop() == 0
    assert time.monotonic() - asked < 2
    assert "Traceback" not in bot.text()


def test_after_a_restart_of_the_gate_tickets_are_asked_about_again(
    sandbox: Sandbox, gate: GateProcess, agent: Caller, bot: BotProcess
) -> None:
    agent.file(title="Before the restart")
    card_of(sandbox, "Before the restart")
    gate.stop()
    gate.start()
    agent.file(title="After the restart")
    card_of(sandbox, "After the restart")

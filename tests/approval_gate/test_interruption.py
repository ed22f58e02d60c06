"""A program that is interrupted while it asks, as by Ctrl-C: what it asked does not stay open."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.approval_gate.gate_process import GateProcess
from tests.approval_gate.person import Person
from tests.approval_gate.relay import relay
from tests.approval_gate.waiting import until

ROOT = Path(__file__).resolve().parent.parent.parent
ENDS_WITHIN = 30.0
Program = subprocess.Popen[str]
Start = Callable[[str, str], Program]

ASKS = "Gate().request(title='Refund')"
CONCLUDES = "gate = Gate(); ticket = gate.request(title='Refund'); input(); gate.wait(ticket, timeout=0)"


@pytest.fixture
def start(client_key: str) -> Iterator[Start]:
    """Starts a program that says something to the gate at an address; it is killed at the end."""
    started: list[Program] = []

    def start(url: str, words: str) -> Program:
        program = subprocess.Popen(
            [sys.executable, "-c", f"from approval_gate import Gate; {words}"],
            env={"PYTHONPATH": str(ROOT), "GATE_URL": url, "GATE_API_KEY": client_key},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(program)
        return program

    yield start
    for program in started:
        program.kill()
        program.communicate()


def test_a_question_whose_asking_is_interrupted_is_withdrawn(
    gate: GateProcess, person: Person, start: Start
) -> None:
    """Given a gate that has it and could not say so, when Ctrl-C is pressed, then nobody can say yes any more."""
    with relay(gate.url) as proxy:
        proxy.loses_answers = True
        program = start(proxy.url, ASKS)
        ticket = person.sees()
        until(lambda: proxy.lost)
        proxy.loses_answers = False

        program.send_signal(signal.SIGINT)

        assert program.wait(ENDS_WITHIN) == -signal.SIGINT
    assert (person.ticket(ticket["id"])["status"], person.pending()) == ("cancelled", [])


def test_a_question_that_never_arrived_is_not_left_open_either(
    gate: GateProcess, person: Person, start: Start
) -> None:
    with relay(gate.url) as proxy:
        proxy.loses_calls = True
        program = start(proxy.url, ASKS)
        until(lambda: b"Refund" in proxy.lost)
        proxy.loses_calls = False

        program.send_signal(signal.SIGINT)

        assert program.wait(ENDS_WITHIN) == -signal.SIGINT
    assert person.pending() == []


def test_an_interruption_while_a_wait_ends_withdraws_the_question_all_the_same(
    gate: GateProcess, person: Person, start: Start
) -> None:
    """Given a time that is over and a cancelling that got lost, when Ctrl-C is pressed, then it is cancelled."""
    with relay(gate.url) as proxy:
        program = start(proxy.url, CONCLUDES)
        ticket = person.sees()
        proxy.loses_calls = True
        assert program.stdin is not None
        program.stdin.write("\n")
        program.stdin.flush()
        until(lambda: b"/cancel" in proxy.lost)
        proxy.loses_calls = False

        program.send_signal(signal.SIGINT)

        assert program.wait(ENDS_WITHIN) == -signal.SIGINT
    assert person.ticket(ticket["id"])["status"] == "cancelled"

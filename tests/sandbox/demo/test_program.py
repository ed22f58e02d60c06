import socket
from typing import Any

import pytest

from sandbox.demo.gate import Gate
from sandbox.demo.program import Program, became

APPROVED = {"by": "Approver (U02APPROVER)"}


def ticket(status: str, decision: dict[str, str] | None = None) -> dict[str, Any]:
    return {"id": "f00", "title": "Drain node-3", "status": status, "decision": decision}


@pytest.mark.parametrize(
    ("settled", "line"),
    [
        (ticket("approved", APPROVED), "  Ticket f00, Drain node-3: approved by Approver (U02APPROVER)."),
        (ticket("denied", APPROVED), "  Ticket f00, Drain node-3: denied by Approver (U02APPROVER)."),
        (ticket("expired"), "  Ticket f00, Drain node-3: expired, nobody answered."),
        (ticket("cancelled"), "  Ticket f00, Drain node-3: cancelled."),
        (ticket("pending"), ""),
    ],
)
def test_what_became_of_a_ticket_is_one_line(settled: dict[str, Any], line: str) -> None:
    assert became(settled) == line


def test_a_gate_that_does_not_answer_is_told_and_holds_up_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as unheard, Program() as program:
        unheard.bind(("127.0.0.1", 0))
        gate = Gate(f"http://127.0.0.1:{unheard.getsockname()[1]}", "gate_bot", "gate_demo")
        program.ask(gate, {"title": "Drain node-3"})

    assert capsys.readouterr().out.startswith("  Drain node-3: the gate gave no answer (")

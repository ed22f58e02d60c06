"""A program that asks the gate by HTTP and waits for each answer, as an agent or a pipeline does."""

import threading
from types import TracebackType
from typing import Any, Self

import requests

from sandbox.demo.gate import Gate
from sandbox.demo.questions import Question

CONNECTS_WITHIN, SPEAKS_WITHIN = 5.0, 60.0
"""Seconds. A held answer says something every few seconds."""
ENDS = {
    "approved": "approved by {by}",
    "denied": "denied by {by}",
    "expired": "expired, nobody answered",
    "cancelled": "cancelled",
}


class Program:
    """Asks in threads of its own, one for each question that waits, and prints what became of each.

    As a context manager it is around the gate: its calls end when the gate does.
    """

    def __init__(self) -> None:
        self._calls: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for call in self._calls:
            call.join()

    def ask(self, gate: Gate, question: Question) -> None:
        """Puts one question, and returns at once."""
        call = threading.Thread(target=_ask, args=(gate, question), name="question")
        self._calls = [*filter(threading.Thread.is_alive, self._calls), call]
        call.start()


def _ask(gate: Gate, question: Question) -> None:
    try:
        ticket = _held(gate, question)
    except requests.RequestException as error:
        print(f"  {question['title']}: the gate gave no answer ({error}).", flush=True)
        return
    if words := became(ticket):
        print(words, flush=True)


def _held(gate: Gate, question: Question) -> dict[str, Any]:
    """The ticket, once it is settled or the gate stops. Raises `requests.RequestException`."""
    with requests.Session() as session:
        session.trust_env = False  # the gate is on this machine: no proxy, no ~/.netrc
        answer = session.post(
            f"{gate.url}/v1/hold",
            json=question,
            headers={"Authorization": f"Bearer {gate.programs_key}"},
            timeout=(CONNECTS_WITHIN, SPEAKS_WITHIN),
        )
        answer.raise_for_status()
        ticket: dict[str, Any] = answer.json()
        return ticket


def became(ticket: dict[str, Any]) -> str:
    """One line of what became of it; empty where the gate stopped before."""
    if ticket["status"] not in ENDS:
        return ""
    decision = ticket["decision"] or {"by": ""}
    return f"  Ticket {ticket['id']}, {ticket['title']}: {ENDS[ticket['status']].format(by=decision['by'])}."

"""The gate in the demo: a process of its own, and a program that asks it."""

from collections.abc import Iterator

from sandbox.demo.gate import PROGRAM, Gate, opened, start_gate
from sandbox.demo.invitation import curl
from sandbox.demo.part import SEED, Part, Setting
from sandbox.demo.people import REQUESTER
from sandbox.demo.program import Program
from sandbox.demo.questions import demo_questions


def gate(here: Setting) -> Part:
    """Once it is ready. The program ends after it, since its calls end when the gate does."""
    program = here.enter(Program())
    found = opened(here.start(start_gate(here.folder)), here.folder, here.watch)
    return Part(
        {"GATE_URL": found.url, "GATE_API_KEY": found.bots_key},
        _asks(program, found),
        # Without somebody in Slack who stands behind the program's key, nobody could approve what has high risk.
        {"requesters": {PROGRAM: REQUESTER}},
        (
            f"The gate is at {found.url}. Ask it yourself; the line waits until somebody answers:",
            "",
            curl(found),
        ),
    )


def _asks(program: Program, gate: Gate) -> Iterator[None]:
    for question in demo_questions(SEED):
        program.ask(gate, question)
        yield

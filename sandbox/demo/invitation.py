"""What the demo says on the terminal when it is ready."""

import json
import shlex
from pathlib import Path

from sandbox.demo.bot import APPROVER, CHANNEL
from sandbox.demo.gate import Gate
from sandbox.server import Sandbox

QUESTION = {"title": "May I?", "action": "try", "arguments": {"answer": 42}}


def invitation(sandbox: Sandbox, gate: Gate | None, state: Path, every: float) -> str:
    """Where to look, how to ask the gate oneself, where the logs are, and how it ends."""
    return "\n".join(
        [
            "",
            f"  Open {sandbox.url}/#channel={CHANNEL}&user={APPROVER} in a browser, and press Approve on the card.",
            f"  A new request comes every {every:g} seconds. The control API is at {sandbox.url}/control/state.",
            "",
            *(_of_the_gate(gate) if gate else ()),
            f"  The bot's log: {state / 'bot.log'}",
            *([f"  The gate's log: {state / 'gate.log'}"] if gate else ()),
            "  Ctrl-C stops everything.",
            "",
        ]
    )


def _of_the_gate(gate: Gate) -> tuple[str, ...]:
    return (
        f"  The gate is at {gate.url}. Ask it yourself; the line waits until somebody answers:",
        "",
        curl(gate),
        "",
    )


def curl(gate: Gate) -> str:
    """A line for the shell that asks the gate and waits; no proxy, no file."""
    words = (
        ["curl", "--silent", "--show-error", "--noproxy", "*"],
        ["--header", f"Authorization: Bearer {gate.programs_key}"],
        ["--header", "Content-Type: application/json", "--data", json.dumps(QUESTION), f"{gate.url}/v1/hold"],
    )
    return shlex.join([word for part in words for word in part])

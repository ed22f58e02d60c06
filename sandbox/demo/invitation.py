"""What the demo says on the terminal when it is ready."""

import json
import shlex
from collections.abc import Iterable, Sequence

from sandbox.demo.gate import Gate
from sandbox.demo.people import APPROVER, CHANNEL
from sandbox.demo.process import Process
from sandbox.server import Sandbox

QUESTION = {"title": "May I?", "action": "try", "arguments": {"answer": 42}}


def invitation(
    sandbox: Sandbox, words: Iterable[Sequence[str]], processes: Iterable[Process], every: float
) -> str:
    """Where to look, what the parts have to say, where the logs are, and how it ends."""
    told = [line for part in words if part for line in (*part, "")]
    return "\n".join(
        [
            "",
            f"  Open {sandbox.url}/#channel={CHANNEL}&user={APPROVER} in a browser, and press Approve on the card.",
            f"  A new request comes every {every:g} seconds. The control API is at {sandbox.url}/control/state.",
            "",
            *(line if line.startswith("curl ") or not line else f"  {line}" for line in told),
            *(f"  The {process.name}'s log: {process.log}" for process in processes),
            "  Ctrl-C stops everything.",
            "",
        ]
    )


def curl(gate: Gate) -> str:
    """A line for the shell that asks the gate and waits; no proxy, no file."""
    words = (
        ["curl", "--silent", "--show-error", "--noproxy", "*"],
        ["--header", f"Authorization: Bearer {gate.programs_key}"],
        ["--header", "Content-Type: application/json", "--data", json.dumps(QUESTION), f"{gate.url}/v1/hold"],
    )
    return shlex.join([word for part in words for word in part])

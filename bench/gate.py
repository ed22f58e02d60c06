"""The gate in a process of its own, and keys to it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.child import ROOT, Child
from bench.workspace import shell

READY = '"event": "ready"'
PLENTY = {
    "GATE_RATE": "1000000/minute",
    "GATE_MOST_PENDING": "1000000",
    "GATE_MOST_PENDING_BYTES": "1000000000",
}
"""What is measured is no client that asks too much."""


@dataclass(frozen=True, slots=True)
class RunningGate:
    """Where it is, its process, and a key that may ask and one that may decide."""

    url: str
    pid: int
    asking: str
    deciding: str


@contextmanager
def running_gate(folder: Path) -> Iterator[RunningGate]:
    """A fresh one, with SQLite in ``folder``, as everybody has it who sets nothing."""
    env = shell() | {
        "PYTHONPATH": str(ROOT),
        "GATE_DATABASE_URL": f"sqlite:///{folder / 'gate.db'}",
        "GATE_PORT": "0",
        **PLENTY,
    }
    keys = [_key(env, folder, *words) for words in (("agent", "request"), ("bot", "decide"))]
    with Child(["approval_gate"], env, folder / "gate.log") as child:
        child.wait_for(READY)
        line = next(line for line in child.text().splitlines() if READY in line)
        yield RunningGate(json.loads(line)["url"], child.pid, *keys)


def _key(env: dict[str, str], folder: Path, name: str, scope: str) -> str:
    command = [sys.executable, "-m", "approval_gate", "keys", "create", name, "--scope", scope]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()

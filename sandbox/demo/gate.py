"""The demo's gate, unchanged, as its own process, and the API keys for it."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.demo.errors import ProcessEnded
from sandbox.demo.process import Process
from sandbox.demo.shell import kept
from sandbox.demo.watch import Watch

READY = re.compile(r' ready .*\burl="(http://[^"]+)"')
"""The gate's log line that tells where it listens."""
PROGRAM = "demo"
KEYS = {"bot": ("decide",), PROGRAM: ("request",)}
"""What each key may do, by its name; cards show the name of the one that asks."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Where the gate is, and the keys with which the bot and the demo's own program call it."""

    url: str
    bots_key: str
    programs_key: str


def environment(state: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """A configuration with which it works, on a port that the kernel chooses."""
    return kept(inherited) | {
        "GATE_DATABASE_URL": f"sqlite:///{state / 'gate.db'}",
        "GATE_HOST": "127.0.0.1",
        "GATE_PORT": "0",
    }


def start_gate(state: Path) -> Process:
    """Starts it in ``state``. Its end is the caller's."""
    return Process("gate", "approval_gate", state, environment(state, os.environ))


def opened(process: Process, state: Path, watch: Watch) -> Gate:
    """The gate, once it is ready, with its keys made. Raises what ends the demo."""
    while not (ready := READY.search(process.text())):
        watch.pause(0.05)
    bots_key, programs_key = _make_keys(state)
    return Gate(ready[1], bots_key, programs_key)


def _make_keys(state: Path) -> list[str]:
    """One of each, at the same time. Raises `ProcessEnded` where one cannot be made."""
    commands = [_keys_create(state, name, scopes) for name, scopes in KEYS.items()]
    said = [command.communicate() for command in commands]
    for command, (_key, complaint) in zip(commands, said, strict=True):
        if command.returncode:
            raise ProcessEnded(f"{complaint}\nThe gate's keys command ended with {command.returncode}.")
    return [key.strip() for key, _hint in said]


def _keys_create(state: Path, name: str, scopes: tuple[str, ...]) -> subprocess.Popen[str]:
    words = [word for scope in scopes for word in ("--scope", scope)]
    return subprocess.Popen(
        [sys.executable, "-m", "approval_gate", "keys", "create", name, *words],
        cwd=state,
        env=environment(state, os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

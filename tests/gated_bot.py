"""A bot and a gate as their own processes, in a sandbox: fixtures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.approval_gate.gate_process import Caller, GateProcess
from tests.bot_process import BotProcess, environment


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[GateProcess]:
    folder = tmp_path / "gate"
    folder.mkdir()
    with GateProcess(folder) as running:
        yield running


@pytest.fixture
def agent(gate: GateProcess) -> Caller:
    return Caller(gate.url, gate.key("ci", ("request",), ("*",)))


@pytest.fixture
def bot(sandbox: Sandbox, tmp_path: Path, gate: GateProcess) -> Iterator[BotProcess]:
    settings = {
        "UPSTREAMS": "gate",
        "GATE_URL": gate.url,
        "GATE_API_KEY": gate.key("slack-bot", ("decide",)),
        "POLL_INTERVAL": "30",
    }
    with BotProcess(tmp_path, environment(sandbox, tmp_path, **settings)) as running:
        running.wait_until_ready()
        yield running

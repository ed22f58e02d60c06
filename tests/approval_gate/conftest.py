"""What the tests of the gate may ask for: a real gate, and callers with keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.approval_gate.asking import async_client, client, client_key, decider, person, requester
from tests.approval_gate.gate_process import Caller, GateProcess

__all__ = ["async_client", "client", "client_key", "decider", "person", "requester"]


@pytest.fixture(scope="session")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateProcess]:
    """One for all tests, quick with heartbeats and sweeps."""
    folder: Path = tmp_path_factory.mktemp("gate")
    with GateProcess(folder, GATE_HEARTBEAT="0.1", GATE_SWEEP="0.2") as process:
        yield process


@pytest.fixture(scope="session")
def agent(gate: GateProcess) -> Caller:
    """Who may ask."""
    return gate.caller("agent")


@pytest.fixture(scope="session")
def bot(gate: GateProcess) -> Caller:
    """Who may decide."""
    return gate.caller("bot", ["decide"])


@pytest.fixture
def own_gate(tmp_path: Path) -> Iterator[GateProcess]:
    """A gate of the test's own, to stop, kill and count in."""
    with GateProcess(tmp_path, GATE_HEARTBEAT="0.1", GATE_SWEEP="0.2") as process:
        yield process

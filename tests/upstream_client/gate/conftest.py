"""A gate as its own process, programs that file tickets, and the bot's client of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.approval_gate.gate_process import Caller, GateProcess
from upstream_client.gate import GateClient
from upstream_client.models import Decision

OURS = Decision(
    "0123456789abcdef", "Approver (U02APPROVER)", "[0123456789abcdef] Approved in Slack by Approver"
)
THEIRS = Decision("fedcba9876543210", "Second Approver", "[fedcba9876543210] Approved in Slack")


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateProcess]:
    with GateProcess(
        Path(tmp_path_factory.mktemp("gate")), GATE_HEARTBEAT="0.1", GATE_SWEEP="0.2"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def agent(gate: GateProcess) -> Caller:
    """A program that may ask in #ops."""
    return Caller(gate.url, gate.key("ci", ("request",), ("ops",)))


@pytest.fixture(scope="module")
def key(gate: GateProcess) -> str:
    return gate.key("slack-bot", ("decide",))


@pytest.fixture
def client(gate: GateProcess, key: str) -> Iterator[GateClient]:
    made = GateClient(gate.url, key, timeout=(2.0, 10.0))
    yield made
    made.close()

"""What the tests of the gate's clients may ask for: a key of their own, the clients, and a person who answers."""

import secrets
from collections.abc import Iterator

import pytest

from approval_gate import AsyncGate, Gate
from tests.approval_gate.gate_process import GateProcess
from tests.approval_gate.person import Person


@pytest.fixture
def requester() -> str:
    """The name of this test's own key."""
    return f"agent-{secrets.token_hex(4)}"


@pytest.fixture
def client_key(gate: GateProcess, requester: str) -> str:
    """It may wish for every channel."""
    return gate.key(requester, ["request"], ["*"])


@pytest.fixture
def client(gate: GateProcess, client_key: str) -> Iterator[Gate]:
    """The client of this test."""
    client = Gate(gate.url, client_key)
    yield client
    client.close()


@pytest.fixture
def async_client(client: Gate) -> AsyncGate:
    """The same for asyncio."""
    return AsyncGate(gate=client)


@pytest.fixture
def decider(gate: GateProcess) -> Iterator[Gate]:
    """A client whose key may decide."""
    client = Gate(gate.url, gate.key(f"bot-{secrets.token_hex(4)}", ["decide"]))
    yield client
    client.close()


@pytest.fixture
def person(gate: GateProcess, requester: str) -> Person:
    """Who answers what this test asks."""
    return Person(gate.caller(f"person-{secrets.token_hex(4)}", ["decide"]), requester)

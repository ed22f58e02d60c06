"""What the tests of the bot may ask for besides: ledgers, and a gate."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.approval_gate.gate_process import GateProcess
from tests.backends import (
    empty_ledger_url,
    empty_postgres_url,
    ledger,
    ledger_url,
    postgres_server,
    postgres_url,
    shared_ledger,
    sqlite_ledger,
    sqlite_url,
)

__all__ = [
    "empty_ledger_url",
    "empty_postgres_url",
    "ledger",
    "ledger_url",
    "postgres_server",
    "postgres_url",
    "shared_ledger",
    "sqlite_ledger",
    "sqlite_url",
]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[GateProcess]:
    """A gate of this test's own, as a process."""
    folder = tmp_path / "gate"
    folder.mkdir()
    with GateProcess(folder, GATE_HEARTBEAT="0.1", GATE_SWEEP="0.1") as running:
        yield running

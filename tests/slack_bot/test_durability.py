"""What the operator is told of places that end with the container."""

from pathlib import Path

import pytest

from slack_bot.durability import notes

SERVER = "postgresql+psycopg://bot:secret@127.0.0.1/ledger"


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    """The table of a container with one volume."""
    table = tmp_path / "mounts"
    table.write_text(f"overlay / overlay rw 0 0\n127.0.0.1:/ {tmp_path.resolve()}/volume nfs4 rw 0 0\n")
    return table


def test_a_ledger_in_the_containers_own_layer_is_told_of(tmp_path: Path, mounts: Path) -> None:
    """Given a container with one volume, when the ledger lies beside it, then the operator is told."""
    [note] = notes(f"sqlite:///{tmp_path / 'ledger.db'}", "ssm:/approval-bot", mounts)
    assert str(tmp_path) in note
    assert "LEDGER_URL" in note


def test_so_are_channels_and_schedules(tmp_path: Path, mounts: Path) -> None:
    [note] = notes(SERVER, f"file:{tmp_path / 'state'}", mounts)
    assert str(tmp_path / "state") in note
    assert "STATE" in note


def test_what_lies_on_a_volume_on_a_server_or_in_ssm_stays(tmp_path: Path, mounts: Path) -> None:
    volume = tmp_path / "volume"
    assert notes(f"sqlite:///{volume / 'ledger.db'}", f"file:{volume}", mounts) == []
    assert notes(SERVER, "ssm:/approval-bot", mounts) == []

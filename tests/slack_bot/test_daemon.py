"""What the daemon tells of the place where its ledger lies."""

from pathlib import Path

from slack_bot.daemon import durability


def test_a_ledger_in_a_containers_own_layer_is_told_of(tmp_path: Path) -> None:
    """Given a container with one volume, when the ledger lies beside it, then the operator is told."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"overlay / overlay rw 0 0\n127.0.0.1:/ {tmp_path.resolve()}/volume nfs4 rw 0 0\n")

    [note] = durability(f"sqlite:///{tmp_path / 'ledger.db'}", mounts)

    assert str(tmp_path) in note
    assert "LEDGER_URL" in note
    assert durability(f"sqlite:///{tmp_path / 'volume' / 'ledger.db'}", mounts) == []


def test_a_database_server_keeps_what_it_is_given(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("overlay / overlay rw 0 0\n")
    assert durability("postgresql+psycopg://bot:secret@127.0.0.1/ledger", mounts) == []

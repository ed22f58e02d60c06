from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from approval_gate.server.database import Database
from approval_gate.server.volume import journal_of, kind_of

MOUNTS = """\
overlay / overlay rw 0 0
fs-1.efs.example.com:/ /data nfs4 rw 0 0
/dev/vda1 /data/local ext4 rw 0 0
/dev/vdb1 /with\\040space xfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/", "overlay"), ("/data/gate", "nfs4"), ("/data/local/gate", "ext4"), ("/with space", "xfs")],
)
def test_a_folder_is_on_the_innermost_mount_around_it(folder: str, kind: str) -> None:
    assert kind_of(Path(folder), MOUNTS) == kind


@pytest.mark.parametrize(("kind", "journal"), [("ext4", "WAL"), ("nfs4", "PERSIST"), ("fuse.s3", "PERSIST")])
def test_a_networks_file_system_gets_no_journal_that_needs_shared_memory(
    tmp_path: Path, kind: str, journal: str
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"somewhere / {kind} rw 0 0\n")

    assert journal_of(tmp_path, mounts) == journal


def test_where_nobody_can_tell_neither_does_it(tmp_path: Path) -> None:
    assert journal_of(tmp_path, tmp_path / "none") == "PERSIST"


def test_the_database_keeps_the_journal_of_its_folder_and_waits_for_the_disk(
    sqlite_database: Database, sqlite_url: str
) -> None:
    folder = Path(str(make_url(sqlite_url).database)).parent
    with sqlite_database.read() as connection:
        mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
        synchronous = connection.execute(text("PRAGMA synchronous")).scalar_one()

    assert mode == journal_of(folder).lower()
    assert synchronous == 2

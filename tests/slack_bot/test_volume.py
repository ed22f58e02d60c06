"""Which folders outlive a container."""

from pathlib import Path, PurePath

import pytest

from slack_bot.volume import is_passing, journal_of, kind_of

FARGATE = """\
overlay / overlay rw,relatime,lowerdir=/a:/b 0 0
proc /proc proc rw,nosuid 0 0
tmpfs /dev tmpfs rw 0 0
127.0.0.1:/ /state nfs4 rw,relatime,vers=4.1 0 0
tmpfs /state/heartbeats tmpfs rw 0 0
/dev/sda1 /with\\040space ext4 rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/app/state", "overlay"),
        ("/state", "nfs4"),
        ("/state/deeper", "nfs4"),
        ("/statement", "overlay"),
        ("/state/heartbeats/x", "tmpfs"),
        ("/with space/state", "ext4"),
    ],
)
def test_a_folder_is_on_the_innermost_mount_around_it(folder: str, kind: str) -> None:
    assert kind_of(PurePath(folder), FARGATE) == kind


def test_of_two_mounts_at_one_place_the_later_one_counts() -> None:
    assert kind_of(PurePath("/state"), FARGATE + "tmpfs /state tmpfs rw 0 0\n") == "tmpfs"


def test_only_what_ends_with_the_container_is_passing(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("overlay / overlay rw 0 0\n", encoding="utf-8")
    assert is_passing(tmp_path, mounts)
    mounts.write_text("overlay / overlay rw 0 0\n/dev/sda1 " + str(tmp_path.resolve()) + " ext4 rw 0 0\n")
    assert not is_passing(tmp_path, mounts)


def test_where_no_table_of_mounts_is_nobody_can_tell(tmp_path: Path) -> None:
    assert not is_passing(tmp_path, tmp_path / "missing")


@pytest.mark.parametrize(
    ("kind", "journal"), [("ext4", "WAL"), ("overlay", "WAL"), ("nfs4", "PERSIST"), ("fuse.s3", "PERSIST")]
)
def test_a_networks_file_system_gets_no_journal_that_needs_shared_memory(
    tmp_path: Path, kind: str, journal: str
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"somewhere / {kind} rw 0 0\n")
    assert journal_of(tmp_path, mounts) == journal


def test_where_nobody_can_tell_no_journal_needs_shared_memory(tmp_path: Path) -> None:
    assert journal_of(tmp_path, tmp_path / "none") == "PERSIST"

"""STATE and what it opens; a local directory as a store."""

import errno
import multiprocessing
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from fcntl import LOCK_EX, flock
from functools import partial
from pathlib import Path

import pytest

from slack_bot.parameter_store import (
    ChangedMeanwhile,
    DirectoryStore,
    NameRefused,
    NotWritten,
    StateError,
    directory_store,
    open_store,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def store(state: Path) -> DirectoryStore:
    return DirectoryStore(state)


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {directory_store.LOCK}


class TestOpening:
    """STATE says where."""

    def test_a_directory_is_made_at_the_first_look(self, state: Path) -> None:
        store = open_store(f"file:{state}")
        assert not state.exists()
        assert store.read_all("channels") == {}
        assert store.describe() == f"the directory {state}"
        assert files(state) == {"channels"}

    def test_a_home_directory_may_be_written_as_a_tilde(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        open_store("file:~/state").put("channels", "C1", "text")
        assert (tmp_path / "state" / "channels" / "C1.json").read_text() == "text"

    @pytest.mark.parametrize("state", ["", "file", "file:", "state", "s3:bucket", "SSM:/approval-bot"])
    def test_what_names_no_store_is_said_with_examples(self, state: str) -> None:
        with pytest.raises(StateError) as told:
            open_store(state)
        assert str(told.value) == (
            f"STATE: “{state}” names no store: write ssm:/approval-bot for SSM Parameter Store, "
            "or file:state for a directory."
        )

    def test_boto3_is_imported_only_for_ssm(self, state: Path) -> None:
        code = (
            "import sys\n"
            "from slack_bot import channel_store, schedule_store\n"
            "from slack_bot.parameter_store import open_store\n"
            f"open_store('file:{state}').read_all('channels')\n"
            "assert not {'boto3', 'botocore'} & set(sys.modules)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


class TestDirectory:
    """One file for each item, whole or not there."""

    def test_what_is_written_is_read(self, store: DirectoryStore, state: Path) -> None:
        store.put("channels", "C1", "first")
        store.put("channels", "C1", "second, ü\r\n")
        store.put("schedules", "all", "{}")
        assert store.read_all("channels") == {"C1": "second, ü\r\n"}
        assert (state / "channels" / "C1.json").read_bytes() == "second, ü\r\n".encode()
        assert store.read_all("schedules") == {"all": "{}"}

    def test_what_is_deleted_is_gone_and_may_be_deleted_again(self, store: DirectoryStore) -> None:
        store.put("channels", "C1", "text")
        store.delete("channels", "C1")
        store.delete("channels", "C1")
        assert store.read_all("channels") == {}

    def test_nobody_else_may_read_it(self, store: DirectoryStore, state: Path) -> None:
        previous = os.umask(0)
        try:
            store.put("channels", "C1", "text")
        finally:
            os.umask(previous)
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (state, *state.rglob("*"))}
        assert modes == {
            state: 0o700,
            state / "channels": 0o700,
            state / "channels" / "C1.json": 0o600,
            state / "channels" / directory_store.LOCK: 0o600,
        }

    def test_other_files_in_the_folder_are_not_ours(self, store: DirectoryStore, state: Path) -> None:
        store.put("channels", "C1", "text")
        for name in ("C2.json~", ".C3.json", "notes.txt", ".C1.json.abc.tmp", "C4"):
            (state / "channels" / name).write_text("not ours")
        assert store.read_all("channels") == {"C1": "text"}

    @pytest.mark.parametrize(
        "name", ["", ".", "..", "../C1", "/etc/passwd", "a/b", "C 1", "C1\n", "C1\0", "Ç1", ".C1", "a" * 201]
    )
    @pytest.mark.parametrize("folder", [True, False])
    def test_no_name_leads_out_of_the_folder(
        self, store: DirectoryStore, state: Path, name: str, folder: bool
    ) -> None:
        where = (name, "C1") if folder else ("channels", name)
        writes: list[Callable[[], None]] = [
            lambda: store.put(*where, "text"),
            lambda: store.replace(*where, "text", None),
            lambda: store.delete(*where),
        ]
        for write in writes:
            with pytest.raises(NameRefused):
                write()
        assert not state.exists()

    def test_what_is_no_utf8_is_read_all_the_same(self, store: DirectoryStore, state: Path) -> None:
        """Given one file that an editor broke, then the others are read, and its text is no item of ours."""
        store.put("channels", "C1", "text")
        (state / "channels" / "C2.json").write_bytes(b"\xff{}")
        assert store.read_all("channels") == {"C1": "text", "C2": "�{}"}


class TestReplacing:
    """A file is compared and replaced in one step."""

    def test_what_is_known_is_replaced(self, store: DirectoryStore) -> None:
        store.replace("channels", "C1", "first", None)
        store.replace("channels", "C1", "second", "first")
        assert store.read_all("channels") == {"C1": "second"}

    @pytest.mark.parametrize(("standing", "known"), [("theirs", "known"), ("theirs", None), (None, "known")])
    def test_where_something_else_stands_nothing_is_written(
        self, store: DirectoryStore, standing: str | None, known: str | None
    ) -> None:
        if standing is not None:
            store.put("channels", "C1", standing)
        with pytest.raises(ChangedMeanwhile, match=r"C1\.json was changed meanwhile. Look at what holds now"):
            store.replace("channels", "C1", "ours", known)
        assert store.read_all("channels").get("C1") == standing

    def test_of_many_threads_that_add_one_none_is_lost(self, state: Path) -> None:
        threads = [threading.Thread(target=add_ones, args=(state, 5)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert DirectoryStore(state).read_all("channels") == {"C1": "40"}
        assert files(state / "channels") == {"C1.json"}

    def test_of_several_processes_that_add_one_none_is_lost(self, state: Path) -> None:
        context = multiprocessing.get_context("spawn")
        processes = [context.Process(target=add_ones, args=(state, 5)) for _ in range(3)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert DirectoryStore(state).read_all("channels") == {"C1": "15"}

    def test_a_reader_sees_old_or_new_and_nothing_between(self, store: DirectoryStore) -> None:
        texts = {letter * 100_000 for letter in "ab"}
        done = threading.Event()
        store.put("channels", "C1", "a" * 100_000)

        def write() -> None:
            for _ in range(20):
                for text in texts:
                    store.put("channels", "C1", text)
            done.set()

        writer = threading.Thread(target=write)
        writer.start()
        while not done.is_set():
            assert store.read_all("channels")["C1"] in texts
        writer.join()


def add_ones(state: Path, count: int) -> None:
    """Reads a number, and writes the next one where it still stands; again where it does not."""
    store = DirectoryStore(state)
    while count:
        before = store.read_all("channels").get("C1")
        try:
            store.replace("channels", "C1", str(int(before or 0) + 1), before)
        except ChangedMeanwhile:
            continue
        count -= 1


class TestCrashes:
    """Killed at any instruction, the next one finds the old text or the new one."""

    @pytest.mark.parametrize("leftover", [b"", b"half of a te", b"the whole text"])
    def test_what_a_killed_writer_left_is_not_read_and_is_tidied(
        self, store: DirectoryStore, state: Path, leftover: bytes
    ) -> None:
        """Given a writer that was killed before its new file took the old one's place, then the old one holds."""
        store.put("channels", "C1", "old")
        (state / "channels" / ".C1.json.k3j2h1.tmp").write_bytes(leftover)

        assert DirectoryStore(state).read_all("channels") == {"C1": "old"}

        store.replace("channels", "C1", "new", "old")
        assert files(state / "channels") == {"C1.json"}

    @pytest.mark.parametrize("step", ["fsync", "replace"])
    def test_a_disk_that_fails_leaves_the_old_text(
        self, store: DirectoryStore, state: Path, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        store.put("channels", "C1", "old")

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(os if step == "fsync" else Path, step, full)
            with pytest.raises(StateError) as told:
                store.put("channels", "C1", "new")

        assert isinstance(told.value, NotWritten) is (step == "fsync")
        path = state / "channels" / "C1.json"
        assert str(told.value) == (
            f"{path} cannot be written (No space left on device). "
            "Check the disk and who may use the directory."
        )
        assert path.read_text() == "old"
        assert files(state / "channels") == {"C1.json"}

    @pytest.mark.parametrize("removed", [True, False])
    def test_a_disk_that_fails_after_the_change_does_not_tell_whether_it_is_made(
        self, store: DirectoryStore, state: Path, monkeypatch: pytest.MonkeyPatch, removed: bool
    ) -> None:
        store.put("channels", "C1", "old")
        fsync = os.fsync

        def fails_for_directories(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", fails_for_directories)
        change = store.delete if removed else partial(store.replace, text="new", before="old")
        with pytest.raises(StateError, match="Input/output error") as told:
            change("channels", "C1")
        assert not isinstance(told.value, NotWritten)
        assert files(state / "channels") == (set() if removed else {"C1.json"})

    def test_the_text_and_its_name_are_on_the_disk_before_it_is_said(
        self, store: DirectoryStore, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.put("channels", "C1", "old")
        steps: list[str] = []
        fsync, move = os.fsync, Path.replace

        def watched_fsync(descriptor: int) -> None:
            steps.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
            fsync(descriptor)

        def watched_replace(path: Path, target: Path) -> Path:
            steps.append("rename")
            return move(path, target)

        monkeypatch.setattr(os, "fsync", watched_fsync)
        monkeypatch.setattr(Path, "replace", watched_replace)
        store.put("channels", "C1", "new")
        store.delete("channels", "C1")
        assert steps == ["file", "rename", "directory", "directory"]
        assert files(state / "channels") == set()

    def test_the_lock_of_a_process_that_was_killed_is_free(self, store: DirectoryStore, state: Path) -> None:
        store.put("channels", "C1", "old")
        code = (
            "import fcntl, os, signal, sys\n"
            "fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX)\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        lock = state / "channels" / directory_store.LOCK
        killed = subprocess.run([sys.executable, "-c", code, lock], check=False)
        assert killed.returncode == -9
        store.put("channels", "C1", "new")
        assert store.read_all("channels") == {"C1": "new"}

    def test_a_lock_that_is_not_given_back_is_not_waited_for_long(
        self, store: DirectoryStore, state: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.put("channels", "C1", "old")
        monkeypatch.setattr(directory_store, "LOCKED_WITHIN", 0.05)
        with (state / "channels" / directory_store.LOCK).open() as held:
            flock(held, LOCK_EX)
            with pytest.raises(NotWritten, match=r"has been held by another process for 0\.05 seconds"):
                store.put("channels", "C1", "new")
        assert store.read_all("channels") == {"C1": "old"}


class TestTrouble:
    """What cannot be read or written is said in words."""

    def test_a_folder_that_was_there_and_is_gone_is_not_an_empty_one(
        self, store: DirectoryStore, state: Path
    ) -> None:
        """Given a volume that is not mounted any more, then nothing is known, instead of known to be nothing."""
        store.put("channels", "C1", "text")
        state.rename(state.with_name("elsewhere"))
        with pytest.raises(StateError, match=r"channels cannot be read \(No such file or directory\)"):
            store.read_all("channels")
        with pytest.raises(NotWritten, match=r"cannot be written \(No such file or directory\)"):
            store.put("channels", "C2", "text")
        state.with_name("elsewhere").rename(state)
        assert store.read_all("channels") == {"C1": "text"}

    def test_a_file_where_the_directory_should_be_is_said(self, store: DirectoryStore, state: Path) -> None:
        state.write_text("a file")
        with pytest.raises(StateError, match=r"state cannot be read \(File exists\)"):
            store.read_all("channels")
        with pytest.raises(StateError, match=r"state cannot be made \(File exists\)"):
            store.put("channels", "C1", "text")

    def test_a_directory_where_a_file_should_be_is_said(self, store: DirectoryStore, state: Path) -> None:
        (state / "channels" / "C1.json").mkdir(parents=True)
        with pytest.raises(StateError, match=r"C1\.json cannot be read \(Is a directory\)"):
            store.read_all("channels")
        with pytest.raises(StateError, match=r"C1\.json cannot be removed \(Is a directory\)"):
            store.delete("channels", "C1")

"""A local directory as a store: a folder for each kind, a file for each item (STATE=file:state)."""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from slack_bot.parameter_store.base import ChangedMeanwhile, NotWritten, StateError, check_name

SUFFIX: Final = ".json"
UNFINISHED: Final = ".tmp"
LOCK: Final = ".lock"
LOCKED_WITHIN: Final = 5.0
"""Seconds to wait for another writer; one needs milliseconds."""
LOOK_EVERY: Final = 0.01
OURS_ALONE: Final = 0o700


class DirectoryStore:
    """``state/channels/C0123.json``: whole or not there, after a crash as well, and for nobody else to read.

    Writers of several processes on one machine take turns by a lock file in the folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: set[Path] = set()

    def describe(self) -> str:
        """For people."""
        return f"the directory {self._path}"

    def read_all(self, folder: str) -> dict[str, str]:
        """Every text of a folder by its name; one that was never there is made, and is empty.

        One that was there and is gone is an error: a volume that is not mounted is not an empty one.
        """
        home = self._path / folder
        with _in_words(home, "read"):
            if home not in self._seen:
                self._make(home)
            return dict(self._texts(home))

    def put(self, folder: str, name: str, text: str) -> None:
        """Writes, whatever stands there."""
        home = self._home(folder, name)
        with _in_words(home / (name + SUFFIX), "written", NotWritten), _locked(home):
            _write(home, name + SUFFIX, text)

    def replace(self, folder: str, name: str, text: str, before: str | None) -> None:
        """Writes where ``before`` stands. Raises `ChangedMeanwhile`; no update is ever lost here."""
        home = self._home(folder, name)
        path = home / (name + SUFFIX)
        with _in_words(path, "written", NotWritten), _locked(home):
            if (_read(path) if path.exists() else None) != before:
                raise ChangedMeanwhile(
                    f"{path} was changed meanwhile. Look at what holds now, and try again."
                )
            _write(home, path.name, text)

    def delete(self, folder: str, name: str) -> None:
        """Removes it, if it is there."""
        home = self._home(folder, name)
        path = home / (name + SUFFIX)
        with _in_words(path, "removed", NotWritten), _locked(home), _in_words(path, "removed"):
            path.unlink(missing_ok=True)
            _sync(home)

    def _home(self, folder: str, name: str) -> Path:
        check_name(folder, name)
        home = self._path / folder
        if home not in self._seen:
            with _in_words(home, "made", NotWritten):
                self._make(home)
        return home

    def _make(self, home: Path) -> None:
        self._path.mkdir(mode=OURS_ALONE, parents=True, exist_ok=True)
        home.mkdir(mode=OURS_ALONE, exist_ok=True)
        self._seen.add(home)

    def _texts(self, home: Path) -> Iterator[tuple[str, str]]:
        for path in sorted(home.iterdir()):
            if path.suffix == SUFFIX and not path.name.startswith("."):
                try:
                    yield path.stem, _read(path)
                except FileNotFoundError:
                    continue  # removed since the directory was listed


def _read(path: Path) -> str:
    """What is no UTF-8 is read all the same, so that one bad file is found bad and not the whole folder."""
    return path.read_bytes().decode(errors="replace")


def _write(home: Path, file: str, text: str) -> None:
    """A new file takes the old one's place in one step, after it is safely on the disk."""
    for leftover in home.glob(f".*{UNFINISHED}"):  # of a writer that was killed: we hold the lock
        leftover.unlink(missing_ok=True)
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{file}.", suffix=UNFINISHED, dir=home)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        with _in_words(home / file, "written"):  # from here on it may be
            Path(unfinished).replace(home / file)
            _sync(home)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def _sync(home: Path) -> None:
    """Makes what the directory lists outlast a power cut."""
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Holds the folder's lock, which the kernel takes back from a process that dies."""
    descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait_for(descriptor, home)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, home: Path) -> None:
    deadline = time.monotonic() + LOCKED_WITHIN
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise NotWritten(
                    f"{home / LOCK} has been held by another process for {LOCKED_WITHIN:g} seconds. Try again."
                ) from None
            time.sleep(LOOK_EVERY)
        else:
            return


@contextmanager
def _in_words(path: Path, done: str, kind: type[StateError] = StateError) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else path
        raise kind(
            f"{where} cannot be {done} ({error.strerror}). Check the disk and who may use the directory."
        ) from error

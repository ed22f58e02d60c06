"""One folder of the bot's state, held in memory as it was last read, and what changed in it without us."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Generic, Literal, TypeVar

from pydantic import ValidationError

from slack_bot.parameter_store import (
    ChangedMeanwhile,
    LostUpdate,
    NotWritten,
    ParameterStore,
    StateError,
    TooLarge,
    Unconfirmed,
)

T = TypeVar("T")

NOT_READ_YET: Final = "the bot's state has not been read yet"
NOT_KEPT: Final = "STATE is not set, so the bot can keep nothing of its own."

UNCONFIRMED: Final = "written by the bot itself, though the store never confirmed it"
TOO_FAST: Final = "written by the bot itself, over what somebody else wrote there at the same moment"

What = Literal["channel", "schedule", "route"]


class NotReadable(Exception):
    """A text is none of ours; the exception's text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class OutsideChange:
    """Something was found changed that this process did not change. ``before`` and ``after`` are the texts
    that stood and stand there, None for nothing; ``words`` is a sentence for the audit log.
    """

    what: What
    name: str
    words: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What lies on a shelf: its folder, and how an item becomes a text and a text an item again.

    ``read`` is given the name and the text, and raises `NotReadable`. ``advice`` is for texts that are too
    large: what to do.
    """

    what: What
    folder: str
    read: Callable[[str, str], T]
    write: Callable[[T], str]
    advice: str


@dataclass(frozen=True, slots=True)
class _Snapshot(Generic[T]):
    """What was read last: replaced as a whole, never changed. ``unreadable`` says why, by name."""

    outage: str
    was_read: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    items: dict[str, T] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def same(self, name: str, other: "_Snapshot[T]") -> bool:
        """Whether an item means the same in both; how its text is laid out does not matter."""
        if self.texts.get(name) == other.texts.get(name):
            return True
        if name in self.unreadable or name in other.unreadable:
            return False
        return self.items.get(name) == other.items.get(name)


class Shelf(Generic[T]):
    """The items of one folder. Reading them is free and never fails; what is read may be up to a refresh old.

    Any thread may use it: a snapshot is replaced, never changed. A refresh does not keep a writer waiting.
    """

    def __init__(self, kind: Kind[T], store: ParameterStore | None) -> None:
        self._kind = kind
        self._store = store
        self._snapshot: _Snapshot[T] = _Snapshot(NOT_READ_YET if store else "")
        self._ours: dict[str, tuple[str | None, str]] = {}
        self._unreported: list[OutsideChange] = []
        self._writes = 0
        self._lock = threading.Lock()
        self._refreshing = threading.Lock()

    @property
    def items(self) -> Mapping[str, T]:
        """The last good items, by name."""
        return MappingProxyType(self._snapshot.items)

    @property
    def trouble(self) -> str:
        """Why the items may not be what stands there, in words; "" where they are."""
        snapshot = self._snapshot
        return snapshot.outage or " ".join(snapshot.unreadable.values())

    @property
    def was_read(self) -> bool:
        """Whether the folder was read at all, be it long ago."""
        return self._snapshot.was_read

    @property
    def is_good(self) -> bool:
        """Whether all that lay there when it was last read could be used."""
        return not self._snapshot.unreadable

    @property
    def trusted(self) -> Mapping[str, T]:
        """The items while there is no trouble at all, else none."""
        snapshot = self._snapshot
        return {} if snapshot.outage or snapshot.unreadable else MappingProxyType(snapshot.items)

    def refresh(self) -> list[OutsideChange]:
        """Reads the folder, and returns what changed without us since it was last read.

        What another replica wrote is an outside change as well. The first reading reports nothing. An outage
        is no error here: the last good items stay, and ``trouble`` says why.
        """
        self.look()
        with self._lock:
            reported, self._unreported = self._unreported, []
            return reported

    def look(self) -> str:
        """Reads the folder, and returns why that could not be, "" where it could.

        What changed without us is for the next `refresh` to report.
        """
        if self._store is None:
            return ""
        with self._refreshing:
            with self._lock:
                writes = self._writes
            texts, outage = self._read(self._store)
            with self._lock:
                if texts is None:
                    self._snapshot = replace(self._snapshot, outage=outage)
                elif writes == self._writes:  # else it may be older than what we wrote; the next one is not
                    self._adopt(texts)
            return outage

    def update(self, name: str, change: Callable[[T | None], T]) -> T:
        """Writes what ``change`` makes of the item that is known, None for none, unless it is that very item.

        Raises `StateError`; then nothing was written. But `Unconfirmed`: it may be, so the old one is shown, and
        ``trouble`` lasts until a reading tells what holds. `ChangedMeanwhile`: something else stands there, and
        is known from now on. `LostUpdate`: it was written all the same. The next refresh reports these changes.
        """
        with self._lock:
            store = self._writable(name)
            known = self._snapshot.items.get(name)
            item = change(known)
            if item is not known:
                self._write(store, name, item)
            return item

    def remove(self, name: str) -> None:
        """Removes an item; none there is fine. Raises `StateError`, as `update` does."""
        with self._lock:
            store = self._writable(name)
            try:
                store.delete(self._kind.folder, name)
            except NotWritten:
                raise
            except StateError as error:
                raise self._unconfirmed(name, None, error) from error
            self._written(name, None, None)

    def _write(self, store: ParameterStore, name: str, item: T) -> None:
        text, before = self._kind.write(item), self._snapshot.texts.get(name)
        try:
            store.replace(self._kind.folder, name, text, before)
        except LostUpdate as lost:
            self._ours[name] = (text, TOO_FAST)
            self._unreported.append(self._change(name, before, lost.theirs))
            self._look_again(store)
            raise
        except ChangedMeanwhile:
            self._look_again(store)
            if self._snapshot.texts.get(name) != text:
                raise
            return  # it is ours: nobody had told us that it was written
        except TooLarge as error:
            raise TooLarge(f"{error} {self._kind.advice}") from error
        except NotWritten:
            raise
        except StateError as error:
            raise self._unconfirmed(name, text, error) from error
        self._written(name, text, item)

    def _writable(self, name: str) -> ParameterStore:
        """Where to write. What cannot be read is nobody's to write over: somebody meant something by it."""
        if self._store is None:
            raise StateError(NOT_KEPT)
        if name in self._snapshot.unreadable:
            raise StateError(f"{self._snapshot.unreadable[name]} Until then nothing is written over it.")
        return self._store

    def _written(self, name: str, text: str | None, item: T | None) -> None:
        old = self._snapshot
        texts, items = dict(old.texts), dict(old.items)
        texts.pop(name, None)
        items.pop(name, None)
        if text is not None and item is not None:
            texts[name], items[name] = text, item
        self._ours.pop(name, None)
        self._writes += 1
        self._snapshot = replace(old, texts=texts, items=items)

    def _unconfirmed(self, name: str, text: str | None, error: StateError) -> Unconfirmed:
        """Now nobody knows what holds, so nothing is trusted before it is read again. The error to raise."""
        self._ours[name] = (text, UNCONFIRMED)
        self._writes += 1
        self._snapshot = replace(self._snapshot, outage=str(error))
        return Unconfirmed(str(error))

    def _read(self, store: ParameterStore) -> tuple[dict[str, str] | None, str]:
        try:
            return store.read_all(self._kind.folder), ""
        except StateError as error:
            return None, str(error)

    def _look_again(self, store: ParameterStore) -> None:
        """After somebody else was found to write as well: what holds now."""
        self._writes += 1
        texts, outage = self._read(store)
        if texts is None:
            self._snapshot = replace(self._snapshot, outage=outage)
        else:
            self._adopt(texts)

    def _adopt(self, texts: Mapping[str, str]) -> None:
        """Takes what was read for what holds, but for an item that cannot be read: its last good one stays."""
        old = self._snapshot
        items: dict[str, T] = {}
        unreadable: dict[str, str] = {}
        for name, text in texts.items():
            if name not in old.unreadable and old.texts.get(name) == text:
                items[name] = old.items[name]
                continue
            try:
                items[name] = self._kind.read(name, text)
            except NotReadable as error:
                unreadable[name] = self._not_readable(name, error)
                if name in old.items:
                    items[name] = old.items[name]
        new = _Snapshot("", True, dict(texts), items, unreadable)
        if old.was_read:
            self._unreported += self._changes(old, new)
        self._snapshot = new

    def _not_readable(self, name: str, error: NotReadable) -> str:
        where = self._store.describe() if self._store else ""
        return (
            f"{self._kind.folder}/{name} in {where} cannot be used: {error}. Correct it there, or remove it."
        )

    def _changes(self, old: _Snapshot[T], new: _Snapshot[T]) -> list[OutsideChange]:
        names = sorted(old.texts.keys() | new.texts.keys())
        changed = [name for name in names if not old.same(name, new)]
        return [self._change(name, old.texts.get(name), new.texts.get(name)) for name in changed]

    def _change(self, name: str, before: str | None, after: str | None) -> OutsideChange:
        done = "added" if before is None else "removed" if after is None else "changed"
        how = f"{done} outside the bot"
        if name in self._ours and self._ours[name][0] == after:
            how = self._ours.pop(name)[1]
        words = f"The {self._kind.what} {name} was {how}."
        return OutsideChange(self._kind.what, name, words, before, after)


def what_is_wrong(error: ValidationError) -> str:
    """A short phrase with every problem, without the values."""
    problems = [
        f"{'.'.join(str(part) for part in one['loc']) or 'the text'}: {one['msg'].removeprefix('Value error, ')}"
        for one in error.errors(include_url=False, include_input=False)
    ]
    return "; ".join(problems)

"""One folder held in memory: over a real directory, in which the tests write by hand as other people do."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from slack_bot.parameter_store import (
    ChangedMeanwhile,
    DirectoryStore,
    LostUpdate,
    NotWritten,
    StateError,
    TooLarge,
    Unconfirmed,
)
from slack_bot.shelf import NOT_READ_YET, UNCONFIRMED, Kind, NotReadable, OutsideChange, Shelf


def read(name: str, text: str) -> int:
    """Items are numbers below 100, and texts their JSON."""
    try:
        number = json.loads(text)
    except ValueError as error:
        raise NotReadable("no number") from error
    if number >= 100:
        raise NotReadable(f"{name} is not below 100")
    return int(number)


KIND: Kind[int] = Kind("channel", "channels", read, str, "Take a smaller one.")


class Hooked(DirectoryStore):
    """A directory while which is read something may happen, and whose disk may fail after it was written."""

    after_reading: Callable[[], object] | None = None
    fails_after_writing = False
    refuses: StateError | None = None
    writes_first = False

    def read_all(self, folder: str) -> dict[str, str]:
        texts = super().read_all(folder)
        if self.after_reading is not None:
            happens, self.after_reading = self.after_reading, None
            happens()
        return texts

    def replace(self, folder: str, name: str, text: str, before: str | None) -> None:
        if self.writes_first or self.refuses is None:
            super().replace(folder, name, text, before)
        if self.refuses is not None:
            raise self.refuses
        if self.fails_after_writing:
            raise StateError("The disk does not answer.")

    def delete(self, folder: str, name: str) -> None:
        if self.refuses is not None:
            raise self.refuses
        super().delete(folder, name)
        if self.fails_after_writing:
            raise StateError("The disk does not answer.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "channels"


@pytest.fixture
def store(folder: Path) -> Hooked:
    return Hooked(folder.parent)


@pytest.fixture
def shelf(store: Hooked) -> Shelf[int]:
    """One that was read once, when nothing stood there."""
    shelf = Shelf(KIND, store)
    assert shelf.refresh() == []
    return shelf


def by_hand(folder: Path, **texts: str) -> None:
    """Somebody writes files."""
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(text)


def outside(name: str, done: str, before: str | None, after: str | None) -> OutsideChange:
    return OutsideChange("channel", name, f"The channel {name} was {done} outside the bot.", before, after)


class TestReading:
    """What holds is what was read last."""

    def test_before_the_first_reading_nothing_is_known_and_that_is_trouble(self, store: Hooked) -> None:
        shelf = Shelf(KIND, store)
        assert (dict(shelf.items), dict(shelf.trusted), shelf.trouble) == ({}, {}, NOT_READ_YET)

    def test_the_first_reading_reports_nothing(self, store: Hooked, folder: Path) -> None:
        store.put("channels", "C1", "1")
        shelf = Shelf(KIND, store)
        assert shelf.refresh() == []
        assert (dict(shelf.items), dict(shelf.trusted), shelf.trouble) == ({"C1": 1}, {"C1": 1}, "")

    def test_what_others_add_change_and_remove_is_reported_once(
        self, shelf: Shelf[int], folder: Path
    ) -> None:
        by_hand(folder, C1="1", C2="2")
        assert shelf.refresh() == [outside("C1", "added", None, "1"), outside("C2", "added", None, "2")]

        by_hand(folder, C1="11")
        (folder / "C2.json").unlink()
        by_hand(folder, C3="3")
        assert shelf.refresh() == [
            outside("C1", "changed", "1", "11"),
            outside("C2", "removed", "2", None),
            outside("C3", "added", None, "3"),
        ]
        assert dict(shelf.items) == {"C1": 11, "C3": 3}
        assert shelf.refresh() == []

    def test_the_same_thing_laid_out_differently_is_no_change(self, shelf: Shelf[int], folder: Path) -> None:
        by_hand(folder, C1="1")
        shelf.refresh()
        by_hand(folder, C1=" 1\n")
        assert shelf.refresh() == []
        shelf.update("C1", lambda known: (known or 0) + 1)
        assert (folder / "C1.json").read_text() == "2"

    def test_what_is_read_cannot_be_changed_in_memory(self, shelf: Shelf[int]) -> None:
        shelf.update("C1", lambda _: 1)
        for items in (shelf.items, shelf.trusted):
            with pytest.raises(TypeError):
                items["C1"] = 2  # type: ignore[index]  # that it does not work is what is tested

    def test_without_a_store_nothing_is_kept_and_nothing_is_wrong(self) -> None:
        shelf = Shelf(KIND, None)
        assert (shelf.refresh(), dict(shelf.items), shelf.trouble) == ([], {}, "")
        with pytest.raises(StateError, match="STATE is not set"):
            shelf.update("C1", lambda _: 1)
        with pytest.raises(StateError, match="STATE is not set"):
            shelf.remove("C1")


class TestTrouble:
    """The last good items stay; nothing is trusted."""

    def test_an_outage_keeps_the_last_good_items_and_trusts_none(
        self, shelf: Shelf[int], folder: Path
    ) -> None:
        shelf.update("C1", lambda _: 1)
        away = folder.parent.rename(folder.parent.with_name("away"))

        assert shelf.refresh() == []
        assert dict(shelf.items) == {"C1": 1}
        assert dict(shelf.trusted) == {}
        assert shelf.trouble.startswith(f"{folder} cannot be read (No such file or directory).")

        away.rename(folder.parent)
        assert shelf.refresh() == []
        assert (dict(shelf.trusted), shelf.trouble) == ({"C1": 1}, "")

    def test_a_state_that_can_never_be_read_leaves_nothing(self, store: Hooked, folder: Path) -> None:
        folder.parent.write_text("a file")
        shelf = Shelf(KIND, store)
        assert shelf.refresh() == []
        assert (dict(shelf.items), dict(shelf.trusted)) == ({}, {})
        assert "File exists" in shelf.trouble

    def test_what_changed_during_an_outage_is_reported_after_it(
        self, shelf: Shelf[int], folder: Path
    ) -> None:
        shelf.update("C1", lambda _: 1)
        away = folder.parent.rename(folder.parent.with_name("away"))
        shelf.refresh()
        by_hand(away / "channels", C1="2")
        away.rename(folder.parent)
        assert shelf.refresh() == [outside("C1", "changed", "1", "2")]

    @pytest.mark.parametrize("broken", ["", "{", "[", "100", '"x'])
    def test_an_item_that_cannot_be_read_keeps_its_last_good_value_and_nothing_is_trusted(
        self, shelf: Shelf[int], folder: Path, broken: str
    ) -> None:
        by_hand(folder, C1="1", C2="2")
        shelf.refresh()
        by_hand(folder, C1=broken, C2="22")

        assert shelf.refresh() == [
            outside("C1", "changed", "1", broken),
            outside("C2", "changed", "2", "22"),
        ]
        assert (dict(shelf.items), dict(shelf.trusted)) == ({"C1": 1, "C2": 22}, {})
        why = "C1 is not below 100" if broken == "100" else "no number"
        assert shelf.trouble == (
            f"channels/C1 in the directory {folder.parent} cannot be used: {why}. "
            "Correct it there, or remove it."
        )
        assert shelf.refresh() == []
        assert dict(shelf.items) == {"C1": 1, "C2": 22}

        by_hand(folder, C1="1")
        assert shelf.refresh() == [outside("C1", "changed", broken, "1")]
        assert (dict(shelf.trusted), shelf.trouble) == ({"C1": 1, "C2": 22}, "")

    def test_every_item_that_cannot_be_read_is_named(self, shelf: Shelf[int], folder: Path) -> None:
        by_hand(folder, C1="x", C2="2", C3="y")
        shelf.refresh()
        assert "channels/C1 in" in shelf.trouble
        assert "channels/C3 in" in shelf.trouble
        assert dict(shelf.items) == {"C2": 2}

    def test_an_unreadable_item_that_is_removed_takes_its_last_good_value_along(
        self, shelf: Shelf[int], folder: Path
    ) -> None:
        by_hand(folder, C1="1")
        shelf.refresh()
        by_hand(folder, C1="x")
        shelf.refresh()
        (folder / "C1.json").unlink()
        assert shelf.refresh() == [outside("C1", "removed", "x", None)]
        assert (dict(shelf.items), shelf.trouble) == ({}, "")

    def test_what_cannot_be_read_is_not_written_over_nor_removed(
        self, shelf: Shelf[int], folder: Path
    ) -> None:
        by_hand(folder, C1="x")
        shelf.refresh()
        for write in (lambda: shelf.update("C1", lambda _: 1), lambda: shelf.remove("C1")):
            with pytest.raises(StateError, match=r"or remove it\. Until then nothing is written over it"):
                write()
        assert (folder / "C1.json").read_text() == "x"


class TestWriting:
    """What we write holds at once, and is no outside change."""

    def test_our_own_writes_are_not_reported(self, shelf: Shelf[int], folder: Path) -> None:
        assert shelf.update("C1", lambda known: 1 if known is None else 0) == 1
        assert shelf.update("C1", lambda known: (known or 0) + 1) == 2
        shelf.update("C2", lambda _: 2)
        shelf.remove("C2")
        shelf.remove("C9")
        assert dict(shelf.items) == {"C1": 2}
        assert shelf.refresh() == []
        assert (folder / "C1.json").read_text() == "2"
        assert not (folder / "C2.json").exists()

    def test_a_change_to_the_very_same_item_writes_nothing(self, shelf: Shelf[int], folder: Path) -> None:
        shelf.update("C1", lambda _: 1000)  # written, though another could not read it
        shutil.rmtree(folder)
        assert shelf.update("C1", lambda known: known if known is not None else 0) == 1000

    def test_what_others_changed_since_is_not_written_over(self, shelf: Shelf[int], folder: Path) -> None:
        """Given a change that we have not read yet, when we write, then theirs holds, is known, and reported."""
        shelf.update("C1", lambda _: 1)
        by_hand(folder, C1="50")

        with pytest.raises(ChangedMeanwhile, match="Look at what holds now"):
            shelf.update("C1", lambda _: 2)

        assert dict(shelf.items) == {"C1": 50}
        assert shelf.refresh() == [outside("C1", "changed", "1", "50")]
        assert shelf.update("C1", lambda known: (known or 0) + 1) == 51

    def test_of_two_that_create_the_second_is_told(self, shelf: Shelf[int], store: Hooked) -> None:
        other = Shelf(KIND, store)
        other.refresh()
        shelf.update("C1", lambda _: 1)
        with pytest.raises(ChangedMeanwhile):
            other.update("C1", lambda _: 2)
        assert dict(other.items) == {"C1": 1}
        assert other.refresh() == [outside("C1", "added", None, "1")]

    def test_a_write_that_failed_changes_nothing(self, shelf: Shelf[int], folder: Path) -> None:
        shelf.update("C1", lambda _: 1)
        away = folder.parent.rename(folder.parent.with_name("away"))
        with pytest.raises(StateError, match="cannot be written"):
            shelf.update("C1", lambda _: 2)
        with pytest.raises(StateError, match="cannot be removed"):
            shelf.remove("C1")
        assert dict(shelf.items) == {"C1": 1}
        away.rename(folder.parent)
        assert shelf.refresh() == []
        assert (dict(shelf.trusted), shelf.trouble) == ({"C1": 1}, "")

    def test_after_a_write_that_failed_nothing_is_trusted_before_it_is_read_again(
        self, shelf: Shelf[int], store: Hooked
    ) -> None:
        """Given somebody who turns something off, and nobody knows whether it is, then it does nothing more."""
        shelf.update("C1", lambda _: 1)

        def fail() -> None:
            store.fails_after_writing = True
            with pytest.raises(StateError):
                shelf.update("C1", lambda _: 2)

        store.after_reading = fail
        shelf.refresh()
        assert (dict(shelf.trusted), shelf.trouble) == ({}, "The disk does not answer.")

        shelf.refresh()
        assert (dict(shelf.trusted), shelf.trouble) == ({"C1": 2}, "")

    def test_a_write_that_took_effect_unconfirmed_is_reported_as_the_bots_own(
        self, shelf: Shelf[int], store: Hooked
    ) -> None:
        """Given a write whose answer never came, then the old one holds until the next reading tells."""
        shelf.update("C2", lambda _: 2)
        store.fails_after_writing = True
        with pytest.raises(Unconfirmed):
            shelf.update("C1", lambda _: 1)
        with pytest.raises(Unconfirmed):
            shelf.remove("C2")
        assert dict(shelf.items) == {"C2": 2}

        assert shelf.refresh() == [
            OutsideChange("channel", "C1", f"The channel C1 was {UNCONFIRMED}.", None, "1"),
            OutsideChange("channel", "C2", f"The channel C2 was {UNCONFIRMED}.", "2", None),
        ]
        assert dict(shelf.items) == {"C1": 1}

    @pytest.mark.parametrize("error", [NotWritten, TooLarge])
    def test_what_is_surely_not_written_leaves_what_holds_trusted(
        self, shelf: Shelf[int], store: Hooked, error: type[NotWritten]
    ) -> None:
        shelf.update("C1", lambda _: 1)
        store.refuses = error("It is full.")
        for write in (lambda: shelf.update("C1", lambda _: 2), lambda: shelf.remove("C1")):
            with pytest.raises(error, match="It is full"):
                write()
        assert (dict(shelf.trusted), shelf.trouble) == ({"C1": 1}, "")

    def test_what_stands_there_already_though_nobody_confirmed_it_is_ours(
        self, shelf: Shelf[int], folder: Path
    ) -> None:
        """Given that what we write stands there since we looked last, then nobody else changed it."""
        by_hand(folder, C1="2")
        assert shelf.update("C1", lambda _: 2) == 2
        assert dict(shelf.trusted) == {"C1": 2}

    def test_over_what_somebody_else_wrote_ours_holds_and_is_known(
        self, shelf: Shelf[int], store: Hooked
    ) -> None:
        shelf.update("C1", lambda _: 1)
        store.refuses = LostUpdate("Theirs is gone.", "50")
        store.writes_first = True
        with pytest.raises(LostUpdate):
            shelf.update("C1", lambda _: 2)
        assert dict(shelf.trusted) == {"C1": 2}

    def test_a_look_tells_what_holds_and_leaves_the_report_to_the_next_refresh(
        self, shelf: Shelf[int], store: Hooked, folder: Path
    ) -> None:
        store.fails_after_writing = True
        with pytest.raises(Unconfirmed):
            shelf.update("C1", lambda _: 1)
        assert shelf.trouble
        assert shelf.look() == ""
        assert (dict(shelf.trusted), shelf.trouble) == ({"C1": 1}, "")
        assert [change.name for change in shelf.refresh()] == ["C1"]
        shutil.rmtree(folder)
        assert "cannot be read" in shelf.look()
        assert dict(shelf.trusted) == {}

    def test_a_refusal_of_the_change_itself_writes_nothing(self, shelf: Shelf[int], folder: Path) -> None:
        def refuse(_: int | None) -> int:
            raise StateError("Not registered.")

        with pytest.raises(StateError, match="Not registered"):
            shelf.update("C1", refuse)
        assert list(folder.glob("*.json")) == []


class TestAtOnce:
    """Readers, writers and refreshes in several threads."""

    @pytest.mark.parametrize("removed", [True, False])
    def test_a_list_that_is_older_than_our_write_does_not_undo_it(
        self, shelf: Shelf[int], store: Hooked, removed: bool
    ) -> None:
        """Given that we write while a list is under way, then the list is not believed over what we wrote."""
        shelf.update("C1", lambda _: 1)
        write = (lambda: shelf.remove("C1")) if removed else (lambda: shelf.update("C1", lambda _: 2))
        store.after_reading = lambda: write() or None
        expected = {} if removed else {"C1": 2}

        assert shelf.refresh() == []
        assert dict(shelf.items) == expected

        assert shelf.refresh() == []
        assert dict(shelf.items) == expected

    def test_a_slow_list_keeps_no_writer_waiting(self, shelf: Shelf[int], store: Hooked) -> None:
        writer = threading.Thread(target=shelf.update, args=("C1", lambda _: 1))

        def write() -> None:
            writer.start()
            writer.join(5)
            assert not writer.is_alive()

        store.after_reading = write
        assert shelf.refresh() == []
        assert dict(shelf.items) == {"C1": 1}

    def test_of_many_writers_none_is_lost_and_no_refresh_reports_them(
        self, shelf: Shelf[int], folder: Path
    ) -> None:
        done = threading.Event()
        reported: list[OutsideChange] = []

        def add_ones() -> None:
            for _ in range(10):
                shelf.update("C1", lambda known: (known or 0) + 1)

        def refresh() -> None:
            while not done.is_set():
                reported.extend(shelf.refresh())

        refreshers = [threading.Thread(target=refresh) for _ in range(2)]
        writers = [threading.Thread(target=add_ones) for _ in range(4)]
        for thread in (*refreshers, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        done.set()
        for thread in refreshers:
            thread.join()

        assert (folder / "C1.json").read_text() == "40"
        assert dict(shelf.items) == {"C1": 40}
        assert reported == []

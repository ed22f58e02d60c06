"""Schedules as they are kept: readable by people, believed only while all of them can be read."""

import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_bot.business_hours import Hours, Window
from slack_bot.language.duration_text import LONGEST
from slack_bot.parameter_store import DirectoryStore, StateError
from slack_bot.schedule import Schedule
from slack_bot.schedule_store import ScheduleStore
from slack_bot.shelf import NOT_READ_YET
from upstream_client.models import ONE_TIME, Duration, Risk

CHANNEL, ADMIN = "C01APPROVALS", "U01ADMIN"
AT = 1_795_169_700_000_000
FULL = Schedule(
    on=True,
    hours=Hours(
        (Window((0, 1, 2, 3, 4), 9 * 60, 17 * 60 + 30), Window((5,), 22 * 60, 1440)), "Europe/Berlin"
    ),
    holidays=("DE-BE",),
    duration=Duration(3600),
    max_risk=Risk.MEDIUM,
    rated_only=True,
    until=date(2026, 12, 24),
    set_by=ADMIN,
    set_at=AT,
)
READABLE = {
    "on": True,
    "hours": {
        "windows": [
            {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:30"},
            {"days": ["sat"], "start": "22:00", "end": "24:00"},
        ],
        "zone": "Europe/Berlin",
    },
    "holidays": ["DE-BE"],
    "duration_seconds": 3600,
    "max_risk": "medium",
    "rated_only": True,
    "until": "2026-12-24",
    "set_by": "U01ADMIN",
    "set_at": "2026-11-20T10:15:00Z",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "schedules"


@pytest.fixture
def store(folder: Path) -> DirectoryStore:
    return DirectoryStore(folder.parent)


@pytest.fixture
def schedules(store: DirectoryStore) -> ScheduleStore:
    schedules = ScheduleStore(store)
    assert schedules.refresh() == []
    return schedules


def test_a_schedule_is_kept_as_people_would_write_it(
    schedules: ScheduleStore, store: DirectoryStore, folder: Path
) -> None:
    schedules.put("all", FULL)
    schedules.put(CHANNEL, Schedule())
    assert json.loads((folder / "all.json").read_text()) == READABLE
    assert (schedules.get("all"), schedules.get(CHANNEL), schedules.get("C09")) == (FULL, Schedule(), None)

    another = ScheduleStore(store)
    another.refresh()
    assert another.all() == another.trusted() == {"all": FULL, CHANNEL: Schedule()}


def test_what_is_removed_is_gone(schedules: ScheduleStore, folder: Path) -> None:
    schedules.put("all", FULL)
    schedules.remove("all")
    schedules.remove("all")
    assert (schedules.get("all"), list(folder.glob("*.json"))) == (None, [])


def test_what_is_left_out_is_the_strictest(schedules: ScheduleStore, store: DirectoryStore) -> None:
    store.put("schedules", "all", '{"on": true}')
    (change,) = schedules.refresh()
    assert (change.what, change.words) == ("schedule", "The schedule all was added outside the bot.")
    assert schedules.get("all") == Schedule(on=True)
    assert Schedule(on=True).duration == ONE_TIME
    assert Schedule(on=True).max_risk is Risk.LOW


@given(
    st.builds(
        Schedule,
        on=st.booleans(),
        hours=st.none()
        | st.builds(
            Hours,
            st.lists(
                st.builds(
                    Window,
                    st.lists(st.integers(0, 6), min_size=1, unique=True).map(tuple),
                    st.integers(0, 719),
                    st.integers(720, 1440),
                ),
                min_size=1,
                max_size=3,
            ).map(tuple),
            st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]),
        ),
        holidays=st.lists(st.sampled_from(["DE-BE", "US", "FR"]), unique=True).map(tuple),
        duration=st.none().map(Duration) | st.integers(60, LONGEST).map(Duration),
        max_risk=st.sampled_from([Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL]),
        rated_only=st.booleans(),
        until=st.none() | st.dates(),
        set_by=st.sampled_from(["", "U01ADMIN"]),
        set_at=st.none() | st.integers(0, 4 * 10**15),
    )
)
def test_every_schedule_comes_back_as_it_was(schedule: Schedule) -> None:
    with TemporaryDirectory() as folder:
        ScheduleStore(DirectoryStore(Path(folder))).put("all", schedule)
        another = ScheduleStore(DirectoryStore(Path(folder)))
        another.refresh()
    assert another.trusted() == {"all": schedule}


class TestTrust:
    """A schedule that cannot be read approves nothing, and neither does any other."""

    def test_before_the_first_reading_none_is_trusted(self, store: DirectoryStore) -> None:
        schedules = ScheduleStore(store)
        assert (schedules.trusted(), schedules.trouble) == ({}, NOT_READ_YET)

    def test_without_a_store_there_are_none_and_nothing_is_wrong(self) -> None:
        schedules = ScheduleStore()
        assert (schedules.refresh(), schedules.all(), schedules.trusted(), schedules.trouble) == (
            [],
            {},
            {},
            "",
        )
        with pytest.raises(StateError, match="STATE is not set"):
            schedules.put("all", FULL)

    def test_during_an_outage_they_are_shown_and_not_trusted(
        self, schedules: ScheduleStore, folder: Path
    ) -> None:
        schedules.put("all", FULL)
        assert schedules.trusted() == {"all": FULL}
        away = folder.parent.rename(folder.parent.with_name("away"))

        assert schedules.refresh() == []
        assert (schedules.trusted(), schedules.all()) == ({}, {"all": FULL})
        assert "No such file or directory" in schedules.trouble

        away.rename(folder.parent)
        schedules.refresh()
        assert (schedules.trusted(), schedules.trouble) == ({"all": FULL}, "")

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"on": "perhaps"}, "on: Input should be a valid boolean"),
            ({"on": None}, "on: Input should be a valid boolean"),
            ({"untill": "2026-12-24"}, "untill: Extra inputs are not permitted"),
            ({"until": "24.12.2026"}, "until: Input should be a valid date"),
            ({"max_risk": "unrated"}, "max_risk: Input should be"),
            ({"max_risk": "Low"}, "max_risk: Input should be"),
            ({"duration_seconds": 0}, "duration_seconds: Input should be greater than or equal to 60"),
            ({"duration_seconds": LONGEST + 1}, "duration_seconds: Input should be less than or equal to"),
            ({"duration_seconds": "1h"}, "duration_seconds: Input should be a valid integer"),
            ({"hours": {"windows": [], "zone": "UTC"}}, "hours: they have no days and times"),
            (
                {"hours": {"windows": [{"days": [], "start": "09:00", "end": "17:00"}], "zone": "UTC"}},
                "days of",
            ),
            (
                {"hours": {"windows": [{"days": ["mo"], "start": "09:00", "end": "17:00"}], "zone": "UTC"}},
                "days.0",
            ),
            (
                {"hours": {"windows": [{"days": ["mon"], "start": "9", "end": "17:00"}], "zone": "UTC"}},
                "start",
            ),
            (
                {"hours": {"windows": [{"days": ["mon"], "start": "24:00", "end": "09:00"}], "zone": "UTC"}},
                "times",
            ),
            (
                {"hours": {"windows": [{"days": ["mon"], "start": "09:00", "end": "09:00"}], "zone": "UTC"}},
                "times",
            ),
            (
                {"hours": {"windows": [{"days": ["mon"], "start": "09:00", "end": "17:60"}], "zone": "UTC"}},
                "end",
            ),
            ({"hours": "mon-fri"}, "hours: "),
            ({"holidays": "DE-BE"}, "holidays: Input should be a valid array"),
            ({"set_at": "yesterday"}, "set_at"),
        ],
    )
    def test_one_that_cannot_be_read_is_named_and_none_is_trusted(
        self, schedules: ScheduleStore, store: DirectoryStore, changed: dict[str, object], words: str
    ) -> None:
        schedules.put("all", FULL)
        schedules.put(CHANNEL, FULL)
        text = json.dumps(READABLE | changed)
        store.put("schedules", CHANNEL, text)

        (change,) = schedules.refresh()

        assert (change.name, change.after) == (CHANNEL, text)
        assert schedules.trusted() == {}
        assert schedules.trouble.startswith(f"schedules/{CHANNEL} in {store.describe()} cannot be used: ")
        assert words in schedules.trouble

    @pytest.mark.parametrize("name", ["everywhere", "ALL", "D01DIRECT"])
    def test_a_name_that_is_no_scope_is_named(
        self, schedules: ScheduleStore, store: DirectoryStore, name: str
    ) -> None:
        schedules.put("all", FULL)
        store.put("schedules", name, json.dumps(READABLE))
        schedules.refresh()
        assert "its name is neither “all” nor a channel's ID" in schedules.trouble
        assert schedules.trusted() == {}

    def test_turning_it_off_elsewhere_is_taken_at_the_next_reading(
        self, schedules: ScheduleStore, store: DirectoryStore
    ) -> None:
        schedules.put("all", FULL)
        store.put("schedules", "all", json.dumps(READABLE | {"on": False}))
        assert [change.words for change in schedules.refresh()] == [
            "The schedule all was changed outside the bot."
        ]
        assert not schedules.trusted()["all"].on


class TestRefusals:
    """What could not be read again is not written."""

    @pytest.mark.parametrize("scope", ["here", "", "D01DIRECT", "../all", "c01"])
    def test_a_scope_that_is_none(self, schedules: ScheduleStore, scope: str) -> None:
        with pytest.raises(StateError, match="Schedules are for channels, or for all of them"):
            schedules.put(scope, FULL)

    @pytest.mark.parametrize(
        ("schedule", "words"),
        [
            (Schedule(duration=Duration(1)), "duration_seconds"),
            (Schedule(max_risk=Risk.UNRATED), "max_risk"),
            (Schedule(set_by="me"), "set_by"),
            (Schedule(hours=Hours((), "UTC")), "hours: they have no days and times"),
            (Schedule(hours=Hours((Window((9,), 0, 60),), "UTC")), "hours: their days are not days"),
            (Schedule(hours=Hours((Window((0,), -5, 60),), "UTC")), "hours: their times are not times"),
        ],
    )
    def test_a_schedule_that_is_none(
        self, schedules: ScheduleStore, schedule: Schedule, words: str, folder: Path
    ) -> None:
        with pytest.raises(StateError, match=f"This schedule cannot be kept: {words}"):
            schedules.put("all", schedule)
        assert list(folder.glob("*.json")) == []

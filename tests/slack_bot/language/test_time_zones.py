from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slack_bot.language.time_zones import (
    UnknownZone,
    is_zone,
    jump,
    moments,
    read_zone,
    wall_clock,
    zone_named,
)
from tests.slack_bot.schedules import ZONES, us

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("AMERICA/NEW_YORK", "America/New_York"),
        ("america/new york", "America/New_York"),
        ("cet", "CET"),
        ("utc", "UTC"),
        ("gmt", "GMT"),
    ],
)
def test_a_zone_is_its_iana_name_in_any_case(written: str, name: str) -> None:
    assert read_zone(written) == name


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Europe/Berln", "Did you mean `Europe/Berlin`?"),
        ("Amercia/Chicago", "Did you mean `America/Chicago`?"),
        ("Berlin", "Did you mean `Europe/Berlin`?"),
        ("new york", "Did you mean `America/New_York`?"),
        ("Sidney", "Did you mean `Australia/Sydney`?"),
        ("Rome", "Did you mean `Europe/Rome`?"),
        ("PST", "“PST” names half a year's clock"),
        ("EST", "Did you mean `America/New_York`?"),
        ("cest", "Did you mean `Europe/Berlin`?"),
        ("GMT+1", "“GMT+1” can be read as ahead of Greenwich or as behind it. Name it by a place, such as"),
        ("Etc/GMT+5", "“Etc/GMT+5” can be read as ahead of Greenwich or as behind it."),
        ("etc/gmt-0", "Name it by a place, such as `Europe/Berlin`."),
        ("gmt0", "Name it by a place, such as `Europe/Berlin`."),
        ("UTC+1", "I know no time zone “UTC+1”. Name it by a place, such as `Europe/Berlin`."),
        ("XYZ", "I know no time zone “XYZ”. Name it by a place, such as `Europe/Berlin`."),
        ("Europe", "Name it by a place"),
        ("../../etc/passwd", "Name it by a place"),
        ("", "I know no time zone “”."),
        ("<!channel>", "I know no time zone “&lt;!channel&gt;”."),
        ("x" * 1_000, f"I know no time zone “{'x' * 59}…”."),
    ],
)
def test_what_is_no_zone_is_refused_with_the_nearest_one(written: str, words: str) -> None:
    with pytest.raises(UnknownZone) as refused:
        read_zone(written)

    assert words in str(refused.value)


@pytest.mark.parametrize("name", ["Etc/GMT+2", "Etc/GMT-14", "GMT+0", "GMT0"])
def test_an_offset_is_no_zone_to_write_and_one_that_is_stored_is_still_used(name: str) -> None:
    assert not is_zone(name)
    assert zone_named(name) is not None


@pytest.mark.parametrize(
    "name", ["", "europe", "Europe", "Nowhere/City", "../zone.tab", "/etc/localtime", "a\0b", "x" * 9_999]
)
def test_a_stored_name_that_is_no_zone_is_none(name: str) -> None:
    assert zone_named(name) is None


def test_every_zone_that_can_be_read_can_be_used() -> None:
    assert [name for name in ZONES if read_zone(name) != name or zone_named(name) is None] == []


def test_the_clock_shows_a_time_once_twice_or_never() -> None:
    assert moments(datetime(2027, 6, 1, 2, 30), BERLIN) == [us("2027-06-01 00:30")]
    assert moments(datetime(2027, 10, 31, 2, 30), BERLIN) == [us("2027-10-31 00:30"), us("2027-10-31 01:30")]
    assert moments(datetime(2027, 3, 28, 2, 30), BERLIN) == []


@settings(max_examples=300)
@given(
    st.integers(us("2000-01-01 00:00") // 60_000_000, us("2037-01-01 00:00") // 60_000_000),
    st.sampled_from(ZONES),
)
def test_every_moment_is_one_of_those_of_what_the_clock_shows_then(minute: int, zone: str) -> None:
    place = ZoneInfo(zone)

    assert minute * 60_000_000 in moments(wall_clock(minute * 60_000_000, place).replace(tzinfo=None), place)


@pytest.mark.parametrize(
    ("zone", "day", "moment"),
    [
        ("Europe/Berlin", date(2027, 3, 28), us("2027-03-28 01:00")),
        ("Europe/Berlin", date(2027, 10, 31), us("2027-10-31 01:00")),
        ("Europe/Berlin", date(2027, 10, 30), None),
        ("Australia/Lord_Howe", date(2027, 4, 4), us("2027-04-03 15:00")),
        ("America/Santiago", date(2027, 9, 5), us("2027-09-05 04:00")),  # midnight itself is left out
        ("Asia/Kolkata", date(2027, 3, 28), None),
    ],
)
def test_the_jump_of_a_day_is_found_to_the_second(zone: str, day: date, moment: int | None) -> None:
    assert jump(day, ZoneInfo(zone)) == moment

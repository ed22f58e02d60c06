from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from slack_bot.business_hours import Hours, Window
from slack_bot.schedule import Schedule, is_open, next_change
from tests.slack_bot.schedules import WORKDAYS, ZONES, Model, us

# The second window ends within the hour that is left out in spring and comes twice in autumn.
WINDOWS = (Window(WORKDAYS, 9 * 60, 17 * 60 + 30), Window((5,), 22 * 60, 2 * 60 + 20))
DAY = timedelta(days=1)
PLACES = [
    ("Europe/Berlin", ("DE-BE",)),
    ("America/New_York", ("US-NY",)),
    ("Australia/Sydney", ("AU-NSW",)),
    ("Asia/Kolkata", ("IN",)),
]


def chain(schedule: Schedule, start: int, end: int) -> list[int]:
    """Each change after ``start``, found from the one before."""
    found: list[int] = []
    at = next_change(schedule, start)
    while at is not None and at <= end:
        found.append(at)
        at = next_change(schedule, at)
    return found


def test_a_year_of_changes_in_three_zones_and_a_fourth_without_summer_time_is_what_a_walk_sees() -> None:
    """Given office hours, a late shift and holidays in each zone, when all minutes of 2027 are walked,
    then each is open or closed as `next_change` foretold it, through summer time and holidays."""
    start, end = us("2027-01-01 00:00"), us("2028-01-01 00:00")
    foretold = {}
    walked = {}
    for zone, names in PLACES:
        schedule = Schedule(on=True, hours=Hours(WINDOWS, zone), holidays=names)
        foretold[zone] = chain(schedule, start, end)
        walked[zone] = list(Model(schedule).changes(start, end))

    assert foretold == walked
    assert all(len(changes) > 500 for changes in foretold.values())


@pytest.mark.parametrize(("zone", "names"), PLACES)
def test_at_each_change_of_a_year_it_is_the_other_way_round_a_microsecond_before(
    zone: str, names: tuple[str, ...]
) -> None:
    schedule = Schedule(on=True, hours=Hours(WINDOWS, zone), holidays=names)

    changes = chain(schedule, us("2027-01-01 00:00"), us("2028-01-01 00:00"))

    assert [at for at in changes if is_open(schedule, at) is is_open(schedule, at - 1)] == []


def test_on_each_day_of_a_year_on_which_any_clock_on_earth_is_put_forward_or_back_a_walk_sees_the_same() -> (
    None
):
    """Given short windows about midnight and the small hours, in a zone of each rule that there is."""
    windows = tuple(
        Window(tuple(range(7)), *times) for times in ((1420, 10), (30, 50), (65, 150), (165, 190))
    )
    seen = {}
    for zone, day in days_of_jumps(2027):
        schedule = Schedule(on=True, hours=Hours(windows, zone))
        start, end = us(f"{day - DAY} 12:00"), us(f"{day + DAY} 12:00")
        seen[zone, day] = (chain(schedule, start, end), list(Model(schedule).changes(start, end)))

    assert len({day for _, day in seen}) > 10
    assert {where: both for where, both in seen.items() if both[0] != both[1]} == {}


def days_of_jumps(year: int) -> list[tuple[str, date]]:
    """Zones with days at whose two ends their offsets differ; of zones with the same days and offsets one."""
    days = [date(year, 1, 1) + DAY * number for number in range(365)]
    found: dict[object, list[tuple[str, date]]] = {}
    for zone in ZONES:
        offsets = [datetime.combine(day, time(), ZoneInfo(zone)).utcoffset() for day in days]
        jumps = [day for day, one, two in zip(days, offsets, offsets[1:], strict=False) if one != two]
        found.setdefault((tuple(jumps), offsets[0]), [(zone, day) for day in jumps])
    return [one for many in found.values() for one in many]


@pytest.mark.parametrize(
    ("zone", "before", "changes"),
    [
        # 27/28 March 2027: from 02:00 the clock goes on at 03:00, past the end at 02:20.
        ("Europe/Berlin", "2027-03-27 21:00", ["2027-03-27 21:00 UTC", "2027-03-28 01:00 UTC"]),
        # 30/31 October 2027: at 03:00 it goes back to 02:00, so that 02:00 to 02:20 comes again.
        (
            "Europe/Berlin",
            "2027-10-30 21:00",
            ["2027-10-30 20:00 UTC", "2027-10-31 00:20 UTC", "2027-10-31 01:00 UTC", "2027-10-31 01:20 UTC"],
        ),
        # 5 September 2027: there is no midnight, from 24:00 the clock goes on at 01:00.
        ("America/Santiago", "2027-09-04 21:00", ["2027-09-05 02:00 UTC", "2027-09-05 05:20 UTC"]),
        ("Asia/Kolkata", "2027-10-30 21:00", ["2027-10-30 16:30 UTC", "2027-10-30 20:50 UTC"]),
    ],
)
def test_where_the_clock_is_put_forward_or_back_the_wall_decides(
    zone: str, before: str, changes: list[str]
) -> None:
    schedule = Schedule(on=True, hours=Hours(WINDOWS, zone))
    start = us(before, zone)

    found = chain(schedule, start, start + 12 * 3600 * 1_000_000)

    assert [f"{datetime.fromtimestamp(at // 1_000_000, UTC):%Y-%m-%d %H:%M} UTC" for at in found] == changes

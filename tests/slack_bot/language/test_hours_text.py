import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slack_bot.business_hours import Hours, Window
from slack_bot.language.hours_text import NotHours, read_hours, write_windows
from slack_bot.schedule import Schedule, describe
from tests.slack_bot.schedules import WORKDAYS, hours

WEEK = (0, 1, 2, 3, 4, 5, 6)
BERLIN = "Europe/Berlin"
NINE, HALF_PAST_FIVE = 540, 1050


def one(days: tuple[int, ...], start: int, end: int, zone: str = BERLIN) -> Hours:
    return Hours((Window(days, start, end),), zone)


OFFICE = one(WORKDAYS, NINE, HALF_PAST_FIVE)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("mon-fri 09:00-17:30 Europe/Berlin", OFFICE),
        ("Mon\u2013Fri 9:00 - 17:30 europe/berlin", OFFICE),
        ("MON \u2014 FRI\u00a009:00\u201317:30 (Europe/Berlin)", OFFICE),
        ("mon-fri 9am-5:30pm Europe/Berlin", OFFICE),
        ("monday to friday 9 a.m. to 5.30 p.m. Europe/Berlin", OFFICE),
        ("Mondays through Fridays, from 9:00am till 5:30pm, Europe/Berlin", OFFICE),
        ("weekdays 0900-1730 Europe/Berlin", OFFICE),
        ("mo-fr 09.00-17.30 Europe/Berlin", OFFICE),
        ("mon,tue,weds,thurs and fri 09:00-17:30 Europe/Berlin", OFFICE),
        ("mon tue wed thu fri 09:00-17:30 Europe/Berlin", OFFICE),
        ("fri mon-thu mon 09:00-17:30 Europe/Berlin", OFFICE),
        ("mon-fri 9-17 Europe/Berlin", one(WORKDAYS, 540, 1020)),
        ("mon-fri 8:00-12:00 Europe/Berlin", one(WORKDAYS, 480, 720)),
        ("mon-fri 08-12 Europe/Berlin", one(WORKDAYS, 480, 720)),
        ("daily 00:00-24:00 UTC", one(WEEK, 0, 1440, "UTC")),
        ("every day 18:00-00:00 CET", one(WEEK, 1080, 1440, "CET")),
        ("daily 6pm-12am UTC", one(WEEK, 1080, 1440, "UTC")),
        ("daily 12am-12pm UTC", one(WEEK, 0, 720, "UTC")),
        ("weekends 22:00-06:00 Asia/Kolkata", one((5, 6), 1320, 360, "Asia/Kolkata")),
        ("weekend 10pm-6am asia/kolkata", one((5, 6), 1320, 360, "Asia/Kolkata")),
        ("fri-mon 10:00-14:00 america/new york", one((0, 4, 5, 6), 600, 840, "America/New_York")),
        ("mon 11:00-10:00 UTC", one((0,), 660, 600, "UTC")),
        (
            "mon-fri 09:00-17:30, sat 10:00-14:00 Europe/Berlin",
            Hours((Window(WORKDAYS, NINE, HALF_PAST_FIVE), Window((5,), 600, 840)), BERLIN),
        ),
        (
            "mon-fri 09:00-12:00 and 13:00-17:30 Europe/Berlin",
            Hours((Window(WORKDAYS, NINE, 720), Window(WORKDAYS, 780, HALF_PAST_FIVE)), BERLIN),
        ),
    ],
)
def test_hours_are_read_as_people_write_them(written: str, expected: Hours) -> None:
    assert read_hours(written) == expected


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "Which hours? For example `mon-fri 09:00-17:30 Europe/Berlin`."),
        ("mon-fri 09:00-17:30", "In which time zone?"),
        ("mon-fri", "From when to when?"),
        ("mon-fri Europe/Berlin", "I expected times such as `09:00-17:30` before “europe/berlin”."),
        ("mon-fri 09:00-17:30 sat Europe/Berlin", "I expected times such as `09:00-17:30`"),
        ("mon-fri 09:00-17:30 sat", "From when to when?"),
        ("09:00-17:30 Europe/Berlin", "On which days?"),
        ("Europe/Berlin", "“europe/berlin” is no day of the week. For example"),
        ("mno-fri 09:00-17:30 UTC", "“mno-fri” is no day of the week. Did you mean `mon-fri`?"),
        ("wensday 09:00-17:30 UTC", "Did you mean `wednesday`?"),
        ("weekdys 09:00-17:30 UTC", "Did you mean `weekdays`?"),
        ("t-f 09:00-17:30 UTC", "“t-f” is no day of the week."),
        ("mon-fri-sat 09:00-17:30 UTC", "“mon-fri-sat” is no day of the week."),
        ("mon-fri 09:00-17:30, stu 10:00-14:00 UTC", "“stu” is no day of the week."),
        ("mon-mon 09:00-17:30 UTC", "Is “mon-mon” one day or a week? Write `mon`, or `daily`."),
        ("mon 09:00-09:00 UTC", "“09:00-09:00” is no time or all day. For all day, write `00:00-24:00`."),
        ("mon 00:00-00:00 UTC", "is no time or all day"),
        ("mon 12am-12am UTC", "is no time or all day"),
        ("mon 24:00-06:00 UTC", "`24:00` can only be an end"),
        ("mon 09:00 UTC", "“09:00” is one time. From when to when?"),
        ("mon 09:00- UTC", "“utc” is no time of day"),
        ("mon 25:00-26:00 UTC", "There is no “25:00” on the clock"),
        ("mon 09:60-17:00 UTC", "There is no “09:60” on the clock"),
        ("mon 09:00-24:01 UTC", "There is no “24:01” on the clock"),
        ("mon 13pm-6pm UTC", "There is no “13pm” on the clock"),
        ("mon 0am-6am UTC", "There is no “0am” on the clock"),
        ("mon 9x-10x UTC", "“9x” is no time of day."),
        ("mon \u0663:00-17:00 UTC", "is no time of day."),
        ("mon-fri 9-5 UTC", "I cannot tell morning from evening in “9-5”."),
        ("mon-fri 9:00-5:30 UTC", "I cannot tell morning from evening in “9:00-5:30”."),
        ("mon-fri 10:00-5:30 UTC", "I cannot tell morning from evening in “10:00-5:30”."),
        ("mon-fri 1:00-5:00 UTC", "I cannot tell morning from evening in “1:00-5:00”."),
        ("mon-fri 8-12 UTC", "I cannot tell morning from evening in “8-12”."),
        ("mon-fri 1-5pm UTC", "I cannot tell morning from evening in “1-5pm”."),
        ("mon-fri 9am-17:30 UTC", "I cannot tell morning from evening in “9am-17:30”."),
        ("mon-fri 09:00-17:30 Europe/Berln", "“europe/berln”. Did you mean `Europe/Berlin`?"),
        ("mon-fri 09:00-17:30 PST", "Did you mean `America/Los_Angeles`?"),
        ("mon-fri 09:00-17:30 Europe/Berlin please", "I do not understand “please” behind the time zone."),
        ("mon-fri 09:00-17:30 <!channel>", "I know no time zone “&lt;!channel&gt;”."),
    ],
)
def test_what_is_no_hours_or_may_mean_two_things_is_refused_with_what_to_write(
    written: str, words: str
) -> None:
    with pytest.raises(NotHours) as refused:
        read_hours(written)

    assert words in str(refused.value)


@settings(max_examples=200)
@given(hours())
def test_any_hours_are_read_as_they_are_written(hours: Hours) -> None:
    assert read_hours(f"{write_windows(hours)} {hours.zone}") == hours


@settings(max_examples=100)
@given(hours())
def test_any_hours_are_read_as_a_schedule_describes_them(hours: Hours) -> None:
    described = describe(Schedule(hours=hours)).removeprefix("outside ").partition(")")[0]

    assert read_hours(described) == hours


def test_times_on_the_same_days_are_written_behind_them_once() -> None:
    some = Hours(
        (Window(WORKDAYS, 540, 720), Window(WORKDAYS, 780, 1020), Window((0, 2, 3, 6), 1320, 60)), "UTC"
    )

    assert write_windows(some) == "mon-fri 09:00-12:00, 13:00-17:00, mon, wed-thu, sun 22:00-01:00"


@settings(max_examples=200)
@given(st.text(st.sampled_from("mon-fri 09:17,apsut/\u2013\u0663.BerlinUTC()"), max_size=40))
def test_whatever_is_written_gives_usable_hours_or_words(written: str) -> None:
    found = hours_or_words(written)

    assert found.problem == "" if isinstance(found, Hours) else found


def hours_or_words(written: str) -> Hours | str:
    try:
        return read_hours(written)
    except NotHours as refused:
        return str(refused)

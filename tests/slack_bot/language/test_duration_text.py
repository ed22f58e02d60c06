import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slack_bot.language.duration_text import NotADuration, read_duration, read_end, read_length
from tests.slack_bot.schedules import ZONES, us
from upstream_client.models import DAY, HOUR, MINUTE, ONE_TIME, Duration

BERLIN = "Europe/Berlin"
NOW = us("2026-11-20 15:30", BERLIN)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90m", 90 * MINUTE),
        ("90 min", 90 * MINUTE),
        ("1h30m", 90 * MINUTE),
        ("1h30", 90 * MINUTE),
        ("1H05", 65 * MINUTE),
        ("1h 30m", 90 * MINUTE),
        ("1h, 30m", 90 * MINUTE),
        ("1 hour and 30 minutes", 90 * MINUTE),
        ("30 minutes, 1 hour", 90 * MINUTE),
        ("2 hours", 2 * HOUR),
        ("2\u00a0Hours", 2 * HOUR),
        ("  2 HRS. ", 2 * HOUR),
        ("for 2 hours", 2 * HOUR),
        ("an hour", HOUR),
        ("a day", DAY),
        ("1d", DAY),
        ("1d 2h 3m", DAY + 2 * HOUR + 3 * MINUTE),
        ("2 weeks", 14 * DAY),
        ("1m", MINUTE),
        ("30 days", 30 * DAY),
        ("720h", 30 * DAY),
        ("once", None),
        ("One Time", None),
        ("one-time", None),
        ("one\u2011time", None),
    ],
)
def test_a_length_of_time_is_read_as_people_write_it(written: str, seconds: int | None) -> None:
    assert read_length(written) == Duration(seconds)
    assert read_duration(written, NOW, BERLIN) == Duration(seconds)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "Write 90m, 1h30m, 2 hours, 1d or once."),
        ("forever", "I do not understand this as a length of time."),
        ("90", "Is that minutes, hours or days?"),
        ("2 huors", "Did you mean “2 hours”?"),
        ("5 mintues", "Did you mean “5 minutes”?"),
        ("30 sec", "I do not understand this as a length of time."),
        ("1.5h", "I do not understand this as a length of time."),
        ("-5m", "I do not understand this as a length of time."),
        ("5m later", "I do not understand this as a length of time."),
        ("1h 30", "I do not understand this as a length of time."),
        ("1h60", "I do not understand this as a length of time."),
        ("1h5", "I do not understand this as a length of time."),
        ("0h00", "1 minute at least and 30 days at most"),
        ("1h 2h", "The same unit stands there twice."),
        ("1m 2 minutes", "The same unit stands there twice."),
        ("0m", "1 minute at least and 30 days at most"),
        ("30d1m", "1 minute at least and 30 days at most"),
        ("999999w", "1 minute at least and 30 days at most"),
        ("9999999m", "I do not understand this as a length of time."),
        ("\u0669m", "I do not understand this as a length of time."),
        ("1" * 81, "That is too long for a length of time."),
        ("until 18:00", "I do not understand this as a length of time."),
    ],
)
def test_what_is_no_length_of_time_is_refused_with_what_to_write(written: str, words: str) -> None:
    with pytest.raises(NotADuration, match=words.replace("?", r"\?").replace(".", r"\.")):
        read_length(written)


@pytest.mark.parametrize(
    ("now", "written", "minutes"),
    [
        ("2026-11-20 15:30", "until 18:00", 150),
        ("2026-11-20 15:30", "until 6pm", 150),
        ("2026-11-20 15:30", "Until 6 PM", 150),
        ("2026-11-20 15:30", "till 18:00", 150),
        ("2026-11-20 15:30", "until 18", 150),
        ("2026-11-20 15:30", "until today 18:00", 150),
        ("2026-11-20 15:30", "until today at 18:00", 150),
        ("2026-11-20 15:30", "until 15:31", 1),
        ("2026-11-20 15:30", "until 11:30am", 20 * 60),
        ("2026-11-20 15:30", "until tomorrow 11:30", 20 * 60),
        ("2026-11-20 23:30", "until 11:30", 12 * 60),  # in the evening it has passed
        ("2026-11-20 11:00", "until 12:30", 90),
        ("2026-11-20 08:00", "until 11:30", 210),
        ("2026-11-20 15:29:30", "until 15:31", 1),  # a minute and a half: rounded down
        ("2026-11-20 15:30", "until 14:30", 23 * 60),  # an hour ago: tomorrow's is meant
        ("2026-11-20 15:30", "until tomorrow 15:29", 24 * 60 - 1),
        ("2026-11-20 15:30", "until 09:00", 17 * 60 + 30),
        ("2026-11-20 15:30", "until tomorrow 09:00", 17 * 60 + 30),
        ("2026-11-20 15:30", "until 9am tomorrow", 17 * 60 + 30),
        ("2026-11-20 15:30", "until tomorrow 18:00", 26 * 60 + 30),
        ("2026-11-20 15:30", "until 24:00", 8 * 60 + 30),
        ("2026-11-20 15:30", "until tomorrow 24:00", 32 * 60 + 30),
        ("2027-03-28 00:30", "until 04:00", 150),  # an hour is left out
        ("2027-10-31 00:30", "until 04:00", 270),  # an hour comes again
        ("2027-10-31 00:30", "until 02:30", 120),  # the first of the two
        ("2027-03-28 12:00", "until 02:30", 14 * 60 + 30),  # today's never was, tomorrow's is
    ],
)
def test_until_is_the_next_such_time_by_the_clock_of_the_zone(now: str, written: str, minutes: int) -> None:
    assert read_duration(written, us(now, BERLIN), BERLIN) == Duration(minutes * MINUTE)


def test_in_the_hour_that_comes_again_until_is_the_second_time_once_the_first_has_passed() -> None:
    assert read_duration("until 02:30", us("2027-10-31 02:40", BERLIN), BERLIN) == Duration(50 * MINUTE)


def test_an_until_names_its_end_and_a_length_names_none() -> None:
    late = us("2026-11-20 15:30:40", BERLIN)
    assert read_end("until 18:00", late, BERLIN) == us("2026-11-20 18:00", BERLIN)
    assert read_duration("until 18:00", late, BERLIN) == Duration(149 * MINUTE)
    assert read_end("until 13:00", late, "America/New_York") == us("2026-11-20 19:00", BERLIN)
    assert [read_end(written, late, BERLIN) for written in ("90m", "once", "forever")] == [None] * 3
    with pytest.raises(NotADuration, match="in the morning"):
        read_end("until 6", late, BERLIN)


def test_until_is_by_the_zone_of_whoever_writes_it() -> None:
    assert read_duration("until 18:00", NOW, "America/New_York") == Duration(8 * HOUR + 30 * MINUTE)
    assert read_duration("until 20:30", NOW, "Asia/Kolkata") == Duration(30 * MINUTE)


@pytest.mark.parametrize(
    ("now", "written", "zone", "words"),
    [
        ("2026-11-20 15:30", "until 6", BERLIN, "in the morning. Write “until 18:00”"),
        ("2026-11-20 15:30", "until 6:00", BERLIN, "in the morning"),
        ("2026-11-20 15:30", "until 10", BERLIN, "in the morning"),
        ("2026-11-20 20:00", "until 11:30", BERLIN, "in the morning"),
        ("2026-11-20 20:00", "until 10:00", BERLIN, "in the morning"),
        ("2026-11-20 20:00", "until 12:30", BERLIN, "in the morning"),
        ("2026-11-20 20:00", "until tomorrow 12:30", BERLIN, "in the morning"),
        ("2026-11-20 15:30:30", "until 15:31", BERLIN, "That is less than a minute away. Write a later time"),
        ("2026-11-20 15:30", "until", BERLIN, "length of time"),
        ("2026-11-20 15:30", "until tomorrow", BERLIN, "I do not understand until when"),
        ("2026-11-20 15:30", "until monday 09:00", BERLIN, "I do not understand until when"),
        ("2026-11-20 15:30", "until 25:00", BERLIN, "I do not understand until when"),
        ("2026-11-20 15:30", "until tomorrow today", BERLIN, "I do not understand until when"),
        ("2026-11-20 15:30", "until today 09:00", BERLIN, "That has passed already"),
        (
            "2026-11-20 15:30",
            "until 15:30",
            BERLIN,
            "just passed. Write a later time, “until tomorrow 18:00”",
        ),
        ("2026-11-20 15:30", "until 14:31", BERLIN, "That has just passed"),
        ("2026-11-20 00:10", "until 23:55", BERLIN, "That has just passed"),
        ("2026-11-20 15:30", "until fri 09:00", BERLIN, "or “until tomorrow 09:00”"),
        ("2026-11-20 15:30", "until 18:00", "Europe/Berln", "in which time zone"),
        ("2026-11-20 15:30", "until 18:00", "", "in which time zone"),
        ("2027-03-28 00:30", "until 02:30", BERLIN, "The clocks are put forward over that time"),
        ("2027-03-27 12:00", "until tomorrow 02:30", BERLIN, "The clocks are put forward over that time"),
    ],
)
def test_an_until_that_is_not_clear_is_refused(now: str, written: str, zone: str, words: str) -> None:
    with pytest.raises(NotADuration) as refused:
        read_duration(written, us(now, BERLIN), zone)

    assert words in str(refused.value)


def test_the_words_repeat_nothing_and_have_no_markup_since_they_are_shown_in_any_place() -> None:
    for written in ("<!channel>", "until <@U02APPROVER>", "2 `huors`"):
        with pytest.raises(NotADuration) as refused:
            read_duration(written, NOW, BERLIN)

        assert not set("<`&@") & set(str(refused.value))


@settings(max_examples=200)
@given(
    st.integers(0, 24 * 60 - 1),
    st.integers(us("2026-01-01 00:00"), us("2030-01-01 00:00")),
    st.sampled_from(ZONES),
)
def test_any_until_ends_within_a_day_and_at_most_a_minute_off(minute: int, now: int, zone: str) -> None:
    written = f"until {minute // 60:02}:{minute % 60:02}"
    found = duration_or_words(written, now, zone)

    if isinstance(found, str):
        said = ("put forward", "passed already", "just passed", "in the morning", "less than a minute")
        assert any(words in found for words in said)
    else:
        assert found.seconds is not None
        assert MINUTE <= found.seconds <= 25 * HOUR


@settings(max_examples=200)
@given(st.integers(1, 30 * 24 * 60))
def test_any_duration_is_read_as_it_is_worded(minutes: int) -> None:
    assert read_length(Duration(minutes * MINUTE).words) == Duration(minutes * MINUTE)
    assert read_length(ONE_TIME.words) == ONE_TIME


@settings(max_examples=200)
@given(st.text(max_size=100) | st.text(st.sampled_from("0159mhd until:.,andpm"), max_size=30))
def test_whatever_is_written_gives_whole_minutes_or_words(written: str) -> None:
    found = duration_or_words(written, NOW, BERLIN)

    if isinstance(found, Duration) and found.seconds is not None:
        assert found.seconds % MINUTE == 0
        assert 0 < found.seconds <= 30 * DAY
    else:
        assert found == ONE_TIME or isinstance(found, str)


def duration_or_words(written: str, now: int, zone: str) -> Duration | str:
    try:
        return read_duration(written, now, zone)
    except NotADuration as refused:
        return str(refused)

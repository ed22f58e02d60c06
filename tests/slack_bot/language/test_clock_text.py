import pytest

from slack_bot.language.clock_text import NotATime, read_clock


@pytest.mark.parametrize(
    ("written", "minute", "vague"),
    [
        ("9", 540, True),
        ("9:00", 540, True),
        ("09:00", 540, False),
        ("09", 540, False),
        ("0900", 540, False),
        ("9.30", 570, True),
        ("12:00", 720, True),
        ("12:59", 779, True),
        ("13", 780, False),
        ("17:30", 1050, False),
        ("0:00", 0, False),
        ("00:00", 0, False),
        ("24:00", 1440, False),
        ("9am", 540, False),
        ("9PM", 1260, False),
        ("5:30p.m.", 1050, False),
        ("5:30p.m", 1050, False),
        ("12am", 0, False),
        ("12:30am", 30, False),
        ("12pm", 720, False),
        ("12:30pm", 750, False),
    ],
)
def test_a_time_is_read_and_where_it_may_be_meant_twelve_hours_later_it_is_vague(
    written: str, minute: int, vague: bool
) -> None:
    clock = read_clock(written)

    assert (clock.minute, clock.vague) == (minute, vague)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x",
        "9:0",
        "9:000",
        "25",
        "24:01",
        "09:60",
        "0am",
        "13am",
        "9:60pm",
        "-1",
        "1:2:3",
        "9h",
        "99999",
        "\u0669",
    ],
)
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(NotATime):
        read_clock(written)

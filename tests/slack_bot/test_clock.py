import pytest

from slack_bot.clock import is_dated, utc_text
from slack_bot.rich_text import moment

FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The first and the last microsecond that have a date: from the year 1 to 9999."""


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (1_795_168_800_000_000, "2026-11-20 10:00 UTC"),
        (1_795_168_859_999_999, "2026-11-20 10:00 UTC"),
        (0, "1970-01-01 00:00 UTC"),
        (-1, "1969-12-31 23:59 UTC"),
        (LAST, "9999-12-31 23:59 UTC"),
        (LAST + 1, "after the year 9999"),
        (10**30, "after the year 9999"),
        (FIRST - 1, "before the year 1"),
        (-(10**30), "before the year 1"),
    ],
)
def test_a_moment_is_told_in_utc_and_one_without_a_date_in_words(at: int, words: str) -> None:
    assert utc_text(at) == words


@pytest.mark.parametrize(
    ("at", "dated"), [(FIRST, True), (FIRST - 1, False), (LAST, True), (LAST + 1, False)]
)
def test_what_has_no_date_is_drawn_in_words_too(at: int, dated: bool) -> None:
    assert is_dated(at) is dated
    assert moment(at, "then")["type"] == ("date" if dated else "text")
    assert moment(at, "then").get("text", "then") == "then"

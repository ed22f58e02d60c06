"""Since when silence means something: heard without a break, and about the same thing."""

import math

from slack_bot.clock import SECOND
from slack_bot.hearing import Hearing, Unchanged


def test_hearing_begins_anew_where_the_clock_was_set_or_the_machine_slept() -> None:
    """Given time that passes by the monotonic clock, then a jump of the other one is no silence."""
    ticks = 100.0
    hearing = Hearing(1_000 * SECOND, lambda: ticks, lambda: -math.inf)
    for passed, now, since in (
        (0, 1_000, 1_000),
        (30, 1_030, 1_000),
        (30, 1_061, 1_000),
        (30, 9_000, 9_000),
        (3_600, 12_600, 9_000),
        (30, 5_000, 5_000),
        (0, 5_059, 5_000),
        (30, 5_150, 5_150),
    ):
        ticks += passed
        assert hearing.since(now * SECOND) == since * SECOND, now


def test_hearing_begins_when_what_people_press_gets_here_again() -> None:
    """Given looks every 30 seconds, then what was deaf between two of them counts as well."""
    ticks = deaf = 0.0
    hearing = Hearing(1_000 * SECOND, lambda: ticks, lambda: deaf)
    since = []
    for at, last_deaf in ((10, 10), (40, 40), (70, 43), (100, 43), (130, 130), (160, 158), (190, 158)):
        ticks, deaf = float(at), float(last_deaf)
        since.append(hearing.since((1_000 + at) * SECOND) // SECOND - 1_000)
    assert since == [10, 40, 43, 43, 130, 158, 158]


def test_hearing_counts_a_moment_that_was_deaf_while_somebody_looked() -> None:
    """Given a gap that ends while the look before is under way, then the next look counts it."""
    readings = iter((0.0, 30.0, 60.0))
    gaps = iter((-math.inf, 29.9))
    hearing = Hearing(0, lambda: next(readings), lambda: next(gaps))
    assert hearing.since(30 * SECOND) == 0
    assert hearing.since(60 * SECOND) == int(29.9 * SECOND)


def test_what_stays_as_it_was_is_so_since_the_first_time() -> None:
    unchanged = Unchanged()
    assert unchanged.since("a", 1, 100, first=7) == 7
    assert unchanged.since("a", 1, 200, first=8) == 7
    assert unchanged.since("b", 1, 200, first=9) == 9


def test_what_changed_is_so_since_it_was_seen_to_change() -> None:
    unchanged = Unchanged()
    for value, at, since in ((1, 100, 7), (2, 200, 200), (2, 300, 200), (1, 400, 400), (1, 500, 400)):
        assert unchanged.since("a", value, at, first=7) == since


def test_what_was_not_there_for_a_while_is_seen_for_the_first_time_again() -> None:
    unchanged = Unchanged()
    for name in ("a", "b"):
        unchanged.since(name, 1, 100, first=7)
    unchanged.forget_all_but({"b"})
    assert unchanged.since("a", 1, 200, first=50) == 50
    assert unchanged.since("b", 1, 200, first=50) == 7

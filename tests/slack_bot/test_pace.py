"""When Slack may be called again."""

import pytest

from slack_bot.pace import MAX_BACKOFF, Pace


class Seconds:
    """A monotonic clock that the test moves."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def pace(seconds: Seconds) -> Pace:
    return Pace(seconds)


def test_what_was_never_held_may_be_done_now(pace: Pace) -> None:
    assert pace.wait("post") == 0
    assert pace.held() == 0


def test_a_hold_lasts_for_its_seconds_and_holds_nothing_else(pace: Pace, seconds: Seconds) -> None:
    pace.hold("post", 3)
    assert (pace.wait("post"), pace.wait("update"), pace.held()) == (3, 0, 1)
    seconds.now += 2
    assert pace.wait("post") == 1
    seconds.now += 2
    assert (pace.wait("post"), pace.held()) == (0, 0)


def test_a_shorter_hold_does_not_shorten_a_longer_one(pace: Pace) -> None:
    pace.hold("post", 30)
    pace.hold("post", 1)
    assert pace.wait("post") == 30


def test_the_pauses_double_to_ten_minutes_and_begin_anew_after_a_success(
    pace: Pace, seconds: Seconds
) -> None:
    pauses = []
    for _ in range(12):
        pauses.append(pace.back_off("card"))
        seconds.now += pauses[-1]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, MAX_BACKOFF, MAX_BACKOFF]
    pace.worked("card")
    assert pace.back_off("card") == 1


def test_a_success_does_not_end_a_hold_that_was_asked_for(pace: Pace) -> None:
    pace.hold("post", 5)
    pace.worked("post")
    assert pace.wait("post") == 5


def test_after_endless_failures_the_pause_is_still_a_number(pace: Pace) -> None:
    for _ in range(2_000):
        pace.back_off("card")
    assert pace.back_off("card") == MAX_BACKOFF

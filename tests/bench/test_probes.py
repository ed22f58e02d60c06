"""How long an app was deaf, from the clicks it was sent."""

import pytest

from bench.probes import ENOUGH, Hearing, Probe, judge


def probes(marks: str) -> list[Probe]:
    """One each second, from second 100 on: + was heard, - was not."""
    return [Probe(100.0 + second, mark == "+") for second, mark in enumerate(marks)]


HEARD = "+" * ENOUGH


@pytest.mark.parametrize(
    ("marks", "deaf", "steady"),
    [
        (HEARD, 0.0, True),
        ("+++", 0.0, False),
        ("", 0.0, False),
        ("++---" + HEARD, 3.0, True),
        ("++-++--" + HEARD, 5.0, True),
        ("++---++", 3.0, False),
        ("++---", None, False),
        ("-", None, False),
    ],
)
def test_deafness_lasts_from_the_first_lost_click_to_the_first_heard_after_the_last(
    marks: str, deaf: float | None, steady: bool
) -> None:
    assert judge(probes(marks)) == Hearing(deaf, steady)

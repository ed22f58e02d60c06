from dataclasses import replace
from datetime import date

import pytest

from slack_bot.business_hours import Hours, Window
from slack_bot.schedule import Schedule
from slack_bot.schedule_changes import (
    Change,
    NotApplicable,
    SetDuration,
    SetHolidays,
    SetHours,
    SetMaxRisk,
    SetRatedOnly,
    SetUntil,
    ShowStatus,
    TurnOff,
    TurnOn,
    apply,
)
from tests.slack_bot.schedules import OFFICE, ON, us
from upstream_client.models import HOUR, Duration, Risk

NOW = us("2026-11-20 12:00")
KEPT = replace(ON, holidays=("DE-BE",), set_by="U01ADMIN", set_at=NOW)
ENDED = replace(ON, until=date(2026, 11, 19))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (TurnOn(), KEPT),
        (TurnOff(), replace(KEPT, on=False)),
        (ShowStatus(), KEPT),
        (
            SetHours(Hours((Window((5,), 60, 120),), "UTC")),
            replace(KEPT, hours=Hours((Window((5,), 60, 120),), "UTC")),
        ),
        (SetHolidays(()), replace(KEPT, holidays=())),
        (SetDuration(Duration(HOUR)), replace(KEPT, duration=Duration(HOUR))),
        (SetMaxRisk(Risk.HIGH), replace(KEPT, max_risk=Risk.HIGH)),
        (SetRatedOnly(rated_only=True), replace(KEPT, rated_only=True)),
        (SetUntil(date(2026, 12, 24)), replace(KEPT, until=date(2026, 12, 24))),
        (SetUntil(None), KEPT),
    ],
)
def test_each_change_changes_its_own_and_leaves_the_rest(change: Change, expected: Schedule) -> None:
    assert apply([change], KEPT, NOW) == expected


def test_changes_to_no_schedule_begin_with_one_that_is_off() -> None:
    assert apply([ShowStatus()], None, NOW) == Schedule()
    assert apply([SetHours(OFFICE)], None, NOW) == Schedule(hours=OFFICE)
    assert apply([SetHours(OFFICE), TurnOn()], None, NOW) == ON
    assert apply([TurnOn(), SetHours(OFFICE)], None, NOW) == ON


@pytest.mark.parametrize("schedule", [None, Schedule(), Schedule(holidays=("DE",))])
def test_without_hours_it_is_not_turned_on(schedule: Schedule | None) -> None:
    with pytest.raises(NotApplicable, match="`autoapprove all on hours mon-fri 09:00-17:00 Europe/Berlin`"):
        apply([TurnOn()], schedule, NOW, "autoapprove all")


@pytest.mark.parametrize(
    "schedule", [replace(ON, hours=replace(OFFICE, zone="Europe/Berln")), replace(ON, holidays=("XX",))]
)
def test_what_cannot_be_evaluated_is_not_turned_on(schedule: Schedule) -> None:
    with pytest.raises(NotApplicable, match=r"I cannot turn this schedule on: .* (is not|are) known"):
        apply([TurnOn()], schedule, NOW)

    assert apply([TurnOff()], schedule, NOW) == replace(schedule, on=False)


@pytest.mark.parametrize(
    ("changes", "schedule"),
    [
        ((SetUntil(date(2026, 11, 19)),), ON),
        ((SetUntil(date(2026, 11, 19)), TurnOn()), ON),
        ((TurnOn(),), ENDED),
        ((SetUntil(date(2026, 11, 18)),), None),
    ],
)
def test_an_end_that_has_passed_is_refused(changes: tuple[Change, ...], schedule: Schedule | None) -> None:
    with pytest.raises(
        NotApplicable,
        match=r"is over, so .*`autoapprove all until 2026-12-24`.*`autoapprove all until never`",
    ):
        apply(changes, schedule, NOW, "autoapprove all")


@pytest.mark.parametrize(
    ("zone", "now", "is_over"),
    [
        ("Europe/Berlin", "2026-11-20 22:59", False),
        ("Europe/Berlin", "2026-11-20 23:00", True),
        ("America/New_York", "2026-11-21 04:59", False),
        ("America/New_York", "2026-11-21 05:00", True),
        ("Asia/Kolkata", "2026-11-20 18:30", True),
        (None, "2026-11-21 11:59", False),  # somewhere it is still the 20th
        (None, "2026-11-21 12:00", True),
    ],
)
def test_a_day_is_over_by_the_clock_of_the_hours(zone: str | None, now: str, is_over: bool) -> None:
    schedule = replace(ON, hours=replace(OFFICE, zone=zone)) if zone else Schedule()
    changes = [SetUntil(date(2026, 11, 20))]

    if is_over:
        with pytest.raises(NotApplicable):
            apply(changes, schedule, us(now))
    else:
        assert apply(changes, schedule, us(now)).until == date(2026, 11, 20)


@pytest.mark.parametrize("names", [("UA",), ("DE", "BV"), ("HM",), ("IO",)])
def test_a_calendar_without_a_day_in_sight_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(NotApplicable, match=f"no public holiday of `{names[-1]}` in 2026 and 2027"):
        apply([SetHolidays(names)], ON, NOW)


def test_what_has_ended_can_be_turned_off_and_given_a_new_end() -> None:
    assert apply([TurnOff()], ENDED, NOW).on is False
    assert apply([TurnOn(), SetUntil(None)], ENDED, NOW) == ON
    assert apply([SetRatedOnly(rated_only=True)], ENDED, NOW).rated_only

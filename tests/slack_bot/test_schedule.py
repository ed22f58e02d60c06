from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from slack_bot.business_hours import Hours, Window
from slack_bot.schedule import (
    Schedule,
    describe,
    describe_hours,
    is_open,
    next_change,
    should_auto_approve,
    trouble,
    warning,
    why_not,
)
from tests.slack_bot.schedules import (
    MINUTE_US,
    OFFICE,
    ON,
    REGIONS,
    WORKDAYS,
    Model,
    hours,
    request,
    schedules,
    us,
)
from upstream_client.models import CLAIMED, HOUR, ApprovalRequest, Duration, Fact, Risk

FRIDAY_EVENING = us("2026-11-20 18:00", "Europe/Berlin")
FRIDAY_NOON = us("2026-11-20 12:00", "Europe/Berlin")
NIGHTS = Hours((Window(WORKDAYS, 22 * 60, 6 * 60),), "Europe/Berlin")
CHANGING_ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Beirut",
)


@pytest.mark.parametrize(
    ("wall", "opened"),
    [
        ("2026-11-20 08:59", True),
        ("2026-11-20 09:00", False),
        ("2026-11-20 17:29", False),
        ("2026-11-20 17:30", True),
        ("2026-11-21 12:00", True),
        ("2026-07-20 08:59", True),
        ("2026-07-20 09:00", False),
    ],
)
def test_it_is_open_outside_the_hours_by_the_clock_on_the_wall(wall: str, opened: bool) -> None:
    assert is_open(ON, us(wall, "Europe/Berlin")) is opened


@pytest.mark.parametrize(
    ("wall", "opened"),
    [
        ("2026-11-20 21:59", True),  # a Friday
        ("2026-11-20 22:00", False),
        ("2026-11-21 05:59", False),
        ("2026-11-21 06:00", True),
        ("2026-11-21 22:00", True),
        ("2026-11-23 05:59", True),  # Sunday's night is not in it
        ("2026-11-23 22:00", False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins(wall: str, opened: bool) -> None:
    assert is_open(replace(ON, hours=NIGHTS), us(wall, "Europe/Berlin")) is opened


@pytest.mark.parametrize(
    ("names", "wall", "opened"),
    [
        ((), "2027-03-08 12:00", False),
        (("DE-BE",), "2027-03-08 12:00", True),  # Women's Day, in Berlin
        (("DE-BY",), "2027-03-08 12:00", False),
        (("DE-BY", "DE-BE"), "2027-03-08 12:00", True),
        (("DE",), "2026-12-25 00:00", True),
        (("DE-BE",), "2027-03-09 09:00", False),
    ],
)
def test_a_holiday_of_any_of_the_regions_is_open_all_day(
    names: tuple[str, ...], wall: str, opened: bool
) -> None:
    assert is_open(replace(ON, holidays=names), us(wall, "Europe/Berlin")) is opened


def test_a_night_at_work_goes_on_into_a_holiday_only_up_to_midnight_and_out_of_one_as_ever() -> None:
    """Given nights from Thursday 24 December to Saturday, and the 25th and 26th as holidays."""
    schedule = replace(ON, hours=NIGHTS, holidays=("DE",))

    seen = [
        is_open(schedule, us(wall, "Europe/Berlin"))
        for wall in ("2026-12-24 23:00", "2026-12-25 01:00", "2026-12-25 23:00", "2026-12-26 01:00")
    ]
    after_easter_monday = is_open(schedule, us("2027-03-30 01:00", "Europe/Berlin"))

    assert seen == [False, True, True, True]
    assert after_easter_monday is False


def test_until_is_its_whole_last_day_by_the_clock_on_the_wall() -> None:
    schedule = replace(ON, until=date(2026, 12, 24))

    assert is_open(schedule, us("2026-12-24 23:59", "Europe/Berlin"))
    assert not is_open(schedule, us("2026-12-25 00:00", "Europe/Berlin"))
    assert why_not(schedule, request(), us("2026-12-25 00:00", "Europe/Berlin")) == (
        "auto-approve ended on 2026-12-24"
    )
    assert next_change(schedule, us("2026-12-25 00:00", "Europe/Berlin")) is None


@pytest.mark.parametrize("allowed", [Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL])
@pytest.mark.parametrize("risk", [Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL])
def test_what_is_riskier_than_allowed_is_left_to_people(allowed: Risk, risk: Risk) -> None:
    order = ["low", "medium", "high", "critical"]

    approved = should_auto_approve(replace(ON, max_risk=allowed), request(risk), FRIDAY_EVENING)

    assert approved is (order.index(risk) <= order.index(allowed))


def test_what_has_no_stated_risk_is_covered_unless_rated_only() -> None:
    assert should_auto_approve(ON, request(Risk.UNRATED), FRIDAY_EVENING)
    assert not should_auto_approve(replace(ON, rated_only=True), request(Risk.UNRATED), FRIDAY_EVENING)
    assert should_auto_approve(replace(ON, rated_only=True), request(Risk.LOW), FRIDAY_EVENING)


@pytest.mark.parametrize("risk", list(Risk))
def test_what_only_whoever_asks_rates_is_left_to_people(risk: Risk) -> None:
    """Given a schedule for everything, when a risk is claimed, then it is not covered, be none claimed."""
    schedule = replace(ON, max_risk=Risk.CRITICAL)
    assert should_auto_approve(schedule, request(risk), FRIDAY_EVENING)
    claimed = replace(request(risk), risk_claimed=True)
    assert why_not(schedule, claimed, FRIDAY_EVENING) == "its risk is only claimed by whoever asks"


def test_what_only_others_tell_of_is_covered_by_no_schedule() -> None:
    claim = replace(request(Risk.LOW), facts=(Fact(CLAIMED, "Claimed by", "a webhook", bound=False),))
    why = "only others tell of it, and not the system that asks"
    assert why_not(replace(ON, max_risk=Risk.CRITICAL), claim, FRIDAY_EVENING) == why


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        (Schedule(), "auto-approve is off"),
        (replace(ON, on=False), "auto-approve is off"),
        (Schedule(on=True), "no business hours are set"),
        (
            replace(ON, hours=Hours((), "Europe/Berlin")),
            "its business hours cannot be used: they have no days and times",
        ),
        (
            replace(ON, hours=replace(OFFICE, windows=(Window((), 540, 600),))),
            "its business hours cannot be used: their days are not days of the week",
        ),
        (
            replace(ON, hours=replace(OFFICE, windows=(Window((7,), 540, 600),))),
            "its business hours cannot be used: their days are not days of the week",
        ),
        (
            replace(ON, hours=replace(OFFICE, windows=(*OFFICE.windows, Window((0,), 540, 540)))),
            "its business hours cannot be used: their times are not times of a day",
        ),
        (
            replace(ON, hours=replace(OFFICE, windows=(Window((0,), -1, 540),))),
            "its business hours cannot be used: their times are not times of a day",
        ),
        (
            replace(ON, hours=replace(OFFICE, windows=(Window((0,), 540, 1441),))),
            "its business hours cannot be used: their times are not times of a day",
        ),
        (replace(ON, hours=replace(OFFICE, zone="Europe/Berln")), "its time zone Europe/Berln is not known"),
        (replace(ON, hours=replace(OFFICE, zone="Europe")), "its time zone Europe is not known"),
        (replace(ON, hours=replace(OFFICE, zone="")), "its time zone  is not known"),
        (
            replace(ON, hours=replace(OFFICE, zone="../<!channel>")),
            "its time zone ??/??channel? is not known",
        ),
        (replace(ON, holidays=("DE", "XX")), "no public holidays are known of XX"),
        (replace(ON, holidays=("DE-XX",)), "no public holidays are known of DE-XX"),
        (replace(ON, holidays=("DE-",)), "no public holidays are known of DE-"),
        (replace(ON, holidays=("de",)), "no public holidays are known of de"),
        (
            replace(ON, max_risk=Risk.UNRATED),
            "unrated is no risk that requests can be compared with",
        ),
        (replace(ON, duration=Duration(59)), "its duration is not between 1 minute and 30 days"),
        (
            replace(ON, duration=Duration(30 * 24 * HOUR + 1)),
            "its duration is not between 1 minute and 30 days",
        ),
    ],
)
def test_what_cannot_be_evaluated_approves_nothing_at_any_time(schedule: Schedule, why: str) -> None:
    """Given a schedule that is off or broken, when nobody is at work, then nothing is approved, and it says why."""
    assert why_not(schedule, request(Risk.LOW), FRIDAY_EVENING) == why
    assert not should_auto_approve(schedule, request(Risk.LOW), FRIDAY_EVENING)
    assert not is_open(schedule, FRIDAY_EVENING)
    assert next_change(schedule, FRIDAY_EVENING) is None


@pytest.mark.parametrize(
    ("asked", "now", "why"),
    [
        (request(Risk.LOW), FRIDAY_NOON, "people are at work"),
        (
            request(Risk.HIGH),
            FRIDAY_EVENING,
            "its risk is high, and at most low is approved without a person",
        ),
        (request(expires_at=FRIDAY_EVENING), FRIDAY_EVENING, "the request has expired"),
        (request(expires_at=FRIDAY_EVENING + 1), FRIDAY_EVENING, None),
    ],
)
def test_it_says_why_it_leaves_a_request_to_people(asked: ApprovalRequest, now: int, why: str | None) -> None:
    assert why_not(ON, asked, now) == why


def test_without_trouble_there_is_nothing_to_say() -> None:
    assert trouble(ON) is None
    assert trouble(replace(ON, holidays=REGIONS)) is None


@settings(max_examples=60)
@given(schedules(), st.integers(us("2026-01-01 00:00"), us("2029-12-31 00:00")))
def test_it_is_open_exactly_when_a_walk_through_the_minutes_says_so(schedule: Schedule, start: int) -> None:
    """Given any schedule and any moment, when each minute of a day from then is looked at, then they agree."""
    schedule = replace(schedule, on=True)
    model = Model(schedule)
    minutes = range(start, start + 24 * 60 * MINUTE_US, MINUTE_US)

    assert [at for at in minutes if is_open(schedule, at) is not model.is_open(at)] == []


@settings(max_examples=60)
@given(hours(CHANGING_ZONES), st.integers(us("2026-01-01 00:00"), us("2029-12-31 00:00")))
def test_the_next_change_is_the_first_minute_at_which_a_walk_sees_one(hours: Hours, start: int) -> None:
    start -= start % MINUTE_US
    schedule = Schedule(on=True, hours=hours)
    end = start + 9 * 24 * 60 * MINUTE_US

    found = next_change(schedule, start)

    assert (found if found and found <= end else None) == next(Model(schedule).changes(start, end), None)


def test_what_never_changes_has_no_next_change() -> None:
    always = Hours((Window(tuple(range(7)), 0, 1440),), "Europe/Berlin")

    assert next_change(replace(ON, hours=always), FRIDAY_NOON) is None
    assert next_change(replace(ON, on=False), FRIDAY_NOON) is None


def test_the_end_of_the_last_day_is_a_change_and_the_last_one() -> None:
    schedule = replace(ON, until=date(2026, 11, 20))
    midnight = us("2026-11-21 00:00", "Europe/Berlin")

    assert next_change(schedule, FRIDAY_EVENING) == midnight
    assert next_change(schedule, midnight) is None


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (
            replace(ON, holidays=("DE-BE",), duration=Duration(HOUR)),
            "outside mon–fri 09:00–17:30 (Europe/Berlin) and on public holidays of DE-BE, for 1 hour, "  # noqa: RUF001 - the dashes people see
            "up to low risk and unrated",
        ),
        (
            replace(
                ON,
                holidays=("DE-BE", "DE-BY", "FR"),
                max_risk=Risk.HIGH,
                rated_only=True,
                until=date(2026, 12, 24),
            ),
            "outside mon–fri 09:00–17:30 (Europe/Berlin) and on public holidays of DE-BE, DE-BY and FR, "  # noqa: RUF001 - the dashes people see
            "one time, up to high risk, rated only, until the end of 2026-12-24",
        ),
        (Schedule(), "at no time, since no business hours are set, one time, up to low risk and unrated"),
        (
            replace(ON, hours=Hours((Window((9,), 1, 2),), "<!channel>|*x*")),
            "outside at no known times (??channel???x?), one time, up to low risk and unrated",
        ),
    ],
)
def test_it_is_described_in_words(schedule: Schedule, words: str) -> None:
    assert describe(schedule) == words


def test_in_short_it_is_the_hours_alone() -> None:
    assert describe_hours(ON) == "outside mon–fri 09:00–17:30 Europe/Berlin"  # noqa: RUF001 - the dashes people see
    assert describe_hours(Schedule()) == ""


def test_who_turns_it_on_is_told_what_becomes_of_requests_of_no_stated_risk() -> None:
    told = warning(ON, "autoapprove all")
    assert "such as Privilege Manager: those of no stated risk are covered too" in told
    assert "`autoapprove all rated-only`" in told
    assert (
        "Tickets of the gate, GitLab's jobs that are started by hand and steps of Argo Workflows are" in told
    )
    assert warning(replace(ON, rated_only=True)) == "Requests of no stated risk are left to people."


@settings(max_examples=50)
@given(schedules())
def test_any_schedule_can_be_kept_as_json(schedule: Schedule) -> None:
    kept = TypeAdapter(Schedule)

    assert kept.validate_json(kept.dump_json(schedule)) == schedule

from datetime import date

import pytest
from hypothesis import given, settings

from slack_bot.business_hours import Hours, Window
from slack_bot.command_parser import (
    ALL,
    HELP,
    HERE,
    Approvers,
    AutoApprove,
    Change,
    Command,
    Greeting,
    Help,
    Misunderstood,
    Pending,
    Policy,
    Remove,
    SetDuration,
    SetHolidays,
    SetHours,
    SetMaxRisk,
    SetRatedOnly,
    SetUntil,
    ShowStatus,
    Status,
    TurnOff,
    TurnOn,
    apply,
    parse,
)
from slack_bot.schedule import Schedule
from tests.slack_bot.schedules import OFFICE, WORKDAYS, command, schedules, us
from upstream_client.models import HOUR, MINUTE, ONE_TIME, Duration, Risk

US = "U07BOT"
EVERYTHING = (
    TurnOn(),
    SetHours(OFFICE),
    SetHolidays(("DE-BE", "DE-BY")),
    SetDuration(Duration(HOUR)),
    SetMaxRisk(Risk.MEDIUM),
    SetRatedOnly(rated_only=True),
    SetUntil(date(2026, 12, 24)),
)


def here(*changes: Change) -> AutoApprove:
    return AutoApprove(HERE, changes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Greeting()),
        ("   ", Greeting()),
        ("<@U07BOT>", Greeting()),
        ("<@U07BOT|approvals>  ", Greeting()),
        ("<@U07BOT> Hello!", Greeting()),
        ("approvals", Greeting()),
        ("help", Help()),
        ("?", Help()),
        ("<@U07BOT> help me please", Help()),
        ("help autoapprove", Help("autoapprove")),
        ("help auto-approve", Help("autoapprove")),
        ("help holidays", Help("autoapprove")),
        ("help Approvers", Help("approvers")),
        ("help status", Help("status")),
        ("status", Status()),
        ("<@U07BOT> Status", Status()),
        ("status <@U07BOT>", Status()),
        ("<@U07BOT>status?", Status()),
        ("*status*", Status()),
        ("`status`", Status()),
        ("```status```", Status()),
        ("“status.”", Status()),
        ("approvals status", Status()),
        ("/approvals status", Status()),
        ("<@U07BOT> approval pending", Pending()),
        ("pending", Pending()),
        ("policy", Policy()),
        ("remove", Remove(None)),
        ("remove here", Remove(None)),
        ("remove <#C0AB12CD3|payroll>", Remove("C0AB12CD3")),
        ("remove <#G0AB12CD3>", Remove("G0AB12CD3")),
        ("approvers <@U02APPROVER>", Approvers(users=("U02APPROVER",))),
        (
            "approvers <@U02APPROVER|approver>, <@W03SECOND> and <!subteam^S01OPS|@ops>",
            Approvers(users=("U02APPROVER", "W03SECOND"), groups=("S01OPS",)),
        ),
        ("approvers <@U02APPROVER> <@U02APPROVER>", Approvers(users=("U02APPROVER",))),
        ("approvers everyone", Approvers(everyone=True)),
        ("approvers <!subteam^S01OPS> Everyone", Approvers(groups=("S01OPS",), everyone=True)),
        ("approvers <@U02APPROVER> <@U07BOT>", Approvers(users=("U02APPROVER",))),
    ],
)
def test_commands_are_read_as_people_write_them_in_slack(text: str, expected: Command) -> None:
    assert parse(text, US) == expected


@pytest.mark.parametrize("text", ["status?", "policy?", "help?", "autoapprove?", "autoapprove status?"])
def test_what_changes_nothing_may_be_asked_with_a_question_mark(text: str) -> None:
    assert parse(text) == parse(text.rstrip("?"))


def test_without_knowing_who_we_are_a_mention_in_front_is_ours() -> None:
    assert parse("<@U07BOT> status") == Status()
    assert parse("approvers <@U02APPROVER>") == Approvers(users=("U02APPROVER",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("autoapprove", here(ShowStatus())),
        ("autoapprove status", here(ShowStatus())),
        ("auto-approve STATUS", here(ShowStatus())),
        ("auto approve status", here(ShowStatus())),
        ("autoapprove on", here(TurnOn())),
        ("autoapprove off", here(TurnOff())),
        ("autoapprove off all", AutoApprove(ALL, (TurnOff(),))),
        ("autoapprove all status", AutoApprove(ALL, (ShowStatus(),))),
        ("autoapprove here off", here(TurnOff())),
        ("autoapprove <#C0AB12CD3|payroll> on", AutoApprove("C0AB12CD3", (TurnOn(),))),
        ("autoapprove on <#C0AB12CD3>", AutoApprove("C0AB12CD3", (TurnOn(),))),
        ("<@U07BOT> autoapprove hours Mon–Fri 9:00 - 17:30 europe/berlin", here(SetHours(OFFICE))),  # noqa: RUF001 - as a phone writes it
        ("autoapprove hours: mon-fri 9am-5:30pm Europe/Berlin.", here(SetHours(OFFICE))),
        (
            "autoapprove hours mon-fri 09:00-17:30 <http://Europe/Berlin|Europe/Berlin>",
            here(SetHours(OFFICE)),
        ),
        (
            "autoapprove all hours mon-fri 09:00-17:30, sat 10:00-14:00 Europe/Berlin",
            AutoApprove(
                ALL,
                (SetHours(Hours((*OFFICE.windows, Window((5,), 600, 840)), "Europe/Berlin")),),
            ),
        ),
        ("autoapprove holidays DE-BE", here(SetHolidays(("DE-BE",)))),
        (
            "autoapprove holidays de-be, DE-BY and gb-sct fr",
            here(SetHolidays(("DE-BE", "DE-BY", "GB-SCT", "FR"))),
        ),
        ("autoapprove holiday FR, FR", here(SetHolidays(("FR",)))),
        ("autoapprove holidays none", here(SetHolidays(()))),
        ("autoapprove on holidays CA", here(TurnOn(), SetHolidays(("CA",)))),
        ("autoapprove holidays CA, on", here(SetHolidays(("CA",)), TurnOn())),
        ("autoapprove holidays CA-ON on", here(SetHolidays(("CA-ON",)), TurnOn())),
        ("autoapprove duration 1h", here(SetDuration(Duration(HOUR)))),
        ("autoapprove duration 2 hours", here(SetDuration(Duration(2 * HOUR)))),
        ("autoapprove duration 1 hour 30 minutes", here(SetDuration(Duration(90 * MINUTE)))),
        ("autoapprove duration once", here(SetDuration(ONE_TIME))),
        ("autoapprove --duration=1h", here(SetDuration(Duration(HOUR)))),
        (
            "autoapprove duration 2 hours hours mon-fri 09:00-17:30 Europe/Berlin",
            here(SetDuration(Duration(2 * HOUR)), SetHours(OFFICE)),
        ),
        ("autoapprove max-risk medium", here(SetMaxRisk(Risk.MEDIUM))),
        ("autoapprove max risk HIGH", here(SetMaxRisk(Risk.HIGH))),
        ("autoapprove max\u2011risk critical", here(SetMaxRisk(Risk.CRITICAL))),
        ("autoapprove rated-only", here(SetRatedOnly(rated_only=True))),
        ("autoapprove rated only on", here(SetRatedOnly(rated_only=True))),
        ("autoapprove rated-only off", here(SetRatedOnly(rated_only=False))),
        ("autoapprove rated-only, off", here(SetRatedOnly(rated_only=True), TurnOff())),
        ("autoapprove rated-only on on", here(SetRatedOnly(rated_only=True), TurnOn())),
        ("autoapprove on rated-only off", here(TurnOn(), SetRatedOnly(rated_only=False))),
        ("autoapprove until 2026-12-24", here(SetUntil(date(2026, 12, 24)))),
        ("autoapprove until never", here(SetUntil(None))),
        (
            "autoapprove on hours mon-fri 09:00-17:30 Europe/Berlin holidays DE-BE DE-BY duration 1h "
            "max-risk medium rated-only until 2026-12-24",
            here(*EVERYTHING),
        ),
        (
            "autoapprove on, hours mon-fri 09:00-17:30 Europe/Berlin, holidays DE-BE, DE-BY, duration 1h, "
            "max-risk medium, rated-only, until 2026-12-24",
            here(*EVERYTHING),
        ),
        (
            "autoapprove until 2026-12-24 rated-only max-risk medium duration 1h all holidays DE-BE DE-BY "
            "hours mon-fri 09:00-17:30 Europe/Berlin on",
            AutoApprove(ALL, tuple(reversed(EVERYTHING))),
        ),
    ],
)
def test_schedules_are_changed_by_clauses_in_any_order(text: str, expected: AutoApprove) -> None:
    assert parse(text, US) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("statsu", "I do not know “statsu”. Did you mean `status`? Write `help` for all I understand."),
        ("aprovers <@U02APPROVER>", "Did you mean `approvers`? For example `approvers @person @group`."),
        (
            "autoaprove on",
            "Did you mean `autoapprove`? For example `autoapprove on hours mon-fri 09:00-17:30 Europe/Berlin`.",
        ),
        ("penidng", "Did you mean `pending`?"),
        ("xyzzy", "I do not know “xyzzy”. Write `help`"),
        ("hours mon-fri 09:00-17:30 UTC", "write `autoapprove` first: `autoapprove hours`"),
        ("on", "write `autoapprove` first: `autoapprove on`"),
        ("<!channel> status", "I expected a command first"),
        ("<@U02APPROVER> status", "I expected a command first"),
        ("&lt;!channel&gt; status", "I do not know “&lt;!channel&gt;”."),
        ("status now", "I expected nothing behind `status`."),
        ("pending <#C0AB12CD3>", "I expected nothing behind `pending`."),
        ("help aproverz", "Did you mean `help approvers`?"),
        ("remove all", "Which channel?"),
        ("remove #payroll", "Which channel?"),
        ("remove <#C0AB12CD3> <#C0AB12CD4>", "Which channel?"),
        ("approvers", "Who? Write `approvers @person @group`, or `approvers everyone`."),
        ("approvers <@U07BOT>", "Who?"),
        ("approvers @approver", "I cannot tell who “@approver” is."),
        ("approvers <!channel>", "Then write `approvers everyone`."),
        ("approvers <!here>", "Then write `approvers everyone`."),
        ("approvers everybody", "Then write `approvers everyone`."),
        ("approvers <#C0AB12CD3>", "A channel cannot decide."),
        ("approvers &lt;@U02APPROVER&gt;", "I cannot tell who “&lt;@U02APPROVER&gt;” is."),
        ("approvers <@U02APPROVER&gt;", "I cannot tell who"),
        ("autoapprove onn", "I do not know “onn” behind `autoapprove`. Did you mean `on`?"),
        ("autoapprove hrs mon", "Did you mean `hours`?"),
        ("autoapprove xyzzy", "It knows `on`, `off`, `status`, `hours`"),
        ("autoapprove on please", "I do not know “please” behind `on`."),
        ("autoapprove on <@U02APPROVER>", "I did not expect a mention behind `on`."),
        ("autoapprove hours <@U02APPROVER>", "I did not expect a mention behind `hours`."),
        ("autoapprove on #payroll", "I cannot tell which channel “#payroll” is."),
        ("autoapprove on <#C0AB12CD3> all", "For which channel?"),
        ("autoapprove on off", "On or off?"),
        ("autoapprove on on", "You wrote `on` twice."),
        ("autoapprove holidays FR holidays DE", "You wrote `holidays` twice."),
        ("autoapprove status on", "`autoapprove status` stands alone."),
        ("autoapprove off until 2026-12-24", "it does not go with `off`"),
        (
            "autoapprove hours",
            "`hours` needs a value, for example `hours mon-fri 09:00-17:30 Europe/Berlin`.",
        ),
        ("autoapprove hours on", "`hours` needs a value"),
        ("autoapprove holidays ,", "`holidays` needs a value"),
        ("autoapprove duration until 18:00", "`duration` needs a value"),
        ("autoapprove hours mon-fri 09:00-17:30", "In which time zone?"),
        ("autoapprove hours mon-fri 09:00-17:30 Europe/Berln", "Did you mean `Europe/Berlin`?"),
        ("autoapprove hours mon-fri 09:00-17:30 UTC duratoin 1h", "Is “duratoin” meant to be `duration`?"),
        ("autoapprove holidays DE-BE rated-olny", "Is “rated-olny” meant to be `rated-only`?"),
        ("autoapprove holidays DE-BE untill 2026-12-24", "Is “untill” meant to be `until`?"),
        ("autoapprove holidays UK", "Did you mean `GB`?"),
        ("autoapprove holidays US CA", "Write `US-CA` for the region, `US, CA` for two countries."),
        (
            "autoapprove holidays FR CA ON",
            "Do you mean the region `CA-ON`? Then write it so. Else write `on` b",
        ),
        ("autoapprove on holidays CA ON", "Do you mean the region `CA-ON`?"),
        ("autoapprove duration 2 huors", "Did you mean “2 hours”?"),
        ("autoapprove duration 90", "Is that minutes, hours or days?"),
        ("autoapprove max-risk hihg", "“hihg” is no risk. Did you mean `high`?"),
        ("autoapprove max-risk low high", "“low high” is no risk."),
        ("autoapprove max-risk unrated", "covered anyway, unless you write `rated-only`"),
        ("autoapprove rated-only maybe", "I do not know “maybe” behind `rated-only`."),
        ("autoapprove until christmas", "Write the last day as `until 2026-12-24`"),
        ("autoapprove until 24.12.2026", "Write the last day as `until 2026-12-24`"),
        ("autoapprove until 2026-02-30", "There is no day “2026-02-30” in the calendar."),
        ("autoapprove on?", "Write it without the question mark, and I do it."),
        ("*autoapprove off*?", "without the question mark"),
        ("approvers everyone?", "without the question mark"),
        ("approvers <@U02APPROVER>? <@U07BOT>", "without the question mark"),
        ("remove?", "without the question mark"),
        ("remove <#C0AB12CD3>\uff1f", "without the question mark"),
        ("autoapprove ~on~", "I do not know “~on~” behind `autoapprove`. Did you mean `on`?"),
        ("autoapprove on max-risk ~high~", "“~high~” is no risk."),
        ("~autoapprove on~", "I do not know “~autoapprove”."),
        ("approvers ~<@U02APPROVER>~", "I cannot tell who “~” is."),
        ("autoapprove hours mon-fri 09:00-17:30 Etc/GMT+2", "Name it by a place"),
        ("autoapprove until &lt;!channel&gt;", "I cannot read “&lt;!channel&gt;” as a day."),
    ],
)
def test_what_is_not_understood_is_answered_with_what_was_wrong_and_what_to_write(
    text: str, words: str
) -> None:
    found = parse(text, US)

    assert isinstance(found, Misunderstood)
    assert words in found.words


@pytest.mark.parametrize("written", [written for written, _ in HELP])
def test_all_that_help_shows_is_understood(written: str) -> None:
    text = written.replace("@person", "<@U02APPROVER>").replace("@group", "<!subteam^S01OPS>")

    assert not isinstance(parse(text, US), Misunderstood)


@settings(max_examples=150)
@given(schedules())
def test_any_schedule_is_what_comes_of_its_command(schedule: Schedule) -> None:
    """Given any schedule, when it is written as a command and that is done to none, then it is there again."""
    found = parse(command(schedule), US)

    assert isinstance(found, AutoApprove)
    assert apply(found.changes, None, us("2026-01-01 00:00")) == schedule


def test_nothing_but_slacks_own_markup_names_somebody() -> None:
    """Given a mention that was typed, and one behind brackets of another script, then neither is one."""
    for typed in ("&lt;@U02APPROVER&gt;", "\uff1c@U02APPROVER\uff1e", "@U02APPROVER"):
        assert isinstance(parse(f"approvers {typed}", US), Misunderstood)


def test_days_and_times_of_a_lunch_break_are_two_windows() -> None:
    found = parse("autoapprove hours mon-fri 9:00-12:00, 13:00-17:00 UTC", US)

    windows = (Window(WORKDAYS, 540, 720), Window(WORKDAYS, 780, 1020))
    assert found == here(SetHours(Hours(windows, "UTC")))

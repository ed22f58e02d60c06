"""Admins set schedules that approve without a person; everybody concerned is told."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.clock import SECOND
from slack_bot.conversation import schedule_text
from slack_bot.policy import Terms
from slack_bot.schedule import Hours, Schedule, Window, describe
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS,
    GUEST,
    OUTSIDER,
    SECOND_CHANNEL,
    STRANGER,
    Killed,
    Rig,
)
from tests.slack_bot.conversing import (
    announced,
    block_state,
    command,
    hear,
    mention,
    recorded,
    registered,
    rules,
    talking,
    unblock_state,
    write,
)
from upstream_client.models import Duration

HOURS = "hours mon-fri 09:00-17:30 Europe/Berlin"
ON = f"autoapprove on {HOURS}"
BOTH = {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}
HERE, EVERYWHERE = schedule_text.HERE, schedule_text.EVERYWHERE
ALL_OF_THEM, THERE = "autoapprove all", "autoapprove #channel"


def stored(rig: Rig, scope: str = APPROVALS) -> Schedule:
    schedule = rig.schedules.get(scope)
    assert schedule is not None
    return schedule


def test_an_admin_turns_a_schedule_on_and_is_told_what_that_means(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        told = mention(rig, ADMIN, ON)
        schedule = stored(rig)
        assert schedule.on
        assert (schedule.set_by, schedule.set_at is not None) == (ADMIN, True)
        assert told.startswith(f"The schedule is on here: without a person I approve {describe(schedule)}.")
        assert "It opens next <!date^" in told or "It is open now, until <!date^" in told
        assert "state no risk of their requests, such as Privilege Manager" in told
        assert "`autoapprove rated-only`" in told


def test_everybody_in_the_channel_is_told_when_it_begins_changes_and_ends(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        for words in (ON, "autoapprove max-risk high", "autoapprove off", "autoapprove max-risk low"):
            mention(rig, ADMIN, words)
        on, riskier, off = announced(rig)[1:]
        assert on.startswith("From now on I approve here without a person outside")
        assert on.endswith(f"<@{ADMIN}> has set this.")
        assert "up to high risk" in riskier
        assert off == f"From now on I approve nothing here without a person. <@{ADMIN}> has set this."


def test_each_change_is_on_record_with_what_was_before_and_after(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        mention(rig, ADMIN, ON)
        mention(rig, ADMIN, "autoapprove duration 1h")
        first, second = recorded(rig, "schedule_changed")
        assert (first.actor, first.detail["what"], first.detail["before"]) == (ADMIN, APPROVALS, None)
        assert second.detail["before"] == first.detail["after"]
        after = second.detail["after"]
        assert isinstance(after, dict)
        assert after["duration"] == {"seconds": 3600}


def test_anybody_may_ask_and_nobody_but_an_admin_may_change(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        assert mention(rig, OUTSIDER, "autoapprove status") == (
            "I approve nothing without a person here: no schedule is set."
        )
        assert mention(rig, APPROVER, ON).startswith("This is for admins:")
        assert rules(rig) == ["admins only"]
        assert rig.schedules.all() == {}
        mention(rig, ADMIN, ON)
        assert mention(rig, OUTSIDER, "autoapprove status").startswith("The schedule is on here")


def test_without_hours_it_is_not_turned_on_and_the_words_say_what_to_write(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        assert mention(rig, ADMIN, "autoapprove on").startswith("I need the business hours first")
        assert rig.schedules.all() == {}


def test_what_holds_already_is_not_set_again(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        mention(rig, ADMIN, ON)
        assert mention(rig, ADMIN, ON).startswith("That is how it is already. The schedule is on here")
        assert mention(rig, ADMIN, "autoapprove on").startswith("That is how it is already.")
        assert len(recorded(rig, "schedule_changed")) == 1
        assert len(announced(rig)) == 1


def test_turning_off_what_was_never_on_sets_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        assert mention(rig, ADMIN, "autoapprove all off").startswith("That is how it is already.")
        assert rig.schedules.all() == {}


@pytest.mark.parametrize("before", [None, f"autoapprove all {HOURS}"])
def test_a_channel_that_somebody_turned_off_stays_off_when_the_one_for_all_is_turned_on(
    sandbox: Sandbox, tmp_path: Path, before: str | None
) -> None:
    with talking(sandbox, tmp_path, BOTH) as rig:
        if before:
            mention(rig, ADMIN, before)
        told = mention(rig, ADMIN, "autoapprove off")
        assert told.startswith("I approve nothing without a person here: the schedule is off.")
        assert mention(rig, ADMIN, "autoapprove off").startswith("That is how it is already.")
        mention(rig, ADMIN, f"autoapprove all on {HOURS}")
        assert not stored(rig).on
        assert "the schedule is off" in mention(rig, ADMIN, "autoapprove status")


@pytest.mark.parametrize(
    ("scope", "begins"), [("", "autoapprove"), ("all ", ALL_OF_THEM), (f"<#{SECOND_CHANNEL}> ", THERE)]
)
def test_what_it_tells_to_write_is_for_the_schedule_in_question(
    sandbox: Sandbox, tmp_path: Path, scope: str, begins: str
) -> None:
    with talking(sandbox, tmp_path, BOTH) as rig:
        assert f"`{begins} on hours mon-fri" in mention(rig, ADMIN, f"autoapprove {scope}on")
        assert f"`{begins} until never`" in mention(rig, ADMIN, f"autoapprove {scope}until 2001-01-01")
        assert f"`{begins} rated-only`" in mention(rig, ADMIN, f"autoapprove {scope}on {HOURS}")


def test_a_channel_without_its_own_schedule_goes_by_the_one_for_all(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, BOTH) as rig:
        told = mention(rig, ADMIN, f"autoapprove all on {HOURS}")
        assert told.startswith(f"The schedule is on {EVERYWHERE}:")
        for channel in BOTH:
            (line,) = announced(rig, channel)
            assert line.startswith(f"From now on I approve {EVERYWHERE} without a person")
        for words in ("autoapprove status", "status"):
            assert "The schedule for all channels is on here:" in mention(rig, APPROVER, words)
        mention(rig, ADMIN, "autoapprove all off")
        told = mention(rig, APPROVER, "autoapprove status")
        off = "I approve nothing without a person here: the schedule for all channels is off. Turned on, it"
        assert told.startswith(f"{off} would approve {describe(stored(rig, 'all'))}. <@")


def test_where_a_channel_allows_less_than_its_schedule_gives_everybody_is_told(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    half_an_hour = replace(APPROVERS, terms=Terms(longest=Duration(1800)))
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS, SECOND_CHANNEL: half_an_hour}) as rig:
        less = f"But it gives 30 minutes at most, since <#{SECOND_CHANNEL}> allows no more."
        mention(rig, ADMIN, f"autoapprove on {HOURS} duration 1h")
        assert less not in mention(rig, ADMIN, "autoapprove status")
        assert less in mention(rig, ADMIN, f"autoapprove all on {HOURS} duration 1h")
        assert less in announced(rig, SECOND_CHANNEL)[-1]
        assert less in mention(rig, ADMIN, "status", SECOND_CHANNEL)
        assert less in write(rig, ADMIN, "status")
        mention(rig, ADMIN, "autoapprove all duration 20m")
        assert "at most" not in write(rig, ADMIN, "status")


def test_a_change_in_one_channel_begins_with_what_holds_there(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, BOTH) as rig:
        mention(rig, ADMIN, f"autoapprove all on {HOURS}")
        mention(rig, ADMIN, "autoapprove duration 1h")
        assert stored(rig).on
        assert stored(rig).hours == stored(rig, "all").hours
        assert stored(rig, "all").duration.seconds is None


def test_turned_off_here_the_answer_says_where_it_is_still_on(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, BOTH) as rig:
        mention(rig, ADMIN, f"autoapprove all on {HOURS}")
        told = mention(rig, ADMIN, "autoapprove off")
        assert not stored(rig).on
        assert f"Another schedule is still on {EVERYWHERE}" in told


def test_while_what_is_stored_cannot_be_read_nothing_is_said_to_be_approved_elsewhere(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, BOTH) as rig:
        mention(rig, ADMIN, f"autoapprove <#{SECOND_CHANNEL}> on {HOURS}")
        assert "Another schedule is still on" in mention(rig, ADMIN, "status")
        block_state(tmp_path, "schedules")
        rig.refresher.work(rig.clock.now())
        told = mention(rig, ADMIN, "status")
        assert "Another schedule" not in told
        assert "approve nothing without a person" in told


def test_another_channels_schedule_is_set_by_its_name_and_announced_there(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, BOTH) as rig:
        told = mention(rig, ADMIN, f"autoapprove <#{SECOND_CHANNEL}|second-approvals> on {HOURS}")
        assert told.startswith(f"The schedule is on in <#{SECOND_CHANNEL}>:")
        assert announced(rig) == []
        assert announced(rig, SECOND_CHANNEL)[0].startswith("From now on I approve here without a person")


def test_directly_it_must_be_said_which_schedule_is_meant(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, BOTH) as rig:
        assert write(rig, ADMIN, ON).startswith("Which schedule do you mean?")
        assert write(rig, ADMIN, "autoapprove status").startswith("Which schedule do you mean?")
        assert write(rig, ADMIN, f"autoapprove all on {HOURS}").startswith("The schedule is on in every")
        assert announced(rig)
        assert announced(rig, SECOND_CHANNEL)


def test_for_all_it_is_announced_in_every_channel_that_goes_by_it(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, BOTH) as rig:
        mention(rig, ADMIN, f"autoapprove on {HOURS} rated-only")
        write(rig, ADMIN, f"autoapprove all on {HOURS}")
        assert len(announced(rig)) == 1
        (line,) = announced(rig, SECOND_CHANNEL)
        assert line.startswith(f"From now on I approve {EVERYWHERE} without a person")
        write(rig, ADMIN, "autoapprove all off")
        assert len(announced(rig)) == 1
        assert announced(rig, SECOND_CHANNEL)[-1] == (
            f"From now on I approve nothing {EVERYWHERE} without a person. <@{ADMIN}> has set this. "
            f"Another schedule is still on in <#{APPROVALS}>, and what it covers is approved all the same."
        )


def test_where_every_channel_has_its_own_the_one_for_all_is_announced_where_it_was_set(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        mention(rig, ADMIN, ON)
        mention(rig, ADMIN, f"autoapprove all on {HOURS}")
        assert announced(rig)[-1].startswith(f"From now on I approve {EVERYWHERE} without a person")
        mention(rig, ADMIN, "autoapprove off")
        assert "Another schedule" not in announced(rig)[-1]


@pytest.mark.parametrize("scope", ["all", f"<#{SECOND_CHANNEL}>"])
def test_turned_off_here_everybody_is_told_what_is_still_on(
    sandbox: Sandbox, tmp_path: Path, scope: str
) -> None:
    with talking(sandbox, tmp_path, BOTH) as rig:
        mention(rig, ADMIN, ON)
        mention(rig, ADMIN, f"autoapprove {scope} on {HOURS}")
        mention(rig, ADMIN, "autoapprove off")
        where = EVERYWHERE if scope == "all" else f"in {scope}"
        assert announced(rig)[-1] == (
            f"From now on I approve nothing here without a person. <@{ADMIN}> has set this. "
            f"Another schedule is still on {where}, and what it covers is approved all the same."
        )


@pytest.mark.parametrize("user", [GUEST, STRANGER, OUTSIDER])
@pytest.mark.parametrize("scope", [f"<#{SECOND_CHANNEL}>", "all"])
def test_of_other_channels_schedules_only_approvers_and_admins_are_told(
    sandbox: Sandbox, tmp_path: Path, user: str, scope: str
) -> None:
    with talking(sandbox, tmp_path, BOTH) as rig:
        write(rig, ADMIN, f"autoapprove {scope} on {HOURS}")
        for say in (write, mention):
            assert "Europe/Berlin" not in say(rig, user, f"autoapprove {scope} status")
            for other in (ADMIN, APPROVER):
                assert "Europe/Berlin" in say(rig, other, f"autoapprove {scope} status")
        assert rules(rig) == ["approvers only" if user == OUTSIDER else "members only"] * 2
        assert mention(rig, user, "autoapprove here").startswith(("The schedule for", "I approve nothing"))


def test_where_nothing_is_posted_there_is_no_schedule(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        assert "is not registered, so it has no schedule" in mention(rig, ADMIN, ON)
        assert "is not registered, so it has no schedule" in mention(
            rig, ADMIN, f"autoapprove <#{SECOND_CHANNEL}> off"
        )
        assert rules(rig) == ["channel not registered"] * 2


def test_what_the_store_does_not_take_changes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        block_state(tmp_path, "schedules")
        assert mention(rig, ADMIN, ON).startswith("I could not store this")
        assert rig.schedules.all() == {}
        assert rules(rig) == ["state cannot be written"]
        assert announced(rig) == []


def test_while_schedules_cannot_be_read_none_is_changed_and_every_answer_says_so(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, BOTH) as rig:
        mention(rig, ADMIN, ON)
        block_state(tmp_path, "schedules")
        rig.refresher.work(rig.clock.now())
        told = mention(rig, OUTSIDER, "autoapprove status")
        assert "The schedule is on here" in told
        assert "approve nothing without a person" in told
        assert "But it approves nothing for now" in mention(rig, GUEST, "status")
        assert "I know of no schedule" in mention(rig, APPROVER, "autoapprove status", SECOND_CHANNEL)
        assert "I cannot read the channels and schedules" in mention(rig, ADMIN, "autoapprove off")
        assert rules(rig) == ["state cannot be read"]
        unblock_state(tmp_path, "schedules")


@pytest.mark.parametrize("transaction", [1, 2])
@pytest.mark.parametrize("words", [ON, "autoapprove off"])
def test_a_crash_in_the_middle_leaves_one_change_recorded_announced_and_told(
    sandbox: Sandbox, tmp_path: Path, words: str, transaction: int
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        if words != ON:
            mention(rig, ADMIN, ON)
        before = len(announced(rig))
        hear(rig, ADMIN, words)
        with rig.killed_at(transaction), pytest.raises(Killed):
            rig.step("clerk")
        rig.restart()
        rig.run("clerk")
        done = recorded(rig, "schedule_changed")[-1]
        assert (done.detail["before"] is None) is (words == ON)
        assert len(recorded(rig, "schedule_changed")) == len(announced(rig)) == before + 1
        assert stored(rig).on is (words == ON)
        assert "That is how it is already" not in rig.told(ADMIN)[-1]


def test_a_command_says_the_same_and_the_announcement_is_for_all(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        assert command(rig, ADMIN, ON).startswith("The schedule is on here")
        assert len(announced(rig)) == 1


NIGHT_AND_WEEKEND = Schedule(
    on=True, hours=Hours((Window((0, 1, 2, 3, 4), 9 * 60, 17 * 60),), "Europe/Berlin"), set_by=ADMIN
)
FRIDAY_NOON = int(datetime(2026, 11, 20, 11, tzinfo=UTC).timestamp()) * SECOND
FRIDAY_NIGHT = FRIDAY_NOON + 9 * 3600 * SECOND
CHRISTMAS_NOON = int(datetime(2026, 12, 25, 11, tzinfo=UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("schedule", "now", "words"),
    [
        (NIGHT_AND_WEEKEND, FRIDAY_NOON, "It opens next <!date^1795190400^"),
        (NIGHT_AND_WEEKEND, FRIDAY_NIGHT, "It is open now, until <!date^1795420800^"),
        (
            replace(NIGHT_AND_WEEKEND, holidays=("DE",)),
            CHRISTMAS_NOON,
            "It is open now, until <!date^1798444800^",
        ),
        (Schedule(on=True), FRIDAY_NOON, "But it approves nothing: no business hours are set."),
        (
            Schedule(on=True, hours=NIGHT_AND_WEEKEND.hours, until=date(2026, 11, 1)),
            FRIDAY_NOON,
            "Its last day is over, so it approves nothing any more.",
        ),
        (
            Schedule(on=True, hours=Hours((Window(tuple(range(7)), 0, 1440),), "UTC")),
            FRIDAY_NOON,
            "It does not open within a year.",
        ),
        (Schedule(), FRIDAY_NOON, "I approve nothing without a person here: the schedule is off."),
        (None, FRIDAY_NOON, "I approve nothing without a person here: no schedule is set."),
    ],
)
def test_how_a_schedule_stands_is_told_in_words(schedule: Schedule | None, now: int, words: str) -> None:
    assert words in schedule_text.standing(schedule, HERE, now)

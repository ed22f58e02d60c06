"""What the schedules cover: where they hold, who sees what they did, and when nothing is covered at all."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.closed_channels import ClosedChannels
from slack_bot.coverage import Coverage
from slack_bot.policy import ChannelPolicy, Terms
from slack_bot.publisher.poster import NOT_HERE
from slack_bot.rows import State
from tests.rig import ADMIN, APPROVALS, APPROVERS, OUR_BOT, OUTSIDER, SECOND_CHANNEL, Rig, has_buttons
from tests.slack_bot.conversing import block_state, mention, registered, talking, write
from tests.slack_bot.schedules import open_at, request
from upstream_client.models import HOUR, ONE_TIME, Duration, Risk


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}) as running:
        yield running


def turn_on(rig: Rig, scope: str = APPROVALS) -> None:
    rig.schedules.put(scope, replace(open_at(rig.clock.now()), set_by=ADMIN))


def coverage(rig: Rig) -> Coverage:
    return Coverage(rig.state, ClosedChannels(), rig.placement)


def archive(rig: Rig, channel: str, *, archived: bool = True) -> None:
    rig.control.change_channel(channel, archived=archived)


def status(rig: Rig, request_id: str) -> object:
    return rig.upstream_request(request_id)["status"]


@pytest.mark.parametrize("folder", ["channels", "schedules"])
def test_while_the_state_cannot_be_read_nothing_is_approved_as_the_bot_says(
    sandbox: Sandbox, tmp_path: Path, folder: str
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        turn_on(rig)
        block_state(tmp_path, folder)
        rig.step("refresher")
        for words in ("status", "autoapprove status"):
            assert "approve nothing without a person" in mention(rig, ADMIN, words)
        assert status(rig, rig.ask()) == "Pending"
        assert has_buttons(rig.card())


def test_while_one_channel_cannot_be_read_nothing_is_approved_and_no_schedule_is_changed(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        turn_on(rig, "all")
        damaged = tmp_path / "state" / "channels" / f"{SECOND_CHANNEL}.json"
        damaged.write_text("{")
        rig.step("refresher")
        assert "So I changed nothing" in mention(rig, ADMIN, "autoapprove on")
        asked = rig.ask()
        assert status(rig, asked) == "Pending"

        damaged.unlink()
        rig.step("refresher")
        rig.run()
        assert status(rig, asked) == "Approved"


def test_what_the_schedule_for_all_approves_is_shown_in_every_channel(rig: Rig) -> None:
    turn_on(rig, "all")
    rig.ask()
    assert rig.row().state is State.APPROVED
    for channel in (APPROVALS, SECOND_CHANNEL):
        [card] = rig.cards(channel)
        assert not has_buttons(card)


@pytest.mark.parametrize("scope", [SECOND_CHANNEL, "all"])
def test_the_audit_log_tells_whose_schedule_it_was_and_who_set_it(rig: Rig, scope: str) -> None:
    turn_on(rig, scope)
    rig.ask()
    [decided] = [one for one in rig.audit() if one.kind == "decided"]
    assert (decided.detail["scope"], decided.detail["set_by"]) == (scope, ADMIN)
    assert decided.detail["channel"] == ("" if scope == "all" else scope)


def test_a_channel_goes_by_its_own_schedule_and_else_by_the_one_for_all(rig: Rig) -> None:
    turn_on(rig, "all")
    rig.schedules.put(APPROVALS, replace(open_at(rig.clock.now()), on=False))
    holding = coverage(rig).holding()
    assert {channel: rule.scope for channel, rule in holding.items()} == {
        APPROVALS: APPROVALS,
        SECOND_CHANNEL: "all",
    }
    assert list(coverage(rig).open_at(rig.clock.now())) == [SECOND_CHANNEL]


@pytest.mark.parametrize(
    ("given", "asked_for", "covered"),
    [
        (Duration(HOUR), Duration(HOUR), True),
        (Duration(HOUR), Duration(HOUR + 60), False),
        (Duration(HOUR), Duration(60), True),
        (Duration(HOUR), ONE_TIME, True),
        (ONE_TIME, ONE_TIME, True),
        (ONE_TIME, Duration(60), False),
    ],
)
def test_an_approval_is_still_covered_where_a_schedule_gives_as_much(
    rig: Rig, given: Duration, asked_for: Duration, covered: bool
) -> None:
    now = rig.clock.now()
    rig.schedules.put(APPROVALS, replace(open_at(now), duration=given))
    assert coverage(rig).still_covers(request(), asked_for, now) is covered


def at_most(longest: Duration | None) -> ChannelPolicy:
    return replace(APPROVERS, terms=Terms(longest=longest))


QUARTER, HALF = Duration(HOUR // 4), Duration(HOUR // 2)


@pytest.mark.parametrize(
    ("scope", "longest", "there", "duration"),
    [
        (APPROVALS, None, None, Duration(HOUR)),
        (APPROVALS, HALF, None, HALF),
        (APPROVALS, Duration(2 * HOUR), None, Duration(HOUR)),
        (APPROVALS, ONE_TIME, None, ONE_TIME),
        (APPROVALS, HALF, QUARTER, HALF),
        ("all", HALF, None, HALF),
        ("all", HALF, QUARTER, QUARTER),
        ("all", QUARTER, ONE_TIME, ONE_TIME),
    ],
)
def test_a_schedule_approves_for_no_longer_than_every_channel_that_goes_by_it_allows(
    sandbox: Sandbox,
    tmp_path: Path,
    scope: str,
    longest: Duration | None,
    there: Duration | None,
    duration: Duration,
) -> None:
    channels = {APPROVALS: at_most(longest), SECOND_CHANNEL: at_most(there)}
    with Rig(sandbox, tmp_path, channels) as rig:
        turn_on(rig, scope)
        now = rig.clock.now()
        rule = coverage(rig).covering(request(), now)
        assert rule is not None
        assert (rule.scope, rule.duration) == (scope, duration)
        assert coverage(rig).still_covers(request(), duration, now)
        longer = Duration((duration.seconds or 0) + 60)
        assert not coverage(rig).still_covers(request(), longer, now)


def test_a_channel_with_a_schedule_of_its_own_does_not_shorten_the_one_for_all(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: at_most(QUARTER), SECOND_CHANNEL: at_most(HALF)}) as rig:
        turn_on(rig, "all")
        turn_on(rig, APPROVALS)
        holding = coverage(rig).holding()
        assert {rule.scope: rule.duration for rule in holding.values()} == {APPROVALS: QUARTER, "all": HALF}


def test_what_is_too_risky_by_now_is_not_covered_any_more(rig: Rig) -> None:
    turn_on(rig)
    now = rig.clock.now()
    assert coverage(rig).covering(request(Risk.MEDIUM), now) is not None
    assert coverage(rig).covering(request(Risk.HIGH), now) is None


def see_nothing(rig: Rig, how: str) -> None:
    if how == "archived":
        archive(rig, APPROVALS)
    else:
        rig.control.change_channel(APPROVALS, leave=[OUR_BOT])


def see_again(rig: Rig, how: str) -> None:
    if how == "archived":
        archive(rig, APPROVALS, archived=False)
    else:
        rig.control.change_channel(APPROVALS, join=[OUR_BOT])


@pytest.mark.parametrize("how", ["archived", "thrown out"])
def test_where_nobody_can_see_it_nothing_is_approved_until_somebody_can_again(
    sandbox: Sandbox, tmp_path: Path, how: str
) -> None:
    """Given that the only channel takes no message, when that is known, then people have to be asked."""
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        turn_on(rig)
        see_nothing(rig, how)
        asked_first = rig.control.file_request()
        rig.step("poller")
        for name in ("auto_approver", "applier", "publisher"):
            rig.step(name)
        assert status(rig, asked_first) == "Approved"

        asked = rig.control.file_request()
        rig.step("poller")
        for name in ("auto_approver", "applier", "publisher"):
            rig.step(name)
        assert status(rig, asked) == "Pending"
        told = write(rig, OUTSIDER, "status")
        assert f"No message of mine gets into the channel {APPROVALS}" in told

        see_again(rig, how)
        rig.run()
        assert len(rig.cards()) == 2
        assert status(rig, asked) == "Approved"
        assert "No message of mine" not in write(rig, OUTSIDER, "status")


def test_an_edit_tells_as_well_that_a_channel_is_closed(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        rig.control.withdraw(rig.ask())
        archive(rig, APPROVALS)
        for name in ("poller", "poller", "publisher"):
            rig.step(name)
        turn_on(rig)
        asked = rig.control.file_request()
        rig.step("poller")
        rig.step("auto_approver")
        rig.step("applier")
        assert status(rig, asked) == "Pending"


def test_while_another_channel_is_open_the_schedule_for_all_holds(rig: Rig) -> None:
    turn_on(rig, "all")
    archive(rig, APPROVALS)
    for _ in range(2):
        asked = rig.control.file_request()
        rig.step("poller")
        for name in ("auto_approver", "applier", "publisher"):
            rig.step(name)
        rig.clock.advance(2)
        assert status(rig, asked) == "Approved"
    rig.step("publisher")
    assert len(rig.cards(SECOND_CHANNEL)) == 2


def test_a_channel_is_noted_once_while_it_is_closed() -> None:
    notes: list[str] = []
    closed = ClosedChannels(notes)
    for word in sorted(NOT_HERE):
        closed.close(APPROVALS, word)
    assert APPROVALS in closed
    assert SECOND_CHANNEL not in closed
    assert len(notes) == 1
    for _ in range(2):
        closed.open(APPROVALS)
    assert APPROVALS not in closed
    assert notes == []

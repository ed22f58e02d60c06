"""The schedules at work: what they answer, when, and what they leave to people."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.privilege_manager import PrivilegeManager
from slack_bot.clock import SECOND
from slack_bot.policy import ChannelPolicy, Terms
from slack_bot.rows import State
from slack_bot.schedule import Hours, Schedule, Window
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS, SECOND_CHANNEL, Killed, Rig, has_buttons
from tests.slack_bot.own_privman import only_request, rig_over, tell_anew
from tests.slack_bot.schedules import open_at
from upstream_client.models import HOUR, ONE_TIME, ApprovalRequest, Capabilities, Duration, Risk
from upstream_client.privilege_manager import PrivManClient

NIGHTS = Schedule(
    on=True,
    hours=Hours((Window((0, 1, 2, 3, 4), 9 * 60, 17 * 60 + 30),), "UTC"),
    duration=Duration(HOUR),
    max_risk=Risk.MEDIUM,
    set_by=ADMIN,
)
MIDNIGHT, NOON = timedelta(hours=0), timedelta(hours=12)
WEDNESDAY = 2


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}) as running:
        yield running


def advance_to(rig: Rig, time_of_day: timedelta) -> None:
    """Lets time pass until the next Wednesday's moment."""
    now = datetime.fromtimestamp(rig.clock.now() / SECOND, UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    then = midnight + timedelta(days=(WEDNESDAY - now.weekday()) % 7) + time_of_day
    rig.clock.advance((then + timedelta(days=0 if then > now else 7) - now).total_seconds())


def ask(rig: Rig, **fields: object) -> str:
    """Somebody asks, and everybody has looked in the order in which they do."""
    request = rig.control.file_request(**fields)
    rig.step("poller")
    rig.run()
    return request


def test_at_night_a_request_is_approved_with_one_settled_card_and_no_mention(rig: Rig) -> None:
    """Given a schedule, when somebody asks outside business hours, then nobody has to be there."""
    rig.schedules.put(APPROVALS, NIGHTS)
    advance_to(rig, MIDNIGHT)

    request = ask(rig)

    told = rig.upstream_request(request)
    assert (told["status"], told["duration"], told["decisions"]) == ("Approved", 60, 1)
    assert "by the schedule" in told["comment"]
    assert rig.row().decision_id in told["comment"]
    [card] = rig.cards()
    assert rig.headline().startswith("Approved automatically")
    assert not has_buttons(card)
    assert '"user_id"' not in str(card["blocks"]).replace("'", '"')
    assert (rig.row().cause, rig.row().decided_by, rig.row().decided_in) == ("schedule", "", APPROVALS)
    assert [one.detail["cause"] for one in rig.audit() if one.kind == "decided"] == ["schedule"]


@pytest.mark.parametrize("meanwhile", ["nothing", "a restart", "the clock set back"])
def test_by_day_people_are_asked_and_when_the_window_opens_those_who_wait_are_approved(
    rig: Rig, meanwhile: str
) -> None:
    rig.schedules.put(APPROVALS, NIGHTS)
    advance_to(rig, NOON)
    request = ask(rig)
    assert rig.upstream_request(request)["status"] == "Pending"
    assert has_buttons(rig.card())

    rig.clock.advance(5.4 * HOUR)
    rig.run()
    assert rig.upstream_request(request)["status"] == "Pending"
    if meanwhile == "a restart":
        rig.restart()
    if meanwhile == "the clock set back":
        rig.clock.advance(-6 * HOUR)
        rig.run()
        assert rig.upstream_request(request)["status"] == "Pending"
        rig.clock.advance(6 * HOUR)
    rig.clock.advance(0.2 * HOUR)
    rig.run()

    assert rig.upstream_request(request)["status"] == "Approved"
    assert len(rig.cards()) == 1
    assert not has_buttons(rig.card())


def test_a_schedule_for_all_holds_where_a_channel_has_none_of_its_own(rig: Rig) -> None:
    rig.schedules.put("all", NIGHTS)
    advance_to(rig, MIDNIGHT)
    assert rig.upstream_request(ask(rig))["status"] == "Approved"


def test_a_channel_that_turned_its_own_off_does_not_follow_the_one_for_all(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Rig(sandbox, tmp_path) as rig:
        rig.schedules.put("all", NIGHTS)
        rig.schedules.put(APPROVALS, replace(NIGHTS, on=False))
        advance_to(rig, MIDNIGHT)
        assert rig.upstream_request(ask(rig))["status"] == "Pending"


@pytest.mark.parametrize(
    ("scope", "longest", "minutes"),
    [
        (APPROVALS, Duration(HOUR // 2), 30),
        (APPROVALS, Duration(HOUR), 60),
        (APPROVALS, ONE_TIME, None),
        ("all", Duration(HOUR // 2), 30),
    ],
)
def test_a_schedule_approves_for_no_longer_than_the_channel_allows(
    sandbox: Sandbox, tmp_path: Path, scope: str, longest: Duration, minutes: int | None
) -> None:
    """Given a schedule for one hour and a channel that allows less, then less is approved."""
    channels = {
        APPROVALS: replace(APPROVERS, terms=Terms(longest=longest)),
        SECOND_CHANNEL: APPROVERS,
    }
    with Rig(sandbox, tmp_path, channels) as rig:
        rig.schedules.put(scope, NIGHTS)
        advance_to(rig, MIDNIGHT)
        request = ask(rig)
        assert rig.upstream_request(request)["status"] == "Approved"
        assert rig.row().duration == (None if minutes is None else minutes * 60)


class OfHours(PrivManClient):
    """One that approves for an hour or for four, and for nothing else."""

    @property
    def capabilities(self) -> Capabilities:
        return self._told

    @capabilities.setter
    def capabilities(self, told: Capabilities) -> None:
        self._told = replace(told, other_durations=False)

    def list_pending(self) -> list[ApprovalRequest]:
        return [replace(one, durations=OFFERED) for one in super().list_pending()]


OFFERED = (Duration(HOUR), Duration(4 * HOUR))


@pytest.mark.parametrize(
    ("longest", "offers_once", "answer"),
    [(None, False, "Approved"), (HOUR // 2, False, "Pending"), (HOUR // 2, True, "Approved")],
)
def test_where_what_is_allowed_is_not_offered_it_is_approved_once_or_left(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    longest: int | None,
    offers_once: bool,
    answer: str,
) -> None:
    if offers_once:
        monkeypatch.setattr(f"{__name__}.OFFERED", (ONE_TIME, *OFFERED))
    terms = Terms(longest=None if longest is None else Duration(longest))
    rig = Rig(sandbox, tmp_path, {APPROVALS: replace(APPROVERS, terms=terms)})
    rig.client = OfHours
    with rig:
        rig.schedules.put(APPROVALS, NIGHTS)
        advance_to(rig, MIDNIGHT)
        request = ask(rig)
        assert rig.upstream_request(request)["status"] == answer
        assert rig.row().duration == (HOUR if longest is None else None)


def test_what_a_channel_did_not_allow_is_approved_once_it_does(sandbox: Sandbox, tmp_path: Path) -> None:
    rig = Rig(sandbox, tmp_path, {})
    rig.client = OfHours
    with rig:
        rig.channels.register(APPROVALS, ADMIN, rig.clock.now())
        rig.channels.set_policy(APPROVALS, replace(APPROVERS, terms=Terms(longest=ONE_TIME)), ADMIN)
        rig.schedules.put(APPROVALS, NIGHTS)
        advance_to(rig, MIDNIGHT)
        request = ask(rig)
        assert rig.upstream_request(request)["status"] == "Pending"
        rig.channels.set_policy(APPROVALS, APPROVERS, ADMIN)
        rig.run()
        assert rig.upstream_request(request)["status"] == "Approved"


def test_with_no_channel_registered_nothing_is_approved(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given a schedule for all and nobody who could see what it does, then it does nothing."""
    with Rig(sandbox, tmp_path, {}) as rig:
        rig.schedules.put("all", NIGHTS)
        advance_to(rig, MIDNIGHT)
        assert rig.upstream_request(ask(rig))["status"] == "Pending"


@pytest.mark.parametrize("damage", ["unreadable", "gone"])
def test_where_the_schedule_cannot_be_read_nothing_is_approved(rig: Rig, tmp_path: Path, damage: str) -> None:
    rig.schedules.put(APPROVALS, NIGHTS)
    for file in (tmp_path / "state" / "schedules").glob("*.json"):
        file.write_text("{") if damage == "unreadable" else file.unlink()
    rig.step("refresher")
    advance_to(rig, MIDNIGHT)
    assert rig.upstream_request(ask(rig))["status"] == "Pending"


def test_a_request_that_changed_while_it_waited_is_left_to_people(sandbox: Sandbox, tmp_path: Path) -> None:
    pm = PrivilegeManager()
    with rig_over(pm, sandbox, tmp_path) as rig:
        advance_to(rig, NOON)
        request = pm.file_request(file="C:\\Tools\\one.exe")
        rig.look()
        tell_anew(pm, request, file="C:\\Tools\\two.exe")
        rig.look()
        assert rig.row().revision == 2

        rig.schedules.put(APPROVALS, NIGHTS)
        advance_to(rig, MIDNIGHT)
        rig.run()

        assert only_request(pm)["status"] == "Pending"


def test_an_approval_that_the_upstream_refuses_is_not_sent_for_ever(rig: Rig) -> None:
    """Given an upstream that says no to the schedule's approval, then the request waits for a person."""
    rig.schedules.put(APPROVALS, NIGHTS)
    advance_to(rig, MIDNIGHT)
    rig.upstream_fails("approve", "error_in_200", times=1)

    request = ask(rig)

    assert rig.row().state is State.PENDING
    assert "refused the schedule's approval" in rig.words()
    assert rig.control.upstream_calls()["approve"] == 1
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.upstream_request(request)["status"] == "Approved"
    assert rig.headline() == "Approved by Approver"


def test_a_schedule_turned_on_answers_what_it_left_before(rig: Rig) -> None:
    rig.schedules.put(APPROVALS, replace(NIGHTS, rated_only=True))
    advance_to(rig, MIDNIGHT)
    request = ask(rig)
    assert rig.upstream_request(request)["status"] == "Pending"

    rig.schedules.put(APPROVALS, NIGHTS)
    rig.run()

    assert rig.upstream_request(request)["status"] == "Approved"


def test_killed_anywhere_it_approves_once(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given a death before each of its transactions, when it starts again, then one approval was applied."""
    for transaction in range(1, 12):
        sandbox.control.reset()
        folder = tmp_path / str(transaction)
        folder.mkdir()
        with Rig(sandbox, folder, {APPROVALS: ChannelPolicy()}) as rig:
            rig.schedules.put(APPROVALS, open_at(rig.clock.now()))
            request = rig.control.file_request()
            with rig.killed_at(transaction) as strike, suppress(Killed):
                rig.step("poller")
                rig.run()
            if strike.struck:
                rig.restart()
                rig.step("poller")
                rig.run()
            assert rig.upstream_request(request)["decisions"] == 1
            assert len(rig.cards()) == 1
            if not strike.struck:
                return
    raise AssertionError("it never came to an end")

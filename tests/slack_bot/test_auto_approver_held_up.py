"""What people said or pressed goes before what a schedule would do, and so does what changed a moment ago."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.parameter_store import DirectoryStore, StateError
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import State
from tests.clock import Clock
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    SECOND_APPROVER,
    Rig,
    at_statement,
    has_buttons,
)
from tests.slack_bot.conversing import hear, recorded
from tests.slack_bot.schedules import open_at
from tests.slack_bot.verdicts import press_here

WHO_IS_IT = "users.info"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


def turn_on(rig: Rig) -> None:
    rig.schedules.put(APPROVALS, open_at(rig.clock.now()))


def turn_off(rig: Rig) -> None:
    rig.schedules.put(APPROVALS, replace(open_at(rig.clock.now()), on=False))


def slack_is_busy(rig: Rig) -> None:
    rig.control.faults(method=WHO_IS_IT, kind="ratelimited", retry_after=20)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_deny_that_was_acknowledged_wins_over_a_schedule_that_opens(rig: Rig, restarted: bool) -> None:
    """Given a press that waits for Slack, when the schedule opens, then the person's answer counts."""
    request = rig.ask()
    slack_is_busy(rig)
    rig.press(APPROVER, "deny_request")
    rig.step("clerk")
    turn_on(rig)
    if restarted:
        rig.restart()
    rig.step("auto_approver")
    assert rig.row().state is State.PENDING
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert rig.upstream_request(request)["status"] == "Denied"


def test_an_off_that_was_acknowledged_holds_before_it_is_done(rig: Rig) -> None:
    turn_on(rig)
    slack_is_busy(rig)
    hear(rig, ADMIN, "autoapprove off")
    rig.step("clerk")
    request = rig.ask()
    assert rig.upstream_request(request)["status"] == "Pending"
    assert has_buttons(rig.card())


def test_when_the_inbox_is_empty_what_was_held_up_goes_on(rig: Rig) -> None:
    """Given something that waits, when it is handled, then the auto-approver is woken and goes on."""
    turn_on(rig)
    slack_is_busy(rig)
    hear(rig, APPROVER, "status")
    wait = rig.step("clerk")
    assert wait is not None
    request = rig.control.file_request()
    for name in ("poller", "auto_approver", "applier"):
        rig.step(name)
    assert rig.upstream_request(request)["status"] == "Pending"
    assert not rig.emptied.is_set()

    rig.clock.advance(wait)
    rig.step("clerk")
    assert rig.emptied.is_set()
    rig.run()
    assert rig.upstream_request(request)["status"] == "Approved"


def test_a_round_ends_where_the_schedule_is_turned_off_during_it(rig: Rig) -> None:
    turn_on(rig)
    requests = [rig.control.file_request() for _ in range(4)]
    rig.step("poller")
    with at_statement(rig, "UPDATE requests", lambda: turn_off(rig), nth=2):
        rig.step("auto_approver")
    rig.run()
    assert len(recorded(rig, "decided")) == 2
    assert [rig.upstream_request(one)["status"] for one in requests] == ["Pending"] * 4  # nor were these sent


def test_a_round_ends_where_somebody_says_so_during_it(rig: Rig) -> None:
    turn_on(rig)
    requests = [rig.control.file_request() for _ in range(4)]
    rig.step("poller")
    with at_statement(rig, 'WHERE requests."key"', lambda: hear(rig, ADMIN, "autoapprove off")):
        rig.step("auto_approver")
    rig.run()
    assert [rig.upstream_request(one)["status"] for one in requests] == ["Pending"] * 4


class Deaf(DirectoryStore):
    """A store that this replica cannot read for a while."""

    is_deaf = False

    def read_all(self, folder: str) -> dict[str, str]:
        if self.is_deaf:
            raise StateError("The store does not answer.")
        return super().read_all(folder)


@contextmanager
def two(sandbox: Sandbox, folder: Path, url: str) -> Iterator[tuple[Rig, Rig]]:
    """Two replicas; nobody tells the second what the first has stored."""
    clock, channels = Clock(), dict[str, ChannelPolicy]()
    with (
        Rig(sandbox, folder, channels, ledger_url=url, clock=clock, store=Deaf(folder / "state")) as a,
        Rig(sandbox, folder, channels, ledger_url=url, clock=clock, store=Deaf(folder / "state")) as b,
    ):
        hear(a, ADMIN)
        a.step("clerk")
        yield a, b


def done(rig: Rig, words: str) -> None:
    """An admin says this, and this replica does it."""
    hear(rig, ADMIN, words)
    rig.step("clerk")


def open_words(rig: Rig) -> str:
    hours = open_at(rig.clock.now()).hours
    assert hours is not None
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[hours.windows[0].days[0]]
    return f"autoapprove on hours {day} 00:00-01:00 UTC"


def test_a_replica_approves_nothing_by_a_schedule_that_another_has_turned_off(
    sandbox: Sandbox, tmp_path: Path, postgres_url: str
) -> None:
    with two(sandbox, tmp_path, postgres_url) as (a, b):
        done(a, open_words(a))
        b.step("refresher")
        done(a, "autoapprove off")
        request = b.control.file_request()
        b.step("poller")
        b.step("auto_approver")
        assert b.outdated.is_set()
        b.step("refresher")
        b.run()
        assert b.upstream_request(request)["status"] == "Pending"


def test_a_replica_goes_on_as_soon_as_it_has_read_what_another_changed(
    sandbox: Sandbox, tmp_path: Path, postgres_url: str
) -> None:
    with two(sandbox, tmp_path, postgres_url) as (a, b):
        done(a, open_words(a))
        b.step("refresher")
        done(a, "approvers <@U02APPROVER>")
        request = b.control.file_request()
        b.step("poller")
        for name in ("auto_approver", "refresher", "auto_approver", "applier"):
            b.step(name)
        assert b.upstream_request(request)["status"] == "Approved"


def test_who_is_no_approver_any_more_is_none_for_any_replica(
    sandbox: Sandbox, tmp_path: Path, postgres_url: str
) -> None:
    with two(sandbox, tmp_path, postgres_url) as (a, b):
        done(a, f"approvers <@{APPROVER}>")
        b.step("refresher")
        a.ask()
        done(a, f"approvers <@{SECOND_APPROVER}>")
        press_here(b, APPROVER)
        b.step("clerk")
        assert b.row().state is State.PENDING
        [refusal] = recorded(b, "refusal")
        assert refusal.detail["rule"] == "not an approver"
        press_here(b, SECOND_APPROVER)
        b.step("clerk")
        assert b.row().decided_by == SECOND_APPROVER


def test_a_replica_that_cannot_read_who_may_decide_keeps_the_press_until_it_can(
    sandbox: Sandbox, tmp_path: Path, postgres_url: str
) -> None:
    with two(sandbox, tmp_path, postgres_url) as (a, b):
        done(a, f"approvers <@{APPROVER}>")
        b.step("refresher")
        a.ask()
        done(a, f"approvers <@{SECOND_APPROVER}>")
        assert isinstance(b.store, Deaf)
        b.store.is_deaf = True
        press_here(b, SECOND_APPROVER)
        wait = b.step("clerk")
        assert wait is not None
        assert 9 < wait <= 10
        assert b.row().state is State.PENDING
        b.store.is_deaf = False
        b.clock.advance(wait)
        b.step("clerk")
        assert b.row().decided_by == SECOND_APPROVER


def test_a_schedules_verdict_is_not_sent_by_a_replica_once_another_has_turned_it_off(
    sandbox: Sandbox, tmp_path: Path, postgres_url: str
) -> None:
    with two(sandbox, tmp_path, postgres_url) as (a, b):
        done(a, open_words(a))
        b.step("refresher")
        request = b.control.file_request()
        b.step("poller")
        b.step("auto_approver")
        done(a, "autoapprove off")
        b.step("applier")
        b.run("publisher")
        assert b.upstream_request(request)["status"] == "Pending"
        assert "The schedule no longer covers it." in b.words()

"""When silence is no answer: while people were not heard, or something waits, or something else holds by now."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.audit import Kind
from slack_bot.closed_channels import ClosedChannels
from slack_bot.escalator import Escalator
from slack_bot.hearing import Hearing
from slack_bot.policy import ChannelPolicy, OnSilence, Silence, Silences, Terms
from slack_bot.rows import State
from tests.clock import Clock
from tests.rig import ADMIN, APPROVALS, APPROVER, SECOND_CHANNEL, Rig, at_statement
from tests.slack_bot.conversing import block_state, hear, recorded, unblock_state
from tests.slack_bot.examples import PRIVMAN
from tests.slack_bot.test_escalator import APPROVED, DENIED, FOUR_HOURS, bot, by, later, look, status
from tests.slack_bot.test_publisher_replicas import after_transaction
from tests.slack_bot.test_replicas import Replicas
from tests.slack_bot.verdicts import press_here
from upstream_client.models import HOUR, MINUTE, ApprovalRequest, Risk, Seen
from upstream_client.privilege_manager import PrivManClient

WHO_IS_IT = "users.info"
NOT_HANDLED = "something that people said or pressed is not handled yet"


@pytest.fixture
def denying(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with bot(sandbox, tmp_path, by(DENIED)) as rig:
        yield rig


@pytest.fixture
def approving(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with bot(sandbox, tmp_path, by(APPROVED)) as rig:
        yield rig


def slack_is_busy(rig: Rig) -> None:
    rig.control.faults(method=WHO_IS_IT, kind="ratelimited", retry_after=20)


# What was said or pressed


@pytest.mark.parametrize("restarted", [False, True])
def test_a_press_that_waits_in_the_inbox_is_the_answer(denying: Rig, restarted: bool) -> None:
    """Given a press that Slack keeps from being handled, when the deadline passes, then the person decides."""
    rig = denying
    request = rig.ask()
    rig.clock.advance(FOUR_HOURS - 1)
    slack_is_busy(rig)
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    if restarted:
        rig.restart()
    rig.clock.advance(5 * MINUTE + 1)
    assert rig.step("escalator") is None
    assert rig.row().state is State.PENDING
    rig.run()
    later(rig, HOUR)
    assert status(rig, request) == "Approved"
    assert rig.headline() == "Approved by Approver"


def test_whatever_people_said_is_done_first(denying: Rig) -> None:
    rig = denying
    request = rig.ask()
    rig.clock.advance(FOUR_HOURS)
    slack_is_busy(rig)
    hear(rig, ADMIN, "status")
    rig.step("clerk")
    with capture_logs() as logs:
        rig.step("escalator")
    assert [line["why"] for line in logs] == [NOT_HANDLED]
    assert status(rig, request) == "Pending"
    rig.run()
    look(rig)
    assert status(rig, request) == "Denied"


def test_a_round_ends_where_somebody_presses_during_it(denying: Rig) -> None:
    rig = denying
    requests = [rig.ask() for _ in range(3)]
    rig.clock.advance(FOUR_HOURS)
    with at_statement(rig, "FROM cards", lambda: press_here(rig, APPROVER)):
        rig.step("escalator")
    rig.run()
    assert [one["status"] for one in rig.control.upstream_requests()] == ["Pending", "Pending", "Approved"]
    look(rig)
    assert [rig.upstream_request(one)["status"] for one in requests] == ["Denied", "Denied", "Approved"]


# Who was not heard


@pytest.mark.parametrize("down_for", [2 * HOUR, 10 * HOUR])
def test_silence_that_the_bot_was_not_there_to_hear_approves_nothing(approving: Rig, down_for: float) -> None:
    """Given that the bot was started anew, when the deadline passes, then four hours count from the start on."""
    rig = approving
    request = rig.ask()
    rig.clock.advance(down_for)
    rig.restart()
    wait = look(rig)
    assert wait is not None
    assert FOUR_HOURS - 2 < wait <= FOUR_HOURS
    later(rig, wait - 1)
    assert status(rig, request) == "Pending"
    later(rig, 1)
    assert status(rig, request) == "Approved"


def test_who_could_not_press_while_the_bot_was_down_has_five_minutes_to_say_so(denying: Rig) -> None:
    rig = denying
    request = rig.ask()
    rig.clock.advance(10 * HOUR)
    rig.restart()
    wait = look(rig)
    assert wait is not None
    assert 5 * MINUTE - 2 < wait <= 5 * MINUTE
    later(rig, wait - 1)
    assert status(rig, request) == "Pending"
    later(rig, 1)
    assert status(rig, request) == "Denied"


def test_silence_while_nothing_gets_here_from_slack_is_no_approval(approving: Rig) -> None:
    rig = approving
    request = rig.ask()
    later(rig, 3 * HOUR)
    rig.hears = False
    later(rig, 2 * HOUR)
    rig.hears = True
    later(rig, FOUR_HOURS - MINUTE)
    assert status(rig, request) == "Pending"
    later(rig, MINUTE)
    assert status(rig, request) == "Approved"


def test_while_nothing_gets_here_from_slack_nothing_is_denied_nor_right_after(denying: Rig) -> None:
    rig = denying
    request = rig.ask()
    rig.hears = False
    later(rig, 2 * FOUR_HOURS)
    assert status(rig, request) == "Pending"
    rig.hears = True
    later(rig, 4 * MINUTE)
    assert status(rig, request) == "Pending"
    later(rig, MINUTE)
    assert status(rig, request) == "Denied"


def test_a_clock_that_was_set_forward_approves_nothing(approving: Rig) -> None:
    rig = approving
    request = rig.ask()
    rig.escalator = escalator_of(rig, Hearing(rig.clock.now(), lambda: 0.0, lambda: -math.inf))
    assert rig.step("escalator") is not None
    later(rig, FOUR_HOURS)
    assert status(rig, request) == "Pending"


def escalator_of(rig: Rig, hearing: Hearing) -> Escalator:
    """Another one of the same bot."""
    upstreams = {"privilege_manager": PRIVMAN}
    clock = rig.clock.now
    return Escalator(rig.ledger, rig.state, ClosedChannels(), upstreams, clock, hearing, _nothing, _nothing)


def _nothing() -> None:
    """Nobody needs waking: the test steps everybody."""


# What people were silent about


class Rating(PrivManClient):
    """One that rates what is asked, and may come to think otherwise."""

    risk = Risk.UNRATED

    def list_pending(self) -> list[ApprovalRequest]:
        return [replace(one, risk=self.risk) for one in super().list_pending()]

    def fetch(self, request_id: str) -> Seen:
        seen = super().fetch(request_id)
        return seen if seen.request is None else replace(seen, request=replace(seen.request, risk=self.risk))


@pytest.mark.parametrize("then", [OnSilence.APPROVE, OnSilence.DENY])
def test_a_deadline_that_holds_only_since_the_risk_changed_counts_from_there(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: OnSilence
) -> None:
    low = Silence(deadline=HOUR, then=then)
    policy = ChannelPolicy(
        users=(APPROVER,), terms=Terms(silence=Silences(any=Silence(deadline=100 * HOUR), low=low))
    )
    with bot(sandbox, tmp_path, policy, client=Rating) as rig:
        request = rig.ask()
        later(rig, 2 * HOUR)
        monkeypatch.setattr(Rating, "risk", Risk.LOW)
        rig.look()
        look(rig)
        later(rig, HOUR - MINUTE)
        assert status(rig, request) == "Pending"
        later(rig, MINUTE)
        assert status(rig, request) == ("Approved" if then is OnSilence.APPROVE else "Denied")


@pytest.mark.parametrize(("silence", "wait"), [(APPROVED, FOUR_HOURS), (DENIED, 5 * MINUTE)])
def test_a_deadline_that_was_set_while_it_waited_counts_from_there(
    sandbox: Sandbox, tmp_path: Path, silence: Silence, wait: int
) -> None:
    """Given what has waited for a day, when an admin has silence decide there, then people can still press."""
    with Rig(sandbox, tmp_path, {}) as rig:
        rig.channels.register(APPROVALS, ADMIN, rig.clock.now())
        request = rig.ask()
        later(rig, 24 * HOUR)
        rig.channels.set_policy(APPROVALS, by(silence), ADMIN)
        look(rig)
        later(rig, wait - MINUTE)
        assert status(rig, request) == "Pending"
        later(rig, MINUTE)
        assert status(rig, request) == ("Approved" if silence is APPROVED else "Denied")


def test_a_risk_that_changes_during_a_round_is_not_decided_by_what_was(approving: Rig) -> None:
    rig = approving
    request = rig.ask()
    rig.clock.advance(FOUR_HOURS)

    def change() -> None:
        row = rig.row()
        with rig.ledger.write() as tx:
            approvals.refresh(tx, rig.clock.now(), row, replace(row.asked, risk=Risk.LOW))
        rig.step("publisher")

    with after_transaction(rig, "FROM cards", change):
        rig.step("escalator")
    later(rig, MINUTE)
    assert status(rig, request) == "Pending"


def test_a_policy_that_changes_during_a_round_is_the_one_that_holds(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path, {}) as rig:
        rig.channels.register(APPROVALS, ADMIN, rig.clock.now())
        rig.channels.set_policy(APPROVALS, by(DENIED), ADMIN)
        request = rig.ask()
        look(rig)
        later(rig, FOUR_HOURS - MINUTE)
        rig.clock.advance(MINUTE)
        approved = by(replace(APPROVED, deadline=HOUR))
        with after_transaction(
            rig, "FROM cards", lambda: rig.channels.set_policy(APPROVALS, approved, ADMIN)
        ):
            rig.step("escalator")
        later(rig, MINUTE)
        assert status(rig, request) == "Pending"
        later(rig, HOUR)
        assert status(rig, request) == "Approved"


# What is not read


def test_while_the_channels_cannot_be_read_silence_is_no_answer(sandbox: Sandbox, tmp_path: Path) -> None:
    with bot(sandbox, tmp_path, by(DENIED)) as rig:
        request = rig.ask()
        rig.clock.advance(FOUR_HOURS)
        block_state(tmp_path, "channels")
        rig.step("refresher")
        with capture_logs() as logs:
            rig.step("escalator")
        assert [line["why"] for line in logs] == ["the channels cannot be read"]
        unblock_state(tmp_path, "channels")
        (tmp_path / "state" / "channels").mkdir()
        rig.step("refresher")
        look(rig)
        assert status(rig, request) == "Denied"


@pytest.fixture
def both(sandbox: Sandbox, tmp_path: Path, postgres_url: str) -> Iterator[Replicas]:
    """Two over one ledger; the first has posted the card."""
    clock, channels = Clock(), {APPROVALS: by(DENIED)}
    with (
        Rig(sandbox, tmp_path, channels, ledger_url=postgres_url, clock=clock) as a,
        Rig(sandbox, tmp_path, channels, ledger_url=postgres_url, clock=clock) as b,
    ):
        a.ask()
        yield Replicas(a, b)


def test_a_replica_decides_nothing_by_what_another_has_changed(both: Replicas) -> None:
    both.clock.advance(FOUR_HOURS)
    hear(both.a, ADMIN, "", SECOND_CHANNEL)
    both.a.run("clerk")
    both.b.run("clerk")
    both.a.outdated.clear()
    both.b.outdated.clear()
    behind = both.a if both.b.state.is_up_to_date() else both.b
    behind.step("escalator")
    assert behind.outdated.is_set()
    assert behind.row().state is State.PENDING
    behind.step("refresher")
    look(behind)
    assert behind.row().state is State.DENIED


def test_of_two_replicas_one_decides(both: Replicas) -> None:
    both.clock.advance(FOUR_HOURS)
    with at_statement(both.a, "FOR UPDATE", lambda: both.b.step("escalator")):
        both.a.step("escalator")
    both.rest()
    (request,) = both.a.control.upstream_requests()
    assert (request["status"], request["decisions"]) == ("Denied", 1)
    assert len(recorded(both.a, Kind.DECIDED.value)) == 1

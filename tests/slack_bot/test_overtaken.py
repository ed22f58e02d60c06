"""Two replicas with different channels.json: the one that started last decides, the other one nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sandbox import Sandbox
from slack_bot.channels_file import Declarations
from slack_bot.clock import MINUTE, SECOND
from slack_bot.declared_policy import DeclaredPolicy
from slack_bot.policy import Approvals, OnSilence, Silence, Silences, Terms
from slack_bot.risk_rules import RiskRule
from slack_bot.rows import State
from slack_bot.standby import LOOK_AGAIN, Standby
from tests.clock import Clock
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS, SECOND_APPROVER, Rig, at_statement
from tests.slack_bot.conversing import hear
from tests.slack_bot.schedules import open_at
from upstream_client.models import HOUR, Risk

TWO = Terms(approvals=Approvals(2, 2, 2, 2))
SILENT = Terms(silence=Silences(any=Silence(deadline=HOUR, then=OnSilence.DENY)))
FOR_ALL = "Another replica of mine runs with another channels.json"


@pytest.fixture
def both(sandbox: Sandbox, tmp_path: Path, postgres_url: str) -> Iterator[tuple[Rig, Rig]]:
    """The older one asks one person, the newer one two."""
    clock = Clock()
    older, newer = ({APPROVALS: replace(APPROVERS, terms=terms)} for terms in (SILENT, TWO))
    with (
        Rig(sandbox, tmp_path, older, ledger_url=postgres_url, clock=clock) as a,
        Rig(sandbox, tmp_path, newer, ledger_url=postgres_url, clock=clock) as b,
    ):
        start(a)
        yield a, b


def start(rig: Rig) -> None:
    """What it does first."""
    rig.state.declare(declared(rig), rig.clock.now())


def declared(rig: Rig) -> DeclaredPolicy:
    return DeclaredPolicy.of(
        Declarations(tuple(rig.declared), rig.defaults or Terms(), tuple(rig.risk_rules))
    )


def test_a_press_that_the_older_one_takes_is_counted_by_the_newer_ones_rules(both: tuple[Rig, Rig]) -> None:
    older, newer = both
    older.ask()
    start(newer)
    older.press(APPROVER, "approve_request")
    assert older.step("clerk") == LOOK_AGAIN
    assert older.row().state is State.PENDING
    assert older.told(APPROVER) == []
    newer.run("clerk")
    assert newer.row().state is State.PENDING
    older.press(SECOND_APPROVER, "approve_request")
    older.step("clerk")
    newer.run("clerk")
    assert newer.row().state is State.DECIDED
    assert newer.row().deciders == f"{APPROVER} {SECOND_APPROVER}"


def test_with_the_same_declarations_both_decide(both: tuple[Rig, Rig]) -> None:
    older, newer = both
    older.ask()
    newer.state.declare(declared(older), newer.clock.now())
    assert not older.state.is_overtaken()
    assert not newer.state.is_overtaken()
    older.press(APPROVER, "approve_request")
    older.run("clerk")
    assert older.row().state is State.DECIDED


def test_a_vote_is_not_even_looked_at_by_rules_that_hold_no_more(both: tuple[Rig, Rig]) -> None:
    older, newer = both
    assert older.state.bring_up_to_date()
    start(newer)
    assert not older.state.bring_up_to_date()
    assert newer.state.bring_up_to_date()


def test_silence_decides_nothing_by_the_older_ones_rules(both: tuple[Rig, Rig]) -> None:
    older, newer = both
    older.ask()
    older.step("escalator")
    start(newer)
    older.clock.advance(2 * HOUR)
    assert older.step("escalator") is None
    assert older.row().state is State.PENDING


def test_if_its_rules_hold_again_silence_counts_from_then_on(both: tuple[Rig, Rig]) -> None:
    older, newer = both
    older.ask()
    start(newer)
    older.step("escalator")
    older.clock.advance(2 * HOUR)
    start(older)
    wait = older.step("escalator")
    assert wait is not None
    assert 295 < wait <= 300  # the least that people have to press in
    assert older.row().state is State.PENDING
    older.clock.advance(wait + 1)
    older.step("escalator")
    assert older.row().state is State.DECIDED


def test_a_decision_that_silence_is_about_to_make_is_held_up_by_a_start(both: tuple[Rig, Rig]) -> None:
    older, newer = both
    older.ask()
    older.step("escalator")
    older.clock.advance(2 * HOUR)
    with at_statement(older, "FOR UPDATE", lambda: start(newer)):
        older.step("escalator")
    assert older.row().state is State.PENDING
    assert older.outdated.is_set()


def test_no_schedule_decides_for_the_older_one(both: tuple[Rig, Rig]) -> None:
    older, newer = both
    older.ask()
    older.schedules.put(APPROVALS, open_at(older.clock.now()))
    older.state.refresh()
    start(newer)
    older.step("auto_approver")
    assert older.row().state is State.PENDING
    start(older)
    older.step("auto_approver")
    assert older.row().state is State.DECIDED


def test_the_older_one_rates_nothing_by_rules_that_hold_no_more(
    sandbox: Sandbox, tmp_path: Path, postgres_url: str
) -> None:
    clock, rules = Clock(), (RiskRule(Risk.LOW), RiskRule(Risk.CRITICAL))
    older, newer = (
        Rig(sandbox, tmp_path, ledger_url=postgres_url, clock=clock, risk_rules=[rule]) for rule in rules
    )
    with older, newer:
        start(older)
        start(newer)
        newer.ask()
        assert Standby(older.poller, older.state).work(clock.now()) == LOOK_AGAIN
        assert newer.row().asked.risk is Risk.CRITICAL
        start(older)
        Standby(older.poller, older.state).work(clock.now())
        assert newer.row().asked.risk is Risk.LOW


def test_it_says_so_on_status_and_once_in_its_log(both: tuple[Rig, Rig]) -> None:
    older, newer = both
    hear(older, ADMIN, "status")
    start(newer)
    with capture_logs() as logs:
        for _ in range(2):
            Standby(older.publisher, older.state).work(older.clock.now())
    events = [line["event"] for line in logs]
    words = "another replica runs with another channels.json or SLACK_CHANNEL: this one decides nothing"
    assert events.count(words) == 1
    older.step("clerk")
    assert any(FOR_ALL in told for told in older.told(ADMIN))
    hear(newer, ADMIN, "status")
    newer.step("clerk")
    assert FOR_ALL not in older.told(ADMIN)[-1]
    with capture_logs() as logs:
        start(older)
        assert not older.state.is_overtaken()
    assert "the replicas run with the same channels.json and SLACK_CHANNEL again" in [
        line["event"] for line in logs
    ]


def test_what_the_rules_are_the_newer_one_tells(both: tuple[Rig, Rig]) -> None:
    older, newer = both
    start(newer)
    hear(older, ADMIN, "policy")
    older.step("clerk")
    assert older.told(ADMIN) == []
    newer.clock.advance(11)
    newer.step("clerk")
    (told,) = newer.told(ADMIN)
    assert "2 approvals" in told or "2 people" in told


def test_where_the_newer_one_is_gone_people_hear_at_last_that_nothing_was_done(both: tuple[Rig, Rig]) -> None:
    older, newer = both
    older.ask()
    start(newer)
    older.press(APPROVER, "approve_request")
    older.step("clerk")
    older.clock.advance(15 * MINUTE / SECOND + 1)
    older.step("clerk")
    (told,) = older.told(APPROVER)
    assert "15 minutes" in told
    assert older.row().state is State.PENDING


def test_a_press_that_the_older_one_saw_first_need_not_wait_for_the_newer_one(both: tuple[Rig, Rig]) -> None:
    older, newer = both
    older.ask()
    start(newer)
    older.press(APPROVER, "deny_request")
    older.step("clerk")
    newer.step("clerk")
    assert newer.row().state is State.DECIDED

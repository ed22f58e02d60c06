"""What was shown is what is decided: just before approving, the request is read once more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sandbox import Sandbox
from sandbox.privilege_manager import PrivilegeManager
from slack_bot import approvals
from slack_bot.risk_rules import RiskRule
from slack_bot.rows import State
from tests.rig import APPROVER, SECOND_APPROVER, Rig, has_buttons
from tests.slack_bot.own_privman import only_request, rig_over, tell_anew
from tests.slack_bot.verdicts import carry, decide, decisions
from tests.upstream_client.privilege_manager.contracts import changed
from upstream_client.models import Risk

SETUP, OTHER = r"C:\setup.exe", r"C:\other.exe"


def test_facts_that_changed_between_click_and_call_void_the_vote_and_redraw_the_card(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    pm = PrivilegeManager()
    with rig_over(pm, sandbox, tmp_path) as rig:
        request = pm.file_request(file=SETUP)
        rig.look()
        old = rig.card()
        decide(rig, "approve")
        tell_anew(pm, request, file=OTHER)
        with capture_logs() as logs:
            rig.run()
        [void] = [line for line in logs if line["event"] == "an approval does not stand"]
        assert (void["request"], void["differing"]) == (rig.row().key, ["file"])
        assert (rig.row().state, rig.row().revision) == (State.PENDING, 2)
        assert "The request changed after Approver approved it. This is how it stands now." in rig.words()
        assert OTHER in rig.words()
        assert has_buttons(rig.card())
        assert only_request(pm)["decisions"] == 0

        rig.press(
            SECOND_APPROVER, "approve_request", card=old, value=old["blocks"][-1]["elements"][1]["value"]
        )
        rig.run()
        assert "The request changed since the card you saw" in rig.told(SECOND_APPROVER)[0]
        assert rig.row().state is State.PENDING

        rig.press(APPROVER, "approve_request")
        rig.run()
        assert rig.headline() == "Approved by Approver"
        assert (only_request(pm)["decisions"], only_request(pm)["file"]) == (1, OTHER)


def test_a_deny_stands_whatever_the_facts_are_by_now(sandbox: Sandbox, tmp_path: Path) -> None:
    pm = PrivilegeManager()
    with rig_over(pm, sandbox, tmp_path) as rig:
        request = pm.file_request(file=SETUP)
        rig.look()
        decide(rig, "deny")
        tell_anew(pm, request, file=OTHER)
        rig.run()
        assert rig.headline() == "Denied by Approver"
        assert only_request(pm)["decisions"] == 1


def test_facts_that_nobody_is_bound_to_may_change_while_people_think(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    pm = PrivilegeManager()
    with rig_over(pm, sandbox, tmp_path) as rig:
        request = pm.file_request(reputation="Good Rating")
        rig.look()
        decide(rig, "approve")
        tell_anew(pm, request, reputation="No rating")
        rig.run()
        assert rig.headline() == "Approved by Approver"


@pytest.fixture
def lists_only(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    """Over a Privilege Manager that tells of a request only while it waits."""
    running = Rig(sandbox, tmp_path)
    running.contract = changed(lambda contract: contract["operations"].pop("get"))
    with running:
        yield running


def test_where_only_the_list_tells_one_list_without_the_request_settles_nothing(lists_only: Rig) -> None:
    rig = lists_only
    request = rig.ask()
    decide(rig, "approve")
    rig.control.withdraw(request)
    carry(rig)
    assert (rig.row().state, rig.row().missing) == (State.DECIDED, 1)
    assert "does not list the request at the moment. I keep trying." in rig.words()
    rig.run()
    assert rig.row().state is State.ELSEWHERE
    assert rig.headline() == "No longer waiting in Privilege Manager"


def test_where_only_the_list_tells_a_list_with_the_request_makes_the_next_without_it_the_first(
    lists_only: Rig,
) -> None:
    rig = lists_only
    request = rig.ask()
    decide(rig, "approve")
    with rig.ledger.write() as tx:
        approvals.missed(tx, rig.clock.now(), rig.row())
    rig.upstream_fails("approve", "ratelimited", retry_after=5)
    carry(rig)
    rig.control.withdraw(request)
    rig.clock.advance(6)
    carry(rig)
    assert rig.row().state is State.DECIDED


def test_where_only_the_list_tells_a_lost_answer_stays_unconfirmed(lists_only: Rig) -> None:
    rig = lists_only
    request = rig.ask()
    decide(rig, "approve")
    rig.upstream_fails("approve", "reset")
    rig.run()
    assert decisions(rig, request) == 1
    assert rig.headline() == "Not confirmed by Privilege Manager"


@pytest.mark.parametrize(
    ("was", "rises_to", "stands"),
    [
        (Risk.LOW, Risk.MEDIUM, False),
        (Risk.LOW, Risk.UNRATED, False),
        (Risk.UNRATED, Risk.MEDIUM, True),
        (Risk.MEDIUM, Risk.HIGH, False),
        (Risk.MEDIUM, Risk.LOW, True),
    ],
)
def test_an_approval_holds_as_long_as_the_risk_does_not_rise(
    sandbox: Sandbox, tmp_path: Path, was: Risk, rises_to: Risk, stands: bool
) -> None:
    """Given one approved what was so risky, when its risk changes before it is sent, then a rise voids that."""
    with Rig(sandbox, tmp_path, risk_rules=[RiskRule(was)]) as rig:
        request = rig.ask()
        decide(rig, "approve")
        rig.risk_rules = [RiskRule(rises_to)]
        rig.restart()
        carry(rig)
        assert rig.upstream_request(request)["decisions"] == int(stands)
        if not stands:
            assert rig.row().state is State.PENDING
            assert f"Its risk is {rises_to.value} now, and was {was.value}" in rig.row().notice

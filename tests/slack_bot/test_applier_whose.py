"""Whose answer did the upstream take? Ours is known by the decision's id in its comment, and by nothing else."""

from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.rows import State
from tests.rig import (
    APPROVALS,
    APPROVER,
    APPROVERS,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Rig,
    at_statement,
)
from tests.slack_bot.own_privman import SlowPrivilegeManager, only_request, rig_over
from tests.slack_bot.verdicts import carry, decide, press_here

NO_WORD = "'s approval was sent, and Privilege Manager does not say whether it took it."


def test_the_comment_upstream_begins_with_the_decisions_id(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path) as rig:
        request = rig.ask()
        decide(rig, "approve")
        decision = rig.row().decision_id
        rig.run()
        comment = rig.upstream_request(request)["comment"]
        assert comment == f"[{decision}] Approved in Slack by Approver ({APPROVER})"


@pytest.mark.parametrize(
    ("fault", "remark"), [(None, "'s approval was not applied: it came too late."), ("reset_before", NO_WORD)]
)
def test_of_two_bots_with_ledgers_of_their_own_neither_takes_the_others_answer_for_its_own(
    sandbox: Sandbox, tmp_path: Path, fault: str | None, remark: str
) -> None:
    with (
        Rig(sandbox, tmp_path / "a", {APPROVALS: APPROVERS}) as a,
        Rig(sandbox, tmp_path / "b", {SECOND_CHANNEL: APPROVERS}) as b,
    ):
        request = a.ask()
        b.look()
        press_here(a, APPROVER, duration="once")
        press_here(b, SECOND_APPROVER, SECOND_CHANNEL, duration="86400")
        for rig in (a, b):
            rig.step("clerk")

        def first_of_both() -> None:
            if fault is not None:
                a.upstream_fails("approve", fault, nth=2)
            a.step("applier")

        with at_statement(b, "UPDATE requests", first_of_both):
            b.step("applier")
        for rig in (a, b):
            rig.run()

        assert (a.upstream_request(request)["decisions"], a.row().state) == (1, State.APPROVED)
        assert b.row().state is State.ELSEWHERE
        assert a.headline(APPROVALS) == "Approved by Approver"
        assert b.headline(SECOND_CHANNEL).startswith("Approved in Privilege Manager")
        assert "Approved by Second Approver" not in b.words(SECOND_CHANNEL)
        assert remark in b.words(SECOND_CHANNEL)


def test_an_approval_of_ours_that_ran_out_before_it_was_looked_up_was_taken(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    pm = SlowPrivilegeManager()
    with rig_over(pm, sandbox, tmp_path) as rig:
        request = pm.file_request()
        rig.look()
        decide(rig, "approve")
        pm.add_fault({"operation": "approve", "kind": "reset"})
        carry(rig)
        pm.run_out(request)
        rig.run()
        assert (only_request(pm)["status"], only_request(pm)["decisions"]) == ("TimedOut", 1)
        assert rig.row().state is State.APPROVED
        assert rig.headline() == "Approved by Approver"


def test_a_request_that_ran_out_without_our_answer_is_expired_and_ours_was_sent(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    pm = SlowPrivilegeManager()
    with rig_over(pm, sandbox, tmp_path) as rig:
        request = pm.file_request()
        rig.look()
        decide(rig, "approve")
        pm.add_fault({"operation": "approve", "kind": "reset_before"})
        carry(rig)
        pm.expire(request)
        rig.run()
        assert rig.row().state is State.EXPIRED
        assert NO_WORD in rig.words()
        assert "not applied" not in rig.words()

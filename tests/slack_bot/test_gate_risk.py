"""The risk of a ticket is what its program claims: cards say so, and nothing but people approves by it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.risk_rules import RiskRule
from tests.approval_gate.gate_process import GateProcess
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS
from tests.slack_bot import forms
from tests.slack_bot.gated import GatedRig
from tests.slack_bot.schedules import open_at
from upstream_client.models import ARGUMENTS_DIGEST, Risk

BY_KEY = RiskRule(Risk.LOW, upstream="gate", requester="ci")
BY_ANOTHER_KEY = RiskRule(Risk.LOW, upstream="gate", requester="report-bot")


@contextmanager
def bot(
    sandbox: Sandbox, folder: Path, gate: GateProcess, rules: Sequence[RiskRule] = ()
) -> Iterator[GatedRig]:
    with GatedRig(sandbox, folder, gate, {APPROVALS: APPROVERS}, risk_rules=rules) as rig:
        rig.step("name_reader")
        rig.step("signpost")
        yield rig


@pytest.mark.parametrize("risk", ["low", "unrated"])
@pytest.mark.parametrize(
    ("rules", "status"), [((), "pending"), ((BY_ANOTHER_KEY,), "pending"), ((BY_KEY,), "approved")]
)
def test_a_schedule_covers_a_ticket_only_where_a_rule_of_the_operator_rates_it(
    sandbox: Sandbox, tmp_path: Path, gate: GateProcess, rules: Sequence[RiskRule], risk: str, status: str
) -> None:
    """Given a schedule that is open, when a program calls its own request harmless, then that is not enough."""
    with bot(sandbox, tmp_path, gate, rules) as rig:
        rig.schedules.put(APPROVALS, replace(open_at(rig.clock.now()), set_by=ADMIN))
        ticket = rig.file(title="Drop the database", risk=risk)
        assert rig.ticket(ticket)["status"] == status


def test_a_rule_that_is_gone_takes_the_schedules_word_with_it(
    sandbox: Sandbox, tmp_path: Path, gate: GateProcess
) -> None:
    """Given an approval that is not sent yet, when the bot starts without the rule, then it waits again."""
    with bot(sandbox, tmp_path, gate, (BY_KEY,)) as rig:
        rig.schedules.put(APPROVALS, replace(open_at(rig.clock.now()), set_by=ADMIN))
        ticket = str(rig.agent.file(risk="low")["id"])
        rig.step("poller")
        rig.step("auto_approver")
        assert rig.rows()[0].cause == "schedule"
        rig.risk_rules = ()
        rig.restart()
        rig.run()
        assert rig.ticket(ticket)["status"] == "pending"


@pytest.mark.parametrize(
    ("rules", "risk", "told"),
    [
        ((), "high", "▲ high, claimed by the caller"),
        ((), "low", "▽ low, claimed by the caller"),
        ((), "unrated", "not rated"),
        ((BY_KEY,), "high", "▽ low"),
    ],
)
def test_the_card_the_form_and_the_details_say_who_rates_it(
    sandbox: Sandbox, tmp_path: Path, gate: GateProcess, rules: Sequence[RiskRule], risk: str, told: str
) -> None:
    with bot(sandbox, tmp_path, gate, rules) as rig:
        rig.file(risk=risk)
        shown = [rig.words(), forms.words(forms.opened(rig, "reason"))]
        rig.control.close_modal(APPROVER)
        shown.append(forms.words(forms.opened(rig, "details")))
        for words in shown:
            lines = words.splitlines()
            assert lines[lines.index("Risk: ") + 1] == told


def test_the_digest_of_the_arguments_is_bound_and_stands_in_the_details_alone(
    sandbox: Sandbox, tmp_path: Path, gate: GateProcess
) -> None:
    with bot(sandbox, tmp_path, gate) as rig:
        ticket = rig.file(arguments={"order": "A-1"})
        digest = rig.ticket(ticket)["arguments_digest"]
        (fact,) = [fact for fact in rig.row().asked.facts if fact.key == ARGUMENTS_DIGEST]
        assert (fact.value, fact.bound) == (digest, True)
        assert digest not in rig.words()
        details = forms.words(forms.opened(rig, "details"))
        assert "Arguments digest: " in details
        assert digest in details

"""The gate's quick starts can be approved as the page says, and without its step the bot says what is missing."""

import re
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.channels_file import read_file
from slack_bot.policy import Terms
from tests.approval_gate.gate_process import GateProcess
from tests.rig import APPROVALS, APPROVER, APPROVERS, REQUESTER, SECOND_APPROVER, Rig
from tests.shell_blocks import sections
from tests.slack_bot.gated import GatedRig

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
QUICK_STARTS = sections(DOCS / "gate.md")
RISKS = sorted(
    {
        risk
        for heading in ("A Python function", "A pipeline")
        for risk in re.findall(r'(?:risk="|--risk )(\w+)', QUICK_STARTS[heading])
    }
)
"""Those that the quick starts ask with."""
(KEY,) = re.findall(r"keys create (\S+) --scope request$", QUICK_STARTS["Start it"], re.MULTILINE)


def defaults(folder: Path) -> Terms:
    """The channels.json of the page, with somebody of the sandbox in it."""
    written = re.findall(r"^```json\n(.*?)^```$", QUICK_STARTS["Start it"], re.MULTILINE | re.DOTALL)[0]
    path = folder / "channels.json"
    path.write_text(written.replace("U0123456789", REQUESTER))
    return read_file(path).defaults


def ask(rig: GatedRig, gate: GateProcess, risk: str) -> str:
    """What a quick start files, with the key that the page makes."""
    rig.agent = gate.caller(KEY)
    return rig.file(title="refund", action="refund", arguments={"order": "o-1"}, risk=risk)


def press_one_after_the_other(rig: Rig) -> None:
    for user in (APPROVER, SECOND_APPROVER):
        rig.press(user, "approve_request")
        rig.run()


def test_the_page_asks_with_the_risk_that_needs_the_step() -> None:
    assert RISKS == ["high"]


@pytest.mark.parametrize("risk", RISKS)
def test_a_quick_start_is_approved_once_the_page_is_followed(
    sandbox: Sandbox, tmp_path: Path, gate: GateProcess, risk: str
) -> None:
    with GatedRig(sandbox, tmp_path, gate, {APPROVALS: APPROVERS}, defaults=defaults(tmp_path)) as rig:
        ticket = ask(rig, gate, risk)
        press_one_after_the_other(rig)
        assert rig.ticket(ticket)["status"] == "approved"


@pytest.mark.parametrize("risk", RISKS)
def test_without_the_step_nobody_can_and_the_page_on_trouble_has_the_words_that_people_read(
    sandbox: Sandbox, tmp_path: Path, gate: GateProcess, risk: str
) -> None:
    with GatedRig(sandbox, tmp_path, gate, {APPROVALS: APPROVERS}) as rig:
        ticket = ask(rig, gate, risk)
        press_one_after_the_other(rig)
        assert rig.ticket(ticket)["status"] == "pending"
        (said,) = rig.told(APPROVER)
    trouble = (DOCS / "troubleshooting.md").read_text()
    (entry,) = re.findall(r'^\*\*"(I cannot tell who in Slack[^"]*)"\*\*', trouble, re.MULTILINE)
    assert entry in said

"""The log of a real bot is a copy of its audit log: verified against the ledger, also after it was killed."""

import json
import signal
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.audit import Record
from tests.bot_process import BotProcess, environment
from tests.rig import APPROVALS, APPROVER
from tests.slack_bot.auditor.commands import run


def approve(sandbox: Sandbox) -> None:
    """A request is filed, shown, approved and settled."""
    known = len(sandbox.control.messages(APPROVALS))
    sandbox.control.file_request()
    card = sandbox.control.eventually(lambda: sandbox.control.messages(APPROVALS)[known:])[0]
    sandbox.control.click(APPROVALS, card["ts"], APPROVER, "approve_request")
    sandbox.control.eventually(lambda: settled(sandbox) > known)


def settled(sandbox: Sandbox) -> int:
    texts = [str(message["text"]) for message in sandbox.control.messages(APPROVALS)]
    return sum(text.startswith("Approved by Approver:") for text in texts)


@pytest.mark.parametrize("level", ["INFO", "ERROR"])
def test_the_log_of_a_run_verifies_against_the_ledger_while_the_bot_runs(
    sandbox: Sandbox, tmp_path: Path, level: str
) -> None:
    env = environment(sandbox, tmp_path, LOG_LEVEL=level)
    with BotProcess(tmp_path, env) as bot:
        sandbox.control.eventually(lambda: sandbox.control.state()["connections"])
        approve(sandbox)
        ended = run(env["LEDGER_URL"], "verify", tmp_path / "bot.log", key=env["AUDIT_KEY"])
        assert (ended.code, ended.out.count("Good: ")) == (0, 3), ended
        told = [line for line in bot.lines() if line["event"] == "audit"]
        assert {"request_seen", "card_posted", "click", "vote", "decided", "intent", "outcome"} <= {
            line["kind"] for line in told
        }
        assert all(set(Record.__slots__) <= line.keys() for line in told)
        assert env["AUDIT_KEY"] not in bot.text()
        assert bot.stop() == 0


def test_what_a_killed_bot_could_not_tell_the_next_one_tells(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given a log that lacks its last lines, as of a bot killed after the commit, then the next start mends it."""
    env = environment(sandbox, tmp_path)
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        approve(sandbox)
        bot.stop(signal.SIGKILL)
        told = [line for line in bot.text().splitlines() if json.loads(line)["event"] == "audit"]
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        approve(sandbox)
        assert bot.stop() == 0
        after = bot.text()
    (tmp_path / "copy.jsonl").write_text("\n".join([*told[:-2], after]))
    ended = run(env["LEDGER_URL"], "verify", tmp_path / "copy.jsonl", key=env["AUDIT_KEY"])
    assert (ended.code, ended.out.count("Good: ")) == (0, 3), ended


def test_with_another_key_the_bot_does_not_start_and_says_why(sandbox: Sandbox, tmp_path: Path) -> None:
    env = environment(sandbox, tmp_path)
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        assert bot.stop() == 0
    with BotProcess(tmp_path, env | {"AUDIT_KEY": "another key, another key, another"}) as bot:
        assert bot.wait() == 3
        assert "AUDIT_KEY" in bot.text()
        assert "Traceback" not in bot.text()

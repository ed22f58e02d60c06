"""The daemon as a process: what it declares is on record at its start, and a newer declaration overtakes it."""

import json
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from slack_bot import audit
from slack_bot.audit import Record
from slack_bot.ledger import Ledger
from tests.bot_process import CHANNELS, BotProcess, environment
from tests.rig import APPROVALS, APPROVER, SECOND_APPROVER

TWO = CHANNELS | {"defaults": {"approvals": {"low": 2, "medium": 2, "high": 2, "critical": 2}}}
STANDS_BY = "another replica runs with another channels.json or SLACK_CHANNEL: this one decides nothing"


def declared(url: str, key: str) -> list[Record]:
    ledger = Ledger(url, key)
    try:
        with ledger.read() as connection:
            return [one for one in audit.records(connection) if one.kind == "policy_declared"]
    finally:
        ledger.close()


def test_each_start_with_something_else_leaves_a_record(sandbox: Sandbox, tmp_path: Path) -> None:
    env = environment(sandbox, tmp_path)
    for written, setting in ((CHANNELS, ""), (CHANNELS, ""), (TWO, ""), (TWO, APPROVALS)):
        (tmp_path / "channels.json").write_text(json.dumps(written))
        with BotProcess(tmp_path, env | ({"SLACK_CHANNEL": setting} if setting else {})) as bot:
            bot.wait_until_ready()
            assert bot.stop() == 0
    first, second, third = declared(env["LEDGER_URL"], env["AUDIT_KEY"])
    assert first.detail["before"] == ""
    assert [second.detail["before"], third.detail["before"]] == [first.digest, second.digest]
    content = third.detail["declared"]
    assert isinstance(content, dict)
    assert content["defaults"] == TWO["defaults"]
    assert content["slack_channel"] == APPROVALS


def test_of_two_processes_with_other_rules_the_one_that_started_last_decides(
    sandbox: Sandbox, tmp_path: Path, empty_postgres_url: str
) -> None:
    """Given one approver in the old file and two in the new one, when one person approves, then it waits."""
    folders = tmp_path / "older", tmp_path / "newer"
    for folder in folders:
        folder.mkdir()
    older, newer = (environment(sandbox, folder, LEDGER_URL=empty_postgres_url) for folder in folders)
    newer["AUDIT_KEY"] = older["AUDIT_KEY"]
    (folders[1] / "channels.json").write_text(json.dumps(TWO))
    with BotProcess(folders[0], older) as old:
        old.wait_until_ready()
        with BotProcess(folders[1], newer) as new:
            new.wait_until_ready()
            sandbox.control.eventually(lambda: STANDS_BY in old.text(), 15)
            cards = [asked(sandbox, count) for count in range(1, 5)]
            for user in (APPROVER, SECOND_APPROVER):
                assert sandbox.control.click(APPROVALS, cards[0], user, "approve_request")["acknowledged"]
            (one,) = sandbox.control.eventually(lambda: decided(sandbox), 40)
            assert one["decisions"] == 1
            assert [line["event"] for line in new.lines()].count("press handled") == 2
            assert new.stop() == 0
        events = [line["event"] for line in old.lines()]
        assert events.count(STANDS_BY) == 1
        assert not {"polled", "posted", "press handled", "card drawn", "sending"} & set(events)
        assert old.stop() == 0


def asked(sandbox: Sandbox, count: int) -> str:
    """Somebody asks for more rights; the ts of the card, the ``count``-th."""
    sandbox.control.file_request()

    def shown() -> list[dict[str, Any]]:
        found = sandbox.control.messages(APPROVALS)
        return found if len(found) == count else []

    return str(sandbox.control.eventually(shown)[-1]["ts"])


def decided(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [one for one in sandbox.control.upstream_requests() if one["status"] != "Pending"]

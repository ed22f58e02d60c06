"""The bot as a process that Slack will not have: it ends with a code of its own, and says what to do."""

import json
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.app import SLACK_REFUSES
from slack_bot.connection import FINAL
from slack_bot.identity import REQUIRED
from tests.bot_process import ROOT, BotProcess, environment


def words(bot: BotProcess) -> str:
    """What it says for people."""
    return "\n".join(str(line.get("words")) for line in bot.lines())


@pytest.mark.parametrize("scope", REQUIRED)
def test_without_a_scope_that_it_needs_it_ends_and_names_the_scope(tmp_path: Path, scope: str) -> None:
    """Given an app that was installed with one scope too few, then nobody waits for cards that cannot come."""
    manifest = json.loads((ROOT / "manifest.json").read_text())
    manifest["oauth_config"]["scopes"]["bot"].remove(scope)
    manifest["settings"]["event_subscriptions"]["bot_events"] = []  # which need scopes themselves
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with (
        Sandbox(manifest=tmp_path / "manifest.json") as sandbox,
        BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot,
    ):
        assert bot.wait() == SLACK_REFUSES
        (line,) = [one for one in bot.lines() if one["event"] == "the app lacks scopes that the bot needs"]
        assert line["lacks"] == [scope]
        assert "OAuth & Permissions" in line["what_to_do"]


@pytest.mark.parametrize("code", ["invalid_auth", "missing_scope", "account_inactive"])
def test_where_slack_refuses_the_connection_for_good_it_ends_and_says_what_to_do(
    sandbox: Sandbox, tmp_path: Path, code: str
) -> None:
    sandbox.control.faults(method="apps.connections.open", kind=code)
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        assert bot.wait() == SLACK_REFUSES
        assert FINAL[code] in words(bot)


def test_where_socket_mode_is_switched_off_while_it_runs_it_ends_and_says_where_to_switch_it_on(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        sandbox.control.faults(socket="disconnect", reason="link_disabled", grace=0.1)
        assert bot.wait() == SLACK_REFUSES
        assert FINAL["link_disabled"] in words(bot)
    assert len(sandbox.control.calls("apps.connections.open")) == 1

"""Who we are in Slack, and what we may do."""

import json
from pathlib import Path

import pytest
from slack_sdk import WebClient

from sandbox import Sandbox
from slack_bot.identity import REQUIRED, Identity
from slack_bot.slack_api import Refused

ROOT = Path(__file__).resolve().parent.parent.parent
SCOPES = json.loads((ROOT / "manifest.json").read_text())["oauth_config"]["scopes"]


def ask(sandbox: Sandbox, token: str = "") -> Identity:
    client = WebClient(token or sandbox.bot_token, base_url=sandbox.slack_api_url, retry_handlers=[])
    return Identity.ask(client)


def test_it_knows_its_names_and_every_scope_it_was_given(sandbox: Sandbox) -> None:
    identity = ask(sandbox)
    assert (identity.bot_id, identity.user_id, identity.team_id) == ("B01SANDBOX", "U07BOT", "T01SANDBOX")
    assert identity.scopes == {*SCOPES["bot"], *SCOPES["bot_optional"]}


def test_a_declined_scope_is_not_among_them() -> None:
    with Sandbox(declined_scopes=SCOPES["bot_optional"]) as sandbox:
        assert ask(sandbox).scopes == set(SCOPES["bot"])


def test_a_refusal_is_passed_on(sandbox: Sandbox) -> None:
    with pytest.raises(Refused, match="invalid_auth"):
        ask(sandbox, "xoxb-0-wrong")


def test_the_required_scopes_are_those_of_the_manifest() -> None:
    assert sorted(REQUIRED) == sorted(SCOPES["bot"])


def test_what_is_required_and_was_not_granted_is_told_unless_nobody_tells_what_was() -> None:
    assert Identity("B1", "U1", "T1", scopes=frozenset(REQUIRED)).lacks == []
    assert Identity("B1", "U1", "T1", scopes=frozenset(REQUIRED) - {"chat:write"}).lacks == ["chat:write"]
    assert Identity("B1", "U1", "T1", scopes=frozenset()).lacks == []

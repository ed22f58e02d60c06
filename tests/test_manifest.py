"""The app's manifest: valid, and no scope more or less than the code uses."""

import copy
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from slack_sdk import WebClient

from sandbox import Sandbox
from slack_bot.http import slack_paths
from slack_bot.listeners.commands import COMMANDS
from slack_bot.manifest import over_http
from slack_bot.policy import ChannelPolicy
from tests.rig import APPROVALS, APPROVER, Rig

ROOT = Path(__file__).resolve().parent.parent
MANIFEST: dict[str, Any] = json.loads((ROOT / "manifest.json").read_text())
SCOPES = MANIFEST["oauth_config"]["scopes"]
NEEDED = {
    "auth.test": set(),
    "chat.delete": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": {"channels:history", "groups:history"},
    "conversations.info": {"channels:read", "groups:read"},
    "conversations.members": {"channels:read", "groups:read"},
    "conversations.open": {"im:write"},
    "conversations.replies": {"channels:history", "groups:history"},
    "usergroups.list": {"usergroups:read"},
    "usergroups.users.list": {"usergroups:read"},
    "users.conversations": {"channels:read", "groups:read"},
    "users.info": {"users:read"},
    "users.lookupByEmail": {"users:read.email"},
    "views.open": set(),
}
"""The bot token's scopes for each method that the bot calls; https://docs.slack.dev/reference/methods."""
NEEDED_BY_EVENTS = {"app_mention": {"app_mentions:read"}, "message.im": {"im:history"}}
NEEDED_BY_COMMANDS = {"commands"}
REQUIRED = {"app_mentions:read", "chat:write", "im:history", "users:read"}
"""Nobody can decline these; the bot works with them alone."""
BY_APP_TOKEN = {"apps.connections.open"}


SOURCES = [path.read_text() for path in (ROOT / "slack_bot").rglob("*.py")]
OF_THE_CLIENT = {name for name in vars(WebClient) if not name.startswith("_")}
"""Slack's methods as its client calls them, such as chat_postMessage."""


def _methods_in_the_code() -> set[str]:
    """Every string that is the name of one of Slack's methods."""
    words = {word for source in SOURCES for word in re.findall(r'"([a-z]+\.[A-Za-z.]+)"', source)}
    return {word for word in words if word.replace(".", "_") in OF_THE_CLIENT}


def _calls_of_the_client() -> set[str]:
    called = {name for source in SOURCES for name in re.findall(r"\.([a-z]+_[A-Za-z_]+)\(", source)}
    return called & OF_THE_CLIENT


OVER_HTTP = over_http(MANIFEST, "https://bot.example.com/approvals/")


@pytest.mark.parametrize("manifest", [MANIFEST, OVER_HTTP], ids=["socket", "http"])
def test_it_is_valid_against_slacks_schema(manifest: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "tests/data/slack-manifest.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator(schema).validate(manifest)


def test_the_methods_in_the_code_are_the_ones_whose_scopes_are_known() -> None:
    assert _methods_in_the_code() - BY_APP_TOKEN == set(NEEDED)
    assert _calls_of_the_client() == set(), "name the method, so that it is found"


def test_the_code_listens_to_the_events_and_commands_of_the_manifest_and_to_no_other() -> None:
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    listened = {event for source in SOURCES for event in re.findall(r"\.event\(\"([a-z_]+)\"", source)}
    assert listened == {event.partition(".")[0] for event in events}
    assert [one["command"] for one in MANIFEST["features"]["slash_commands"]] == list(COMMANDS)


def test_it_asks_for_the_scopes_that_methods_and_events_need_and_for_no_other() -> None:
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    needed = set().union(*NEEDED.values(), *(NEEDED_BY_EVENTS[event] for event in events))
    needed |= NEEDED_BY_COMMANDS if MANIFEST["features"]["slash_commands"] else set()
    assert set(SCOPES["bot"]) | set(SCOPES["bot_optional"]) == needed
    assert set(SCOPES["bot"]) == REQUIRED
    assert not set(SCOPES["bot"]) & set(SCOPES["bot_optional"])


def test_it_uses_socket_mode_and_names_no_address() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    assert "url" not in json.dumps(MANIFEST)


@pytest.mark.parametrize("declined", SCOPES["bot_optional"])
def test_without_an_optional_scope_a_named_approver_still_decides(tmp_path: Path, declined: str) -> None:
    named = {APPROVALS: ChannelPolicy(users=(APPROVER,))}
    with Sandbox(declined_scopes=[declined]) as sandbox, Rig(sandbox, tmp_path, named) as rig:
        rig.ask()
        rig.press(APPROVER, "approve_request")
        rig.run()
        assert rig.headline() == "Approved by Approver"


# Over HTTP


def printed(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "slack_bot.manifest", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_over_http_it_names_the_bots_addresses_and_differs_in_nothing_else() -> None:
    changed = copy.deepcopy(OVER_HTTP)
    base, settings = "https://bot.example.com/approvals", changed["settings"]
    assert settings["event_subscriptions"].pop("request_url") == base + slack_paths.EVENTS
    assert settings["interactivity"].pop("request_url") == base + slack_paths.ACTIONS
    urls = [command.pop("url") for command in changed["features"]["slash_commands"]]
    assert urls == [base + slack_paths.COMMANDS] * len(MANIFEST["features"]["slash_commands"])
    assert settings["socket_mode_enabled"] is False
    settings["socket_mode_enabled"] = True
    assert changed == MANIFEST


def test_it_is_printed_for_an_address() -> None:
    done = printed("https://bot.example.com")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == over_http(MANIFEST, "https://bot.example.com")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "It needs the address"),
        ("http://bot.example.com", "uses http"),
        ("bot.example.com", "is not an address that starts with https://"),
        ("https://bot.example.com/?a=1", "contains a space, a ? or a #"),
        ("https://bot.example.com /slack", "contains a space"),
    ],
)
def test_what_is_no_address_is_told_in_words(url: str, words: str) -> None:
    done = printed(url)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "make manifest URL=https://" in done.stderr
    assert "Traceback" not in done.stderr

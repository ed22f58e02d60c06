"""The demo's bot, unchanged, as its own process."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from sandbox.demo.gate import PROGRAM
from sandbox.demo.process import Process
from sandbox.demo.shell import kept
from sandbox.demo.upstreams import PRIVILEGE_MANAGER
from sandbox.demo.watch import Watch
from sandbox.server import Sandbox

LOOKS_EVERY = 1
"""Seconds between the bot's polls, so that nobody waits for a card."""
CHANNEL, APPROVER, REQUESTER = "C01APPROVALS", "U02APPROVER", "U01REQUESTER"
CHANNELS = {
    "channels": [
        {
            "id": CHANNEL,
            "approvers": {"groups": ["S01APPROVERS"]},
            "requesters": {PROGRAM: REQUESTER},
        }
    ]
}
"""Without somebody in Slack who stands behind the program's key, nobody could approve what has high risk."""


def environment(sandbox: Sandbox, state: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """A configuration with which it works; of the shell it keeps what is no setting."""
    return kept(inherited) | {
        "SLACK_API_URL": sandbox.slack_api_url,
        "SLACK_BOT_TOKEN": sandbox.bot_token,
        "SLACK_APP_TOKEN": sandbox.app_token,
        "UPSTREAMS": PRIVILEGE_MANAGER,
        "PRIVMAN_BASE_URL": sandbox.privman_url,
        "PRIVMAN_USERNAME": sandbox.privman_username,
        "PRIVMAN_PASSWORD": sandbox.privman_password,
        "POLL_INTERVAL": str(LOOKS_EVERY),
        "LEDGER_URL": f"sqlite:///{state / 'ledger.db'}",
        "AUDIT_KEY": secrets.token_hex(32),
        "STATE": f"file:{state}",
        "HEARTBEAT_FILE": str(state / "heartbeat"),
        "CHANNELS_FILE": str(state / "channels.json"),
    }


def start_bot(sandbox: Sandbox, state: Path, **more: str) -> Process:
    """Starts it in ``state``; ``more`` are settings besides, such as GATE_URL. Its end is the caller's."""
    (state / "channels.json").write_text(json.dumps(CHANNELS))
    return Process("bot", "slack_bot.app", state, environment(sandbox, state, os.environ) | more)


def wait_until_connected(sandbox: Sandbox, watch: Watch) -> None:
    """Until it has a WebSocket to the sandbox's Slack. Raises what ends the demo."""
    while not sandbox.control.state()["connections"]:
        watch.pause(0.05)

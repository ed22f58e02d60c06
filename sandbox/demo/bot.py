"""The demo's bot, unchanged, as its own process."""

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import JsonValue

from sandbox.demo.people import APPROVERS, CHANNEL
from sandbox.demo.process import Process
from sandbox.demo.shell import kept
from sandbox.demo.watch import Watch
from sandbox.server import Sandbox

LOOKS_EVERY = 1
"""Seconds between the bot's polls, so that nobody waits for a card."""


def environment(sandbox: Sandbox, state: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """A configuration with which it works, but for its upstreams; of the shell it keeps what is no setting."""
    return kept(inherited) | {
        "SLACK_API_URL": sandbox.slack_api_url,
        "SLACK_BOT_TOKEN": sandbox.bot_token,
        "SLACK_APP_TOKEN": sandbox.app_token,
        "POLL_INTERVAL": str(LOOKS_EVERY),
        "LEDGER_URL": f"sqlite:///{state / 'ledger.db'}",
        "AUDIT_KEY": secrets.token_hex(32),
        "STATE": f"file:{state}",
        "HEARTBEAT_FILE": str(state / "heartbeat"),
        "CHANNELS_FILE": str(state / "channels.json"),
    }


def start_bot(
    sandbox: Sandbox,
    state: Path,
    upstreams: Mapping[str, Mapping[str, str]],
    channel: Iterable[Mapping[str, JsonValue]] = (),
) -> Process:
    """Starts it in ``state``; its end is the caller's.

    ``upstreams`` are the settings of each by its name, ``channel`` what stands in channels.json for them.
    """
    (state / "channels.json").write_text(json.dumps(declared(channel)))
    settings = {name: value for one in upstreams.values() for name, value in one.items()}
    env = environment(sandbox, state, os.environ) | settings | {"UPSTREAMS": ",".join(upstreams)}
    return Process("bot", "slack_bot.app", state, env)


def declared(parts: Iterable[Mapping[str, JsonValue]]) -> dict[str, JsonValue]:
    """What stands in channels.json: the one channel, with what each part has to say of it.

    Of two mappings under one key all that is in either.
    """
    entry: dict[str, JsonValue] = {"id": CHANNEL, "approvers": {"groups": [APPROVERS]}}
    for part in parts:
        for key, value in part.items():
            before = entry.get(key)
            if isinstance(before, dict) and isinstance(value, dict):
                value = {**before, **value}
            entry[key] = value
    return {"channels": [entry]}


def wait_until_connected(sandbox: Sandbox, watch: Watch) -> None:
    """Until it has a WebSocket to the sandbox's Slack. Raises what ends the demo."""
    while not sandbox.control.state()["connections"]:
        watch.pause(0.05)

"""Our bot as it is run in production: ``python -m slack_bot.app``, SQLite on the disk, settings by environment."""

import json
from collections.abc import Sequence
from pathlib import Path

from bench.child import Child
from bench.workspace import APPROVERS_GROUP, CHANNEL, Addresses, shell

READY = '"event": "ready"'
CHANNELS = {"channels": [{"id": CHANNEL, "approvers": {"groups": [APPROVERS_GROUP]}}]}
AUDIT_KEY = "0123456789abcdef" * 4
"""The ledgers of benches are thrown away."""


def ledger_url(folder: Path) -> str:
    """Of the bot in this folder."""
    return f"sqlite:///{folder / 'ledger.db'}"


def environment(at: Addresses, folder: Path, **more: str) -> dict[str, str]:
    """The bot's whole configuration, in ``folder``; ``more`` overrides."""
    (folder / "channels.json").write_text(json.dumps(CHANNELS))
    return {
        **shell(),
        "SLACK_API_URL": at.slack_api_url,
        "SLACK_BOT_TOKEN": at.bot_token,
        "SLACK_APP_TOKEN": at.app_token,
        "PRIVMAN_BASE_URL": at.privman_url,
        "PRIVMAN_USERNAME": at.privman_username,
        "PRIVMAN_PASSWORD": at.privman_password,
        "LEDGER_URL": ledger_url(folder),
        "AUDIT_KEY": AUDIT_KEY,
        "STATE": f"file:{folder / 'state'}",
        "HEARTBEAT_FILE": str(folder / "heartbeat"),
        "CHANNELS_FILE": str(folder / "channels.json"),
        **more,
    }


def start_bot(at: Addresses, folder: Path, prefix: Sequence[str] = (), **more: str) -> Child:
    """Starts it; `Child.wait_for` `READY` tells when it takes clicks."""
    return Child(["slack_bot.app"], environment(at, folder, **more), folder / "bot.log", prefix)

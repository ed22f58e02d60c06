"""Peers as processes."""

from collections.abc import Sequence
from pathlib import Path

from bench.child import Child
from bench.workspace import Addresses, shell

BOLT = ("bench.peers.bolt",)
BOLT_INLINE = ("bench.peers.bolt", "--inline")
BOLT_AIOHTTP = ("bench.peers.aiohttp_bolt",)
ECHO = ("bench.peers.echo",)


def start_peer(
    command: Sequence[str], at: Addresses, folder: Path, prefix: Sequence[str] = (), **more: str
) -> Child:
    """Starts it, with Slack's address and tokens in its environment."""
    slack = {
        "SLACK_API_URL": at.slack_api_url,
        "SLACK_BOT_TOKEN": at.bot_token,
        "SLACK_APP_TOKEN": at.app_token,
    }
    return Child(command, {**shell(), **slack, **more}, folder / f"{command[0]}.log", prefix)

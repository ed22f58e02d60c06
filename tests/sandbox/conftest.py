"""A sandbox whose app asks for everything, and clients that know nothing of the sandbox's code."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox import Sandbox, Timing
from tests.conftest import assert_known_methods

MANIFEST = Path(__file__).parent / "manifest.json"
HASTY = Timing(
    acknowledge_within=0.3,
    event_retries=(0.0, 0.1, 0.2),
    trigger_life=0.3,
    response_url_life=0.3,
    ticket_life=0.3,
)
"""Slack's waits, ten times shorter."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """With Slack's own timing."""
    with Sandbox(manifest=MANIFEST) as running:
        yield running
        assert_known_methods(running)


@pytest.fixture
def hasty() -> Iterator[Sandbox]:
    """For tests in which something takes too long."""
    with Sandbox(manifest=MANIFEST, timing=HASTY) as running:
        yield running
        assert_known_methods(running)


@pytest.fixture
def slack(sandbox: Sandbox) -> WebClient:
    """slack_sdk's client with the bot's token."""
    return client(sandbox)


def client(sandbox: Sandbox, token: str | None = None) -> WebClient:
    """slack_sdk's client; it repeats nothing by itself."""
    chosen = sandbox.bot_token if token is None else token
    return WebClient(token=chosen, base_url=sandbox.slack_api_url, retry_handlers=[])


def changed_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A copy of the manifest, after ``change`` was done to it."""
    manifest = json.loads(MANIFEST.read_text())
    change(manifest)
    copy = folder / "manifest.json"
    copy.write_text(json.dumps(manifest))
    return copy

"""The daemon's parts together, in this process, where a test gets at one of them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.channel_store import ChannelStore
from slack_bot.config import load_settings
from slack_bot.daemon import Daemon, Stores
from slack_bot.declared_policy import DeclaredPolicy
from slack_bot.figures import Figures
from slack_bot.health import Unhealthy, check_age, last_beat
from slack_bot.heartbeat import EVERY
from slack_bot.identity import Identity
from slack_bot.ledger import Ledger
from slack_bot.parameter_store import open_store
from slack_bot.schedule_store import ScheduleStore
from slack_bot.web_client import web_client
from tests.bot_process import environment
from tests.slack_bot.http.served import SECRET
from upstream_client.base import Upstream
from upstream_client.models import ApprovalRequest
from upstream_client.privilege_manager import Contract, PrivManClient
from upstream_client.xerotier import XerotierClient

PATIENCE = 30.0
"""Seconds; two beats take ten."""


class DyingClient(PrivManClient):
    """A client that, once told to, takes the thread that calls it with it."""

    dies = False

    def list_pending(self) -> list[ApprovalRequest]:
        if self.dies:
            raise SystemExit
        return super().list_pending()


@contextmanager
def daemon_with(client: Upstream, sandbox: Sandbox) -> Iterator[Daemon]:
    """A running one, with the settings of the environment."""
    settings = load_settings()
    declared = ChannelStore.read_file(settings.channels_file)
    store = open_store(settings.state)
    ledger = Ledger(settings.ledger_url, settings.audit_key.get_secret_value())
    stop = threading.Event()
    try:
        channels = ChannelStore(declared.channels, store, file=settings.channels_file)
        stores = Stores(ledger, channels, ScheduleStore(store), DeclaredPolicy.of(declared, ""))
        identity = Identity.ask(web_client(settings, timeout=10, retries=False))
        daemon = Daemon(settings, stores, [client], identity, stop, lambda refused: None, Figures())
        daemon.start()
        try:
            assert daemon.wait_until_connected()
            yield daemon
        finally:
            stop.set()
            assert daemon.stop()
    finally:
        ledger.close()


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def is_healthy(heartbeat: Path) -> bool:
    """As the health check of the container sees it."""
    try:
        check_age(last_beat(str(heartbeat)), time.monotonic_ns())
    except Unhealthy:
        return False
    return True


@pytest.mark.parametrize("secret", ["", SECRET], ids=["no webhooks", "webhooks"])
def test_webhooks_are_read_only_where_they_can_come(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    for name, value in environment(sandbox, tmp_path, XEROTIER_WEBHOOK_SECRET=secret).items():
        monkeypatch.setenv(name, value)
    client = XerotierClient(sandbox.xerotier_url, sandbox.xerotier.project_id, sandbox.xerotier.key)
    with daemon_with(client, sandbox):
        threads = [one.name for one in threading.enumerate()]
        assert ("webhook reader" in threads) == bool(secret)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # that is what is tried
def test_a_part_that_died_ends_the_heartbeat_though_the_socket_is_alive(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a bot that hears, when the thread of its poller is gone, then it is not said to be well any more."""
    for name, value in environment(sandbox, tmp_path).items():
        monkeypatch.setenv(name, value)
    client = DyingClient(
        sandbox.privman_url, sandbox.privman_username, sandbox.privman_password, Contract.packaged(), 0.2
    )
    heartbeat = tmp_path / "heartbeat"
    with daemon_with(client, sandbox) as daemon:
        eventually(lambda: is_healthy(heartbeat))
        client.dies = True
        eventually(lambda: not daemon.is_alive())
        beat = heartbeat.read_text()
        time.sleep(EVERY + 0.5)
        assert heartbeat.read_text() == beat

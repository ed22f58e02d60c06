"""The bot as its own, unchanged process, configured by environment only."""

import json
import os
import secrets
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox import Sandbox
from tests.life import FreshLife, Life, ended
from tests.rig import APPROVALS, APPROVERS_GROUP

ROOT = Path(__file__).resolve().parent.parent
ENDS_WITHIN = 30.0
CHANNELS = {"channels": [{"id": APPROVALS, "approvers": {"groups": [APPROVERS_GROUP]}}]}
SHELL = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")


def environment(sandbox: Sandbox, folder: Path, **more: str) -> dict[str, str]:
    """A configuration that works, in ``folder``."""
    (folder / "channels.json").write_text(json.dumps(CHANNELS))
    kept = {name: os.environ[name] for name in SHELL if name in os.environ}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "SLACK_API_URL": sandbox.slack_api_url,
        "SLACK_BOT_TOKEN": sandbox.bot_token,
        "SLACK_APP_TOKEN": sandbox.app_token,
        "PRIVMAN_BASE_URL": sandbox.privman_url,
        "PRIVMAN_USERNAME": sandbox.privman_username,
        "PRIVMAN_PASSWORD": sandbox.privman_password,
        "POLL_INTERVAL": "1",
        "LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}",
        "AUDIT_KEY": _audit_key(folder),
        "STATE": f"file:{folder / 'state'}",
        "HEARTBEAT_FILE": str(folder / "heartbeat"),
        "CHANNELS_FILE": str(folder / "channels.json"),
        **more,
    }


def _audit_key(folder: Path) -> str:
    """A random one, the same for every bot in this folder."""
    kept = folder / "audit.key"
    if not kept.exists():
        kept.write_text(secrets.token_hex(32))
    return kept.read_text()


class BotProcess:
    """``python -m slack_bot.app``; its log lines are in ``folder``/bot.log, anew at each start."""

    def __init__(self, folder: Path, env: Mapping[str, str], life: type[Life | FreshLife] = Life) -> None:
        self._log_path = folder / "bot.log"
        self._log_path.write_bytes(b"")
        self._process = life(["slack_bot.app"], folder, env, self._log_path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop(signal.SIGKILL)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def text(self) -> str:
        """Everything it said."""
        return self._log_path.read_text()

    def lines(self) -> list[dict[str, Any]]:
        """Its log, a JSON object a line; every line must be one."""
        return [json.loads(line) for line in self.text().splitlines()]

    def wait_until_ready(self, timeout: float = 20.0) -> None:
        """Until it says that it is ready. Raises AssertionError with its log where it does not."""
        deadline = time.monotonic() + timeout
        while '"event": "ready"' not in self.text():
            assert self._process.code is None, f"it ended with {self._process.code}:\n{self.text()}"
            assert time.monotonic() < deadline, f"it is not ready:\n{self.text()}"
            time.sleep(0.02)

    def wait(self, timeout: float = ENDS_WITHIN) -> int:
        """Its exit code, once it ended."""
        return ended(self._process, timeout)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self._process.send(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal; the exit code."""
        self.send(number)
        return self.wait()

"""The demo, ``python -m sandbox``: the sandbox, the bot as its own process, and somebody who keeps asking.

SANDBOX_PORT: the page and the control API (8484 unless set).
"""

import contextlib
import errno
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from sandbox.privilege_manager import demo_requests
from sandbox.server import Sandbox

DEFAULT_PORT = 8484
ASK_EVERY = 15.0
"""Seconds between two new requests."""
BOT_LOOKS_EVERY = 1
"""Seconds between the bot's polls, so that nobody waits for a card."""
BOT_STOPS_WITHIN = 60.0
SEED = 8484
ROOT = Path(__file__).resolve().parent.parent
CHANNEL, APPROVER = "C01APPROVALS", "U02APPROVER"
CHANNELS = {"channels": [{"id": CHANNEL, "approvers": {"groups": ["S01APPROVERS"]}}]}
OURS = ("SLACK_", "PRIVMAN_", "ADMIN_")


class CannotStart(Exception):
    """The demo cannot run here; the text says what to do."""


def _port() -> int:
    text = os.environ.get("SANDBOX_PORT", str(DEFAULT_PORT))
    if not text.isdecimal() or not 0 <= int(text) <= 65_535:
        raise CannotStart(f"SANDBOX_PORT is {text!r}; it takes a port number, 0 for any free one.")
    return int(text)


def _start(sandbox: Sandbox, port: int) -> None:
    try:
        sandbox.start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise CannotStart(
            f"Port {port} is in use. Stop what holds it, or choose another: SANDBOX_PORT=8585 make demo"
        ) from error


def bot_environment(sandbox: Sandbox, state: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """The bot's whole configuration. Of the shell it keeps what is no setting; loopback needs no proxy."""
    kept = {name: value for name, value in inherited.items() if not name.upper().startswith(OURS)}
    direct = ",".join(
        filter(None, [inherited.get("NO_PROXY") or inherited.get("no_proxy"), "127.0.0.1,localhost"])
    )
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": direct,
        "no_proxy": direct,
        "SLACK_API_URL": sandbox.slack_api_url,
        "SLACK_BOT_TOKEN": sandbox.bot_token,
        "SLACK_APP_TOKEN": sandbox.app_token,
        "UPSTREAMS": "privilege_manager",
        "PRIVMAN_BASE_URL": sandbox.privman_url,
        "PRIVMAN_USERNAME": sandbox.privman_username,
        "PRIVMAN_PASSWORD": sandbox.privman_password,
        "POLL_INTERVAL": str(BOT_LOOKS_EVERY),
        "LEDGER_URL": f"sqlite:///{state / 'ledger.db'}",
        "AUDIT_KEY": secrets.token_hex(32),
        "STATE": f"file:{state}",
        "HEARTBEAT_FILE": str(state / "heartbeat"),
        "CHANNELS_FILE": str(state / "channels.json"),
        "LOG_FORMAT": "text",
        "LOG_LEVEL": "INFO",
    }


@contextlib.contextmanager
def running_bot(sandbox: Sandbox, state: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The bot, unchanged, in a process group of its own, so that Ctrl-C reaches it through us, in order."""
    (state / "channels.json").write_text(json.dumps(CHANNELS))
    with (state / "bot.log").open("wb") as log:
        bot = subprocess.Popen(
            [sys.executable, "-m", "slack_bot.app"],
            cwd=state,
            env=bot_environment(sandbox, state, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield bot
        finally:
            bot.terminate()
            try:
                bot.wait(BOT_STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                bot.kill()
                bot.wait()


def _wait_until_connected(sandbox: Sandbox, bot: subprocess.Popen[bytes], stop: threading.Event) -> None:
    while not stop.is_set() and bot.poll() is None and not sandbox.control.state()["connections"]:
        stop.wait(0.05)


def _keep_asking(sandbox: Sandbox, bot: subprocess.Popen[bytes], stop: threading.Event) -> None:
    """Files a request now and then, until a stop is wanted or the bot has ended."""
    for request in demo_requests(SEED):
        sandbox.control.file_request(**request)
        if stop.wait(ASK_EVERY) or bot.poll() is not None:
            return


def _say(sandbox: Sandbox, state: Path) -> None:
    print(
        f"\n  Open {sandbox.url}/#channel={CHANNEL}&user={APPROVER} in a browser, and press Approve on the card.\n"
        f"  A new request comes every {ASK_EVERY:g} seconds. The control API is at {sandbox.url}/control/state.\n\n"
        f"  The bot's log: {state / 'bot.log'}\n"
        "  Ctrl-C stops everything.\n",
        flush=True,
    )


def _demo(sandbox: Sandbox, stop: threading.Event) -> int:
    with tempfile.TemporaryDirectory(prefix="approval-bot-") as folder:
        state = Path(folder)
        with running_bot(sandbox, state) as bot:
            _wait_until_connected(sandbox, bot, stop)
            if bot.poll() is None and not stop.is_set():
                _say(sandbox, state)
                _keep_asking(sandbox, bot, stop)
            if bot.poll() is not None and not stop.is_set():
                print((state / "bot.log").read_text(errors="replace"), file=sys.stderr)
                print(
                    f"The bot ended by itself (exit code {bot.returncode}); its log is above.",
                    file=sys.stderr,
                )
                return 1
    return 0


def main() -> int:
    """Runs until Ctrl-C or SIGTERM. Returns 0; 1 where the bot ended by itself; 2 where it cannot start."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        port = _port()
        sandbox = Sandbox(port=port)
        _start(sandbox, port)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 2
    try:
        code = _demo(sandbox, stop)
    finally:
        sandbox.stop()
    print("Stopped.", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())

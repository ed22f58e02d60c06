"""The project's programs as processes of their own: forked where the libraries are loaded already, or begun afresh.

Loading them takes longer than most lives last. Nothing of bot or gate has run in the process that is forked.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from signal import Signals
from typing import Final

LOADED: Final = (
    "alembic.command",
    "alembic.config",
    "approval_gate.server.process",
    "slack_bot.auditor.command",
    "slack_bot.channel_store",
    "slack_bot.config",
    "slack_bot.daemon",
    "slack_bot.rated",
    "slack_bot.upstreams",
    "tests.crash.boundary",
)
_SERVER: Final = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(list(LOADED))
_BEGINNING_OR_ENDING: Final = threading.Lock()
"""The start of one process looks at the others, and an exit code can be read once."""
_LOOKED_AT_EVERY: Final = 0.005


class Life:
    """One process, from its beginning: ``python -m`` with these words, in ``folder``, all it says to ``log``."""

    def __init__(self, words: list[str], folder: Path, env: Mapping[str, str], log: Path) -> None:
        self._process = _SERVER.Process(target=_become, args=(words, folder, dict(env), log), daemon=True)
        with _BEGINNING_OR_ENDING:
            self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code, the negative number of the signal that killed it, None while it runs."""
        with _BEGINNING_OR_ENDING:
            return self._process.exitcode

    def send(self, signal: Signals) -> None:
        """Sends a signal, where it still runs."""
        if self.code is None:
            os.kill(self.pid, signal)


class FreshLife:
    """The same as a program of its own, which has loaded nothing that it does not ask for."""

    def __init__(self, words: list[str], folder: Path, env: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        self.pid = self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code, the negative number of the signal that killed it, None while it runs."""
        return self._process.poll()

    def send(self, signal: Signals) -> None:
        """Sends a signal, where it still runs."""
        self._process.send_signal(signal)


def ended(process: Life | FreshLife, timeout: float) -> int:
    """Its exit code, once it ended. Raises `TimeoutError` where it still runs after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while (code := process.code) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {process.pid} still runs after {timeout:g} seconds")
        time.sleep(_LOOKED_AT_EVERY)
    return code


def _become(words: list[str], folder: Path, env: dict[str, str], log: Path) -> None:
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    if env.get("PYTHONWARNINGS") == "error":
        warnings.simplefilter("error")
    os.chdir(folder)
    sys.stdout.flush()
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(said, stream.fileno())
    sys.argv[1:] = words[1:]
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)

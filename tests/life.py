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
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

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
    """One process, from its beginning: ``python -m`` with these words, in ``folder``, all it says to ``log``.

    What it says on standard error goes to ``errors`` instead, if that is given.
    """

    def __init__(
        self, words: list[str], folder: Path, env: Mapping[str, str], log: Path, errors: Path | None = None
    ) -> None:
        become = (words, folder, dict(env), log, errors or log)
        self._process = _SERVER.Process(target=_become, args=become, daemon=True)
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


class Lived(NamedTuple):
    """A process that ended by itself: its exit code, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def lived(words: list[str], folder: Path, env: Mapping[str, str], timeout: float = 30.0) -> Lived:
    """A whole life of one that ends by itself. Raises `TimeoutError` where it does not."""
    with TemporaryDirectory(prefix="said-", dir=folder) as said:
        stdout, stderr = Path(said, "stdout"), Path(said, "stderr")
        process = Life(words, folder, env, stdout, stderr)
        try:
            code = ended(process, timeout)
        finally:
            process.send(Signals.SIGKILL)
        return Lived(code, stdout.read_text(), stderr.read_text())


def _become(words: list[str], folder: Path, env: dict[str, str], log: Path, errors: Path) -> None:
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    if env.get("PYTHONWARNINGS") == "error":
        warnings.simplefilter("error")
    os.chdir(folder)
    sys.stdout.flush()
    for stream, path in ((sys.stdout, log), (sys.stderr, errors)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), stream.fileno())
    sys.argv[1:] = words[1:]
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)

"""Processes of the bot's programs, of which it takes many: each is forked where the libraries are loaded already.

Loading them takes longer than most lives last. Nothing of the bot has run in the process that is forked.
"""

import multiprocessing
import os
import runpy
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from signal import Signals
from typing import Final

LOADED: Final = (
    "alembic.command",
    "alembic.config",
    "slack_bot.auditor.command",
    "slack_bot.channel_store",
    "slack_bot.config",
    "slack_bot.daemon",
    "slack_bot.rated",
    "slack_bot.upstreams",
    "tests.crash.mortal_bot",
)
_SERVER: Final = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(list(LOADED))
_BEGINNING_OR_ENDING: Final = threading.Lock()
"""The start of one process looks at the others, and an exit code can be read once."""


class Life:
    """One process, from its beginning: ``python -m`` with these words, in ``folder``, all it says to ``log``."""

    def __init__(self, words: list[str], folder: Path, env: Mapping[str, str], log: Path) -> None:
        self._process = _SERVER.Process(target=_become, args=(words, folder, dict(env), log), daemon=True)
        with _BEGINNING_OR_ENDING:
            self._process.start()

    @property
    def code(self) -> int | None:
        """Its exit code, the negative number of the signal that killed it, None while it runs."""
        with _BEGINNING_OR_ENDING:
            return self._process.exitcode

    def send(self, signal: Signals) -> None:
        """Sends a signal."""
        if self._process.pid is not None and self.code is None:
            os.kill(self._process.pid, signal)


def _become(words: list[str], folder: Path, env: dict[str, str], log: Path) -> None:
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.stdout.flush()
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(said, stream.fileno())
    sys.argv[1:] = words[1:]
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)

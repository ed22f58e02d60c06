"""`python -m slack_bot.audit`, with the two settings that it needs and no other: in this process, or in its own."""

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from slack_bot.auditor.command import main
from tests.audit_key import AUDIT_KEY

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Ended:
    """How it ended, and what it said."""

    code: int
    out: str
    err: str


def run(url: str, *arguments: str | Path, key: str = AUDIT_KEY, folder: Path = Path("/")) -> Ended:
    """Runs a command in this process, as a process of its own would take seconds to begin."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setenv("LEDGER_URL", url)
        patch.setenv("AUDIT_KEY", key)
        try:
            code = main([str(one) for one in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
    assert key not in out.getvalue() + err.getvalue() or len(key) < 8
    return Ended(code, out.getvalue(), err.getvalue())


def run_process(url: str, *arguments: str | Path, key: str = AUDIT_KEY, folder: Path = Path("/")) -> Ended:
    """Runs a command as a process; warnings are errors there as well."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    settings = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "LEDGER_URL": url, "AUDIT_KEY": key}
    ended = subprocess.run(
        [sys.executable, "-m", "slack_bot.audit", *map(str, arguments)],
        cwd=folder,
        env=kept | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)

"""`python -m slack_bot.policy explain`, with the settings that it needs and no other: here, or as a process."""

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from slack_bot.explainer.command import main
from tests.rig import APPROVALS, APPROVERS_GROUP, REQUESTER

ROOT = Path(__file__).resolve().parents[2]
REQUEST = {"upstream": "privilege_manager", "title": "Install it", "requester": "CORP\\requester"}
CHANNELS: dict[str, Any] = {
    "defaults": {"requesters": {"CORP\\requester": REQUESTER}},
    "channels": [{"id": APPROVALS, "approvers": {"groups": [APPROVERS_GROUP]}}],
}


@dataclass(frozen=True)
class Ended:
    """How it ended, and what it said."""

    code: int
    out: str
    err: str

    def line(self, name: str) -> str:
        """What stands behind a line's name."""
        return next(one for one in self.out.splitlines() if one.startswith(f"{name}: ")).partition(": ")[2]


def written(folder: Path, channels: object = CHANNELS, **request: object) -> Path:
    """The files as an operator has them; the folder."""
    (folder / "channels.json").write_text(json.dumps(channels))
    (folder / "request.json").write_text(json.dumps(REQUEST | request))
    return folder


def explain(folder: Path, user: str, *arguments: str, channel: str = APPROVALS, **settings: str) -> Ended:
    """Runs it in this process, with no setting but these."""
    out, err = io.StringIO(), io.StringIO()
    asked = ["explain", "--channel", channel, "--user", user, *arguments, "request.json"]
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        for name in [name for name in os.environ if name.startswith(("SLACK_", "PRIVMAN_", "ADMIN_"))]:
            patch.delenv(name)
        for name, value in settings.items():
            patch.setenv(name, value)
        try:
            code = main(asked)
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())


def offline(folder: Path, user: str, *arguments: str, **settings: str) -> Ended:
    return explain(folder, user, "--offline", *arguments, **settings)


def online(sandbox: Sandbox, folder: Path, user: str, *arguments: str, channel: str = APPROVALS) -> Ended:
    settings = {"SLACK_BOT_TOKEN": sandbox.bot_token, "SLACK_API_URL": sandbox.slack_api_url}
    return explain(folder, user, *arguments, channel=channel, **settings)


def _environment(**settings: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"} | settings


def error_of_unread(folder: Path, *arguments: str) -> str:
    """What a process says on standard error whose output nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "slack_bot.policy", *arguments],
            cwd=folder,
            env=_environment(),
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    return ended.stderr


def run_process(folder: Path, *arguments: str, **settings: str) -> Ended:
    """Runs it as a process; warnings are errors there as well."""
    ended = subprocess.run(
        [sys.executable, "-m", "slack_bot.policy", *arguments],
        cwd=folder,
        env=_environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)

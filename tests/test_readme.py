"""The README says what the code does: settings and their defaults, scopes, exit codes."""

import ast
import json
import re
import shlex
from pathlib import Path

import pytest

from approval_gate import requires_approval
from approval_gate.command_line import read
from approval_gate.server.bodies import HoldBody
from sandbox.demo.upstreams import KNOWN
from slack_bot import app
from slack_bot.channel_store import ChannelStore
from slack_bot.config import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def _table(heading: str) -> dict[str, str]:
    """A table's second column by its first, under a heading; first columns may name several things."""
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.+?) \| (.+?) \|", section, re.MULTILINE)
    return {name: rest for names, rest in rows for name in re.findall(r"`([^`]+)`", names)}


def test_every_setting_stands_in_the_readme_with_its_default() -> None:
    told = _table("Settings")
    assert list(told) == [name.upper() for name in Settings.model_fields]
    for name, field in Settings.model_fields.items():
        said = told[name.upper()].strip("`")
        default = ",".join(field.default) if isinstance(field.default, tuple) else field.default
        if said == "required":
            assert field.is_required() or name.startswith(
                ("privman_", "gate_", "xerotier_", "github_", "gitlab_", "argo_", "slack_app")
            )
        elif said in ("none", "the packaged one"):
            assert not default
        else:
            assert said == (f"{default:g}" if isinstance(default, float) else str(default))


def test_every_scope_stands_in_the_readme_with_its_reason() -> None:
    scopes = json.loads((ROOT / "manifest.json").read_text())["oauth_config"]["scopes"]
    assert set(_table("Scopes")) == set(scopes["bot"]) | set(scopes["bot_optional"])
    section = README.split("## Scopes\n")[1].split("\n## ")[0]
    optional = {
        name
        for line in section.splitlines()
        if "(optional)" in line
        for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])
    }
    assert optional == set(scopes["bot_optional"])


def test_the_exit_codes_are_the_ones_of_the_code() -> None:
    codes = [app.STOPPED, app.STOPPED_TWICE, app.SETTINGS_WRONG, app.LEDGER_UNUSABLE, app.SLACK_REFUSES]
    told = README.split("Exit codes: ")[1].split(".")[0]
    assert [int(code) for code in re.findall(r"\b\d\b", told)] == codes


def test_the_channels_file_that_is_shipped_declares_none() -> None:
    assert ChannelStore.read(ROOT / "channels.json").all() == []


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


# Approvals for your own programs


def _way_in(beginning: str) -> str:
    """The line of the README that begins so, without what stands behind the #."""
    line = next(line for line in README.splitlines() if line.startswith(beginning))
    return line.split(" # ")[0].strip()


def test_the_decorator_is_one_that_can_be_written_above_a_function() -> None:
    call = ast.parse(_way_in("@requires_approval").removeprefix("@"), mode="eval").body
    assert isinstance(call, ast.Call)
    words = {keyword.arg or "": ast.literal_eval(keyword.value) for keyword in call.keywords}

    def refund(order: str, amount: int) -> str:
        return f"{order}: {amount}"

    assert requires_approval(**words)(refund).__name__ == "refund"


def test_the_command_is_understood_and_runs_exactly_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kubectl").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    _program, *arguments = shlex.split(_way_in("approval-gate"))
    errand = read(arguments)

    assert errand.command == ("kubectl", "drain", "node-1")
    assert (errand.wait, errand.question["risk"]) == (1800, "high")


def test_the_body_of_the_http_call_is_one_that_the_gate_takes() -> None:
    method, path, body = _way_in("POST /v1/").split(" ", 2)

    assert (method, path) == ("POST", "/v1/hold")
    assert HoldBody.model_validate_json(body).title == "May I?"


def test_what_the_demo_may_be_told_is_known_to_it() -> None:
    told = re.findall(r"UPSTREAMS=(\w+) make demo", README)

    assert told
    assert set(told) < set(KNOWN)

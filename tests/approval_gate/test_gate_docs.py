"""The gate's page: every quick start is run as it stands there, and every table is the one of the code."""

import inspect
import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

import approval_gate
from approval_gate import command, errors, process
from approval_gate.agentsudo import SlackApproval
from approval_gate.server.callback import signed
from approval_gate.server.clock import SECOND
from approval_gate.server.keys import Scope
from approval_gate.server.settings import GateSettings
from tests.approval_gate.gate_process import GateProcess
from tests.approval_gate.person import Person
from tests.approval_gate.redis_server import RedisServer, redis_server
from tests.shell_blocks import sections, shell_blocks

__all__ = ["redis_server"]

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "gate.md"
SECTIONS = sections(PAGE)
ENDS_WITHIN = 60.0
SHIM = """#!/bin/sh
exec "{python}" {words} "$@"
"""
KUBECTL = """#!/bin/sh
echo "kubectl $*"
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the page is for shells")


def blocks(heading: str) -> list[str]:
    return shell_blocks(SECTIONS[heading])


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for the path, with this Python, and the command as it is installed."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name, words in (("python", ""), ("python3", ""), ("approval-gate", "-m approval_gate.command")):
        (folder / name).write_text(SHIM.format(python=sys.executable, words=words))
    (folder / "kubectl").write_text(KUBECTL)
    for program in folder.iterdir():
        program.chmod(0o755)
    return folder


@pytest.fixture
def environment(gate: GateProcess, client_key: str, programs: Path) -> dict[str, str]:
    """As the page says to set it."""
    return {
        "PATH": os.pathsep.join([str(programs), os.defpath]),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error,ignore:datetime.datetime.utcnow:DeprecationWarning",
        "GATE_URL": gate.url,
        "GATE_API_KEY": client_key,
    }


def run(
    block: str, environment: Mapping[str, str], folder: Path, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """In a bash that stops at the first failure."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block],
        cwd=folder,
        env=dict(environment),
        input=typed,
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN,
        check=False,
    )


# Quick starts


def test_keys_are_made_and_the_gate_serves(environment: dict[str, str], tmp_path: Path) -> None:
    keys, serve = blocks("Start it")
    fresh = environment | {"GATE_PORT": "0", "GATE_URL": "", "GATE_API_KEY": ""}

    made = run(keys, fresh, tmp_path)
    serving = subprocess.Popen(
        ["bash", "-c", f"exec {serve}"], cwd=tmp_path, env=fresh, stdout=subprocess.PIPE, text=True
    )
    assert serving.stdout is not None
    ready = json.loads(serving.stdout.readline())
    serving.send_signal(signal.SIGTERM)
    serving.communicate(timeout=ENDS_WITHIN)

    assert re.fullmatch(r"(gate_\w{10}_[\w-]{43}\n){2}", made.stdout), made.stderr
    assert (ready["event"], serving.returncode) == ("ready", 0)


def test_a_python_function_runs_after_a_yes(
    environment: dict[str, str], tmp_path: Path, person: Person
) -> None:
    block, _ = blocks("A Python function")

    with person.answering() as answered:
        done = run(block, environment, tmp_path)

    assert (done.stdout, done.stderr) == ("refunded 250 for o-1\n", "")
    assert answered.result()["arguments"] == {"order": "o-1", "amount": 250, "card_number": "(redacted)"}
    assert len(block.splitlines()) <= 10


@pytest.mark.parametrize(
    ("verdict", "said"), [("approve", "approved by U1\n"), ("deny", "denied by U1 no\n")]
)
def test_a_program_with_a_lock_waits(
    environment: dict[str, str], tmp_path: Path, person: Person, verdict: str, said: str
) -> None:
    _, block = blocks("A Python function")

    with person.answering(verdict, comment="no" if verdict == "deny" else "yes"):
        done = run(block, environment, tmp_path)

    assert (done.stdout, done.stderr) == (said, "")


def test_a_pipeline_goes_on_after_a_yes_and_stops_at_a_no(
    environment: dict[str, str], tmp_path: Path, person: Person
) -> None:
    block, _ = blocks("A pipeline")

    with person.answering() as answered:
        after_yes = run(block, environment, tmp_path)
    with person.answering("deny"):
        after_no = run(block, environment, tmp_path)

    assert (after_yes.returncode, after_yes.stdout) == (0, "approved: deploying\n")
    assert (after_no.returncode, after_no.stdout) == (1, "")
    assert answered.result()["arguments"] == {"version": "4.2.0", "environment": "prod"}


def test_a_pipeline_runs_a_command_after_a_yes(
    environment: dict[str, str], tmp_path: Path, person: Person
) -> None:
    _, block = blocks("A pipeline")

    with person.answering() as answered:
        done = run(block, environment, tmp_path)

    assert (done.returncode, done.stdout) == (0, "kubectl drain node-1 --grace-period 60\n")
    assert answered.result()["arguments"]["command"] == block.split(" -- ")[1].split()


@pytest.mark.skipif(
    shutil.which("curl") is None and os.environ.get("CI") != "true", reason="there is no curl on the path"
)
@pytest.mark.parametrize(("verdict", "code"), [("approve", 0), ("deny", 1)])
def test_a_gateway_holds_a_call_with_one_request(
    environment: dict[str, str], tmp_path: Path, person: Person, verdict: str, code: int
) -> None:
    (block,) = blocks("A gateway")

    with person.answering(verdict):
        done = run(block, environment, tmp_path)

    assert (done.returncode, done.stderr) == (code, "")


def test_agentsudo_needs_another_import_only(
    environment: dict[str, str], tmp_path: Path, person: Person
) -> None:
    (block,) = blocks("AgentSudo")

    with person.answering() as answered:
        done = run(block, environment, tmp_path)

    assert (done.stdout, done.stderr) == ("refunded 250 for o-1\n", "")
    assert answered.result()["labels"]["Agent"] == "RefundBot"


@pytest.mark.parametrize(("verdict", "decision"), [("approve", "allow"), ("deny", "deny")])
def test_claude_code_is_answered(
    environment: dict[str, str], tmp_path: Path, person: Person, verdict: str, decision: str
) -> None:
    call = {"tool_name": "Bash", "tool_input": {"command": "rm -rf build", "description": "cleans up"}}
    (block,) = blocks("Claude Code")
    assert run(block, environment, tmp_path).returncode == 0

    with person.answering(verdict, comment="because") as answered:
        told = run(hook(), environment | {"CLAUDE_PROJECT_DIR": str(tmp_path)}, ROOT, json.dumps(call))

    said = json.loads(told.stdout)["hookSpecificOutput"]
    assert (said["hookEventName"], said["permissionDecision"]) == ("PreToolUse", decision)
    assert "U1" in said["permissionDecisionReason"]
    assert answered.result()["arguments"] == call["tool_input"]


@pytest.mark.parametrize("typed", ["", "no JSON", "{}", '{"tool_name": "x", "tool_input": 5}'])
def test_whatever_goes_wrong_in_the_hook_is_a_no(
    environment: dict[str, str], tmp_path: Path, typed: str
) -> None:
    (block,) = blocks("Claude Code")
    run(block, environment, tmp_path)

    told = run(hook(), environment | {"CLAUDE_PROJECT_DIR": str(tmp_path)}, ROOT, typed)

    assert told.returncode == 0
    assert json.loads(told.stdout)["hookSpecificOutput"]["permissionDecision"] == "deny"


def hook() -> str:
    """The command of the settings, which gives its question less time than the hook has."""
    settings = re.findall(r"^```json\n(.*?)^```$", SECTIONS["Claude Code"], re.MULTILINE | re.DOTALL)[0]
    (one,) = json.loads(settings)["hooks"]["PreToolUse"][0]["hooks"]
    asked = int(re.findall(r"expires_in=(\d+)", SECTIONS["Claude Code"])[0])
    assert asked + 30 < one["timeout"]
    return str(one["command"])


@pytest.mark.parametrize(("verdict", "said"), [("approve", "approved\n"), ("deny", "denied\n")])
def test_a_gateway_that_listens_on_redis_is_woken(
    environment: dict[str, str], tmp_path: Path, redis_server: RedisServer, verdict: str, said: str
) -> None:
    (block,) = blocks("A gateway that listens on Redis")
    with GateProcess(tmp_path, REDIS_URL=redis_server.url) as gate:
        person = Person(gate.caller("bot", ["decide"]), "agent")
        there = environment | {
            "GATE_URL": gate.url,
            "GATE_API_KEY": gate.key("agent"),
            "REDIS_URL": redis_server.url,
        }
        with person.answering(verdict):
            done = run(block, there, tmp_path)

    assert (done.stdout, done.stderr) == (said, "")


def test_a_callback_is_verified_as_the_page_says(environment: dict[str, str], tmp_path: Path) -> None:
    (block,) = blocks("Callbacks")
    run(block, environment, tmp_path)
    check = runpy.run_path(str(tmp_path / "signature.py"))["is_from_the_gate"]
    now = int(time.time()) * SECOND

    assert check("secret", signed(b"{}", "secret", now), b"{}")
    assert not check("secret", signed(b"{}", "another", now), b"{}")
    assert not check("secret", signed(b"{}", "secret", now), b"{ }")
    assert not check("secret", signed(b"{}", "secret", now - 600 * SECOND), b"{}")


# Tables


def rows(heading: str) -> dict[str, str]:
    """The second cell of every row of the section's tables by what stands in the first."""
    found = re.findall(r"^\| `?([^`|]+?)`? \| (.*?) \|", SECTIONS[heading], re.MULTILINE)
    return dict(found)


def test_every_setting_stands_there_with_its_default() -> None:
    told = rows("Settings")
    fields = {GateSettings.name_of(name): field for name, field in GateSettings.model_fields.items()}

    assert list(told)[1:] == list(fields)
    for name, field in fields.items():
        said, default = told[name].strip("`"), field.default
        shown = getattr(default, "get_secret_value", lambda default=default: default)()
        assert said == (
            "none" if shown in ("", ()) else f"{shown:g}" if isinstance(shown, float) else str(shown)
        )


def test_every_scope_stands_there() -> None:
    assert {scope.value for scope in Scope} <= set(rows("Start it"))


def test_every_argument_of_the_decorator_stands_there() -> None:
    told = [name for name in rows("A Python function") if name.islower() and name != "raised"]

    assert told[1:] == list(inspect.signature(approval_gate.requires_approval).parameters)


def test_every_error_that_is_exported_stands_there() -> None:
    exported = {
        name
        for name in approval_gate.__all__
        if isinstance(getattr(approval_gate, name), type(errors.GateError))
        and issubclass(getattr(approval_gate, name), Exception)
    }

    assert {name for name in rows("A Python function") if name[0].isupper()} == exported


def test_every_exit_code_stands_there() -> None:
    codes = [command.YES, command.NO, command.TIMED_OUT, command.COULD_NOT_ASK]
    codes += [process.NOT_RUNNABLE, process.NOT_FOUND]
    codes += [command.INTERRUPTED + number for number in (signal.SIGINT, signal.SIGTERM)]

    assert [int(code) for code in rows("A pipeline") if code.isdecimal()] == codes


def test_every_argument_of_agentsudo_is_mapped() -> None:
    assert list(rows("AgentSudo"))[1:] == list(inspect.signature(SlackApproval).parameters)

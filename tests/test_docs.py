"""The docs say what the code does: settings, scopes, commands, files, log lines; and every link leads somewhere."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from pydantic import SecretStr

from approval_gate.__main__ import LACKING
from approval_gate.server import process as gate
from approval_gate.server.settings import NAMES as GATES_NAMES
from approval_gate.server.settings import GateSettings
from slack_bot import app, health, heartbeat
from slack_bot.command_parser import AutoApprove, Misunderstood, apply, parse
from slack_bot.commands import COMMANDS
from slack_bot.config import Settings
from slack_bot.listeners.commands import COMMANDS as COMMANDS_IN_SLACK
from slack_bot.schedule import Schedule
from tests.shell_blocks import sections, shell_blocks

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md")])
ROOMS = ("slack_bot", "upstream_client", "approval_gate", "sandbox")
LOGGED = ("debug", "info", "warning", "error", "exception", "critical")
NOW = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp() * 1_000_000)


def ids(page: Path) -> str:
    return page.name


def table(section: str) -> dict[str, list[str]]:
    """The other cells of a table's rows by what is `quoted` in their first one."""
    rows = re.findall(r"^\| (.+) \|$", section, re.MULTILINE)
    cells = [[cell.strip() for cell in re.split(r" \|(?: |$)", row)] for row in rows]
    return {
        name: rest
        for first, *rest in cells
        if first.startswith("`")
        for name in re.findall(r"`(.+?)`", first)
    }


# Pages


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]*)(?:#([^)]+))?\)", page.read_text())
    for file, heading in links:
        target = page.parent / file if file else page
        assert target.exists(), file
        assert not heading or heading in _anchors(target), f"{file}#{heading}"


def _anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_can_be_reached_from_the_readme() -> None:
    linked = set(re.findall(r"docs/([a-z-]+\.md)", (ROOT / "README.md").read_text()))
    assert {page.name for page in DOCS.glob("*.md")} == linked


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_block_says_what_it_is_and_shell_blocks_can_be_read_by_a_shell(page: Path) -> None:
    text = page.read_text()
    kinds = re.findall(r"^ *```(\S*)$", text, re.MULTILINE)
    assert page.name == "README.md" or set(kinds[::2]) <= {"sh", "json", "text", "yaml"}
    for block in shell_blocks(text):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), block


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_json_block_is_json(page: Path) -> None:
    for block in re.findall(r"^```json\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
        json.loads(block)


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_module_that_is_to_be_run_can_be_run(page: Path) -> None:
    for module in re.findall(
        r"python -m ((?:slack_bot|upstream_client|approval_gate|sandbox)[\w.]*)", page.read_text()
    ):
        path = ROOT / module.replace(".", "/")
        runnable = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
        assert "__main__" in runnable.name or "__main__" in runnable.read_text(), module


# settings.md


def test_every_setting_stands_in_the_settings_page_with_its_default() -> None:
    told = table((DOCS / "settings.md").read_text().split("## ")[0])
    assert list(told) == [name.upper() for name in Settings.model_fields]
    for name, field in Settings.model_fields.items():
        said = told[name.upper()][0].strip("`")
        default = field.default[0] if isinstance(field.default, tuple) and field.default else field.default
        match said:
            case "required":
                assert field.is_required() or name.startswith(
                    ("privman_", "gate_", "xerotier_", "github_", "gitlab_", "argo_", "slack_app")
                ), name
            case "none" | "the packaged one":
                assert not default, name
            case _:
                assert said == (f"{default:g}" if isinstance(default, float) else str(default)), name


def test_the_bots_key_is_made_by_the_same_command_wherever_it_is_told() -> None:
    places = [
        DOCS / "gate.md",
        DOCS / "settings.md",
        ROOT / ".env.example",
        ROOT / "slack_bot" / "upstream_settings.py",
    ]
    places.append(ROOT / "upstream_client" / "gate" / "caller.py")
    for place in places:
        told = re.findall(r"keys create [^;`\n]*decide[^;`\n]*", place.read_text())
        assert [one.split(". ")[0].rstrip('"') for one in told] == ["keys create bot --scope decide"], place


def test_every_setting_of_the_gate_stands_in_its_section_with_its_default() -> None:
    told = table(sections(DOCS / "settings.md")["The gate's own"])
    assert list(told) == list(GATES_NAMES)
    for name, field in zip(GATES_NAMES, GateSettings.model_fields.values(), strict=True):
        said, default = told[name][0].strip("`"), field.default
        if said == "none":
            assert default in ("", (), SecretStr("")), name
        else:
            assert said == (f"{default:g}" if isinstance(default, float) else str(default)), name


def test_the_exit_codes_of_the_gate_are_the_ones_of_its_code() -> None:
    told = sections(DOCS / "settings.md")["The gate's own"].split("Exit codes of the gate: ")[1]
    served = [gate.SETTINGS_WRONG, gate.DATABASE_UNUSABLE, gate.ADDRESS_TAKEN, gate.USAGE]
    assert [int(code) for code in re.findall(r"\b\d+\b", told)] == [gate.STOPPED, LACKING, *served]


def test_the_exit_codes_are_the_ones_of_the_code() -> None:
    codes = [app.STOPPED, app.STOPPED_TWICE, app.SETTINGS_WRONG, app.LEDGER_UNUSABLE, app.SLACK_REFUSES]
    told = sections(DOCS / "settings.md")["Exit codes"]
    assert [int(code) for code in re.findall(r"^\| (\d) \|", told, re.MULTILINE)] == codes


def test_the_times_of_the_health_check_are_the_ones_of_the_code() -> None:
    told = sections(DOCS / "settings.md")["The health check"]
    assert f"at most {health.FRESH:g} seconds old" in told
    assert f"every {heartbeat.EVERY:g} seconds" in told
    assert f"slack_bot.health {health.DEFAULT_FILE}" in told
    assert Settings.model_fields["heartbeat_file"].default == Path(health.DEFAULT_FILE)


# slack.md


def test_every_scope_and_event_of_the_manifest_has_its_reason() -> None:
    manifest = json.loads((ROOT / "manifest.json").read_text())
    scopes = manifest["oauth_config"]["scopes"]
    page = sections(DOCS / "slack.md")["Scopes"]
    told = table(page)
    assert {name for name, cells in told.items() if cells[1] == "required"} == set(scopes["bot"])
    assert {name for name, cells in told.items() if cells[1] != "required"} == set(scopes["bot_optional"])
    assert all(len(cells) == 2 and all(cells) for cells in told.values())
    events = page.split("subscribes to the events ")[1].split(",")[0]
    assert re.findall(r"`([^`]+)`", events) == manifest["settings"]["event_subscriptions"]["bot_events"]
    commands = [one["command"] for one in manifest["features"]["slash_commands"]]
    assert commands == list(COMMANDS_IN_SLACK)
    assert all(f"`{command}`" in page for command in commands)


def test_the_slack_app_takes_six_steps() -> None:
    steps = re.findall(r"^(\d)\. \*\*", (DOCS / "slack.md").read_text(), re.MULTILINE)
    assert steps == ["1", "2", "3", "4", "5", "6"]


# channels.md and schedules.md


def test_every_command_stands_in_the_channels_page_and_is_understood() -> None:
    told = table(sections(DOCS / "channels.md")["What to say to the bot"])
    assert {name.split()[0] for name in told} == set(COMMANDS)
    for written in told:
        as_sent = written.replace("@person", "<@U0123456789>").replace("@group", "<!subteam^S0123456789>")
        assert not isinstance(parse(as_sent), Misunderstood), written


def _schedule_commands() -> list[str]:
    page = (DOCS / "schedules.md").read_text()
    blocks = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("@Approval Bot ") for block in blocks for line in block.splitlines()]
    return lines + list(table(sections(DOCS / "schedules.md")["The words"]))


@pytest.mark.parametrize("written", _schedule_commands())
def test_every_schedule_in_the_page_is_understood_and_can_be_set(written: str) -> None:
    command = parse(written)
    assert isinstance(command, AutoApprove), command
    with_hours = parse("autoapprove hours mon-fri 09:00-17:30 Europe/Berlin")
    assert isinstance(with_hours, AutoApprove)
    before = apply(with_hours.changes, None, NOW)
    changed = apply(command.changes, before, NOW)
    assert (
        changed != before or written in ("autoapprove off", "autoapprove status") or _says_the_same(written)
    )


def _says_the_same(written: str) -> bool:
    """Whether it is the example that the others begin with."""
    return written == "autoapprove hours mon-fri 09:00-17:30 Europe/Berlin"


def test_what_holds_before_a_schedule_is_set_stands_in_the_page() -> None:
    told = {
        name.removeprefix("autoapprove ").split()[0]: cells[-1]
        for name, cells in table(sections(DOCS / "schedules.md")["The words"]).items()
    }
    new = Schedule()
    assert (told["on"], new.on) == ("off", False)
    assert (told["hours"], new.hours) == ("none", None)
    assert (told["holidays"], new.holidays) == ("none", ())
    assert (told["duration"], new.duration.seconds) == ("once", None)
    assert told["max-risk"] == new.max_risk
    assert (told["rated-only"], new.rated_only) == ("off", False)
    assert (told["until"], new.until) == ("never", None)


# architecture.md


def test_every_file_stands_in_the_architecture_page_and_every_one_there_is_a_file() -> None:
    listed = re.findall(
        r"^\| `([^`]+)` \| \S.* \|$", sections(DOCS / "architecture.md")["The files"], re.MULTILINE
    )
    assert len(listed) == len(set(listed))
    missing = sorted(set(_files()) - set(listed))
    assert missing == [], "add to docs/architecture.md:\n" + "\n".join(map(_row, missing))
    assert set(listed) - set(_files()) == set()


def _row(file: str) -> str:
    """What to add for a new file: the first line that it says of itself."""
    tree = ast.parse((ROOT / file).read_text()) if file.endswith(".py") else ast.Module([], [])
    return f"| `{file}` | {(ast.get_docstring(tree) or 'what it is').splitlines()[0].rstrip('.')} |"


def _files() -> Iterator[str]:
    """Everything in the rooms but bytecode and the empty files that make a folder a package."""
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            empty = path.name == "__init__.py" and not path.read_text()
            if path.is_file() and "__pycache__" not in path.parts and not empty:
                yield str(path.relative_to(ROOT))


# troubleshooting.md


@cache
def _trees() -> tuple[ast.Module, ...]:
    return tuple(ast.parse(path.read_text()) for room in ROOMS[:2] for path in (ROOT / room).rglob("*.py"))


@cache
def _events() -> frozenset[str]:
    """What the code logs, by the words that stand first."""
    calls = (node for tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.Call))
    first = [
        argument.value
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in (*LOGGED, "log")
        for argument in call.args[: 2 if call.func.attr == "log" else 1]
        if isinstance(argument, ast.Constant)
    ]
    return frozenset(str(value) for value in first)


@cache
def _said() -> str:
    """Every text in the code, with … for what is filled in."""
    texts = []
    for tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
                texts.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(re.sub(r"\{\w+\}", "…", node.value))
    return "\n".join(texts)


def test_every_log_line_in_the_troubleshooting_page_is_one_of_the_code() -> None:
    text = " ".join((DOCS / "troubleshooting.md").read_text().split())
    first = re.findall(r"[Ll]og: `([^`]+)`", text)
    others = [
        name
        for sentence in re.findall(r"[Ll]og: (.*?)\.(?: |$)", text)
        for name in re.findall(r"`([^`]+)`", sentence)
        if re.search(r"[ .]", name)
    ]
    assert len(first) > 15
    assert {name for name in (*first, *others) if name not in _events()} == set()


def test_every_sentence_quoted_in_the_troubleshooting_page_is_one_of_the_bot() -> None:
    text = " ".join((DOCS / "troubleshooting.md").read_text().split())
    quoted = [quote.rstrip(".") for quote in re.findall(r'"([^"]+)"', text)]
    assert len(quoted) > 8
    assert [quote for quote in quoted if quote not in _said()] == []


def test_every_exit_code_stands_in_the_troubleshooting_page() -> None:
    told = sections(DOCS / "troubleshooting.md")["It does not start"]
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", told, re.MULTILINE)}
    assert {app.STOPPED_TWICE, app.SETTINGS_WRONG, app.LEDGER_UNUSABLE, app.SLACK_REFUSES} <= codes


# CHANGELOG and CONTRIBUTING


def test_the_changelog_begins_with_what_is_not_released_and_names_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changelog = sections(ROOT / "CHANGELOG.md")
    assert next(iter(changelog)) == "[Unreleased]"
    assert version in (ROOT / "CHANGELOG.md").read_text()
    kinds = re.findall(r"^### (\w+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_from_a_clone_to_green_tests_it_takes_five_lines_of_make_and_git() -> None:
    block, *_ = shell_blocks((ROOT / "CONTRIBUTING.md").read_text())
    lines = block.splitlines()
    targets = re.findall(r"^([a-z]+): ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(lines) == 5
    for line in lines:
        program, *words = line.split()
        assert program in ("git", "cd") or (program == "make" and words[0] in targets), line
    assert "make test" in lines


def test_pull_requests_meet_the_checks_that_the_page_names() -> None:
    assert "make check test" in (ROOT / ".ci" / "run").read_text()

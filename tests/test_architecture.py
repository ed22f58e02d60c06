"""The house as it was drawn: which rooms there are, who may import whom, and how large things may grow."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = ("approval_gate", "bench", "sandbox", "slack_bot", "upstream_client")
EXTRAS = {
    "approval_gate": ("gate", "postgres"),
    "slack_bot": ("bot", "postgres"),
    "upstream_client": ("bot",),
}
"""What is to be installed, besides requests, to run what is in a room."""
LINES_OF_A_FILE = 450
LINES_OF_A_FUNCTION = 50
PARTS = {"botocore": "boto3", "pydantic-core": "pydantic", "urllib3": "requests"}
"""Packages that are part of what another one documents as its own: its errors."""
CODE = sorted(path for room in (*ROOMS, "tests") for path in (ROOT / room).rglob("*.py"))
TABLES = [ROOT / where / "migrations" / "versions" for where in ("slack_bot", "approval_gate/server")]


def test_the_rooms_are_the_ones_in_which_types_and_imports_are_checked() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert packages == {*ROOMS, "tests"}
    assert packages == set(PROJECT["tool"]["mypy"]["packages"])
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == set(ROOMS)


def test_no_import_points_where_it_must_not() -> None:
    lint = Path(sys.executable).parent / "lint-imports"

    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("room", EXTRAS)
def test_production_imports_only_what_it_asks_to_be_installed(room: str) -> None:
    """Given what pyproject.toml requires, when a room imports a package, then it is named there itself."""
    wanted = {distribution(line) for line in required(*EXTRAS[room])}
    homes = packages_distributions()

    imported = {name for path in (ROOT / room).rglob("*.py") for name in imports_of(path)}
    foreign = imported - set(sys.stdlib_module_names) - set(ROOMS)

    assert foreign
    assert {
        name for name in foreign if not wanted & {PARTS.get(home, home) for home in map(normal, homes[name])}
    } == set()


def required(*extras: str) -> list[str]:
    """The requirements of the package itself and of its extras."""
    optional = PROJECT["project"]["optional-dependencies"]
    return [*PROJECT["project"]["dependencies"], *(line for extra in extras for line in optional[extra])]


def test_whoever_only_asks_installs_only_requests() -> None:
    assert [distribution(line) for line in required()] == ["requests"]


def imports_of(path: Path) -> Iterator[str]:
    """The top packages that a module names, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def distribution(requirement: str) -> str:
    return normal(re.split(r"[\[<>=!~; ]", requirement)[0])


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("requirements", ["requirements.txt", "requirements-dev.txt"])
def test_the_pins_name_no_place_to_get_them_from(requirements: str) -> None:
    lines = (ROOT / requirements).read_text().splitlines()

    assert [line for line in lines if not re.match(r"[a-z0-9]|\s*#", line)] == []
    assert not any("://" in line for line in lines)


def test_every_dependency_is_pinned() -> None:
    pinned = {
        distribution(line) for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line
    }

    assert {distribution(line) for line in required("bot", "gate", "postgres")} <= pinned


def test_no_file_and_no_function_grows_too_long() -> None:
    files = [path for path in CODE if len(path.read_text().splitlines()) >= LINES_OF_A_FILE]
    functions = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in CODE
        if path.parent not in TABLES  # a table is as long as its columns are many
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= LINES_OF_A_FUNCTION
    ]

    assert (files, functions) == ([], [])

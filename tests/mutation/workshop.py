"""A copy of the project in which mutmut puts faults into one package and runs the tests that guard it."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.backends import memory

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / ".mutation"
ROOMS = ("slack_bot", "upstream_client", "sandbox", "tests")
GUARDS = {
    "policy": ("policy", "test_policy*.py", "test_silence.py"),
    "approvals": ("approvals", "test_approvals.py", "test_approvals_[!m]*.py", "test_approvals_moves.py"),
    "audit": ("audit", "test_audit.py", "test_audit_chain.py"),
}
"""The packages of slack_bot, and the tests of each that are quick and run in one process."""
PATIENCE = 60.0
"""So many times as long as without a fault the tests may take, and a minute besides."""
ARGUMENTS = ["-p", "no:cacheprovider", "-p", "tests.mutation.quick", "--assert=plain"]


def workshop(package: str) -> Path:
    """A fresh copy, set up for one package; the folder."""
    folder = FOLDER / package
    shutil.rmtree(folder, ignore_errors=True)
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / "slack_bot" / package).glob("*.py"):
        path.write_text(opened(path.read_text()))
    settings = (ROOT / "pyproject.toml").read_text() + _settings(package)
    (folder / "pyproject.toml").write_text(settings)
    return folder


def opened(source: str) -> str:
    """The same module with its properties as plain functions that become properties one line later.

    mutmut leaves alone whatever has a decorator.
    """
    lines = source.splitlines()
    for node in sorted(_properties(source), key=lambda one: one.lineno, reverse=True):
        lines.insert(node.end_lineno or 0, f"{' ' * node.col_offset}{node.name} = property({node.name})")
        del lines[node.decorator_list[0].lineno - 1]
    return "\n".join(lines) + "\n"


def _properties(source: str) -> list[ast.FunctionDef]:
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [one for one in functions if [ast.unparse(each) for each in one.decorator_list] == ["property"]]


def _settings(package: str) -> str:
    here = ROOT / "tests" / "slack_bot"
    tests = [str(path.relative_to(ROOT)) for name in GUARDS[package] for path in sorted(here.glob(name))]
    values: dict[str, object] = {
        "source_paths": ["slack_bot"],
        "only_mutate": [f"slack_bot/{package}/*.py"],
        "also_copy": [room for room in ROOMS if room != "slack_bot"],
        "pytest_add_cli_args": ARGUMENTS,
        "pytest_add_cli_args_test_selection": tests,
        "timeout_multiplier": PATIENCE,
        "use_git_change_detection": False,
    }
    return "\n[tool.mutmut]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


def put_faults_in(folder: Path, children: int) -> int:
    """Runs mutmut in so many processes; its exit code. Its progress goes to stderr.

    In a session of its own, so that Ctrl-C comes to it once, from here, and it can end its processes.
    """
    command = [str(Path(sys.executable).parent / "mutmut"), "run", "--max-children", str(children)]
    at = memory()
    environment = os.environ | ({"TMPDIR": str(at)} if at else {})
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=sys.stderr, start_new_session=True
    ) as running:
        try:
            return running.wait()
        except KeyboardInterrupt:
            running.send_signal(signal.SIGINT)
            running.wait()
            raise

"""The Makefile on a bare machine, played with interpreters that are short shell scripts."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEST = "-m pytest --numprocesses 6 --dist worksteal"
FILES = ("Makefile", "scripts/install", "requirements.txt", "requirements-dev.txt")
COMMANDS = ["help", "demo", "test", "crash", "mutate", "check", "run", "manifest", "pins"]
BENCHES = ["bench-clicks", "bench-faults", "bench-poll", "bench-idle", "bench-resume", "bench-pipelines"]

INTERPRETER = """#!/bin/sh
case "$*" in
  "--version") echo "Python {version}" ;;
  *version_info*) exit {too_old} ;;
  *ensurepip*) exit {no_venv} ;;
  "-m venv"*) echo "$*" >> "{log}"; mkdir -p .venv/bin; rm -f .venv/bin/python; cp "{inner}" .venv/bin/python ;;
esac
"""
INNER = """#!/bin/sh
echo "$*" >> "{log}"
case "$*" in
  "-m pip config list") [ ! -e pip.conf ] || cat pip.conf ;;
  "-m pip install"*) [ ! -e broken-network ] ;;
  "-m uv pip install"*) [ ! -e broken-network ] && [ ! -e no-way-for-uv ] ;;
  "-m sandbox") exec "{python}" serve.py ;;
esac
"""
SERVE = """
import signal, sys, time
def stop(*_):
    time.sleep(0.3)  # the bot and the servers take as long to end
    sys.exit(0)
signal.signal(signal.SIGINT, stop)
signal.signal(signal.SIGTERM, stop)
print("serving", flush=True)
signal.pause()
"""

pytestmark = pytest.mark.skipif(
    shutil.which("make") is None and not os.environ.get("CI"), reason="there is no make on the path"
)


class Machine:
    """A directory with our Makefile, and an interpreter that writes down what it is asked to do."""

    def __init__(
        self, folder: Path, version: str = "3.11.2", too_old: bool = False, no_venv: bool = False
    ) -> None:
        self.folder = folder
        self._log = folder / "log"
        for name in FILES:
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        (folder / "serve.py").write_text(SERVE)
        inner = self._script("inner", INNER.format(log=self._log, python=sys.executable))
        values = {"version": version, "too_old": int(too_old), "no_venv": int(no_venv)}
        self.python = self._script("interpreter", INTERPRETER.format(**values, log=self._log, inner=inner))

    def _script(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    @property
    def environment(self) -> dict[str, str]:
        """Ours, without what the make that runs these tests says to the makes below it."""
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MAKE", "MFLAGS", "ARGS", "COMPILED", "WORKERS"))
        }
        return ours | {"PYTHON": str(self.python)}

    def make(self, *arguments: str, **shell: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *arguments],
            cwd=self.folder,
            env=self.environment | shell,
            capture_output=True,
            text=True,
            timeout=30,
        )

    def asked(self) -> list[str]:
        """What the interpreters were asked since the last look."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        self._log.write_text("")
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_make_alone_lists_every_command(machine: Machine) -> None:
    done = machine.make()

    assert done.returncode == 0
    assert re.findall(r"^make ([\w-]+) +\S", done.stdout, re.MULTILINE) == [*COMMANDS, *BENCHES]
    makefile = (ROOT / "Makefile").read_text()
    assert f".PHONY: {' '.join(COMMANDS)} $(BENCHES)\n" in makefile
    assert f"BENCHES := {' '.join(BENCHES)}\n" in makefile


@pytest.mark.parametrize("bench", BENCHES)
def test_a_bench_is_run_as_a_module_with_what_is_asked_of_it(machine: Machine, bench: str) -> None:
    assert machine.make(bench, "ARGS=--quick").returncode == 0

    assert machine.asked()[-1] == f"-m {bench.replace('-', '.')} --quick"
    assert (ROOT / bench.replace("-", "/")).with_suffix(".py").exists()


def test_what_the_shell_or_the_command_line_says_of_upstreams_reaches_the_demo(machine: Machine) -> None:
    (machine.folder / "serve.py").write_text("import os; print(os.environ['UPSTREAMS'])")

    in_the_shell = machine.make("demo", UPSTREAMS="privilege_manager").stdout
    on_the_line = machine.make("demo", "UPSTREAMS=gate").stdout

    assert (in_the_shell.splitlines()[-1], on_the_line) == ("privilege_manager", "gate\n")


def test_the_mutation_test_is_run_on_the_packages_that_are_named(machine: Machine) -> None:
    assert machine.make("mutate", "ARGS=policy audit").returncode == 0

    assert machine.asked()[-1] == "-m tests.mutation policy audit"


@pytest.mark.parametrize(
    ("lacks", "words"),
    [
        ("version", "Python 3.9.18 is too old. Install Python 3.11 or newer"),
        ("venv", "apt install python3-venv"),
    ],
)
def test_a_machine_that_lacks_something_is_told_what_to_install(
    tmp_path: Path, lacks: str, words: str
) -> None:
    machine = Machine(tmp_path, "3.9.18", too_old=lacks == "version", no_venv=lacks == "venv")

    done = machine.make("demo")

    assert done.returncode == 2
    assert words in done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr
    assert machine.asked() == []


def test_a_machine_without_python_is_told_so(machine: Machine) -> None:
    done = machine.make("run", "PYTHON=python3.99")

    assert done.returncode == 2
    assert done.stderr.startswith("There is no python3.99 on this machine. Install Python 3.11 or newer")


def test_the_first_start_installs_and_the_second_does_not(machine: Machine) -> None:
    first = machine.make("test", "ARGS=-x tests")
    assert first.returncode == 0, first.stderr
    venv, _config, uv, install, run = machine.asked()
    assert venv == "-m venv --clear .venv"
    assert re.search(r"^-m pip install .*--no-deps uv==[\d.]+$", uv)
    assert install.startswith("-m uv pip install")
    assert install.endswith("-r requirements-dev.txt")
    assert run == f"{TEST} -x tests"

    second = machine.make("test")
    assert (second.stdout, second.stderr) == ("", "")
    assert machine.asked() == [TEST]


def test_where_uv_finds_no_way_pip_installs_all(machine: Machine) -> None:
    (machine.folder / "no-way-for-uv").touch()

    assert machine.make("test").returncode == 0

    uv, install, run = machine.asked()[-3:]
    assert uv.startswith("-m uv pip install")
    assert re.search(r"^-m pip install .*-r requirements-dev.txt$", install)
    assert run == TEST


@pytest.mark.parametrize("where", ["global", ":env:"])
def test_an_index_of_pip_s_own_is_asked_by_pip(machine: Machine, where: str) -> None:
    (machine.folder / "pip.conf").write_text(f"{where}.index-url='https://packages.example.com/simple'\n")

    machine.make("test")

    _venv, _config, install, _run = machine.asked()
    assert re.search(r"^-m pip install .*-r requirements-dev.txt$", install)


def test_a_further_index_of_pip_s_own_is_not_needed(machine: Machine) -> None:
    (machine.folder / "pip.conf").write_text("global.extra-index-url='https://packages.example.com/simple'\n")

    machine.make("test")

    assert machine.asked()[-2].startswith("-m uv pip install")


@pytest.mark.parametrize(("shell", "compiled"), [("1", True), ("", False)])
def test_what_no_start_may_compile_is_compiled_beforehand(
    machine: Machine, shell: str, compiled: bool
) -> None:
    machine.make("test", PYTHONDONTWRITEBYTECODE=shell)

    assert ("--compile-bytecode" in machine.asked()[-2]) == compiled


def test_running_the_bot_installs_its_own_pins_only(machine: Machine) -> None:
    assert machine.make("run").returncode == 0

    _venv, install, run = machine.asked()
    assert install.endswith("-r requirements.txt")
    assert run == "-m slack_bot.app"


def test_the_manifest_is_printed_for_the_address_that_is_named(machine: Machine) -> None:
    assert machine.make("manifest", "URL=https://bot.example.com/a b").returncode == 0

    assert machine.asked()[-1] == "-m slack_bot.manifest https://bot.example.com/a b"


def test_running_the_bot_after_the_tests_installs_nothing_more(machine: Machine) -> None:
    machine.make("test")
    machine.asked()

    machine.make("run")

    assert machine.asked() == ["-m slack_bot.app"]


def test_an_interrupted_installation_is_done_anew(machine: Machine) -> None:
    (machine.folder / "broken-network").touch()
    assert machine.make("test").returncode == 2
    (machine.folder / "broken-network").unlink()

    assert machine.make("test").returncode == 0

    assert [line for line in machine.asked() if line.startswith("-m venv")] == 2 * ["-m venv --clear .venv"]


@pytest.mark.parametrize("target", ["test", "run"])
def test_an_environment_whose_python_is_gone_is_made_anew(machine: Machine, target: str) -> None:
    machine.make(target)
    machine.asked()
    python = machine.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(machine.folder / "of-an-older-system")

    assert machine.make(target).returncode == 0

    assert machine.asked()[0] == "-m venv --clear .venv"
    assert machine.make(target).stdout == ""


def test_changed_pins_are_installed_into_what_is_there(machine: Machine) -> None:
    machine.make("test")
    machine.asked()
    later = time.time() + 10
    os.utime(machine.folder / "requirements-dev.txt", (later, later))

    machine.make("test")

    _config, _uv, install, _run = machine.asked()
    assert install.startswith("-m uv pip install")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_ends_quietly_with_its_make(machine: Machine, number: signal.Signals) -> None:
    """Given a running demo, when its terminal sends Ctrl-C or its make is ended, then it ends without a word."""
    machine.make("test")
    demo = subprocess.Popen(
        ["make", "demo"],
        cwd=machine.folder,
        env=machine.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with demo:
        assert demo.stdout is not None
        assert demo.stdout.readline() == "serving\n"

        os.killpg(demo.pid, number) if number == signal.SIGINT else demo.terminate()

        assert demo.stdout.read() == ""
    assert demo.returncode == -number

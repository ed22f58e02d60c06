"""The health check as ECS runs it: a command, its exit code, and one line that says why not."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from slack_bot import heartbeat
from slack_bot.health import DEFAULT_FILE, FRESH, Unhealthy, check_age, last_beat

ROOT = Path(__file__).resolve().parent.parent.parent
NOW = 5_000 * 10**9


def check(*arguments: str, folder: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "slack_bot.health", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_a_fresh_heartbeat_is_healthy_and_not_a_word_is_said(tmp_path: Path) -> None:
    (tmp_path / "heartbeat").write_text(f"{time.monotonic_ns()}\n")

    for written in (str(tmp_path / "heartbeat"), " ~/heartbeat\n"):
        done = check(HEARTBEAT_FILE=written, HOME=str(tmp_path))

        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_no_heartbeat_is_unhealthy_and_one_line_says_why(tmp_path: Path) -> None:
    done = check(folder=tmp_path, HEARTBEAT_FILE="")

    assert done.returncode == 1
    assert done.stdout == (
        f"Unhealthy: there is no {DEFAULT_FILE}: the bot is not connected to Slack, "
        "or its HEARTBEAT_FILE is another.\n"
    )
    assert done.stderr == ""


def test_a_file_that_is_named_wins_over_the_environment(tmp_path: Path) -> None:
    (tmp_path / "named").write_text(str(time.monotonic_ns()))

    assert check(str(tmp_path / "named"), HEARTBEAT_FILE=str(tmp_path / "absent")).returncode == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (str(NOW), ""),
        (str(NOW - int(FRESH * 1e9)), ""),
        (str(NOW - int(FRESH * 1e9) - 10**9), "the last heartbeat is 31 seconds old"),
        (str(NOW + 1), "the last heartbeat is from before the machine started"),
        ("", "holds no heartbeat"),
        ("soon", "holds no heartbeat"),
        ("\N{SNOWMAN}", "holds no heartbeat"),
        ("9" * 10_000, "the last heartbeat is from before the machine started"),
    ],
)
def test_only_a_heartbeat_of_the_last_seconds_counts(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "heartbeat").write_text(content)

    assert why_not(tmp_path / "heartbeat").startswith(words)
    assert bool(why_not(tmp_path / "heartbeat")) is bool(words)


def why_not(path: Path) -> str:
    """Why the heartbeat does not count at `NOW`, "" where it does."""
    try:
        check_age(last_beat(str(path)), NOW)
    except Unhealthy as why:
        return str(why).removeprefix(f"{path} ")
    return ""


def test_a_place_that_cannot_be_read_is_unhealthy(tmp_path: Path) -> None:
    assert why_not(tmp_path) == "cannot be read: Is a directory"


def test_a_beat_may_be_missed_and_no_more_than_a_few() -> None:
    assert 3 * heartbeat.EVERY < FRESH


def test_it_loads_nothing_that_an_empty_program_does_not_load(tmp_path: Path) -> None:
    """Given a quarter of a CPU, then the check costs what starting Python costs."""
    loaded = "import runpy, sys; runpy.run_module('{}', run_name='x'); print(*sys.modules)"

    def modules(name: str) -> set[str]:
        program = [sys.executable, "-c", loaded.format(name)]
        said = subprocess.run(
            program, cwd=tmp_path, env={"PYTHONPATH": f"{ROOT}:{tmp_path}"}, capture_output=True, text=True
        )
        return set(said.stdout.split())

    (tmp_path / "empty.py").touch()
    assert modules("slack_bot.health") - modules("empty") == {"slack_bot"}

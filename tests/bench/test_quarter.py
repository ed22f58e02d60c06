"""A process that is held to a quarter of a CPU, in whichever of the two ways."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench import quarter
from bench.quarter import BY_SIGNALS, Quarter, a_quarter
from bench.usage import Usage

SPIN = "import sys\nprint('begun', flush=True)\nwhile True: pass"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc and control groups")


@contextmanager
def spinning(held: Quarter) -> Iterator[int]:
    """The id of a process that takes all it is given."""
    command = [*held.prefix, sys.executable, "-c", SPIN]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == b"begun\n"
            yield child.pid
        finally:
            child.kill()


def share(pid: int, seconds: float) -> float:
    before, began = Usage.of(pid).cpu, time.monotonic()
    time.sleep(seconds)
    return (Usage.of(pid).cpu - before) / (time.monotonic() - began)


def test_what_takes_all_it_is_given_gets_about_a_quarter() -> None:
    with a_quarter() as held, spinning(held) as pid, held.over(pid):
        assert 0 < share(pid, 1.0) < 0.4


def test_without_control_groups_the_process_is_stopped_most_of_the_time_and_runs_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(quarter, "_make_group", lambda: None)

    with a_quarter() as held, spinning(held) as pid:
        assert held.how == BY_SIGNALS
        with held.over(pid):
            assert 0 < share(pid, 1.0) < 0.4
        before = Usage.of(pid).cpu
        deadline = time.monotonic() + 5
        while Usage.of(pid).cpu == before:
            assert time.monotonic() < deadline, "it was left stopped"

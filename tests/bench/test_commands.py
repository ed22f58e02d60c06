"""Every bench, very small: it prints its table and its JSON, and leaves no process. Never what is measured."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SMALL = {
    "clicks": [
        "--clicks",
        "3",
        "--pause",
        "0",
        "--some",
        "3",
        "--many",
        "5",
        "--rounds",
        "1",
        "--requests",
        "1",
        "--quick",
    ],
    "faults": ["--only", "WebSocket close", "--most", "3", "--alone"],
    "poll": ["--pending", "3", "--polls", "1"],
    "idle": ["--seconds", "0.1", "--cards", "3", "--only", "ours"],
    "resume": ["--waiters", "2", "--first", "0.1", "--last", "0.2", "--held", "3", "--decisions", "2"],
    "pipelines": ["--repositories", "2", "--polls", "12", "--waiting", "1"],
}
KEYS = {
    "clicks": {
        "ratio_ack_p50",
        "ratio_ack_p99",
        "ratio_burst_50_p99",
        "ratio_burst_1000_p99",
        "settled_p50_ms",
        "settled_p99_ms",
        "slack_calls_per_request",
        "late_of_1000",
        "rss_after_bursts_mib",
        "ours",
        "bolt",
    },
    "faults": {"faults", "skipped"},
    "poll": {"ratio_cpu", "calls_per_poll", "polls"},
    "idle": {"rss_idle_mib", "ready_s", "cards", "quarter", "limits", "rests"},
    "resume": {"resume_p50_ms", "kib_per_waiter", "resumed", "held"},
    "pipelines": {"repositories", "polls", "units_idle", "units_unconditional", "hours"},
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="benches read /proc")


def command(name: str) -> list[str]:
    return [sys.executable, "-m", f"bench.{name}", *SMALL[name]]


def figures(output: str) -> dict[str, Any]:
    """The JSON in the last line."""
    found = json.loads(output.splitlines()[-1])
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", SMALL)
def test_a_bench_prints_a_table_and_then_the_same_figures_as_json(name: str, tmp_path: Path) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(command(name), cwd=ROOT, env=env, capture_output=True, text=True, timeout=100)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert set(figures(done.stdout)) == KEYS[name] | {"bench", "aims_met"}
    assert figures(done.stdout)["bench"] == name
    lines = done.stdout.splitlines()
    assert any(line.startswith("| ours") or line.startswith("| 3 ") or " ours " in line for line in lines)
    assert any(line.startswith("| aim ") for line in lines)


def test_a_bench_that_is_interrupted_stops_what_it_started() -> None:
    """Given a bench at work, when Ctrl-C reaches it, then it says so, and nothing of its goes on."""
    with subprocess.Popen(command("faults"), cwd=ROOT, stdout=subprocess.PIPE, text=True) as bench:
        deadline = time.monotonic() + 30
        while not children(bench.pid):
            assert bench.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        started = children(bench.pid)

        bench.send_signal(signal.SIGINT)
        output, _ = bench.communicate(timeout=30)

    deadline = time.monotonic() + 10
    assert bench.returncode == 130
    assert output.endswith("stopped\n")
    # Until init has looked after what was killed.
    while any(Path(f"/proc/{pid}").exists() for pid in started):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children(pid: int) -> list[str]:
    """The ids of the processes that a process started."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return found.split()

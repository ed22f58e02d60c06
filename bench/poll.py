"""What one poll costs while nothing is new: CPU and calls, beside the bare reading of the same list.

``python -m bench.poll``. The poller and the client are those of the bot, with SQLite on the disk; the floor is
``requests.get(list).json()`` with the client's own token, in the same process. The sandbox is another process.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import requests

from bench.bot import AUDIT_KEY, ledger_url
from bench.percentile import percentile
from bench.run import run, scratch
from bench.table import Aim, Cell, aims_table, say, show, table
from bench.workspace import Workspace, running_workspace
from slack_bot.clock import now_us
from slack_bot.ledger import Ledger
from slack_bot.poller import ApprovalPoller
from upstream_client.privilege_manager import Contract, PrivManClient

PENDING = (10, 100, 1_000, 10_000)
COLUMNS = (
    "pending",
    "CPU of a poll ms",
    "the bare list ms",
    "ratio",
    "calls a poll",
    "wall ms",
    "share of one CPU, every 30 s, %",
)
INTERVAL = 30.0
CALLS_AT_MOST, SHARE_AT_MOST = 1, 5.0
"""Of the largest list; a quarter of a CPU is what the task has."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one poll with ``pending`` requests: medians, in milliseconds; ``calls`` is their mean number."""

    pending: int
    cpu_ms: float
    bare_cpu_ms: float
    wall_ms: float
    calls: float

    @property
    def ratio(self) -> float:
        """Our CPU by that of the bare list."""
        return self.cpu_ms / self.bare_cpu_ms

    @property
    def share(self) -> float:
        """Percent of one CPU at one poll every thirty seconds."""
        return self.cpu_ms / 10 / INTERVAL


def bare_list(workspace: Workspace) -> Callable[[], object]:
    """Reads the pending list as a script would; it is logged on already."""
    at, operations = workspace.at, Contract.packaged().operations
    log_on = {"UserName": at.privman_username, "Password": at.privman_password}
    session = requests.Session()
    session.trust_env = False
    token = session.post(operations.logon.url(at.privman_url), json=log_on, timeout=10).json()
    session.headers["Authorization"] = f"Bearer {token}"
    address = operations.list_.url(at.privman_url)

    def read() -> object:
        answer = session.get(address, timeout=60)
        answer.raise_for_status()
        return answer.json()

    return read


def timed(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Medians of CPU and of wall time, in milliseconds, of this whole process."""
    cpu, wall = [], []
    for _ in range(times):
        began_cpu, began = time.process_time(), time.perf_counter()
        work()
        cpu.append((time.process_time() - began_cpu) * 1000)
        wall.append((time.perf_counter() - began) * 1000)
    return percentile(cpu, 0.5), percentile(wall, 0.5)


def measure(pending: int, folder: Path, polls: int) -> Cost:
    """With a fresh sandbox and a fresh ledger."""
    with running_workspace(folder) as workspace:
        workspace.control.file_requests(pending)
        at = workspace.at
        client = PrivManClient(at.privman_url, at.privman_username, at.privman_password)
        ledger = Ledger(ledger_url(folder), AUDIT_KEY)
        try:
            poller = ApprovalPoller(client, ledger, now_us, changed=lambda: None)
            poller.poll()  # takes them in
            poller.poll()  # and finds them as they are, for the first time
            before = _calls(workspace)
            cpu, wall = timed(poller.poll, polls)
            calls = (_calls(workspace) - before) / polls
        finally:
            client.close()
            ledger.close()
        bare = bare_list(workspace)
        bare()
        bare_cpu, _ = timed(bare, polls)
    return Cost(pending, cpu, bare_cpu, wall, calls)


def _calls(workspace: Workspace) -> int:
    return sum(workspace.control.upstream_calls().values())


def aims_of(costs: Sequence[Cost]) -> list[Aim]:
    """What is promised, of the longest list."""
    largest = max(costs, key=lambda cost: cost.pending)
    return [
        Aim("calls a poll", max(cost.calls for cost in costs), CALLS_AT_MOST),
        Aim(f"share of one CPU with {largest.pending:,} pending, %", largest.share, SHARE_AT_MOST),
    ]


def bench(pending: Sequence[int], polls: int) -> None:
    """Measures and prints."""
    costs = []
    for count in pending:
        say(f"{count:,} pending")
        with scratch() as folder:
            costs.append(measure(count, folder, polls))
    rows: list[list[Cell]] = [
        [one.pending, one.cpu_ms, one.bare_cpu_ms, one.ratio, one.calls, one.wall_ms, one.share]
        for one in costs
    ]
    aims = aims_of(costs)
    figures = {
        "bench": "poll",
        "aims_met": all(aim.met for aim in aims),
        "ratio_cpu": {str(one.pending): one.ratio for one in costs},
        "calls_per_poll": max(one.calls for one in costs),
        "polls": [asdict(one) | {"ratio": one.ratio, "share_percent": one.share} for one in costs],
    }
    show("One poll, nothing new", [table(COLUMNS, rows), aims_table(aims)], figures)


def main(arguments: list[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.poll", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pending", type=int, nargs="+", default=PENDING, help="lengths of the list")
    parser.add_argument("--polls", type=int, default=9, help="polls of each, of which the median is told")
    asked = parser.parse_args(arguments)
    return run(lambda: bench(asked.pending, asked.polls))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

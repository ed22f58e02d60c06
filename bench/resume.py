"""How soon a program goes on after its approval, beside the same programs polling, and what a waiter costs.

``python -m bench.resume``. The gate is a process of its own, with SQLite on the disk; who asks and who answers are
in this one. A time is from the sending of the decision, so that it holds the decision's own call and its commit.
"""

import argparse
import asyncio
import sys
from dataclasses import asdict, dataclass

from bench.crowd import Crowd, allow_files, measure
from bench.gate import RunningGate, running_gate
from bench.percentile import percentile
from bench.run import run, scratch
from bench.table import Aim, Cell, aims_table, say, show, table
from bench.waiters import (
    Load,
    Times,
    Waiter,
    agentsudo,
    ours,
    ours_for_agentsudo,
    polling,
    polling_with_ours,
    resume_times,
)

OURS = "ours: held"
KINDS: dict[str, Waiter] = {
    OURS: ours,
    "ours, polling every 2 s": polling_with_ours,
    "AgentSudo's contract, held: our client": ours_for_agentsudo,
    "AgentSudo's contract, held: its own calls": agentsudo,
    "AgentSudo's calls on plain answers, every 2 s": polling,
}
COLUMNS = ("from decision to resumed, ms", "p50", "p95", "max", "the decision's own call p50")
CROWD_COLUMNS = (
    "held at once",
    "KiB a waiter",
    "gate's RSS MiB",
    "woken p50 ms",
    "p95",
    "max",
    "opened in s",
)
RESUME_AT_MOST = 3.0
SEED = 7


@dataclass(frozen=True, slots=True)
class Resumed:
    """Milliseconds, of one kind of waiter."""

    p50_ms: float
    p95_ms: float
    max_ms: float
    decided_p50_ms: float

    @classmethod
    def of(cls, times: Times) -> "Resumed":
        """Of at least one."""
        resumed, decided = times.resumed, percentile(times.decided, 0.5)
        return cls(percentile(resumed, 0.5), percentile(resumed, 0.95), max(resumed), decided)


def measure_kinds(gate: RunningGate, load: Load) -> dict[str, Resumed]:
    """Every kind, one after another, each with the same moments of answering."""
    found = {}
    for number, (name, waiter) in enumerate(KINDS.items()):
        say(f"{load.waiters} waiters, {name}")
        found[name] = Resumed.of(resume_times(gate, waiter, load, SEED + number))
    return found


def measure_crowd(gate: RunningGate, wished: int, decisions: int) -> Crowd:
    """As many as this machine lets us open."""
    waiters = min(wished, allow_files(wished))
    say(f"{waiters:,} waiters at once")
    return asyncio.run(measure(gate, waiters, decisions))


def bench(load: Load, crowd: int, decisions: int) -> None:
    """Measures and prints."""
    with scratch() as folder:
        with running_gate(folder) as gate:
            kinds = measure_kinds(gate, load)
        fresh = folder / "crowd"
        fresh.mkdir()
        with running_gate(fresh) as gate:
            many = measure_crowd(gate, crowd, decisions)
    rows: list[list[Cell]] = [
        [name, one.p50_ms, one.p95_ms, one.max_ms, one.decided_p50_ms] for name, one in kinds.items()
    ]
    row: list[Cell] = [many.waiters, many.kib_per_waiter, many.rss_mib]
    row += [many.p50_ms, many.p95_ms, many.max_ms, many.opened_s]
    aims = [Aim("ours, decision to resumed p50, ms", kinds[OURS].p50_ms, RESUME_AT_MOST)]
    figures = {
        "bench": "resume",
        "aims_met": all(aim.met for aim in aims),
        "resume_p50_ms": kinds[OURS].p50_ms,
        "kib_per_waiter": many.kib_per_waiter,
        "resumed": {name: asdict(one) for name, one in kinds.items()},
        "held": asdict(many),
    }
    tables = [table(COLUMNS, rows), table(CROWD_COLUMNS, [row]), aims_table(aims)]
    show(f"{load.waiters} waiters, answered after {load.first:g} to {load.last:g} s", tables, figures)


def main(arguments: list[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.resume", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--waiters", type=int, default=60, help="programs that wait at once, of each kind")
    parser.add_argument("--first", type=float, default=2.0, help="seconds until the first answer")
    parser.add_argument("--last", type=float, default=22.0, help="seconds until the last answer")
    parser.add_argument("--held", type=int, default=10_000, help="answers held at once")
    parser.add_argument("--decisions", type=int, default=200, help="how many of those are woken")
    asked = parser.parse_args(arguments)
    load = Load(asked.waiters, asked.first, asked.last)
    return run(lambda: bench(load, asked.held, asked.decisions))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What the bot takes while it does nothing: start to ready, memory, CPU; fresh, with SSM, after 10,000 cards.

``python -m bench.idle``. All of it on the whole machine, then at a quarter of a CPU, as on Fargate. The bot is the
daemon with SQLite on the disk, and polls every 30 seconds; plain Bolt, which does nothing at all, is beside it.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.bot import READY, environment, start_bot
from bench.card import UPDATE
from bench.child import Child
from bench.history import write_history
from bench.parameters import parameter_store
from bench.peer import BOLT, start_peer
from bench.quarter import Quarter, a_quarter
from bench.run import run, scratch
from bench.table import Aim, Cell, aims_table, say, show, table
from bench.usage import MIB, Usage
from bench.workspace import Workspace, running_workspace

PLAIN, FRESH, SSM, CARDS = "plain Bolt", "ours", "ours, STATE=ssm", "ours, after {:,} cards"
WHOLE = "the whole machine"
COLUMNS = (
    "",
    "CPU",
    "start to ready s",
    "start to quiet s",
    "CPU until quiet s",
    "RSS at rest MiB",
    "largest RSS MiB",
    "CPU at rest %",
)
IDLE_MIB, TASK_MIB, TASK_CPU = 110.0, 512e6 / MIB, 25.0
"""Aims: of an idle bot; of the task on Fargate, 512 MB and a quarter of a CPU."""
LOOK_EVERY, QUIET_CPU, QUIET_WITHIN = 1.0, 0.03, 300.0
"""It is quiet once it takes less than 30 ms of CPU in a second: what the start left to do is done."""


@dataclass(frozen=True, slots=True)
class Rest:
    """One start and the rest after it. ``cpu`` in percent of one CPU."""

    what: str
    how: str
    ready_s: float
    quiet_s: float
    start_cpu_s: float
    rss_mib: float
    peak_mib: float
    cpu: float

    def row(self) -> list[Cell]:
        """Of the table."""
        return list(asdict(self).values())


@dataclass(frozen=True, slots=True)
class Setting:
    """What is started how: ``cards`` in its ledger, ``ssm`` for its state."""

    what: str
    cards: int = 0
    ssm: bool = False
    peer: bool = False


def watch(what: str, how: str, child: Child, ready_s: float, seconds: float) -> Rest:
    """Waits until it is quiet, and then for so many seconds."""
    quiet_s = _until_quiet(child)
    before, began = Usage.of(child.pid), time.monotonic()
    time.sleep(seconds)
    after, passed = Usage.of(child.pid), time.monotonic() - began
    cpu = 100 * (after.cpu - before.cpu) / passed
    return Rest(what, how, ready_s, quiet_s, before.cpu, after.rss / MIB, after.peak / MIB, cpu)


def _until_quiet(child: Child) -> float:
    """Seconds from the start to the first look that found it quiet."""
    deadline = time.monotonic() + QUIET_WITHIN
    cpu = Usage.of(child.pid).cpu
    while time.monotonic() < deadline:
        since = time.monotonic()
        time.sleep(LOOK_EVERY)
        latest = Usage.of(child.pid).cpu
        if latest - cpu < QUIET_CPU:
            return since - child.started_at
        cpu = latest
    raise AssertionError("it is still at work")


def measure(setting: Setting, seconds: float, quarter: Quarter | None) -> Rest:
    """Everything afresh."""
    with scratch() as folder, running_workspace(folder) as workspace:
        how = WHOLE if quarter is None else "a quarter"
        with _started(setting, workspace, folder, quarter) as (child, ready_s):
            found = watch(setting.what, how, child, ready_s, seconds)
        if workspace.control.calls(UPDATE):
            raise AssertionError("cards were drawn again: the ledger is not as the bot left it")
    say(f"{setting.what}, {how}: {found.rss_mib:.0f} MiB")
    return found


@contextmanager
def _started(
    setting: Setting, workspace: Workspace, folder: Path, quarter: Quarter | None
) -> Iterator[tuple[Child, float]]:
    prefix = () if quarter is None else tuple(quarter.prefix)
    with ExitStack() as stack:
        state = stack.enter_context(parameter_store(folder)) if setting.ssm else {}
        if setting.cards:
            environment(workspace.at, folder)
            write_history(workspace, folder, setting.cards)
        if setting.peer:
            child = stack.enter_context(start_peer(BOLT, workspace.at, folder, prefix))
        else:
            child = stack.enter_context(start_bot(workspace.at, folder, prefix, **state))
        if quarter is not None:
            stack.enter_context(quarter.over(child.pid))
        if setting.peer:
            workspace.wait_for_connection()
            ready_s = time.monotonic() - child.started_at
        else:
            ready_s = child.wait_for(READY)
        yield child, ready_s


def settings_for(cards: int) -> list[Setting]:
    """The rows of the table."""
    return [
        Setting(PLAIN, peer=True),
        Setting(FRESH),
        Setting(SSM, ssm=True),
        Setting(CARDS.format(cards), cards=cards),
    ]


def aims_of(rests: list[Rest], cards: int) -> list[Aim]:
    """What is promised."""
    fresh = [one for one in rests if one.what in (FRESH, SSM)]
    ours = [one for one in rests if one.what != PLAIN]
    return [
        Aim("RSS idle, MiB", max((one.rss_mib for one in fresh), default=None), IDLE_MIB),
        Aim(
            f"largest RSS, {cards:,} cards too, MiB",
            max((one.peak_mib for one in ours), default=None),
            TASK_MIB,
        ),
        Aim("CPU at rest, % of one", max((one.cpu for one in ours), default=None), TASK_CPU),
    ]


def bench(seconds: float, cards: int, only: str) -> None:
    """Measures and prints."""
    settings = [one for one in settings_for(cards) if only in ("", one.what)]
    rests = [measure(setting, seconds, None) for setting in settings]
    for setting in settings:
        with a_quarter() as quarter:
            rests.append(measure(setting, seconds, quarter))
    aims = aims_of(rests, cards)
    figures = {
        "bench": "idle",
        "aims_met": all(aim.met for aim in aims),
        "rss_idle_mib": aims[0].value,
        "ready_s": next((one.ready_s for one in rests if one.what == FRESH), None),
        "cards": cards,
        "quarter": quarter.how,
        "limits": {"idle_mib": IDLE_MIB, "task_mib": TASK_MIB, "task_cpu_percent": TASK_CPU},
        "rests": [asdict(one) for one in rests],
    }
    title = f"At rest for {seconds:g} s (a quarter: {quarter.how})"
    show(title, [table(COLUMNS, [one.row() for one in rests]), aims_table(aims)], figures)


def main(arguments: list[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of rest, for each row")
    parser.add_argument("--cards", type=int, default=10_000, help="in the ledger of the last row")
    parser.add_argument("--only", choices=(PLAIN, FRESH, SSM), default="", help="this row, as it is called")
    asked = parser.parse_args(arguments)
    return run(lambda: bench(asked.seconds, asked.cards, asked.only))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

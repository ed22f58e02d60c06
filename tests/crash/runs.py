"""Many runs, a few at a time, and what came of them."""

import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.crash.boundary import BOUNDARIES
from tests.crash.plan import plan
from tests.crash.proof import prove
from tests.crash.story import played

AT_ONCE = 6
"""Runs beside each other: most of the time each of them waits for a clock."""
LAST_WORDS = 4_000
"""Characters of the bot's log that are shown of a run that failed."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a seed: the boundaries at which the bot died, and what did not hold, "" where all did."""

    seed: int
    visited: tuple[str, ...]
    failure: str = ""


def run(seed: int, stop: threading.Event) -> Run:
    """Plays a seed in a folder of its own, and proves it; no further once ``stop`` is set."""
    with TemporaryDirectory(prefix=f"crash-{seed}-") as folder:
        try:
            visited = played(plan(seed), Path(folder), prove, stop)
        except Exception:  # noqa: BLE001 - whatever it is, it is told with its seed, and fails the whole
            log = Path(folder) / "bot.log"
            last = log.read_text()[-LAST_WORDS:] if log.exists() else ""
            return Run(seed, (), f"{traceback.format_exc()}\nthe bot's last words:\n{last}")
    return Run(seed, tuple(visited))


def runs(seeds: Sequence[int], told: Callable[[Run], None] = lambda _: None) -> list[Run]:
    """All of them, in the order of the seeds; ``told`` hears of each as it ends."""
    stop = threading.Event()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(run, seed, stop) for seed in seeds]
        try:
            for ended in as_completed(waiting):
                told(ended.result())
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return [ended.result() for ended in waiting]


def table(done: Sequence[Run]) -> Iterator[str]:
    """Where the bot died, and how often, as lines."""
    visits = Counter(visit for one in done for visit in one.visited)
    yield f"{'killed':24} {'times':>5}"
    for boundary in BOUNDARIES:
        yield f"{boundary!s:24} {visits[str(boundary)]:5}"
    failed = sum(bool(one.failure) for one in done)
    yield f"{'in all':24} {visits.total():5}   in {len(done)} runs, {failed} of which failed"

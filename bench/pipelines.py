"""What an idle hour of GitHub Actions costs: calls, bytes, and units of the rate limit. Counts, no times.

``python -m bench.pipelines``. The client is that of the bot, on a clock that is moved; GitHub is the sandbox's,
with ETags and a count of what each answer costs. Beside it the same calls without conditions, as of a script.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import requests

from bench.run import run
from bench.table import Aim, Cell, aims_table, say, show, table
from sandbox import Sandbox
from sandbox.github_actions.instance import Switches
from sandbox.github_actions.meter import LIMIT, Cost
from sandbox.github_actions.runs import commit
from upstream_client.github_actions import GitHubActionsClient
from upstream_client.github_actions.caller import HEADERS, Access

INTERVAL = 30.0
REPOSITORIES, POLLS, WAITING = 50, 120, 5
UNCOUNTED = 10_000_000
COLUMNS = ("", "waiting", "calls", "of them 304", "KiB sent", "units", f"share of {LIMIT:,} an hour, %")


@dataclass(frozen=True, slots=True)
class Hour:
    """What one way of polling cost, all in all."""

    who: str
    waiting: int
    cost: Cost

    @property
    def share(self) -> float:
        """Percent of the units of an hour, where the polls are those of one."""
        return 100 * self.cost.units / LIMIT

    @property
    def cells(self) -> list[Cell]:
        """A row of the table."""
        told = self.cost
        return [
            self.who,
            self.waiting,
            told.calls,
            told.unchanged,
            told.bytes_sent / 1024,
            told.units,
            self.share,
        ]


class Clock:
    """Moved by hand; seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def named(count: int) -> tuple[str, ...]:
    """So many repositories."""
    return tuple(f"octo-org/service-{number}" for number in range(count))


def prepare(sandbox: Sandbox, repositories: Sequence[str], waiting: int) -> None:
    """A GitHub with these, in the first of which a job waits, with something that was deployed before."""
    github = sandbox.github_actions
    github.reset()
    github.switch(Switches(limit=UNCOUNTED))
    for name in repositories:
        github.add_repository(name)
    for name in repositories[:waiting]:
        github.deploy(repository=name, environment="production", commit=commit("old"))
        github.compare(
            repository=name, base=commit("old"), head=commit("new"), titles=["Fix"], files=["a.py"]
        )
        github.file_run(repository=name)


@contextmanager
def ours(sandbox: Sandbox, repositories: tuple[str, ...]) -> Iterator[Callable[[], object]]:
    """One poll of the bot's client, half a minute after the one before."""
    clock = Clock()
    access = Access(sandbox.github_actions.token, sandbox.github_actions_url)
    client = GitHubActionsClient(access, repositories, monotonic=clock)

    def poll() -> object:
        clock.seconds += INTERVAL
        return client.list_pending()

    yield poll
    client.close()


@contextmanager
def unconditional(sandbox: Sandbox, repositories: tuple[str, ...]) -> Iterator[Callable[[], object]]:
    """One poll as a script makes it: each list, and what each run waits for."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update({**HEADERS, "Authorization": f"Bearer {sandbox.github_actions.token}"})

    def read(path: str) -> object:
        answer = session.get(sandbox.github_actions_url + path, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def poll() -> object:
        return [_poll_one(read, f"/repos/{name}/actions/runs") for name in repositories]

    yield poll
    session.close()


def _poll_one(read: Callable[[str], object], runs: str) -> object:
    told = read(f"{runs}?status=waiting&per_page=100&page=1")
    found = told["workflow_runs"] if isinstance(told, dict) else []
    return [read(f"{runs}/{one['id']}/pending_deployments") for one in found]


WAYS = (("ours", ours), ("without conditions", unconditional))


def measure(sandbox: Sandbox, repositories: tuple[str, ...], polls: int, waiting: int) -> list[Hour]:
    """Each way, against a GitHub of its own."""
    hours = []
    for who, way in WAYS:
        prepare(sandbox, repositories, waiting)
        with way(sandbox, repositories) as poll:
            for _ in range(polls):
                poll()
        hours.append(Hour(who, waiting, sandbox.github_actions.cost()))
    return hours


def aims_of(hours: Sequence[Hour], repositories: int, polls: int) -> list[Aim]:
    """What is promised of an hour in which nothing waits."""
    idle = hours[0].cost
    return [
        Aim("units, those of the first look", idle.units, repositories),
        Aim("calls a look and repository", idle.calls / polls / repositories, 1),
    ]


def bench(repositories: int, polls: int, waiting: int) -> None:
    """Counts and prints."""
    names = named(repositories)
    hours = []
    with Sandbox() as sandbox:
        for count in (0, waiting):
            say(f"{repositories:,} repositories, {polls:,} looks, {count:,} waiting")
            hours += measure(sandbox, names, polls, count)
    aims = aims_of(hours, repositories, polls)
    figures = {
        "bench": "pipelines",
        "aims_met": all(aim.met for aim in aims),
        "repositories": repositories,
        "polls": polls,
        "units_idle": hours[0].cost.units,
        "units_unconditional": hours[1].cost.units,
        "hours": [{"who": one.who, "waiting": one.waiting, **asdict(one.cost)} for one in hours],
    }
    title = f"GitHub Actions: {polls:,} looks at {repositories:,} repositories, one every {INTERVAL:.0f} s"
    show(title, [table(COLUMNS, [one.cells for one in hours]), aims_table(aims)], figures)


def main(arguments: list[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.pipelines", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--repositories", type=int, default=REPOSITORIES, help="how many are watched")
    parser.add_argument("--polls", type=int, default=POLLS, help="looks, one every 30 s of a simulated clock")
    parser.add_argument("--waiting", type=int, default=WAITING, help="jobs that wait in the second hour")
    asked = parser.parse_args(arguments)
    return run(lambda: bench(asked.repositories, asked.polls, asked.waiting))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

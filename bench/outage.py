"""One client under one fault, watched: until it hears again, until it ended, or until the time is over."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from slack_sdk import WebClient
from websockets.sync.client import connect

from bench.child import Child
from bench.probes import judge, probing, since
from bench.tls_front import TlsFront
from bench.usage import Usage
from bench.workspace import Workspace

OPEN = "apps.connections.open"
LOOK_EVERY = 0.25
LEAST = 2.0
"""Seconds: an end of the fault in a shorter time would not show what the client does afterwards."""
MOST_CONNECTIONS = 10
STARTS_WITHIN = 3.0
"""Seconds in which every client has opened its first WebSocket; our second attempt comes later than that."""
HEALTHY_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Result:
    """``deaf`` seconds, None where it did not hear again; ``cpu`` seconds and ``opens`` in ``watched`` seconds."""

    deaf: float | None
    cpu: float
    opens: int
    watched: float
    end: int | None = None
    """The exit code of a process that ended by itself."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A fresh sandbox, how the client is started, and for how many seconds it is watched at most."""

    workspace: Workspace
    start: Callable[[], Child]
    most: float
    front: TlsFront | None = None


class Watch:
    """One client, from now on: its CPU, its connections, its hearing."""

    def __init__(self, workspace: Workspace, client: Child) -> None:
        self._workspace, self._client = workspace, client
        self._began = time.monotonic()
        self._wall = time.time()
        self._cpu = self._last_cpu = Usage.of(client.pid).cpu
        self._opens = self._count_opens()

    def count_from_now(self) -> None:
        """Only what it does not hear from now on is deafness; CPU and connections count from the beginning."""
        self._wall = time.time()

    def _count_opens(self) -> int:
        return len(self._workspace.control.calls(OPEN))

    def until_it_hears(self, least: float, most: float) -> Result:
        """What it did in ``least`` to ``most`` seconds."""
        while True:
            time.sleep(LOOK_EVERY)
            watched = time.monotonic() - self._began
            if self._client.exit_code is not None:
                return self._result(None, watched)
            self._last_cpu = Usage.of(self._client.pid).cpu
            hearing = judge(since(self._workspace.control, self._wall, time.time()))
            if (hearing.steady and watched >= least) or watched >= most:
                return self._result(hearing.deaf if hearing.steady else None, watched)

    def _result(self, deaf: float | None, watched: float) -> Result:
        opens = self._count_opens() - self._opens
        return Result(deaf, self._last_cpu - self._cpu, opens, watched, self._client.exit_code)


def struck(stage: Stage, strike: Callable[[Stage], None], after: float, least: float) -> Result:
    """A client that hears well for ``after`` seconds, then the fault, watched for ``least`` seconds or more."""
    control = stage.workspace.control
    with stage.start() as client:
        stage.workspace.wait_for_connection()
        with probing(stage.workspace.at.url):
            control.eventually(lambda: judge(since(control, 0.0, time.time())).steady, HEALTHY_WITHIN)
            time.sleep(after)
            watch = Watch(stage.workspace, client)
            strike(stage)
            return watch.until_it_hears(least, stage.most)


def half_open_from_the_start(stage: Stage) -> Result:
    """The first connection takes everything and never says a word, not even hello."""
    stage.workspace.control.faults(socket="silent", seconds=STARTS_WITHIN)
    with stage.start() as client:
        stage.workspace.wait_for_connection()
        watch = Watch(stage.workspace, client)
        with probing(stage.workspace.at.url):
            return watch.until_it_hears(LEAST, stage.most)


def crowded(stage: Stage, seconds: float) -> Result:
    """All connections that the app may have are taken, for so many seconds; deaf counts from when there is room."""
    workspace = stage.workspace
    with ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS):
            stack.enter_context(_another_connection(workspace))
        client = stack.enter_context(stage.start())
        tried = MOST_CONNECTIONS + 1
        workspace.control.eventually(lambda: len(workspace.control.calls(OPEN)) >= tried, HEALTHY_WITHIN)
        watch = Watch(workspace, client)
        time.sleep(seconds)
        workspace.control.faults(socket="close")
        watch.count_from_now()
        with probing(workspace.at.url):
            return watch.until_it_hears(seconds + LEAST, seconds + stage.most)


@contextmanager
def _another_connection(workspace: Workspace) -> Iterator[None]:
    client = WebClient(base_url=workspace.at.slack_api_url)
    url = str(client.apps_connections_open(app_token=workspace.at.app_token)["url"])
    with connect(url, proxy=None, close_timeout=0.5):
        yield

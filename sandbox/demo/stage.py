"""The demo from its first process to its last."""

import tempfile
import threading
from collections.abc import Collection, Iterator
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path

from sandbox.demo.bot import start_bot, wait_until_connected
from sandbox.demo.errors import Stopped
from sandbox.demo.gate import Gate, opened, start_gate
from sandbox.demo.invitation import invitation
from sandbox.demo.program import Program
from sandbox.demo.questions import demo_questions
from sandbox.demo.upstreams import GATE, PRIVILEGE_MANAGER
from sandbox.demo.watch import Watch
from sandbox.privilege_manager import demo_requests
from sandbox.server import Sandbox

ASK_EVERY = 15.0
"""Seconds between two new requests."""
SEED = 8484


def run(sandbox: Sandbox, upstreams: Collection[str], stop: threading.Event) -> None:
    """Plays until ``stop`` is set. Raises `ProcessEnded` with the log of a process that ended by itself.

    However it ends: first the bot, then the gate, then the programs that waited for its answers; nothing is left.
    """
    with suppress(Stopped):
        _play(sandbox, upstreams, Watch(stop))


def _play(sandbox: Sandbox, upstreams: Collection[str], watch: Watch) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="approval-bot-") as folder,
        Program() as program,
        ExitStack() as processes,
    ):
        state = Path(folder)
        gate = _with_a_gate(state, processes, watch) if GATE in upstreams else None
        _with_a_bot(sandbox, upstreams, gate, state, processes, watch)
        print(invitation(sandbox, gate, state, ASK_EVERY), flush=True)
        asks = [_ask_privilege_manager(sandbox)] if PRIVILEGE_MANAGER in upstreams else []
        if gate:
            asks.append(_ask_gate(program, gate))
        _keep_asking(asks, watch)


def _with_a_gate(state: Path, processes: ExitStack, watch: Watch) -> Gate:
    process = processes.enter_context(start_gate(state))
    watch.over(process)
    return opened(process, state, watch)


def _with_a_bot(
    sandbox: Sandbox,
    upstreams: Collection[str],
    gate: Gate | None,
    state: Path,
    processes: ExitStack,
    watch: Watch,
) -> None:
    settings = {"UPSTREAMS": ",".join(upstreams)}
    if gate:
        settings |= {"GATE_URL": gate.url, "GATE_API_KEY": gate.bots_key}
    watch.over(processes.enter_context(start_bot(sandbox, state, **settings)))
    wait_until_connected(sandbox, watch)


def _ask_privilege_manager(sandbox: Sandbox) -> Iterator[None]:
    for request in demo_requests(SEED):
        sandbox.control.file_request(**request)
        yield


def _ask_gate(program: Program, gate: Gate) -> Iterator[None]:
    for question in demo_questions(SEED):
        program.ask(gate, question)
        yield


def _keep_asking(asks: list[Iterator[None]], watch: Watch) -> None:
    """Each in turn; at first one after the other at once, so that there is something of each to look at."""
    for turn in count():
        next(asks[turn % len(asks)])
        if turn >= len(asks) - 1:
            watch.pause(ASK_EVERY)

"""What each fault of the connection costs: seconds deaf, CPU, reconnects; ours beside Bolt's two clients.

``python -m bench.faults``. Each pair of fault and client has a fresh sandbox and a fresh process, one after the
other, and at most a minute. Ours is the whole daemon, the others do nothing but acknowledge; so does ours with
the clicks that are sent here.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from bench.bot import start_bot
from bench.child import Child
from bench.outage import LEAST, OPEN, Result, Stage, crowded, half_open_from_the_start, struck
from bench.peer import BOLT, BOLT_AIOHTTP, start_peer
from bench.run import run, scratch
from bench.table import Aim, Cell, aims_table, say, show, table
from bench.tls_front import NoTls, TlsFront, make_certificate, tls_front
from bench.workspace import Addresses, running_workspace

OURS, BUILT_IN, AIOHTTP = "ours", "Bolt, built-in", "Bolt, aiohttp"
MOST = 60.0
HEALTHY = 1.0
FIRST_PONG = 12.0
"""Seconds until every client had its first pong; Bolt's built-in one pings every ten."""
RENEWED = 14.0
"""Seconds: ten of notice, and some more."""
CROWD = 10.0
"""Seconds; a client that waits longer and longer may then wait as long again, and no longer."""
DEAF_AT_MOST, BACK_WITHIN, CPU_AT_MOST, OPENS_AT_MOST = 8.0, 1.0, 1.0, 10
COLUMNS = ("fault", "client", "deaf s", "CPU s", "reconnects", "watched s", "in the end")
Play = Callable[[Stage], Result]


@dataclass(frozen=True, slots=True)
class Fault:
    """``deaf_at_most``: the aim for ours, in seconds; None where the right answer is to end."""

    name: str
    play: Play
    deaf_at_most: float | None = BACK_WITHIN
    most: float = MOST
    tls: bool = False
    quick: bool = False


def _order(after: float = HEALTHY, least: float = LEAST, **fault: object) -> Play:
    """A fault of the sandbox's, ``after`` seconds of health, watched for ``least`` seconds or more."""

    def strike(stage: Stage) -> None:
        stage.workspace.control.faults(**fault)

    return partial(struck, strike=strike, after=after, least=least)


def _cut(reset: bool) -> Play:
    def strike(stage: Stage) -> None:
        if stage.front is None:
            raise NoTls("the client does not come through TLS")
        stage.front.cut(reset)

    return partial(struck, strike=strike, after=HEALTHY, least=LEAST)


def _disable(stage: Stage) -> None:
    """Somebody switches Socket Mode off: Slack says so, and refuses every new connection."""
    stage.workspace.control.faults(method=OPEN, kind="link_disabled", seconds=3_600)
    stage.workspace.control.faults(socket="disconnect", reason="link_disabled", grace=0)


FAULTS = (
    Fault("WebSocket close", _order(socket="close"), quick=True),
    Fault("TCP reset", _order(socket="abort")),
    Fault("TLS closed without a word", _cut(reset=False), tls=True),
    Fault("TCP reset under TLS", _cut(reset=True), tls=True),
    Fault("half-open from the start", half_open_from_the_start, DEAF_AT_MOST),
    Fault("half-open after the first pong", _order(FIRST_PONG, socket="silent", seconds=0.1), DEAF_AT_MOST),
    Fault("refresh_requested", _order(least=RENEWED, socket="disconnect", reason="refresh_requested"), 0.0),
    Fault("warning", _order(least=RENEWED, socket="disconnect", reason="warning"), 0.0),
    Fault("too_many_websockets, for ten seconds", partial(crowded, seconds=CROWD), CROWD),
    Fault(
        "link_disabled", partial(struck, strike=_disable, after=HEALTHY, least=LEAST), None, 15.0, quick=True
    ),
)


def _start(client: str, at: Addresses, folder: Path, more: dict[str, str]) -> Child:
    if client == OURS:
        return start_bot(at, folder, **more)
    return start_peer(BOLT if client == BUILT_IN else BOLT_AIOHTTP, at, folder, **more)


def measure(fault: Fault, client: str) -> Result:
    """One fault, one client, all afresh. Raises `NoTls`."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        workspace = stack.enter_context(running_workspace(folder))
        at, front, more = workspace.at, _no_front(), dict[str, str]()
        if fault.tls:
            certificate = make_certificate(folder)
            front, api_url = stack.enter_context(tls_front(at.url, certificate))
            at, more = replace(at, slack_api_url=api_url), {"SSL_CERT_FILE": str(certificate)}
        return fault.play(Stage(workspace, lambda: _start(client, at, folder, more), fault.most, front))


def _no_front() -> TlsFront | None:
    return None


def in_the_end(result: Result) -> str:
    """Words for what became of the client."""
    if result.end is not None:
        return f"ended, exit {result.end}"
    return "hears again" if result.deaf is not None else "still deaf"


def row_of(fault: str, client: str, result: Result) -> list[Cell]:
    """A line of the table; a client that was still deaf was so for longer than it was watched."""
    still = None if result.end is not None else f"> {result.watched:.0f}"
    deaf = still if result.deaf is None else f"{result.deaf:.1f}"
    cpu, watched = f"{result.cpu:.2f}", f"{result.watched:.0f}"
    return [fault, client, deaf, cpu, result.opens, watched, in_the_end(result)]


def _aim_of(fault: Fault, ours: Result) -> Aim:
    if fault.deaf_at_most is None:
        return Aim(f"{fault.name}: ended by itself after, s", ours.watched if ours.end else None, BACK_WITHIN)
    return Aim(f"{fault.name}: deaf, s", ours.deaf, fault.deaf_at_most)


def aims_of(results: dict[str, dict[str, Result]], faults: Sequence[Fault]) -> list[Aim]:
    """What is promised of ours, for the faults that were measured."""
    ours = {fault: clients[OURS] for fault, clients in results.items()}
    aims = [_aim_of(one, ours[one.name]) for one in faults if one.name in ours]
    return [
        *aims,
        Aim("CPU of any fault, s", max(one.cpu for one in ours.values()), CPU_AT_MOST),
        Aim("reconnects of any fault", max(one.opens for one in ours.values()), OPENS_AT_MOST),
    ]


def bench(faults: Sequence[Fault], most: float, clients: Sequence[str]) -> None:
    """Measures and prints."""
    results: dict[str, dict[str, Result]] = {}
    skipped: dict[str, str] = {}
    for fault in faults:
        try:
            results[fault.name] = _measure_all(replace(fault, most=min(most, fault.most)), clients)
        except NoTls as why:
            say(f"{fault.name}: left out, {why}")
            skipped[fault.name] = str(why)
    rows = [row_of(fault, client, one) for fault, all_ in results.items() for client, one in all_.items()]
    aims = aims_of(results, faults)
    figures = {
        "bench": "faults",
        "aims_met": all(aim.met for aim in aims),
        "skipped": skipped,
        "faults": {
            fault: {client: asdict(one) for client, one in all_.items()} for fault, all_ in results.items()
        },
    }
    show("Faults of the connection", [table(COLUMNS, rows), aims_table(aims)], figures)


def _measure_all(fault: Fault, clients: Sequence[str]) -> dict[str, Result]:
    found = {}
    for client in clients:
        found[client] = measure(fault, client)
        say(" · ".join(str(cell) for cell in row_of(fault.name, client, found[client])))
    return found


def main(arguments: list[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.faults", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--quick", action="store_true", help="two of the faults only")
    parser.add_argument("--only", default="", help="faults whose name contains this")
    parser.add_argument("--most", type=float, default=MOST, help="seconds to watch a client at most")
    parser.add_argument("--alone", action="store_true", help="ours only, without its peers")
    asked = parser.parse_args(arguments)
    faults = [one for one in FAULTS if asked.only in one.name and (one.quick or not asked.quick)]
    if not faults:
        parser.error(f"no fault's name contains {asked.only!r}")
    clients = (OURS,) if asked.alone else (OURS, BUILT_IN, AIOHTTP)
    return run(lambda: bench(faults, asked.most, clients))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

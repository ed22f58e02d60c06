"""How soon a click is acknowledged, and how soon its card is settled: ours, durable first, beside plain Bolt.

``python -m bench.clicks``. Our bot is the whole daemon with SQLite on the disk: it saves each click before it
acknowledges it, and counts it afterwards. Plain Bolt does nothing but acknowledge. Both are processes of their
own on the same sandbox, another process, which measures from sending to acknowledgement.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from slack_sdk import WebClient

from bench.bot import READY, start_bot
from bench.card import APPROVE, PRIVATE, Card, new_card
from bench.child import Child
from bench.peer import BOLT, BOLT_AIOHTTP, BOLT_INLINE, ECHO, start_peer
from bench.percentile import percentile
from bench.presses import Load, press_all
from bench.run import run, scratch
from bench.settling import Settled, settle_one
from bench.table import Aim, Cell, aims_table, say, show, table
from bench.usage import MIB, Usage
from bench.workspace import CHANNEL, Workspace, running_workspace

OURS, PLAIN, FLOOR = "ours", "bolt", "floor"
PEERS = {PLAIN: BOLT, "bolt_inline": BOLT_INLINE, "bolt_aiohttp": BOLT_AIOHTTP, FLOOR: ECHO}
NAMES = {
    OURS: "ours: saved first",
    PLAIN: "plain Bolt: acknowledges only",
    "bolt_inline": "Bolt, process_before_response",
    "bolt_aiohttp": "Bolt on aiohttp",
    FLOOR: "no bot: an echo",
}
RESTS_WITHIN = 300.0
COLUMNS = (
    "",
    "one at a time p50 ms",
    "p99 ms",
    "50 at once p50 ms",
    "p99 ms",
    "1,000 at once p50 ms",
    "p99 ms",
    "later than 3 s",
)
Figures = dict[str, float | int]


def wait_until_idle(workspace: Workspace, decided: int) -> None:
    """Until everybody whose press did not decide was told so in private."""
    control = workspace.control
    deadline = time.monotonic() + RESTS_WITHIN
    while len(control.calls(PRIVATE)) < len(control.deliveries()) - decided:
        if time.monotonic() > deadline:
            raise AssertionError("some presses were acknowledged and never answered")
        time.sleep(0.2)


def measure_ours(
    workspace: Workspace, folder: Path, load: Load, requests: int
) -> tuple[Figures, list[Settled], float]:
    """What was acknowledged when, what was settled when, and the largest RSS after a burst, in MiB."""
    with start_bot(workspace.at, folder, POLL_INTERVAL="1") as bot:
        bot.wait_for(READY)
        say(f"ours: {requests} requests, one card a second")
        settled = [settle_one(workspace.control) for _ in range(requests)]
        decided = requests + 1
        card = new_card(workspace.control)
        rss = [0]

        def rest() -> None:
            rss.append(Usage.of(bot.pid).rss)
            wait_until_idle(workspace, decided)

        say(f"ours: {load.presses:,} presses")
        found = press_all(workspace.control, card, load, rest)
    return found.figures(), settled, max(rss) / MIB


def measure_peer(workspace: Workspace, command: tuple[str, ...], folder: Path, load: Load) -> Figures:
    """The same presses, on a message like our card."""
    card = copy_of_a_card(workspace)
    with start_peer(command, workspace.at, folder) as peer:
        connected(workspace, peer)
        return press_all(workspace.control, card, load, lambda: time.sleep(0.1)).figures()


def copy_of_a_card(workspace: Workspace) -> Card:
    """A message with the blocks of a settled card of ours, and so about as large."""
    client = WebClient(token=workspace.at.bot_token, base_url=workspace.at.slack_api_url)
    blocks = next(one["blocks"] for one in workspace.control.messages(CHANNEL) if one.get("blocks"))
    posted = client.chat_postMessage(channel=CHANNEL, text=APPROVE, blocks=blocks)
    return Card(str(posted["ts"]), "a-value")


def connected(workspace: Workspace, peer: Child) -> None:
    """Until the peer takes envelopes; the connection of the one before it is gone by then."""
    workspace.wait_for_connection()
    time.sleep(0.5)
    if peer.exit_code is not None:
        raise AssertionError(f"the peer ended:\n{peer.text()}")


def aims_of(figures: dict[str, object]) -> list[Aim]:
    """What is promised, from the figures of the JSON."""

    def aim(what: str, key: str, limit: float) -> Aim:
        return Aim(what, _number(figures[key]), limit)

    return [
        aim("one at a time p50, ours / plain Bolt", "ratio_ack_p50", 0.2),
        aim("1,000 at once p99, ours / plain Bolt", "ratio_burst_1000_p99", 0.5),
        aim("of 1,000 at once, later than 3 s", "late_of_1000", 0),
        aim("click to settled card p50, ms", "settled_p50_ms", 25.0),
        aim("Slack calls for a decided request", "slack_calls_per_request", 2),
    ]


def figures_of(rows: dict[str, Figures], settled: list[Settled], rss: float) -> dict[str, object]:
    """The JSON."""
    ours, plain = rows[OURS], rows[PLAIN]
    times = [one.ms for one in settled]
    return {
        "bench": "clicks",
        "ratio_ack_p50": ours["ack_p50_ms"] / plain["ack_p50_ms"],
        "ratio_ack_p99": ours["ack_p99_ms"] / plain["ack_p99_ms"],
        "ratio_burst_50_p99": ours["burst_50_p99_ms"] / plain["burst_50_p99_ms"],
        "ratio_burst_1000_p99": ours["burst_1000_p99_ms"] / plain["burst_1000_p99_ms"],
        "settled_p50_ms": percentile(times, 0.5),
        "settled_p99_ms": percentile(times, 0.99),
        "slack_calls_per_request": sum(one.calls for one in settled) / len(settled),
        "late_of_1000": ours["late_of_1000"],
        "rss_after_bursts_mib": rss,
        **rows,
    }


def bench(load: Load, requests: int, peers: Sequence[str]) -> None:
    """Measures and prints."""
    with scratch() as folder, running_workspace(folder) as workspace:
        ours, settled, rss = measure_ours(workspace, folder, load, requests)
        rows = {OURS: ours}
        for name in peers:
            say(NAMES[name])
            rows[name] = measure_peer(workspace, PEERS[name], folder, load)
    figures = figures_of(rows, settled, rss)
    cells: list[list[Cell]] = [[NAMES[name], *row.values()] for name, row in rows.items()]
    cards = table(
        ("click to settled card", "p50 ms", "p99 ms", "Slack calls a request", "RSS after the bursts MiB"),
        [("ours", *(_number(figures[key]) for key in _OF_CARDS))],
    )
    figures["aims_met"] = all(aim.met for aim in aims_of(figures))
    show("Clicks", [table(COLUMNS, cells), cards, aims_table(aims_of(figures))], figures)


_OF_CARDS = ("settled_p50_ms", "settled_p99_ms", "slack_calls_per_request", "rss_after_bursts_mib")


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def main(arguments: list[str]) -> int:
    """The exit code."""
    usual = Load()
    parser = argparse.ArgumentParser(
        prog="python -m bench.clicks", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--clicks", type=int, default=usual.one_by_one, help="presses one at a time")
    parser.add_argument("--pause", type=float, default=usual.pause, help="seconds between two of them")
    parser.add_argument("--some", type=int, default=usual.some, help="presses at once, a few")
    parser.add_argument("--many", type=int, default=usual.many, help="presses at once, many")
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="how often each burst comes")
    parser.add_argument("--requests", type=int, default=20, help="requests that are decided")
    parser.add_argument("--quick", action="store_true", help="beside plain Bolt only")
    asked = parser.parse_args(arguments)
    load = Load(asked.clicks, asked.pause, asked.some, asked.many, asked.rounds)
    peers = (PLAIN,) if asked.quick else tuple(PEERS)
    return run(lambda: bench(load, asked.requests, peers))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

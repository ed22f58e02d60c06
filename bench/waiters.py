"""Programs that ask at the gate and wait, each in its own way, and how soon they go on after the answer."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace

import requests

from approval_gate import Gate
from approval_gate.agentsudo import SlackApproval
from bench.decider import Decider
from bench.gate import RunningGate

POLL_SECONDS = 2.0
"""AgentSudo's own."""
ASKED_WITHIN = 60.0
CALL_SECONDS = 15.0
PEOPLE = 4
"""Who decide beside each other."""
Waiter = Callable[[RunningGate, str], None]
"""Asks under a name, and returns once that was approved."""


class NotApproved(Exception):
    """A waiter went on without a yes."""


@dataclass(frozen=True, slots=True)
class Load:
    """``waiters`` at once; the answers come at random from ``first`` to ``last`` seconds after all have asked."""

    waiters: int
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Times:
    """Of each waiter, in milliseconds: from sending its decision until it goes on, and until that was answered."""

    resumed: list[float]
    decided: list[float]


def ours(gate: RunningGate, name: str) -> None:
    """Our client."""
    client = Gate(gate.url, gate.asking)
    client.wait(client.request(title=name))


def ours_for_agentsudo(gate: RunningGate, name: str) -> None:
    """Our Slack approval for AgentSudo's `@sudo`, called as that does."""
    approval = SlackApproval(cloud_url=gate.url, cloud_api_key=gate.asking, timeout=600)
    context = {"function": "refund", "args": (), "kwargs": {}}
    if not approval.request_approval(SimpleNamespace(name=name), "refund:large", context):
        raise NotApproved(name)


def agentsudo(gate: RunningGate, name: str) -> None:
    """As AgentSudo's own client calls its cloud: a call, and then one every two seconds."""
    address = f"{gate.url}/agentsudo/approvals"
    asked = {
        "agent_name": name,
        "agent_id": name,
        "scope": "refund:large",
        "function": "refund",
        "timeout": 600,
    }
    with _session(gate) as session:
        answer = session.post(address, json={"approval_id": name, **asked}, timeout=CALL_SECONDS)
        _poll(session, f"{address}/{answer.json()['id']}")


def polling(gate: RunningGate, name: str) -> None:
    """The same calls on plain answers: each tells how it stands, at once."""
    with _session(gate) as session:
        asked = {"title": name, "action": "refund", "arguments": {}}
        answer = session.post(f"{gate.url}/v1/tickets", json=asked, timeout=CALL_SECONDS)
        _poll(session, f"{gate.url}/v1/tickets/{answer.json()['id']}")


def polling_with_ours(gate: RunningGate, name: str) -> None:
    """Our client, asked every two seconds instead of waiting."""
    client = Gate(gate.url, gate.asking)
    ticket = client.request(title=name)
    while not (ticket := client.get(ticket.id)).settled:
        time.sleep(POLL_SECONDS)
    if ticket.status != "approved":
        raise NotApproved(name)


def _session(gate: RunningGate) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {gate.asking}"
    return session


def _poll(session: requests.Session, address: str) -> None:
    while (status := session.get(address, timeout=CALL_SECONDS).json()["status"]) != "approved":
        if status not in ("pending", "waiting"):
            raise NotApproved(address)
        time.sleep(POLL_SECONDS)


def resume_times(gate: RunningGate, waiter: Waiter, load: Load, seed: int) -> Times:
    """How soon each goes on. Raises what a waiter raised."""
    names = [f"waiter {seed}-{number}" for number in range(load.waiters)]
    decider = Decider(gate)
    sent: dict[str, tuple[float, float]] = {}
    people = ThreadPoolExecutor(PEOPLE, initializer=decider.connect)
    with ThreadPoolExecutor(load.waiters) as waiters, people:
        resumed = [waiters.submit(partial(_resumed_at, gate, waiter, name)) for name in names]
        asked = _asked(Gate(gate.url, gate.deciding), names)
        moments = _moments(load, names, seed)
        began = time.monotonic()
        for at, name in moments:
            time.sleep(max(0.0, began + at - time.monotonic()))
            people.submit(_decide, decider, asked[name], name, sent)
        gone_on = {name: one.result() for name, one in zip(names, resumed, strict=True)}
    return Times(
        [(gone_on[name] - began) * 1000 for name, (began, _) in sent.items()],
        [(answered - began) * 1000 for began, answered in sent.values()],
    )


def _resumed_at(gate: RunningGate, waiter: Waiter, name: str) -> float:
    waiter(gate, name)
    return time.perf_counter()


def _decide(decider: Decider, ticket_id: str, name: str, sent: dict[str, tuple[float, float]]) -> None:
    began = time.perf_counter()
    decider.approve(ticket_id)
    sent[name] = (began, time.perf_counter())


def _asked(watcher: Gate, names: Sequence[str]) -> dict[str, str]:
    """The tickets' ids by name, once all are there."""
    deadline = time.monotonic() + ASKED_WITHIN
    while True:
        titles = {ticket.title.partition(":")[0]: ticket.id for ticket in watcher.pending()}
        if titles.keys() >= set(names):
            return titles
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {len(titles)} of {len(names)} have asked")
        time.sleep(0.1)


def _moments(load: Load, names: Sequence[str], seed: int) -> list[tuple[float, str]]:
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    return sorted((chance.uniform(load.first, load.last), name) for name in names)

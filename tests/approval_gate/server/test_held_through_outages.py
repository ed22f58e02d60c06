"""Answers that are held while what the gate stands on goes away and comes back: two gates, PostgreSQL, Redis."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.approval_gate.gate_process import QUICK, Caller, GateProcess
from tests.approval_gate.held import Held, wait_until_waiting
from tests.approval_gate.redis_server import RedisServer
from tests.approval_gate.server.own_postgres import OwnPostgres
from tests.approval_gate.waiting import until


class Pair:
    """Two gates on one database: ``agent`` waits at the first, ``bot`` decides at the second."""

    def __init__(self, first: GateProcess, second: GateProcess) -> None:
        self.first, self.second = first, second
        self.agent = first.caller("agent")
        self.bot = Caller(second.url, second.key("bot", ("decide",)))


@pytest.fixture
def pair(tmp_path: Path, own_postgres: OwnPostgres, redis_server: RedisServer) -> Iterator[Pair]:
    url = own_postgres.new_database()
    settings = QUICK | {"REDIS_URL": redis_server.url}

    def started(name: str) -> GateProcess:
        (tmp_path / name).mkdir()
        return GateProcess(tmp_path / name, url, **settings)

    with ThreadPoolExecutor() as starting:
        first, second = starting.map(started, ("first", "second"))
    with first, second:
        yield Pair(first, second)


def test_a_decision_at_another_gate_is_told_with_redis_and_without(
    pair: Pair, redis_server: RedisServer
) -> None:
    tickets = [pair.agent.file() for _ in range(2)]
    waiting = [wait_until_waiting(pair.agent, ticket["id"]) for ticket in tickets]
    pair.bot.decide(tickets[0]["id"])
    with_redis = waiting[0].json()

    redis_server.kill()
    late = pair.bot.decide(tickets[1]["id"], "deny")
    without = waiting[1].json()

    assert (with_redis["status"], without["status"]) == ("approved", "denied")
    assert late.status_code == 200
    for held in waiting:
        held.leave()


def test_a_wait_goes_on_while_the_database_is_away(pair: Pair, own_postgres: OwnPostgres) -> None:
    """Given a held answer, when the database crashes and comes back, then the same answer tells the verdict."""
    ticket = pair.agent.file()
    with wait_until_waiting(pair.agent, ticket["id"]) as held:
        own_postgres.crash()
        before = held.spaces
        path = f"/v1/tickets/{ticket['id']}"
        with ThreadPoolExecutor() as calls:
            away = [
                calls.submit(pair.agent.get, path),
                calls.submit(pair.bot.decide, ticket["id"]),
                calls.submit(requests.get, f"{pair.first.url}/readyz", timeout=30),
                calls.submit(requests.get, f"{pair.first.url}/metrics", timeout=30),
            ]
        read, decided, ready, figures = (call.result() for call in away)
        held.wait_for_spaces(before + 3)

        own_postgres.start()
        until(lambda: requests.get(f"{pair.second.url}/readyz", timeout=30).ok)
        pair.bot.decide(ticket["id"], "deny")

        assert held.json()["status"] == "denied"
    assert [answer.status_code for answer in (read, decided, ready, figures)] == [503, 503, 503, 200]
    assert decided.json()["type"].endswith(":database-away")
    assert int(decided.headers["Retry-After"]) > 0
    assert "gate_tickets{" not in figures.text


def test_the_list_goes_on_while_the_database_is_away(pair: Pair, own_postgres: OwnPostgres) -> None:
    version = pair.bot.get("/v1/tickets").json()["version"]
    with Held(pair.bot, "GET", "/v1/tickets", wait=60, since=version) as held:
        held.wait_for_spaces(2)
        own_postgres.crash()
        own_postgres.start()
        until(lambda: requests.get(f"{pair.first.url}/readyz", timeout=30).ok)

        ticket = pair.agent.file()

        assert [one["id"] for one in held.json()["tickets"]] == [ticket["id"]]

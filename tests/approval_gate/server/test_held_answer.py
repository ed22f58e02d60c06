"""Answers that are held: begun at once, kept alive with spaces, ended with the truth."""

import threading
from pathlib import Path

import pytest
import requests

from tests.approval_gate.gate_process import QUICK, Caller, GateProcess
from tests.approval_gate.held import Held, wait_until_waiting
from tests.approval_gate.waiting import until

DEPLOY = {"title": "Deploy", "action": "deploy", "arguments": {"service": "api"}}


@pytest.mark.parametrize(("verdict", "status"), [("approve", "approved"), ("deny", "denied")])
def test_whoever_waits_is_told_when_somebody_decides(
    agent: Caller, bot: Caller, verdict: str, status: str
) -> None:
    ticket = agent.file()
    with wait_until_waiting(agent, ticket["id"]) as held:
        bot.decide(ticket["id"], verdict, by="U5", comment="100% sure")

        answer = held.json()

    assert answer["status"] == status
    assert answer["decision"]["by"] == "U5"
    assert answer["decision"]["comment"] == "100% sure"
    assert answer == agent.get(f"/v1/tickets/{ticket['id']}").json()


def test_the_headers_come_at_once_and_then_a_space_at_every_heartbeat(agent: Caller) -> None:
    ticket = agent.file()
    with Held(agent, "GET", f"/v1/tickets/{ticket['id']}", wait=60) as held:
        assert held.status == 200
        assert "content-type: application/json" in held.head
        assert "transfer-encoding: chunked" in held.head
        held.wait_for_spaces(4)


def test_when_the_wait_passes_the_ticket_is_answered_as_it_is(agent: Caller) -> None:
    ticket = agent.file()

    answer = agent.get(f"/v1/tickets/{ticket['id']}", wait=0.1)

    assert answer.status_code == 200
    assert answer.text.startswith("  ")
    assert answer.json()["status"] == "pending"


def test_a_settled_ticket_is_answered_without_waiting(agent: Caller, bot: Caller) -> None:
    ticket = agent.file()
    bot.decide(ticket["id"])

    answer = agent.get(f"/v1/tickets/{ticket['id']}", wait=300, timeout=5)

    assert answer.json()["status"] == "approved"
    assert answer.text.startswith("{")


def test_a_ticket_that_expires_ends_the_wait(agent: Caller) -> None:
    body = {"approval_id": "soon", "agent_name": "Bot", "scope": "s", "timeout": 1}
    ticket_id = agent.post("/agentsudo/approvals", body).json()["id"]

    answer = agent.get(f"/v1/tickets/{ticket_id}", wait=60).json()

    assert (answer["status"], answer["decision"]) == ("expired", None)


def test_hold_files_and_waits_in_one_request(agent: Caller, bot: Caller) -> None:
    with Held(agent, "POST", "/v1/hold", DEPLOY | {"title": "held", "wait": 60}) as held:
        held.wait_for_spaces(2)
        listed = [one for one in bot.get("/v1/tickets").json()["tickets"] if one["title"] == "held"]
        bot.decide(listed[0]["id"], seconds=600)

        answer = held.json()

    assert answer["status"] == "approved"
    assert answer["decision"]["seconds"] == 600
    assert answer["cancel_on_disconnect"] is True


def test_all_who_wait_for_one_ticket_are_told_the_same(agent: Caller, bot: Caller) -> None:
    ticket = agent.file()
    waiting = [wait_until_waiting(agent, ticket["id"]) for _ in range(5)]
    waiting.append(wait_until_waiting(bot, ticket["id"]))

    bot.decide(ticket["id"], "deny")

    answers = [held.json() for held in waiting]
    assert [answer["status"] for answer in answers] == ["denied"] * 6
    assert ["nonce" in answer for answer in answers] == [True] * 5 + [False]
    for held in waiting:
        held.leave()


def test_a_client_that_hangs_up_is_not_waited_for_any_more(gate: GateProcess, agent: Caller) -> None:
    ticket = agent.file()
    before = _waiters(gate)
    held = wait_until_waiting(agent, ticket["id"])
    while_waiting = _waiters(gate)

    held.leave()

    assert while_waiting == before + 1
    until(lambda: _waiters(gate) == before)


def test_a_wait_that_nobody_keeps_up_cancels_the_ticket_if_that_was_wished(tmp_path: Path) -> None:
    with GateProcess(tmp_path, **QUICK, GATE_DISCONNECT_GRACE="0.4") as gate:
        agent = gate.caller("agent")
        ticket = agent.file(cancel_on_disconnect=True)
        kept = agent.file(cancel_on_disconnect=False)

        wait_until_waiting(agent, ticket["id"]).leave()

        reader = gate.caller("reader", ("read",))
        until(lambda: reader.get(f"/v1/tickets/{ticket['id']}").json()["status"] == "cancelled")
        assert reader.get(f"/v1/tickets/{kept['id']}").json()["status"] == "pending"


def test_a_held_answer_ends_when_its_key_is_revoked_by_another_process(tmp_path: Path) -> None:
    with GateProcess(tmp_path, **QUICK) as gate:
        agent, bot = gate.caller("agent"), gate.caller("bot", ("decide",))
        with Held(agent, "POST", "/v1/hold", DEPLOY | {"wait": 60}) as held:
            held.wait_for_spaces(2)
            (ticket,) = bot.get("/v1/tickets").json()["tickets"]
            gate.revoke("agent")

            answer = held.json()

        assert (answer["id"], answer["status"]) == (ticket["id"], "cancelled")
        assert bot.get("/v1/tickets").json()["tickets"] == []
        late = bot.decide(ticket["id"])
        assert late.status_code == 409
        assert "cancelled" in late.json()["detail"]
        assert "The key was revoked." in late.json()["detail"]
        assert agent.post("/v1/tickets", DEPLOY).status_code == 401


def test_the_list_is_held_until_something_changes(gate: GateProcess, agent: Caller, bot: Caller) -> None:
    version = bot.get("/v1/tickets").json()["version"]
    with Held(bot, "GET", "/v1/tickets", wait=60, since=version) as held:
        held.wait_for_spaces(3)
        ticket = agent.file()

        answer = held.json()

    assert answer["version"] != version
    assert ticket["id"] in [one["id"] for one in answer["tickets"]]


def test_a_list_that_has_changed_already_is_answered_at_once(agent: Caller, bot: Caller) -> None:
    version = bot.get("/v1/tickets").json()["version"]
    agent.file()

    answer = bot.get("/v1/tickets", wait=60, since=version, timeout=5)

    assert answer.json()["version"] != version
    assert answer.text.startswith("{")


def test_the_list_without_a_version_waits_for_the_next_change(agent: Caller, bot: Caller) -> None:
    ticket = agent.file()
    with Held(bot, "GET", "/v1/tickets", wait=60) as held:
        held.wait_for_spaces(2)
        bot.decide(ticket["id"], "deny")

        answer = held.json()

    assert ticket["id"] not in [one["id"] for one in answer["tickets"]]


def test_a_list_that_stays_the_same_is_answered_when_the_wait_passes(bot: Caller) -> None:
    version = bot.get("/v1/tickets").json()["version"]

    answer = bot.get("/v1/tickets", wait=0.1, since=version)

    assert answer.json()["version"] == version


def test_a_decision_wakes_whoever_waits_without_waiting_for_a_sweep_or_a_heartbeat(tmp_path: Path) -> None:
    """Given a sweep and a heartbeat of a minute, when somebody decides, then the answer comes all the same."""
    more = {"GATE_HEARTBEAT": "60", "GATE_SWEEP": "60", "GATE_DISCONNECT_GRACE": "240"}
    with GateProcess(tmp_path, **more) as gate:
        agent, bot = gate.caller("agent"), gate.caller("bot", ("decide",))
        tickets = [agent.file() for _ in range(5)]
        waiting = [Held(agent, "GET", f"/v1/tickets/{ticket['id']}", wait=300) for ticket in tickets]
        for held in waiting:
            held.wait_for_spaces(1)

        for ticket in tickets:
            bot.decide(ticket["id"])

        assert [held.json()["status"] for held in waiting] == ["approved"] * 5
        for held in waiting:
            held.leave()


def test_many_clicks_at_once_are_one_verdict_for_everybody(agent: Caller, bot: Caller) -> None:
    """Given approvals and denials that race, when all are answered, then one verdict is told to all."""
    ticket = agent.file()
    held = wait_until_waiting(agent, ticket["id"])
    answers: list[requests.Response] = []
    clicks = [
        threading.Thread(
            target=lambda v=verdict, n=n: answers.append(bot.decide(ticket["id"], v, by=f"U{n}"))
        )
        for n, verdict in enumerate(["approve", "deny"] * 6)
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()

    told = held.json()
    held.leave()
    verdicts = {(a.json().get("ticket") or a.json())["decision"]["verdict"] for a in answers}
    deciders = {(a.json().get("ticket") or a.json())["decision"]["by"] for a in answers}
    assert verdicts == {told["status"]}
    assert deciders == {told["decision"]["by"]}
    assert sorted(a.status_code for a in answers) == [200] * 6 + [409] * 6


def _waiters(gate: GateProcess) -> float:
    lines = requests.get(f"{gate.url}/metrics", timeout=10).text.splitlines()
    return float(next(line for line in lines if line.startswith("gate_waiters ")).split()[1])

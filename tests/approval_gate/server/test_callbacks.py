"""Callbacks end to end: a real gate, a real receiver."""

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from approval_gate.server.keys import callback_secret
from tests.approval_gate.gate_process import CALLBACK_SECRET, QUICK, Caller, GateProcess
from tests.approval_gate.server.receiver import Received, Receiver
from tests.approval_gate.waiting import until


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateProcess]:
    """A gate whose callbacks may go to this machine."""
    with _calling_here(tmp_path_factory.mktemp("calling")) as running:
        yield running


@pytest.fixture(scope="module")
def agent(gate: GateProcess) -> Caller:
    """Somebody who may file tickets there."""
    return gate.caller("agent")


@pytest.fixture(scope="module")
def bot(gate: GateProcess) -> Caller:
    """Somebody who may decide there."""
    return gate.caller("bot", ("decide",))


@pytest.mark.parametrize("ending", ["approved", "denied", "cancelled"])
def test_whatever_becomes_of_a_ticket_is_called_back_signed(agent: Caller, bot: Caller, ending: str) -> None:
    with Receiver() as receiver:
        ticket = agent.file(**_calling(receiver, "/hook?a=100%25"))
        _settle(agent, bot, ticket["id"], ending)
        (received,) = receiver.wait_for(1)

    body = json.loads(received.body)
    now = bot.get(f"/v1/tickets/{ticket['id']}").json()
    assert received.path == "/hook?a=100%25"
    assert received.headers["Content-Type"] == "application/json"
    assert body == {"event": f"ticket.{ending}", **now}
    assert _is_signed(received, agent.key)


def test_the_log_tells_how_it_went(agent: Caller, bot: Caller) -> None:
    with Receiver(204) as receiver:
        ticket = agent.file(**_calling(receiver))
        assert _log(agent, ticket) == []
        bot.decide(ticket["id"])
        receiver.wait_for(1)
        (attempt,) = until(lambda: _log(agent, ticket))

    assert attempt["at"] >= ticket["created_at"]
    assert attempt == {"at": attempt["at"], "attempt": 1, "status": 204, "error": None, "next_at": None}


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, None), (302, None), (404, None), (0, "it could not be sent: ")],
)
def test_an_attempt_that_fails_is_logged_with_when_it_is_made_again(
    agent: Caller, bot: Caller, status: int, error: str | None
) -> None:
    """Given also a redirect, which is not followed: it could lead anywhere."""
    with Receiver(status) as receiver:
        ticket = agent.file(**_calling(receiver))
        bot.decide(ticket["id"])
        (attempt,) = until(lambda: _log(agent, ticket))

        assert [one.path for one in receiver.received] == ["/"]
    assert attempt["status"] == (status or None)
    assert (attempt["error"] or "").startswith(error or "")
    assert attempt["next_at"] > attempt["at"]


def test_it_is_sent_again_until_the_receiver_has_it(agent: Caller, bot: Caller) -> None:
    with Receiver(503, 200) as receiver:
        ticket = agent.file(**_calling(receiver))
        bot.decide(ticket["id"], "deny")
        first, second = receiver.wait_for(2)
        until(lambda: len(_log(agent, ticket)) == 2)

    assert first.body == second.body
    assert _is_signed(second, agent.key)
    assert [(one["attempt"], one["status"], one["next_at"] is None) for one in _log(agent, ticket)] == [
        (1, 503, False),
        (2, 200, True),
    ]


def test_a_callback_that_was_due_when_the_gate_died_is_sent_after_its_start(tmp_path: Path) -> None:
    """Wherever it was at it: also in the middle of an attempt."""
    with _calling_here(tmp_path) as gate, Receiver() as receiver:
        agent, bot = gate.caller("agent"), gate.caller("bot", ("decide",))
        ticket = agent.file(**_calling(receiver))
        bot.decide(ticket["id"])
        gate.kill()

        gate.start()

        receiver.wait_for(1)
        assert json.loads(receiver.received[0].body)["id"] == ticket["id"]


def test_an_attempt_under_way_does_not_hold_up_a_stop_and_is_made_again(tmp_path: Path) -> None:
    with _calling_here(tmp_path) as gate:
        agent, bot = gate.caller("agent"), gate.caller("bot", ("decide",))
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(20)
            ticket = agent.file(callback_url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
            bot.decide(ticket["id"])
            first, _ = silent.accept()

            code = gate.stop()
            gate.start()
            second, _ = silent.accept()

        with first, second:
            assert code == 0
            assert _log(agent, ticket) == []


def test_one_keys_silent_receiver_holds_up_nobody_elses(
    gate: GateProcess, agent: Caller, bot: Caller
) -> None:
    """Given twenty callbacks to a receiver that never answers, when another's ticket is settled, it is told."""
    mute = gate.caller("mute")
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent, Receiver() as receiver:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        for _ in range(20):
            bot.decide(mute.file(callback_url=url)["id"])
        ticket = agent.file(**_calling(receiver))
        bot.decide(ticket["id"])

        receiver.wait_for(1, timeout=5)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.com/", None),
        ("https://10.0.0.1/", "private"),
        ("https://169.254.169.254/latest/meta-data", "private"),
        ("https://user:pw@example.com/", "neither a user"),
        ("gopher://x", "callback_url"),
        ("https://exa mple.com", "callback_url"),
    ],
)
def test_a_callback_that_can_never_be_sent_is_refused_when_the_ticket_is_filed(
    agent: Caller, url: str, words: str | None
) -> None:
    body = {"title": "t", "action": "a", "arguments": {}, "callback_url": url}

    answer = agent.post("/v1/tickets", body)

    assert answer.status_code == (201 if words is None else 422)
    assert words is None or words in answer.json()["detail"]


def test_a_name_that_leads_inside_is_not_called(tmp_path: Path) -> None:
    with GateProcess(tmp_path, **QUICK) as gate, Receiver() as receiver:
        agent, bot = gate.caller("agent"), gate.caller("bot", ("decide",))
        ticket = agent.file(callback_url=f"https://localhost:{receiver.port}/")
        bot.decide(ticket["id"])
        (attempt,) = until(lambda: _log(agent, ticket))

        assert "callback_url leads to a private address" in attempt["error"]
        assert "127.0.0.1" not in attempt["error"]
        assert receiver.received == []


def test_a_gate_without_a_secret_for_callbacks_says_what_to_set(tmp_path: Path) -> None:
    with GateProcess(tmp_path, **QUICK, GATE_CALLBACK_SECRET="") as gate:
        body = {"title": "t", "action": "a", "arguments": {}, "callback_url": "https://example.com/"}

        answer = gate.caller("agent").post("/v1/tickets", body)

        assert answer.status_code == 422
        assert "set GATE_CALLBACK_SECRET" in answer.json()["detail"]


def _calling_here(folder: Path) -> GateProcess:
    return GateProcess(folder, **QUICK, GATE_CALLBACK_PRIVATE="127.0.0.0/8,::1/128")


def _calling(receiver: Receiver, path: str = "/") -> dict[str, Any]:
    return {"callback_url": f"http://127.0.0.1:{receiver.port}{path}"}


def _settle(agent: Caller, bot: Caller, ticket_id: str, ending: str) -> None:
    if ending == "approved":
        bot.decide(ticket_id)
    elif ending == "denied":
        bot.decide(ticket_id, "deny")
    else:
        agent.post(f"/v1/tickets/{ticket_id}/cancel")


def _log(agent: Caller, ticket: dict[str, Any]) -> list[dict[str, Any]]:
    log: list[dict[str, Any]] = agent.get(f"/v1/tickets/{ticket['id']}/callbacks").json()
    return log


def _is_signed(received: Received, key: str) -> bool:
    """As a receiver checks it."""
    secret = callback_secret(CALLBACK_SECRET, key.split("_")[1])
    signed = received.headers["X-Gate-Timestamp"].encode() + b"." + received.body
    wanted = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(received.headers["X-Gate-Signature"], f"sha256={wanted}")

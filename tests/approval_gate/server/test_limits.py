"""What the gate does not take: bodies that are too large or no JSON, and too many tickets."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.approval_gate.gate_process import QUICK, Caller, GateProcess

DEPLOY = {"title": "Deploy", "action": "deploy", "arguments": {"service": "api"}}
MOST = 2048
NARROW = {"GATE_MOST_BODY": str(MOST), "GATE_MOST_PENDING": "3", "GATE_MOST_PENDING_BYTES": "4096"}


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateProcess]:
    """A gate with narrow limits."""
    folder = tmp_path_factory.mktemp("narrow")
    with GateProcess(folder, **QUICK, **NARROW) as running:
        yield running


@pytest.fixture(scope="module")
def agent(gate: GateProcess) -> Caller:
    """Somebody who may file tickets there."""
    return gate.caller("agent")


@pytest.fixture(scope="module")
def bot(gate: GateProcess) -> Caller:
    """Somebody who may decide there."""
    return gate.caller("bot", ("decide",))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "is not JSON"),
        (b"", "body: is missing"),
        (b"[]", "body: must be a JSON object"),
        (b"null", "body: must be a JSON object"),
        (b'"x"', "body: must be a JSON object"),
        (b'{"title": NaN}', "NaN"),
        (b'{"title": "a", "title": "b"}', "twice"),
        (b'{"title": "\\u0000"}', "U+0000"),
        (b'{"title": "\\ud800"}', "surrogate"),
        (b'{"title": 1e999}', "too large"),
        (b'{"title": 12345678901234567890}', "loses digits"),
        (b'{"arguments": ' + b"[" * 900 + b"]" * 900 + b"}", "levels"),
        (b"\xff\xfe{}", "UTF-8"),
    ],
)
def test_a_body_that_is_no_clean_json_is_refused_in_words(agent: Caller, body: bytes, words: str) -> None:
    answer = _post(agent, body)

    assert answer.status_code == 422
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "", "json", "a;b/c"]
)
def test_a_body_that_is_not_sent_as_json_is_refused(agent: Caller, content_type: str) -> None:
    answer = _post(agent, json.dumps(DEPLOY).encode(), **{"Content-Type": content_type})

    assert answer.status_code == 415
    assert "Content-Type: application/json" in answer.json()["detail"]


def test_a_body_that_is_too_large_is_refused(agent: Caller) -> None:
    fits = DEPLOY | {"arguments": {"x": ""}, "expires_in": 4}
    room = MOST - len(json.dumps(fits))
    just = json.dumps(fits | {"arguments": {"x": "a" * room}}).encode()

    answers = [_post(agent, just), _post(agent, just + b" ")]

    assert [answer.status_code for answer in answers] == [422, 413]
    assert answers[1].json()["type"].endswith(":too-large")
    assert str(MOST) in answers[1].json()["detail"]


def test_a_body_whose_numbers_are_longer_than_they_are_written_is_refused(agent: Caller) -> None:
    """Given 1e15, which every answer writes with all its zeros, then what is answered counts."""
    head = b'{"title": "t", "action": "a", "arguments": {"x": ['
    bodies = [head + b",".join([number] * 300) + b"]}}" for number in (b"1e15", b"1234")]

    answers = [_post(agent, body) for body in bodies]

    assert [len(body) < MOST for body in bodies] == [True, True]
    assert [answer.status_code for answer in answers] == [413, 201]
    assert answers[0].json()["type"].endswith(":too-large")
    assert "numbers written out" in answers[0].json()["detail"]
    agent.post(f"/v1/tickets/{answers[1].json()['id']}/cancel")


def test_a_body_in_pieces_is_refused_before_all_of_it_came(agent: Caller) -> None:
    """Given a body without a length, when more came than is allowed, then nobody waits for its end."""
    with _connection(agent) as connection:
        connection.sendall(_head(agent, "Transfer-Encoding: chunked"))
        connection.sendall(b"800\r\n" + b" " * 0x800 + b"\r\n" + b"1\r\n \r\n")

        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(agent: Caller) -> None:
    with _connection(agent) as connection:
        connection.sendall(_head(agent, "Content-Length: 9999999999999999999"))

        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_a_stranger_is_not_read_at_all(gate: GateProcess) -> None:
    stranger = Caller(gate.url, "nobody")
    with _connection(stranger) as connection:
        connection.sendall(_head(stranger, "Content-Length: 1000"))

        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_a_client_that_hangs_up_in_the_middle_of_its_body_leaves_no_trace(
    gate: GateProcess, agent: Caller
) -> None:
    with _connection(agent) as connection:
        connection.sendall(_head(agent, "Content-Length: 1000") + b'{"title"')

    assert agent.get("/v1/tickets/" + "0" * 32).status_code == 404
    assert '"level": "error"' not in gate.text()


def test_what_is_no_http_is_refused_and_costs_nothing(gate: GateProcess, agent: Caller) -> None:
    with _connection(agent) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00 this is TLS\r\n\r\n")

        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
    assert requests.get(f"{gate.url}/healthz", timeout=10).json() == {"status": "ok"}


def test_a_key_may_have_so_many_pending_tickets_and_no_more(gate: GateProcess, bot: Caller) -> None:
    greedy, other = gate.caller("greedy"), gate.caller("other")
    tickets = [greedy.file() for _ in range(3)]

    fourth = greedy.post("/v1/tickets", DEPLOY)
    others = other.post("/v1/tickets", DEPLOY)
    bot.decide(tickets[0]["id"], "deny")
    after = greedy.post("/v1/tickets", DEPLOY)

    assert (fourth.status_code, others.status_code, after.status_code) == (429, 201, 201)
    assert fourth.json()["type"].endswith(":too-many-pending")
    assert "greedy has 3 pending tickets (GATE_MOST_PENDING)" in fourth.json()["detail"]
    assert int(fourth.headers["Retry-After"]) > 0


def test_a_keys_pending_tickets_may_hold_so_many_bytes_and_no_more(gate: GateProcess, bot: Caller) -> None:
    """Given tickets that are large each, when they hold too much together, then others still file theirs."""
    large = DEPLOY | {"arguments": {"x": "a" * 1700}}
    greedy, other = gate.caller("hoarder"), gate.caller("modest")
    first = greedy.post("/v1/tickets", large, Idempotency_Key="once")

    second = greedy.post("/v1/tickets", large)
    again = greedy.post("/v1/tickets", large, Idempotency_Key="once")
    small = greedy.post("/v1/tickets", DEPLOY)
    others = other.post("/v1/tickets", large)
    bot.decide(first.json()["id"], "deny")
    after = greedy.post("/v1/tickets", large)

    told = [one.status_code for one in (first, second, again, small, others, after)]
    assert told == [201, 429, 200, 201, 201, 201]
    assert second.json()["type"].endswith(":too-much-pending")
    assert "4096 bytes (GATE_MOST_PENDING_BYTES)" in second.json()["detail"]
    assert int(second.headers["Retry-After"]) > 0


def test_a_key_may_file_so_many_tickets_in_a_time_and_no_more(tmp_path: Path) -> None:
    with GateProcess(tmp_path, **QUICK, GATE_RATE="2/minute") as gate:
        fast, other = gate.caller("fast"), gate.caller("other")
        first = fast.post("/v1/tickets", DEPLOY, Idempotency_Key="1")
        second = fast.post("/v1/hold", DEPLOY | {"wait": 0})

        third = fast.post("/v1/tickets", DEPLOY)
        held = fast.post("/v1/hold", DEPLOY | {"wait": 60}, timeout=5)
        sudo = fast.post("/agentsudo/approvals", {"approval_id": "1", "agent_name": "a", "scope": "s"})

        assert [first.status_code, second.status_code] == [201, 200]
        assert [third.status_code, held.status_code, sudo.status_code] == [429] * 3
        assert 0 < int(third.headers["Retry-After"]) <= 60
        assert "2 per 1 minute" in third.json()["detail"]
        assert fast.get(f"/v1/tickets/{first.json()['id']}").status_code == 200
        assert other.post("/v1/tickets", DEPLOY).status_code == 201


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v2", 404), ("PATCH", "/v1/tickets", 405)])
def test_what_is_not_there_is_a_problem_as_well(agent: Caller, method: str, path: str, status: int) -> None:
    answer = requests.request(method, agent.url + path, headers=agent.headers, timeout=10)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


def _post(caller: Caller, body: bytes, **headers: str) -> requests.Response:
    sent = {**caller.headers, "Content-Type": "application/json", **headers}
    return requests.post(f"{caller.url}/v1/tickets", data=body, headers=sent, timeout=10)


def _connection(caller: Caller) -> socket.socket:
    url = urlsplit(caller.url)
    return socket.create_connection((url.hostname, url.port), timeout=10)


def _head(caller: Caller, framing: str) -> bytes:
    lines = [
        "POST /v1/tickets HTTP/1.1",
        "Host: gate",
        f"Authorization: Bearer {caller.key}",
        "Content-Type: application/json",
        framing,
    ]
    return "\r\n".join([*lines, "", ""]).encode()

"""What goes wrong between a client and its gate: whatever it is, nobody is taken to have said yes who did not."""

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from approval_gate import ApprovalTimeout, Gate, GateRefused, GateUnavailable, Ticket
from tests.approval_gate.false_gate import Reply, false_gate, pending, plain, problem, yes
from tests.approval_gate.gate_process import GateProcess
from tests.approval_gate.person import Person
from tests.approval_gate.relay import Relay, relay
from tests.upstream_client.serving import raw_server, read_call

KEY = "gate_0000000000_secret"


def in_background(work: Callable[[], Ticket]) -> tuple[ThreadPoolExecutor, Any]:
    pool = ThreadPoolExecutor(1)
    return pool, pool.submit(work)


# A real gate that goes away


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_a_wait_goes_on_through_a_restart_of_the_gate(own_gate: GateProcess, how: str) -> None:
    """Given a wait, when the gate dies or is stopped, is started again, and then somebody answers, it ends."""
    client = Gate(own_gate.url, own_gate.key("agent"))
    person = Person(own_gate.caller("bot", ["decide"]), "agent")
    ticket = client.request(title="Refund", expires_in=60, cancel_on_disconnect=True)
    pool, waiting = in_background(lambda: client.wait(ticket))

    if how == "killed":
        own_gate.kill()
    else:
        assert own_gate.stop() == 0
    own_gate.start()
    assert not waiting.done()
    person.answers(ticket.id)

    assert waiting.result(timeout=20).status == "approved"
    pool.shutdown()


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_proxy_that_cuts_held_answers_changes_nothing(
    gate: GateProcess, client_key: str, person: Person, reset: bool
) -> None:
    with relay(gate.url) as proxy:
        client = Gate(proxy.url, client_key)
        ticket = client.request(title="Refund")
        pool, waiting = in_background(lambda: client.wait(ticket))
        for _ in range(4):
            cut_until_somebody_is_back(proxy, reset)
        person.answers(ticket.id)

        assert waiting.result(timeout=20).status == "approved"
        pool.shutdown()
        client.close()


def cut_until_somebody_is_back(proxy: Relay, reset: bool) -> None:
    before, deadline = proxy.connections, time.monotonic() + 20
    while proxy.connections == before:
        assert time.monotonic() < deadline, "nobody came back"
        proxy.cut(reset=reset)
        time.sleep(0.05)


def test_while_the_gate_is_away_a_lock_is_prolonged_all_the_same(own_gate: GateProcess) -> None:
    client = Gate(own_gate.url, own_gate.key("agent"))
    ticket = client.request(title="Refund", expires_in=60)
    own_gate.kill()
    beats = []

    def prolong() -> None:
        beats.append(1)
        if len(beats) == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        client.wait(ticket, keepalive=prolong, every=0.05)


def test_a_gate_that_is_away_when_the_time_is_over_is_told_as_such_and_not_as_a_no(
    own_gate: GateProcess,
) -> None:
    """Somebody may have answered: nobody can tell."""
    client = Gate(own_gate.url, own_gate.key("agent"), patience=0.2)
    ticket = client.request(title="Refund", expires_in=0.1)
    own_gate.kill()

    with pytest.raises(GateUnavailable, match="cannot be learned") as caught:
        client.wait(ticket)

    assert not isinstance(caught.value, GateRefused)


def test_a_ticket_that_cannot_be_withdrawn_is_told_in_the_log(
    own_gate: GateProcess, caplog: pytest.LogCaptureFixture
) -> None:
    client = Gate(own_gate.url, own_gate.key("agent"))
    ticket = client.request(title="Refund")
    own_gate.kill()

    assert client.withdraw(ticket) is None

    assert f"ticket {ticket.id} could not be cancelled" in caplog.text


def test_a_gate_that_comes_up_while_it_is_asked_is_asked(own_gate: GateProcess) -> None:
    client = Gate(own_gate.url, own_gate.key("agent"))
    own_gate.kill()
    pool, asking = in_background(lambda: client.request(title="Refund"))

    own_gate.start()

    assert asking.result(timeout=20).status == "pending"
    pool.shutdown()


def test_a_question_whose_answer_was_lost_is_asked_again_and_is_one_ticket(
    gate: GateProcess, client_key: str, person: Person
) -> None:
    """Given a proxy that breaks just when the gate has answered, when it is tried again, there is one ticket."""
    lost: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        call = read_call(connection)
        with socket.create_connection(("127.0.0.1", int(gate.url.rpartition(":")[2]))) as behind:
            behind.sendall(call.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
            answer = b"".join(iter(lambda: behind.recv(65536), b""))
        if len(lost) < 2:
            lost.append(answer)
            return
        connection.sendall(answer)

    with raw_server(talk) as port:
        ticket = Gate(f"http://127.0.0.1:{port}", client_key).request(title="Refund")

    assert [one["id"] for one in person.pending()] == [ticket.id]
    assert all(b"201" in answer.splitlines()[0] or b"200" in answer.splitlines()[0] for answer in lost)
    assert len(lost) == 2


# What is no answer of a gate


PASSING: list[Reply] = [
    plain(502, "<html>Bad gateway</html>"),
    plain(503),
    plain(504),
    plain(500, "Internal error"),
    plain(404, "no route"),
    plain(401, "<html>log on to the network</html>"),
    plain(200, "<html>log on to the network</html>"),
    plain(200, '{"status": "approved"}'),
    plain(200, ""),
    problem(503, "The gate cannot reach its database."),
    problem(429, "Too many calls.", Retry_After="0"),
    lambda ticket: yes(ticket, id="another"),
    lambda ticket: yes(ticket, arguments_digest=f"v1{'0' * 64}"),
    lambda ticket: yes(ticket, status="Approved"),
    lambda ticket: yes(ticket, decision=None),
    lambda ticket: plain(200, json.dumps(ticket | {"status": "approved"})[:-1])(ticket),
    lambda ticket: plain(203, yes(ticket).text or "")(ticket),
    plain(302, "", Location="/elsewhere"),
]


@pytest.mark.parametrize("reply", PASSING)
def test_what_is_no_answer_of_the_gate_is_neither_a_yes_nor_the_end_of_the_wait(reply: Reply) -> None:
    """Given one such answer and then a denial, when the client waits, it is the denial that ends it."""
    with false_gate() as gate:
        client = Gate(gate.url, KEY)
        ticket = client.request(title="Refund")
        gate.then(reply, lambda ticket: pending(ticket, status="expired"))

        with pytest.raises(ApprovalTimeout):
            client.wait(ticket)

        assert gate.calls[1:] == ["GET /v1/tickets/t1"] * 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_of_the_gate_ends_the_wait(status: int) -> None:
    with false_gate() as gate:
        client = Gate(gate.url, KEY)
        ticket = client.request(title="Refund")
        gate.then(problem(status, "No such thing."), problem(status, "No such thing."))

        with pytest.raises(GateRefused, match="No such thing") as caught:
            client.wait(ticket)

        assert caught.value.status == status


def test_a_gate_that_files_other_arguments_is_not_waited_for() -> None:
    with false_gate() as gate:
        gate.then(lambda ticket: pending(ticket, arguments_digest=f"v1{'0' * 64}"))

        with pytest.raises(GateUnavailable, match="another question"):
            Gate(gate.url, KEY).request(title="Refund")


@pytest.mark.parametrize("trouble", [plain(502), plain(503), plain(504), plain(200, "?"), problem(429, "x")])
def test_asking_is_tried_again_with_the_same_idempotency_key(trouble: Reply) -> None:
    with false_gate() as gate:
        gate.then(trouble, trouble)

        Gate(gate.url, KEY).request(title="Refund")

        assert len(gate.keys) == 3
        assert len(set(gate.keys)) == 1


def test_two_questions_have_two_idempotency_keys() -> None:
    with false_gate() as gate:
        client = Gate(gate.url, KEY)
        client.request(title="Refund")
        client.request(title="Refund")

        assert len(set(gate.keys)) == 2


def test_a_gate_that_wants_to_be_left_alone_for_longer_than_we_have_patience_is_left_alone() -> None:
    with false_gate() as gate:
        gate.then(problem(429, "Too many tickets are pending.", Retry_After="30"))

        with pytest.raises(GateUnavailable, match="Too many tickets"):
            Gate(gate.url, KEY, patience=1.0).request(title="Refund")

        assert len(gate.calls) == 1


# Where calls go


def test_a_redirect_is_not_followed_and_the_error_says_what_to_set() -> None:
    with false_gate() as elsewhere, false_gate() as gate:
        gate.then(plain(307, "", Location=f"{elsewhere.url}/v1/tickets"))

        with pytest.raises(GateUnavailable, match="Set `url`"):
            Gate(gate.url, KEY).request(title="Refund")

        assert elsewhere.calls == []


def test_the_key_is_not_replaced_by_a_password_of_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with false_gate() as gate:
        Gate(gate.url, KEY).request(title="Refund")

        assert gate.headers["Authorization"] == f"Bearer {KEY}"


def test_a_proxy_is_asked_for_hosts_that_are_not_this_machine_unless_it_is_said_not_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with false_gate() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        client = Gate("http://gate.example", KEY, patience=0.1)

        assert client.request(title="Refund").id == "t1"
        assert proxy.headers["Host"] == "gate.example"
        monkeypatch.setenv("NO_PROXY", "gate.example")
        with pytest.raises(GateUnavailable):
            client.request(title="Refund")
        assert len(proxy.calls) == 1


def test_no_proxy_is_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with false_gate() as proxy, false_gate() as gate:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)

        Gate(gate.url, KEY).request(title="Refund")

        assert (len(proxy.calls), len(gate.calls)) == (0, 1)


def test_no_error_tells_the_key() -> None:
    with false_gate() as gate:
        gate.then(problem(401, "No living key."))
        client = Gate(gate.url, KEY)

        with pytest.raises(GateRefused) as caught:
            client.request(title="Refund")

        assert KEY not in f"{caught.value!r} {client!r} {vars(caught.value)}"

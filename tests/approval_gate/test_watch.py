"""The watch over a ticket, where something between it and the gate behaves oddly."""

import re
import socket
import time
from threading import Event

import pytest

from approval_gate.errors import GateRefused, Passing
from approval_gate.session import Session
from approval_gate.ticket import Ticket
from approval_gate.watch import LONGEST_HOLD, SHORT_HOLD, Watch
from tests.approval_gate.false_gate import false_gate, pending, problem
from tests.upstream_client.serving import raw_server, read_call

DIGEST = f"v1{'a' * 64}"
KEY = "gate_0000000000_secret"


def ticket(seconds: float = 3600) -> Ticket:
    return Ticket("t1", "pending", DIGEST, deadline=time.monotonic() + seconds)


def test_where_white_space_is_kept_back_shorter_answers_are_asked_for() -> None:
    """Given a proxy that passes nothing on until an answer is whole, when it is silent, the next hold is short."""
    holds: list[int] = []
    body = f'{{"id": "t1", "arguments_digest": "{DIGEST}", "status": "expired", "decision": null}}'.encode()

    def talk(connection: socket.socket) -> None:
        holds.append(int(re.findall(rb"wait=(\d+)", read_call(connection))[0]))
        if len(holds) == 1:
            connection.recv(1)  # until the client has had enough
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with raw_server(talk) as port:
        watch = Watch(Session(f"http://127.0.0.1:{port}", KEY, silence=0.2), ticket())

        assert watch.settled.result(timeout=20).status == "expired"

    assert holds == [LONGEST_HOLD, SHORT_HOLD]


def test_no_answer_is_held_for_longer_than_somebody_waits() -> None:
    with false_gate() as gate:
        gate.filed = {"id": "t1", "arguments_digest": DIGEST}
        watch = Watch(Session(gate.url, KEY), ticket(7.5))

        assert watch.settled.result(timeout=20).status == "approved"

        assert gate.queries == ["wait=8"]


def test_heartbeats_count_as_life_and_not_as_an_answer() -> None:
    """Given pauses that together are longer than the silence that is borne, the answer is still waited for."""
    calls: list[bytes] = []
    body = f'{{"id": "t1", "arguments_digest": "{DIGEST}", "status": "expired", "decision": null}}'.encode()

    def talk(connection: socket.socket) -> None:
        calls.append(read_call(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(8):
            connection.sendall(b"1\r\n \r\n")
            time.sleep(0.1)
        connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

    with raw_server(talk) as port:
        watch = Watch(Session(f"http://127.0.0.1:{port}", KEY, silence=0.5), ticket())

        assert watch.settled.result(timeout=20).status == "expired"

    assert len(calls) == 1


def test_a_watch_that_is_stopped_ends_at_the_next_byte() -> None:
    began = Event()

    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        began.set()
        for _ in range(200):
            connection.sendall(b"1\r\n \r\n")
            time.sleep(0.02)

    with raw_server(talk) as port:
        watch = Watch(Session(f"http://127.0.0.1:{port}", KEY), ticket())
        began.wait(10)

        watch.stop()

        with pytest.raises(Passing):
            watch.settled.result(timeout=20)


def test_a_refusal_ends_it() -> None:
    with false_gate() as gate:
        gate.then(problem(403, "Not yours."))

        with pytest.raises(GateRefused, match="Not yours"):
            Watch(Session(gate.url, KEY), ticket()).settled.result(timeout=20)


def test_a_gate_that_answers_pending_at_once_is_not_asked_without_a_pause() -> None:
    """It is stopping, or something caches: a hundred calls a second would help nobody."""
    with false_gate() as gate:
        gate.filed = {"id": "t1", "arguments_digest": DIGEST}
        gate.then(*[lambda one: pending(one, status="pending", decision=None)] * 4)
        began = time.monotonic()

        Watch(Session(gate.url, KEY), ticket()).settled.result(timeout=20)

        assert len(gate.calls) == 5
        assert time.monotonic() - began >= (0.1 + 0.2 + 0.4 + 0.8) / 2

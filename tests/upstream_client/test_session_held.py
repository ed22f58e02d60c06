"""An answer that the server holds open: bounded, ended by a stop or by the end, and never taken for a whole one."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from tests.upstream_client.serving import closed_port, raw_server, read_call
from upstream_client.exceptions import Interrupted, Unreachable
from upstream_client.session import Answer, Session

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
SPACE, BODY, END = b"1\r\n \r\n", b'8\r\n{"a": 1}\r\n', b"0\r\n\r\n"


@contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[tuple[Session, str]]:
    def converse(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(HEAD)
        talk(connection)

    with raw_server(converse) as port:
        session = Session("The server", timeout=(1.0, 1.0))
        try:
            yield session, f"http://127.0.0.1:{port}/held"
        finally:
            session.close()


def hold(
    session: Session, url: str, seconds: float = 5.0, silence: float = 5.0, stop: Event | None = None
) -> Answer | None:
    return session.hold(url, seconds=seconds, silence=silence, stop=stop or Event())


def test_white_space_keeps_it_waiting_for_longer_than_an_ordinary_answer_may_take() -> None:
    def talk(connection: socket.socket) -> None:
        for _ in range(12):
            connection.sendall(SPACE)
            time.sleep(0.1)
        connection.sendall(BODY + END)

    with server(talk) as (session, url):
        answer = hold(session, url)
        assert answer is not None
        assert answer.json() == {"a": 1}


def test_a_stop_is_seen_when_the_next_byte_comes() -> None:
    stop, may_go_on = Event(), Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(SPACE)
        may_go_on.wait(5)
        connection.sendall(SPACE)
        connection.recv(1)  # until the client hangs up

    with server(talk) as (session, url):
        stop.set()
        may_go_on.set()
        assert hold(session, url, stop=stop) is None


def test_the_end_wakes_whoever_waits_for_a_silent_server() -> None:
    silent, found = Event(), list[Answer | None]()

    def talk(connection: socket.socket) -> None:
        connection.sendall(SPACE)
        silent.set()
        connection.recv(1)

    with server(talk) as (session, url):
        waiting = threading.Thread(target=lambda: found.append(hold(session, url)))
        waiting.start()
        assert silent.wait(5)
        time.sleep(0.05)  # the space is read by now; nothing tells of that
        session.close()
        waiting.join(1)
        assert not waiting.is_alive()
        assert found == [None]


def test_after_the_end_nothing_is_held() -> None:
    with server(lambda connection: connection.sendall(BODY + END)) as (session, url):
        session.close()
        assert hold(session, url) is None


@pytest.mark.parametrize("ends", [b"", b'8\r\n{"a"'])
def test_an_answer_that_breaks_off_is_none(ends: bytes) -> None:
    with (
        server(lambda connection: connection.sendall(SPACE + ends)) as (session, url),
        pytest.raises(Interrupted, match="broke the connection"),
    ):
        hold(session, url)


def _say_nothing(connection: socket.socket) -> None:
    connection.recv(1)


def test_silence_and_endless_white_space_have_an_end() -> None:
    def talk(connection: socket.socket) -> None:
        connection.settimeout(0.05)
        while True:
            connection.sendall(SPACE)
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    with server(talk) as (session, url), pytest.raises(Interrupted, match=r"took over 0\.3 s"):
        hold(session, url, seconds=0.3)
    with (
        server(_say_nothing) as (session, url),
        pytest.raises(Interrupted, match=r"did not answer within 0\.2 s"),
    ):
        hold(session, url, silence=0.2)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    session = Session("The server", timeout=(1.0, 1.0))
    with pytest.raises(Unreachable):
        hold(session, f"http://127.0.0.1:{closed_port()}/")
    session.close()

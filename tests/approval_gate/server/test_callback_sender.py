"""Sending one callback: over TLS to the name that was meant, once, and not for long."""

import asyncio
import socket
import ssl
import threading
from ipaddress import ip_network
from pathlib import Path

import pytest

from approval_gate.server.callback_address import Guard
from approval_gate.server.callback_sender import NotDelivered, Sender
from tests.approval_gate.server.receiver import Receiver
from tests.slack_bot.tls_front import OPENSSL, make_certificate

HERE = Guard((ip_network("127.0.0.0/8"), ip_network("::1/128")))
needs_openssl = pytest.mark.skipif(
    OPENSSL is None, reason="there is no openssl here to make certificates with"
)


def post(sender: Sender, url: str) -> int:
    return asyncio.run(sender.post(url, b'{"a": 1}', {"X-Gate-Timestamp": "1"}))


@needs_openssl
def test_tls_is_checked_for_the_name_although_the_connection_goes_to_an_address(tmp_path: Path) -> None:
    server, client = _tls(tmp_path, "localhost")
    with Receiver(202, tls=server) as receiver:
        status = post(Sender(HERE, client), f"https://localhost:{receiver.port}/hook?x=1")
        (received,) = receiver.wait_for(1)

    assert status == 202
    assert received.headers["Host"] == f"localhost:{receiver.port}"
    assert received.headers["X-Gate-Timestamp"] == "1"
    assert (received.path, received.body) == ("/hook?x=1", b'{"a": 1}')


@needs_openssl
def test_a_certificate_for_another_name_is_not_believed(tmp_path: Path) -> None:
    server, client = _tls(tmp_path, "other.example.com")
    with Receiver(tls=server) as receiver:
        with pytest.raises(NotDelivered, match="the certificate is not valid"):
            post(Sender(HERE, client), f"https://localhost:{receiver.port}/")

        assert receiver.received == []


@needs_openssl
def test_a_certificate_of_an_unknown_authority_is_not_believed(tmp_path: Path) -> None:
    server, _ = _tls(tmp_path, "localhost")
    with Receiver(tls=server) as receiver, pytest.raises(NotDelivered, match="the certificate is not valid"):
        post(Sender(HERE), f"https://localhost:{receiver.port}/")


@pytest.mark.parametrize(
    "url", ["https://localhost/", "https://127.0.0.1/", "http://localhost/", "https://[::1]/"]
)
def test_nothing_is_connected_to_that_was_not_judged(url: str) -> None:
    with pytest.raises(NotDelivered, match="callback_url leads to a"):
        post(Sender(Guard()), url)


def test_the_answer_to_a_redirect_is_the_redirect() -> None:
    with Receiver(307) as receiver:
        assert post(Sender(HERE), f"http://127.0.0.1:{receiver.port}/") == 307
        assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\n", b"hello\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"]
)
def test_what_is_no_answer_is_not_taken_for_one(answer: bytes) -> None:
    with _Answering(answer) as port, pytest.raises(NotDelivered, match="it could not be sent"):
        post(Sender(HERE), f"http://127.0.0.1:{port}/")


def test_headers_without_end_are_not_read_to_their_end() -> None:
    with _Answering(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000) as port, pytest.raises(NotDelivered):
        post(Sender(HERE), f"http://127.0.0.1:{port}/")


def test_a_receiver_that_answers_a_byte_at_a_time_holds_nobody_up() -> None:
    """Given a time-out for all of it, when bytes keep coming, then it passes all the same."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = threading.Event()
        dripping = threading.Thread(target=_drip, args=(listener, ended))
        dripping.start()
        with pytest.raises(NotDelivered, match=r"no answer within 0\.3 s"):
            post(Sender(HERE, seconds=0.3), f"http://127.0.0.1:{listener.getsockname()[1]}/")
        ended.set()
        dripping.join()


def test_a_closed_door_is_told_in_the_systems_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(NotDelivered, match="it could not be sent: "):
        post(Sender(HERE), f"http://127.0.0.1:{port}/")


def _tls(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for ``name``, and a client's that trusts it."""
    certificate = make_certificate(folder, name)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    return server, ssl.create_default_context(cafile=certificate)


class _Answering:
    """Takes one connection, sends ``answer`` whatever was asked, and hangs up."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> int:
        self._thread.start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(self._answer)
            except OSError:
                return  # the other side had read enough


def _drip(listener: socket.socket, ended: threading.Event) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not ended.wait(0.02):
            try:
                connection.sendall(b"x")
            except OSError:
                return  # the other side hung up

"""One WebSocket under what the sandbox, which keeps the rules, does not do to it."""

import json
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from slack_bolt import Ack, App
from slack_sdk import WebClient
from structlog.testing import capture_logs

from sandbox import Sandbox
from slack_bot.connection import SocketModeConnection
from slack_bot.web_client import tls_context
from tests.slack_bot.connected_bot import SOON
from tests.slack_bot.raw_slack import CLOSE_FRAME, HELLO, raw_slack, text_frame
from tests.slack_bot.tls_front import OPENSSL, make_certificate, tls_front

CLICK = {"type": "block_actions", "user": {"id": "U02APPROVER"}, "actions": [{"action_id": "press"}]}


def envelope(number: int) -> bytes:
    frame = {"type": "interactive", "envelope_id": str(number), "payload": CLICK}
    return text_frame(json.dumps({**frame, "accepts_response_payload": True}))


@contextmanager
def connected_to(api_url: str, answer: str = "") -> Iterator[SocketModeConnection]:
    """A bot whose one listener answers every press with the given text."""

    def press(ack: Ack) -> None:
        ack(answer)

    client = WebClient(token="xoxb-1", base_url=api_url, timeout=2, retry_handlers=[])
    app = App(client=client, token_verification_enabled=False, process_before_response=True)
    app.action("press")(press)
    connection = SocketModeConnection("xapp-1", client, app, random.Random(7), print)
    connection.start()
    try:
        assert connection.wait_until_connected(5)
        yield connection
    finally:
        connection.stop()


def test_what_cannot_be_understood_is_passed_over() -> None:
    """Given frames that are no JSON, no object, no envelope, when a good one follows, then it is answered."""
    answers: list[bytes] = []
    answered = threading.Event()

    def talk_nonsense(slack: socket.socket) -> None:
        odd_payload = '{"type": "interactive", "envelope_id": "x", "payload": 5}'
        odd = ["", "no json", "[]", "5", "null", "{}", '{"type": ["hello"]}', odd_payload]
        for text in [HELLO, *odd]:
            slack.sendall(text_frame(text))
        slack.sendall(b"\x82\x02\xff\xff" + envelope(1))
        answers.append(slack.recv(4096))
        answered.set()
        slack.recv(4096)

    with capture_logs() as logged, raw_slack(talk_nonsense) as slack, connected_to(slack.api_url):
        assert answered.wait(5)

    assert len(answers[0]) > 20
    assert {event["event"] for event in logged} == {"connection.open", "connection.not_understood"}


def test_a_slack_that_says_close_and_does_not_hang_up_is_left_at_once() -> None:
    left = threading.Event()

    def close_halfway(slack: socket.socket) -> None:
        slack.sendall(text_frame(HELLO) + CLOSE_FRAME)
        while slack.recv(4096):
            pass
        left.set()

    with raw_slack(close_halfway, stay) as slack, connected_to(slack.api_url):
        assert slack.opened.acquire(timeout=SOON)
        started = time.monotonic()
        assert slack.opened.acquire(timeout=5)
        assert time.monotonic() - started < SOON
        assert left.wait(5)


def stay(slack: socket.socket) -> None:
    """A Slack that says hello and answers every ping until the client goes."""
    slack.sendall(text_frame(HELLO))
    while data := slack.recv(4096):
        if data[0] & 0x0F == 0x9:
            length, mask, payload = data[1] & 0x7F, data[2:6], data[6:]
            unmasked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload[:length]))
            slack.sendall(bytes([0x8A, length]) + unmasked)


@pytest.mark.skipif(
    not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux bounds how long a send may take"
)
def test_a_peer_that_takes_nothing_is_left_within_eight_seconds() -> None:
    """Given a full send buffer, in which no ping can follow, when nothing is taken, then the bot reconnects."""

    def never_read(slack: socket.socket) -> None:
        slack.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slack.sendall(text_frame(HELLO) + b"".join(map(envelope, range(200))))
        raw.over.wait(20)

    with raw_slack(never_read, stay) as raw, connected_to(raw.api_url, answer="x" * 100_000) as connection:
        assert raw.opened.acquire(timeout=SOON)
        started = time.monotonic()
        assert raw.opened.acquire(timeout=15)
        assert time.monotonic() - started < 8 + SOON
        assert connection.wait_until_connected(SOON)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One that this process trusts."""
    path = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    tls_context.cache_clear()
    yield path
    tls_context.cache_clear()


@pytest.mark.skipif(not (OPENSSL or os.environ.get("CI")), reason="there is no openssl to make certificates")
@pytest.mark.parametrize("reset", [False, True], ids=["end of TLS", "reset under TLS"])
def test_after_a_cut_under_tls_it_is_back_soon_and_burns_no_cpu(certificate: Path, reset: bool) -> None:
    with Sandbox() as sandbox, tls_front(host_and_port(sandbox.url), certificate) as front:
        opener = WebClient(base_url=sandbox.slack_api_url, retry_handlers=[])

        def secure_link() -> str:
            plain = str(opener.apps_connections_open(app_token=sandbox.app_token)["url"])
            return urlsplit(plain)._replace(scheme="wss", netloc=f"127.0.0.1:{front.port}").geturl()

        with raw_slack(stay, link=secure_link) as raw, connected_to(raw.api_url) as connection:
            cpu, started = time.process_time(), time.monotonic()
            front.cut(reset)
            sandbox.control.eventually(lambda: front.open)
            assert connection.wait_until_connected(SOON)
            assert time.monotonic() - started < SOON
            assert time.process_time() - cpu < 1


def host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port

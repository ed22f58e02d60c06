import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app
from slack_sdk import WebClient
from slack_sdk.socket_mode.request import SocketModeRequest

from slack_bot.config import Settings
from slack_bot.web_client import proxy_for, web_client
from tests.audit_key import AUDIT_KEY
from tests.slack_bot.connect_proxy import ConnectProxy, connect_proxy

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")


class SlackApi(ThreadingHTTPServer):
    """Answers every method with ok, or, while ``broken``, by hanging up."""

    broken = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.calls: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api/"


class _Answer(BaseHTTPRequestHandler):
    server: SlackApi

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((self.path, self.headers["Authorization"]))
        if self.server.broken:
            self.close_connection = True
            return
        body = json.dumps({"ok": True}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def slack_api() -> Iterator[SlackApi]:
    with SlackApi() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def api() -> Iterator[SlackApi]:
    with slack_api() as server:
        yield server


@pytest.fixture
def proxy(api: SlackApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectProxy]:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with connect_proxy(("127.0.0.1", api.server_address[1])) as server:
        yield server


def client_of(url: str, timeout: int = 5, retries: bool = False) -> WebClient:
    settings = Settings(
        slack_bot_token="xoxb-1-bot",
        slack_app_token="xapp-1-app",
        slack_api_url=url,
        privman_base_url="https://privman.example.com/Tms",
        privman_username="bot",
        privman_password="secret",
        audit_key=AUDIT_KEY,
    )
    return web_client(settings, timeout=timeout, retries=retries)


def test_a_call_carries_the_bots_token(api: SlackApi, proxy: ConnectProxy) -> None:
    assert client_of(api.url).api_test()["ok"]

    assert api.calls == [("/api/api.test", "Bearer xoxb-1-bot")]


def test_without_no_proxy_calls_pass_through_the_proxy(
    api: SlackApi, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)

    assert client_of(api.url).api_test()["ok"]

    assert proxy.seen == [f"POST {api.url}api.test"]


def test_an_https_address_is_reached_by_a_tunnel(
    api: SlackApi, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an https proxy before a server without TLS, when called, then it asks for the tunnel."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    client = client_of("https://slack.example.com/api/")

    with pytest.raises(URLError):
        client.api_test()

    assert proxy.seen == ["CONNECT slack.example.com:443"]


@pytest.mark.parametrize("exception", ["127.0.0.1", "example.com,127.0.0.1", "*"])
def test_hosts_in_no_proxy_are_called_directly_by_us_and_by_bolts_copies(
    api: SlackApi, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch, exception: str
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.setenv("NO_PROXY", exception)
    app = App(client=client_of(api.url), token_verification_enabled=False, process_before_response=True)
    app.event("app_mention")(lambda client: client.api_test())
    event = {"type": "event_callback", "event": {"type": "app_mention", "user": "U02APPROVER"}}

    response = run_bolt_app(app, SocketModeRequest("events_api", "e1", event))

    assert response.status == 200
    assert [path for path, _ in api.calls] == ["/api/auth.test", "/api/api.test"]
    assert proxy.seen == []


def test_the_proxy_for_https_is_not_taken_for_plain_http(
    api: SlackApi, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)

    assert client_of(api.url).api_test()["ok"]

    assert proxy.seen == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://slack.com/api/", "http://secure:1"),
        ("wss://wss-primary.slack.com/link?ticket=1", "http://secure:1"),
        ("http://127.0.0.1:8484/api/", "http://plain:2"),
        ("ws://127.0.0.1:8484/link?ticket=1", "http://plain:2"),
        ("https://privman.corp.example.com/Tms", None),
        ("wss://corp.example.com/", None),
    ],
)
def test_every_kind_of_address_gets_its_own_proxy(
    proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch, url: str, expected: str | None
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://secure:1")
    monkeypatch.setenv("http_proxy", "plain:2")
    monkeypatch.setenv("no_proxy", "localhost, .corp.example.com")

    assert proxy_for(url) == expected


def test_without_any_proxy_variable_the_way_is_direct(proxy: ConnectProxy) -> None:
    assert proxy_for("https://slack.com/api/") is None


@pytest.mark.parametrize(("retries", "calls"), [(False, 1), (True, 2)])
def test_a_broken_call_is_sent_again_only_where_that_was_asked_for(
    api: SlackApi, proxy: ConnectProxy, retries: bool, calls: int
) -> None:
    api.broken = True

    with pytest.raises(OSError, match="closed connection without response"):
        client_of(api.url, retries=retries).api_test()

    assert len(api.calls) == calls


def test_a_silent_slack_is_given_up_after_the_timeout(proxy: ConnectProxy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        client = client_of(f"http://127.0.0.1:{mute.getsockname()[1]}/api/", timeout=1)
        started = time.monotonic()

        with pytest.raises(OSError, match="timed out"):
            client.api_test()

    assert time.monotonic() - started < 2.5

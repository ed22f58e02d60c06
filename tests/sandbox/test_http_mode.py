"""Slack over HTTP, seen by an app of a few lines: what is posted, how it is signed, what follows its answers."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from sandbox import ControlError, Sandbox
from tests.sandbox.cards import ADMIN, APPROVER, BOT, CHANNEL, post_card
from tests.sandbox.conftest import HASTY, changed_manifest
from tests.sandbox.raw_app import RawApp

Answer = tuple[int, object]


@dataclass
class Post:
    """What came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        """Of an event or a press."""
        text = self.body if self.path == "/events" else parse_qs(self.body.decode())["payload"][0]
        found: dict[str, Any] = json.loads(text)
        return found


@dataclass
class HttpApp:
    """Keeps what is posted, and answers as it is told; the challenge as it must."""

    url: str
    posts: list[Post] = field(default_factory=list)
    answer: Callable[[Post], Answer] = lambda post: (200, None)

    def take(self, post: Post) -> Answer:
        if b"url_verification" in post.body:
            return 200, {"challenge": post.told["challenge"]}
        self.posts.append(post)
        return self.answer(post)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        app = cast("_Server", self.server).app
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, told = app.take(Post(self.path, dict(self.headers), body))
        content = b"" if told is None else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


class _Server(ThreadingHTTPServer):
    app: HttpApp


@contextmanager
def http_app(sandbox: Sandbox) -> Iterator[HttpApp]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        server.app = HttpApp(url)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            deliver(sandbox, url)
            yield server.app
        finally:
            server.shutdown()
            thread.join()


def deliver(sandbox: Sandbox, url: str, **manner: Any) -> None:
    sandbox.control.deliver_over_http(f"{url}/events", f"{url}/actions", f"{url}/commands", **manner)


@pytest.fixture
def app(sandbox: Sandbox) -> Iterator[HttpApp]:
    with http_app(sandbox) as running:
        yield running


def is_valid(sandbox: Sandbox, post: Post) -> bool:
    """As Slack's own library sees it."""
    return SignatureVerifier(sandbox.signing_secret).is_valid_request(post.body, post.headers)


def test_a_press_is_a_signed_form_with_json_in_it(sandbox: Sandbox, slack: WebClient, app: HttpApp) -> None:
    ts = post_card(slack)
    pressed = sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")
    assert pressed["acknowledged"]
    (post,) = app.posts
    assert (post.path, post.headers["Content-Type"]) == ("/actions", "application/x-www-form-urlencoded")
    assert (post.told["type"], post.told["user"]["id"]) == ("block_actions", APPROVER)
    assert is_valid(sandbox, post)
    (sent,) = sandbox.control.deliveries()
    assert (sent["envelope_id"], sent["kind"], sent["status"]) == (pressed["envelope_id"], "interactive", 200)


def test_a_command_is_a_signed_form_and_its_answer_is_shown(sandbox: Sandbox, app: HttpApp) -> None:
    app.answer = lambda post: (200, {"text": "All well."})
    sandbox.control.command(CHANNEL, APPROVER, "/approvals", "100% & more")
    (post,) = app.posts
    form = parse_qs(post.body.decode())
    assert (post.path, form["text"], form["user_id"]) == ("/commands", ["100% & more"], [APPROVER])
    assert is_valid(sandbox, post)
    assert [shown["text"] for shown in sandbox.control.ephemerals(APPROVER)] == ["All well."]


def test_an_event_is_signed_json_and_comes_again_until_it_is_taken(tmp_path: Path) -> None:
    with Sandbox(timing=HASTY) as sandbox, http_app(sandbox) as app:
        app.answer = lambda post: (500 if len(app.posts) < 3 else 200, None)
        said = sandbox.control.message(CHANNEL, ADMIN, f"<@{BOT}> status")
        sandbox.control.eventually(lambda: len(app.posts) == 3)
        assert [post.told["event_id"] for post in app.posts] == said["events"] * 3
        assert all(is_valid(sandbox, post) for post in app.posts)
        retries = [
            (post.headers.get("X-Slack-Retry-Num"), post.headers.get("X-Slack-Retry-Reason"))
            for post in app.posts
        ]
        assert retries == [(None, None), ("1", "http_error"), ("2", "http_error")]


def test_a_press_that_is_not_taken_comes_once_and_warns_the_person(
    sandbox: Sandbox, slack: WebClient, app: HttpApp
) -> None:
    app.answer = lambda post: (400, None)
    ts = post_card(slack)
    assert not sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")["acknowledged"]
    assert len(app.posts) == 1
    assert sandbox.control.warnings(APPROVER)[0]["place"] == {"channel": CHANNEL, "ts": ts}


def test_what_is_posted_in_another_manner_is_as_it_was_ordered(
    sandbox: Sandbox, slack: WebClient, app: HttpApp
) -> None:
    ts = post_card(slack)
    for manner in ({"signature": "wrong"}, {"signature": "none"}, {"age": 301}, {"times": 2}):
        deliver(sandbox, app.url, **manner)
        sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")
    assert [is_valid(sandbox, post) for post in app.posts] == [False, False, False, True, True]
    assert "X-Slack-Signature" not in app.posts[1].headers
    assert (app.posts[3].body, app.posts[3].headers) == (app.posts[4].body, app.posts[4].headers)


def test_an_address_that_does_not_give_the_challenge_back_is_not_taken(sandbox: Sandbox) -> None:
    with pytest.raises(ControlError, match="challenge"):
        deliver(sandbox, sandbox.url)
    assert not sandbox.control.state()["over_http"]


def test_over_http_socket_mode_is_off_until_it_is_switched_on_again(sandbox: Sandbox) -> None:
    with RawApp(sandbox) as connected:
        connected.wait_for("hello")
        with http_app(sandbox):
            assert connected.wait_for("disconnect")["reason"] == "link_disabled"
            with RawApp(sandbox) as refused:
                assert refused.wait_for("disconnect")["reason"] == "link_disabled"
        sandbox.control.deliver_over_http()
        with RawApp(sandbox) as again:
            again.wait_for("hello")


def test_a_manifest_with_addresses_is_followed_from_the_start(tmp_path: Path) -> None:
    with Sandbox() as other, http_app(other) as app:

        def change(manifest: dict[str, Any]) -> None:
            manifest["settings"]["socket_mode_enabled"] = False
            manifest["settings"]["interactivity"]["request_url"] = f"{app.url}/actions"
            manifest["settings"]["event_subscriptions"]["request_url"] = f"{app.url}/events"
            for one in manifest["features"]["slash_commands"]:
                one["url"] = f"{app.url}/commands"

        with Sandbox(manifest=changed_manifest(tmp_path, change)) as sandbox:
            sandbox.control.command(CHANNEL, APPROVER, "/approvals", "status")
            sandbox.control.message(CHANNEL, ADMIN, f"<@{BOT}> status")
            sandbox.control.eventually(lambda: [post.path for post in app.posts] == ["/commands", "/events"])

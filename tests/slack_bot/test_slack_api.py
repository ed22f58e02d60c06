"""What a call of Slack's that went wrong means for whoever made it, told from Slack's real answers."""

import socket
from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from sandbox import Sandbox
from slack_bot.slack_api import DEFAULT_RETRY_AFTER, Interrupted, RateLimited, Refused, SlackFailure, call
from tests.rig import APPROVALS
from tests.upstream_client.serving import closed_port, raw_server, read_call

POST = {"channel": APPROVALS, "text": "hello"}


def client_of(api_url: str, token: str = "xoxb-test") -> WebClient:
    return WebClient(token=token, base_url=api_url, timeout=1, retry_handlers=[])


@pytest.fixture
def client(sandbox: Sandbox) -> WebClient:
    return client_of(sandbox.slack_api_url, sandbox.bot_token)


def failure(client: WebClient, method: str = "chat.postMessage", **arguments: object) -> SlackFailure:
    with pytest.raises(SlackFailure) as raised:
        call(client, method, POST | arguments)
    return raised.value


def posted(sandbox: Sandbox) -> int:
    return len(sandbox.control.messages(APPROVALS))


def test_a_call_that_worked_gives_its_answer(client: WebClient, sandbox: Sandbox) -> None:
    assert call(client, "chat.postMessage", POST)["ok"] is True
    assert call(client, "auth.test", {})["bot_id"] == "B01SANDBOX"
    assert posted(sandbox) == 1


@pytest.mark.parametrize(
    ("kind", "done"),
    [
        ("timeout", 1),
        ("reset", 1),
        ("reset_before", 0),
        ("server_error", 0),
        ("internal_error", 0),
        ("fatal_error", 0),
        ("service_unavailable", 0),
    ],
)
def test_where_nobody_can_tell_whether_it_was_done_the_call_was_interrupted(
    client: WebClient, sandbox: Sandbox, kind: str, done: int
) -> None:
    sandbox.control.faults(method="chat.postMessage", kind=kind)
    assert isinstance(failure(client), Interrupted)
    assert posted(sandbox) == done
    assert len(sandbox.control.calls("chat.postMessage")) == 1


@pytest.mark.parametrize(("kind", "seconds"), [("ratelimited", 7.0), ("rate_limited", DEFAULT_RETRY_AFTER)])
def test_too_many_calls_tell_how_long_to_wait(
    client: WebClient, sandbox: Sandbox, kind: str, seconds: float
) -> None:
    sandbox.control.faults(method="chat.postMessage", kind=kind, retry_after=7)
    limited = failure(client)
    assert isinstance(limited, RateLimited)
    assert limited.retry_after == seconds
    assert posted(sandbox) == 0


@pytest.mark.parametrize(
    ("method", "arguments", "code", "details", "about_us"),
    [
        ("chat.postMessage", {"channel": "C99NOWHERE"}, "channel_not_found", "", False),
        ("chat.postMessage", {"channel": "C02GENERAL"}, "not_in_channel", "", False),
        ("chat.postMessage", {"channel": "C04ARCHIVED"}, "is_archived", "", False),
        ("chat.postMessage", {"blocks": [{"type": "none"}]}, "invalid_blocks", "blocks", False),
        ("chat.update", {"ts": "1.000001"}, "message_not_found", "", False),
        ("users.info", {"user": "U99NOBODY"}, "user_not_found", "", False),
        ("conversations.info", {"channel": "D07BOT"}, "channel_not_found", "", False),
    ],
)
def test_a_refusal_carries_slacks_word_and_what_slack_says_of_it(
    client: WebClient, method: str, arguments: dict[str, object], code: str, details: str, about_us: bool
) -> None:
    refused = failure(client, method, **arguments)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.is_about_us) == (code, about_us)
    assert details in str(refused)


def test_a_missing_scope_is_named_and_holds_for_every_call() -> None:
    with Sandbox(declined_scopes=["im:write"]) as sandbox:
        refused = failure(
            client_of(sandbox.slack_api_url, sandbox.bot_token), "conversations.open", users="U02APPROVER"
        )
    assert isinstance(refused, Refused)
    assert (refused.code, refused.is_about_us) == ("missing_scope", True)
    assert "im:write" in str(refused)


def test_a_token_that_is_not_valid_is_a_refusal_that_holds_for_every_call(sandbox: Sandbox) -> None:
    refused = failure(client_of(sandbox.slack_api_url, "xoxb-wrong"))
    assert isinstance(refused, Refused)
    assert refused.code == "invalid_auth"
    assert refused.is_about_us


def test_a_slack_that_cannot_be_reached_interrupts() -> None:
    assert isinstance(failure(client_of(f"http://127.0.0.1:{closed_port()}/api/")), Interrupted)


def answer(status: str, body: str, headers: str = "", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n{body}".encode()


PAGE = "<html><body>Sign in to the proxy</body></html>"


@pytest.fixture
def proxied(request: pytest.FixtureRequest) -> Iterator[WebClient]:
    """A client whose calls are answered, with these bytes, by something that is not Slack."""

    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(request.param)

    with raw_server(talk) as port:
        yield client_of(f"http://127.0.0.1:{port}/api/")


@pytest.mark.parametrize(
    "proxied",
    [
        answer("200 OK", PAGE),
        answer("200 OK", ""),
        answer("200 OK", '{"ok": tr'),
        answer("200 OK", '{"ok": true}', length=500),
        answer("200 OK", "[1]"),
        answer("200 OK", "5"),
        answer("200 OK", '"yes"'),
        answer("200 OK", '{"ok": false}'),
        answer("200 OK", '{"ok": false, "error": null}'),
        answer("403 Forbidden", PAGE),
        answer("502 Bad Gateway", PAGE),
        answer("503 Service Unavailable", '{"ok": false, "error": "invalid_auth"}'),
        b"\x00 not HTTP at all",
    ],
    indirect=True,
)
def test_an_answer_that_is_not_slacks_proves_nothing(proxied: WebClient) -> None:
    assert isinstance(failure(proxied), Interrupted)


@pytest.mark.parametrize(
    ("proxied", "seconds"),
    [
        (answer("429 Too Many Requests", PAGE, "Retry-After: 12\r\n"), 12.0),
        (answer("429 Too Many Requests", "", "retry-after: 12\r\n"), 12.0),
        (answer("429 Too Many Requests", ""), DEFAULT_RETRY_AFTER),
        (answer("429 Too Many Requests", "", "Retry-After: soon\r\n"), DEFAULT_RETRY_AFTER),
    ],
    indirect=["proxied"],
)
def test_a_429_from_whoever_it_is_means_to_wait(proxied: WebClient, seconds: float) -> None:
    limited = failure(proxied)
    assert isinstance(limited, RateLimited)
    assert limited.retry_after == seconds

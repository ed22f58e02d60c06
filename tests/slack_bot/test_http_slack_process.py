"""The bot as its own process with Slack over HTTP: alone, by the manifest that it prints, and beside the socket."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from sandbox import Sandbox
from slack_bot.health import check_age, last_beat
from slack_bot.http.slack_paths import ALIASES, COMMANDS, EVENTS
from slack_bot.manifest import over_http
from tests.bot_process import ROOT, BotProcess, environment
from tests.rig import APPROVALS, APPROVER, has_buttons
from tests.upstream_client.serving import closed_port

Json = dict[str, Any]


@contextmanager
def slack_over_http(folder: Path, port: int) -> Iterator[Sandbox]:
    """A workspace in which the app was made from the manifest for this port."""
    manifest = json.loads((ROOT / "manifest.json").read_text())
    path = folder / "over-http.json"
    path.write_text(json.dumps(over_http(manifest, f"http://127.0.0.1:{port}")))
    with Sandbox(manifest=path) as sandbox:
        yield sandbox


def filed(sandbox: Sandbox) -> Json:
    """Somebody asks; the card."""
    before = {one["ts"] for one in sandbox.control.messages(APPROVALS)}
    sandbox.control.file_request()

    def new() -> list[Json]:
        return [one for one in sandbox.control.messages(APPROVALS) if one["ts"] not in before]

    return sandbox.control.eventually(new)[0]


def press(sandbox: Sandbox, card: Json, action_id: str) -> bool:
    """Whether it was acknowledged."""
    return bool(sandbox.control.click(APPROVALS, card["ts"], APPROVER, action_id)["acknowledged"])


def settles(sandbox: Sandbox, card: Json, words: str) -> bool:
    """The card says so by now, and has no buttons."""
    (now,) = [one for one in sandbox.control.messages(APPROVALS) if one["ts"] == card["ts"]]
    return words in str(now["text"]) and not has_buttons(now)


def get(url: str) -> requests.Response:
    return requests.get(url, timeout=20)


def test_over_http_alone_presses_and_words_get_here_and_everything_is_told_to_be_well(tmp_path: Path) -> None:
    port = closed_port()
    url = f"http://127.0.0.1:{port}"
    with slack_over_http(tmp_path, port) as sandbox:
        env = environment(
            sandbox,
            tmp_path,
            SLACK_APP_TOKEN="",
            SLACK_SIGNING_SECRET=sandbox.signing_secret,
            HTTP_PORT=str(port),
        )
        with BotProcess(tmp_path, env) as bot:
            bot.wait_until_ready()
            first = filed(sandbox)
            assert press(sandbox, first, "approve_request")
            sandbox.control.eventually(lambda: settles(sandbox, first, "Approved by Approver"))
            second = filed(sandbox)
            assert press(sandbox, second, "deny_request")
            sandbox.control.eventually(lambda: settles(sandbox, second, "Denied by Approver"))
            assert sandbox.control.command(APPROVALS, APPROVER, "/approvals", "help")["acknowledged"]
            sandbox.control.eventually(lambda: sandbox.control.ephemerals(APPROVER))
            check_that_it_is_well(sandbox, tmp_path, url)
            assert requests.post(url + EVENTS, b"{}", timeout=20).status_code == 400
            assert bot.stop() == 0, bot.text()
        assert sandbox.signing_secret not in bot.text()
        assert "Traceback" not in bot.text()
        assert bot.lines()
        known = sandbox.control.upstream_requests()
        assert [(one["status"], one["decisions"]) for one in known] == [("Approved", 1), ("Denied", 1)]


def check_that_it_is_well(sandbox: Sandbox, folder: Path, url: str) -> None:
    """By its addresses and its heartbeat, without a socket."""
    assert get(f"{url}/healthz").json() == {"status": "ok"}
    sandbox.control.eventually(lambda: get(f"{url}/readyz").json() == {"status": "ready"})
    figures = get(f"{url}/metrics").text
    assert 'approval_bot_slack_posts_total{outcome="taken"} 3.0' in figures
    assert "approval_bot_connect" not in figures
    check_age(last_beat(str(folder / "heartbeat")), time.monotonic_ns())
    assert sandbox.control.calls("apps.connections.open") == []
    assert sandbox.control.state()["num_connections"] == 0


def test_both_ways_are_open_at_once_and_changing_over_loses_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given the socket, when the app is changed to HTTP and back, then the bot lives, and hears every press."""
    secret = sandbox.signing_secret
    env = environment(sandbox, tmp_path, SLACK_SIGNING_SECRET=secret, HTTP_PORT="0")
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        (url,) = [line["url"] for line in bot.lines() if line["event"] == "listening"]
        sandbox.control.eventually(lambda: sandbox.control.state()["num_connections"])
        card = filed(sandbox)
        assert press(sandbox, card, "approve_request")
        sandbox.control.eventually(lambda: settles(sandbox, card, "Approved by Approver"))

        sandbox.control.deliver_over_http(url + EVENTS, url + ALIASES[0], url + COMMANDS)
        sandbox.control.eventually(lambda: not sandbox.control.state()["num_connections"])
        card = filed(sandbox)
        assert press(sandbox, card, "deny_request")
        sandbox.control.eventually(lambda: settles(sandbox, card, "Denied by Approver"))
        sandbox.control.eventually(lambda: get(f"{url}/readyz").status_code == 200)

        sandbox.control.deliver_over_http()
        sandbox.control.eventually(lambda: sandbox.control.state()["num_connections"], 20.0)
        assert sandbox.control.command(APPROVALS, APPROVER, "/approvals", "help")["acknowledged"]
        assert [one["status"] for one in sandbox.control.deliveries()] == [None, 200, None]
        assert bot.stop() == 0, bot.text()


def test_a_signing_secret_without_a_port_is_pointed_out(sandbox: Sandbox, tmp_path: Path) -> None:
    env = environment(sandbox, tmp_path, SLACK_SIGNING_SECRET=sandbox.signing_secret)
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        assert "SLACK_SIGNING_SECRET is set and HTTP_PORT is not" in bot.text()
        assert bot.stop() == 0

"""The bot as its own process with a door for HTTP: health, figures, and a webhook that becomes a card."""

import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox import Sandbox
from slack_bot.http.slack_paths import EVENTS
from slack_bot.http.webhooks import PATHS
from tests.bot_process import CHANNELS, ROOT, BotProcess, environment
from tests.rig import APPROVALS, APPROVER, has_buttons
from tests.slack_bot.http.served import SECRET
from tests.upstream_client.serving import closed_port

NOBODY_SAYS_WHO_ASKED = {"approvals": {"high": 1}, "unknown_requester_refused_from": "never"}
"""Xerotier tells of nobody who asked, and of this tool that it destroys."""
HEAVY = ("fastapi", "prometheus_client", "uvicorn")


@contextmanager
def listening_bot(sandbox: Sandbox, folder: Path, **settings: str) -> Iterator[tuple[BotProcess, str]]:
    """A bot that is ready, and its address."""
    env = environment(sandbox, folder, HTTP_PORT="0", **settings)
    (folder / "channels.json").write_text(json.dumps(CHANNELS | {"defaults": NOBODY_SAYS_WHO_ASKED}))
    with BotProcess(folder, env) as bot:
        bot.wait_until_ready()
        (url,) = [line["url"] for line in bot.lines() if line["event"] == "listening"]
        yield bot, url


def get(url: str) -> requests.Response:
    return requests.get(url, timeout=20)


def test_without_a_port_nothing_of_it_is_loaded() -> None:
    told = f"import sys, slack_bot.app; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_its_health_and_figures_are_told_and_a_signal_ends_it_at_once(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with listening_bot(sandbox, tmp_path) as (bot, url):
        assert get(f"{url}/healthz").json() == {"status": "ok"}
        sandbox.control.eventually(lambda: get(f"{url}/readyz").status_code == 200)
        told = get(f"{url}/metrics").text
        assert 'approval_bot_poll_age_seconds{upstream="privilege_manager"}' in told
        assert 'approval_bot_slack_calls_total{method="apps.connections.open",outcome="ok"} 1.0' in told
        assert 'approval_bot_slack_calls_total{method="auth.test",outcome="ok"} 1.0' in told
        assert "approval_bot_connected 1.0" in told
        assert get(f"{url}/webhooks/xerotier").status_code == 404
        began = time.monotonic()
        assert bot.stop() == 0
        assert time.monotonic() - began < 5
        assert "Traceback" not in bot.text()
        assert bot.lines()


def test_what_keeps_it_from_being_ready_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}/Tms"
        with listening_bot(sandbox, tmp_path, PRIVMAN_BASE_URL=nowhere) as (bot, url):
            answer = get(f"{url}/readyz")
            assert answer.status_code == 503
            assert answer.json()["lacking"] == {"upstream privilege_manager": "Its list was not read yet."}
            sandbox.control.eventually(
                lambda: 'error="Unreachable",operation="list"' in get(f"{url}/metrics").text
            )
            assert bot.stop() == 0


def test_a_port_that_somebody_else_has_is_told_in_words(sandbox: Sandbox, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        env = environment(sandbox, tmp_path, HTTP_PORT=str(taken.getsockname()[1]))
        with BotProcess(tmp_path, env) as bot:
            assert bot.wait() == 2
            assert "HTTP_PORT cannot be listened at: 127.0.0.1:" in bot.text()
            assert "Address already in use" in bot.text()
            assert "Traceback" not in bot.text()


def of_xerotier(sandbox: Sandbox) -> dict[str, str]:
    """Settings of a bot that takes webhooks, and looks at a list once a minute."""
    return {
        "UPSTREAMS": "xerotier",
        "XEROTIER_BASE": sandbox.xerotier_url,
        "XEROTIER_PROJECT_ID": sandbox.xerotier.project_id,
        "XEROTIER_API_KEY": sandbox.xerotier.key,
        "XEROTIER_WEBHOOK_SECRET": SECRET,
        "POLL_INTERVAL": "60",
    }


@contextmanager
def told_bot(sandbox: Sandbox, folder: Path) -> Iterator[tuple[BotProcess, str]]:
    """A bot to which the sandbox's Xerotier sends webhooks."""
    with listening_bot(sandbox, folder, **of_xerotier(sandbox)) as (bot, url):
        sandbox.control.send_webhooks_to(f"{url}{PATHS[0]}", secret=SECRET, retry_after=0.2)
        yield bot, url


def cards(sandbox: Sandbox) -> list[dict[str, Any]]:
    return sandbox.control.messages(APPROVALS)


def texts(sandbox: Sandbox) -> list[str]:
    return [str(card["text"]) for card in cards(sandbox)]


def answers(sandbox: Sandbox) -> list[int]:
    """What the bot answered to each delivery that is through."""
    return [
        one["statuses"][-1] for one in sandbox.control.webhook_deliveries() if one["outcome"] != "pending"
    ]


def test_while_slack_is_away_at_the_start_it_is_there_and_keeps_what_webhooks_tell(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.control.switch_xerotier(has_list=False)
    settings, secret = of_xerotier(sandbox), sandbox.signing_secret
    away = f"http://127.0.0.1:{closed_port()}/api/"
    env = environment(
        sandbox, tmp_path, HTTP_PORT="0", SLACK_API_URL=away, SLACK_SIGNING_SECRET=secret, **settings
    )
    with BotProcess(tmp_path, env) as bot:
        sandbox.control.eventually(lambda: "Slack does not answer yet" in bot.text(), 20.0)
        (url,) = [line["url"] for line in bot.lines() if line["event"] == "listening"]
        assert get(f"{url}/healthz").status_code == 200
        assert get(f"{url}/readyz").json()["lacking"].keys() == {"start"}
        assert requests.post(url + EVENTS, b"{}", timeout=20).status_code == 503
        sandbox.control.send_webhooks_to(f"{url}{PATHS[0]}", secret=SECRET, retry_after=0.2)
        sandbox.control.file_approval()
        sandbox.control.eventually(lambda: answers(sandbox) == [200])
        began = time.monotonic()
        assert bot.stop() == 0, bot.text()
        assert time.monotonic() - began < 5
    with listening_bot(sandbox, tmp_path, **settings) as (bot, _url):
        sandbox.control.eventually(lambda: cards(sandbox), 20.0)
        assert bot.stop() == 0


def test_after_a_signal_nothing_new_is_decided_upstream_whoever_still_sends(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given an approval that is to be sent again, and a body that never ends, then neither holds up the end."""
    with told_bot(sandbox, tmp_path) as (bot, url):
        sandbox.control.file_approval()
        (card,) = sandbox.control.eventually(lambda: cards(sandbox))
        sandbox.control.faults(upstream="xerotier", operation="approve", kind="forbidden")
        assert sandbox.control.click(APPROVALS, card["ts"], APPROVER, "approve_request")["acknowledged"]
        sandbox.control.eventually(lambda: '"event": "not sent"' in bot.text())
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as slow:
            slow.sendall(f"POST {PATHS[0]} HTTP/1.1\r\nHost: b\r\nContent-Length: 100\r\n\r\n{{".encode())
            time.sleep(0.1)
            calls = len(sandbox.xerotier.calls())
            began = time.monotonic()
            assert bot.stop() == 0, bot.text()
            assert time.monotonic() - began < 4
    assert len(sandbox.xerotier.calls()) == calls
    assert sandbox.control.xerotier_approvals()[0]["status"] == "pending"


@pytest.mark.parametrize("has_list", [True, False], ids=["with a list", "by webhooks alone"])
def test_a_webhook_is_one_card_and_a_press_goes_back_once(
    sandbox: Sandbox, tmp_path: Path, has_list: bool
) -> None:
    sandbox.control.switch_xerotier(has_list=has_list)
    with told_bot(sandbox, tmp_path) as (bot, _url):
        approval = sandbox.control.file_approval()
        (card,) = sandbox.control.eventually(lambda: cards(sandbox))
        for shape, signature in (("documented", "sha256"), ("flat", "hex"), ("flat", "sha256")):
            sandbox.control.send_webhook(approval, shape=shape, signature=signature, times=2)
        sandbox.control.eventually(lambda: len(answers(sandbox)) == 7)
        assert set(answers(sandbox)) == {200}
        assert sandbox.control.click(APPROVALS, card["ts"], APPROVER, "approve_request")["acknowledged"]
        sandbox.control.eventually(lambda: [one for one in texts(sandbox) if one.startswith("Approved by")])
        assert len(cards(sandbox)) == 1
        assert bot.stop() == 0
    (known,) = sandbox.control.xerotier_approvals()
    assert (known["status"], known["decisions"]) == ("approved", 1)


def test_the_cards_follow_what_happens_elsewhere(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.control.switch_xerotier(has_list=False)
    with told_bot(sandbox, tmp_path) as (bot, _url):
        approvals = [sandbox.control.file_approval(tool_name=f"tool_{number}") for number in range(4)]
        sandbox.control.eventually(lambda: len(cards(sandbox)) == 4, 20.0)
        sandbox.control.decide_in_xerotier(approvals[0], "approve")
        sandbox.control.decide_in_xerotier(approvals[1], "reject")
        sandbox.control.time_out_in_xerotier(approvals[2])
        sandbox.control.escalate_in_xerotier(approvals[3])
        sandbox.control.eventually(lambda: sum(map(has_buttons, cards(sandbox))) == 1, 20.0)
        (waiting,) = filter(has_buttons, cards(sandbox))
        assert "tool_3" in waiting["text"]
        sandbox.control.eventually(lambda: "Escalated" in str(cards(sandbox)), 20.0)
        assert len(cards(sandbox)) == 4
        assert bot.stop() == 0


def refused(url: str) -> float:
    """How many webhooks were not signed as they should be."""
    counted = r'^approval_bot_webhooks_total\{outcome="not signed",upstream="xerotier"\} (.*)$'
    found = re.search(counted, get(f"{url}/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_what_is_old_or_not_signed_is_no_card_and_what_could_not_be_saved_comes_again(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.control.switch_xerotier(has_list=False)
    with told_bot(sandbox, tmp_path) as (bot, url):
        sandbox.control.send_webhooks_to("")
        approval = sandbox.control.file_approval()
        sandbox.control.send_webhooks_to(f"{url}{PATHS[1]}", secret=SECRET, retry_after=0.2)
        for manner in ({"age": 86_400.0}, {"signature": "wrong"}, {"signature": "none"}):
            sandbox.control.send_webhook(approval, **manner)
        sandbox.control.eventually(lambda: refused(url) >= 3)  # they are sent again
        assert cards(sandbox) == []
        with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as stranger:
            stranger.execute("BEGIN IMMEDIATE").close()
            sandbox.control.send_webhook(approval)
            sandbox.control.eventually(lambda: "a webhook could not be saved" in bot.text(), 20.0)
            assert cards(sandbox) == []
        sandbox.control.eventually(lambda: cards(sandbox), 20.0)
        assert bot.stop() == 0
    assert {500, 200} <= set(sandbox.control.webhook_deliveries()[-1]["statuses"])


def test_killed_and_started_again_it_still_knows_what_webhooks_told(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.control.switch_xerotier(has_list=False)
    with told_bot(sandbox, tmp_path) as (bot, _url):
        sandbox.control.file_approval()
        sandbox.control.eventually(lambda: cards(sandbox))
        bot.stop(signal.SIGKILL)
    with told_bot(sandbox, tmp_path) as (bot, url):
        sandbox.control.eventually(lambda: get(f"{url}/readyz").status_code == 200)
        (card,) = cards(sandbox)
        assert sandbox.control.click(APPROVALS, card["ts"], APPROVER, "deny_request")["acknowledged"]
        sandbox.control.eventually(lambda: [one for one in texts(sandbox) if one.startswith("Denied by")])
        assert bot.stop() == 0
    (known,) = sandbox.control.xerotier_approvals()
    assert (known["status"], known["decisions"]) == ("rejected", 1)

"""The daemon as a process: start, stop, and what it says of a user's mistakes."""

import json
import signal
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.bot_process import CHANNELS, BotProcess, environment
from tests.life import FreshLife, Lived, lived
from tests.rig import APPROVALS, APPROVER, texts

REQUESTERS_EMAIL = "requester@example.com"


def _approve_the_first_card(sandbox: Sandbox) -> None:
    card = sandbox.control.eventually(lambda: sandbox.control.messages(APPROVALS))[0]
    assert sandbox.control.click(APPROVALS, card["ts"], APPROVER, "approve_request")["acknowledged"]


def _settled(sandbox: Sandbox) -> list[str]:
    texts = [str(message["text"]) for message in sandbox.control.messages(APPROVALS)]
    return [text for text in texts if text.startswith("Approved by Approver:")]


def test_the_whole_path_in_the_unchanged_process(sandbox: Sandbox, tmp_path: Path) -> None:
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        sandbox.control.file_request(email=REQUESTERS_EMAIL)
        _approve_the_first_card(sandbox)
        sandbox.control.eventually(lambda: _settled(sandbox))
        sandbox.control.eventually(lambda: _told_directly(sandbox))
        assert bot.stop() == 0
    assert sandbox.control.upstream_requests()[0]["decisions"] == 1


def _told_directly(sandbox: Sandbox) -> list[str]:
    """What our direct messages say."""
    opened = [call["answer"]["channel"]["id"] for call in sandbox.control.calls("conversations.open")]
    return [str(message["text"]) for room in opened for message in sandbox.control.messages(room)]


def test_the_files_risk_rules_and_defaults_hold_in_the_process(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given requests that are critical by a rule, when defaults let one person decide, then one is enough."""
    env = environment(sandbox, tmp_path)
    defaults = {"approvals": {"critical": 1}, "unknown_requester_refused_from": "never"}
    (tmp_path / "channels.json").write_text(
        json.dumps(CHANNELS | {"risk_rules": [{"risk": "critical"}], "defaults": defaults})
    )
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        sandbox.control.file_request()
        card = sandbox.control.eventually(lambda: sandbox.control.messages(APPROVALS))[0]
        assert "‼ critical" in "\n".join(texts(card["blocks"]))
        _approve_the_first_card(sandbox)
        sandbox.control.eventually(lambda: _settled(sandbox))
        assert bot.stop() == 0


def test_every_line_of_the_log_is_json_names_what_it_is_about_and_holds_no_secret(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with BotProcess(tmp_path, environment(sandbox, tmp_path, LOG_LEVEL="DEBUG")) as bot:
        bot.wait_until_ready()
        sandbox.control.file_request()
        _approve_the_first_card(sandbox)
        sandbox.control.eventually(lambda: _settled(sandbox))
        bot.stop()
        handled = [line for line in bot.lines() if line["event"] == "press handled"]
        assert [(line["channel"], line["user"]) for line in handled] == [(APPROVALS, APPROVER)]
        assert len(handled[0]["request"]) == 12
        for secret in (
            sandbox.bot_token,
            sandbox.app_token,
            sandbox.privman_password,
            "/response/",
            "Bearer ",
        ):
            assert secret not in bot.text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_at_once_when_nothing_is_under_way_and_hands_the_token_back(
    sandbox: Sandbox, tmp_path: Path, number: signal.Signals
) -> None:
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        sandbox.control.eventually(lambda: sandbox.privilege_manager.logged_on() == 1)
        began = time.monotonic()
        assert bot.stop(number) == 0
        assert time.monotonic() - began < 5
        assert sandbox.privilege_manager.logged_on() == 0


def test_sigterm_waits_for_the_call_upstream_that_is_under_way_and_begins_no_other(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.control.faults(upstream="privilege_manager", operation="approve", kind="slow", delay=1.5)
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        sandbox.control.file_request()
        _approve_the_first_card(sandbox)
        sandbox.control.eventually(lambda: sandbox.control.upstream_requests()[0]["decisions"])
        assert bot.stop() == 0
        events = [line["event"] for line in bot.lines()]
        assert events.index("stopping") < events.index("answered") < events.index("stopped")
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        sandbox.control.eventually(lambda: _settled(sandbox))
        bot.stop()
    assert sandbox.control.upstream_requests()[0]["decisions"] == 1


def test_an_upstream_that_hangs_does_not_hold_up_the_end(sandbox: Sandbox, tmp_path: Path) -> None:
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        sandbox.control.faults(upstream="privilege_manager", operation="logoff", kind="timeout")
        began = time.monotonic()
        assert bot.stop() == 0
        assert time.monotonic() - began < 10


def test_a_second_signal_ends_it_in_the_middle_and_nothing_is_lost(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.control.faults(upstream="privilege_manager", operation="approve", kind="timeout")
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        sandbox.control.file_request()
        _approve_the_first_card(sandbox)
        sandbox.control.eventually(lambda: sandbox.control.upstream_requests()[0]["decisions"])
        bot.send(signal.SIGTERM)
        sandbox.control.eventually(lambda: '"event": "stopping"' in bot.text())
        assert bot.stop(signal.SIGINT) == 1
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        sandbox.control.eventually(lambda: _settled(sandbox))
        assert bot.stop() == 0
    assert sandbox.control.upstream_requests()[0]["decisions"] == 1


def test_a_signal_while_it_waits_for_slack_at_the_start_ends_it(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.control.faults(method="auth.test", kind="server_error", times=100)
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        sandbox.control.eventually(lambda: "Slack does not answer yet" in bot.text())
        assert bot.stop() == 0


def test_while_the_ledger_is_locked_by_a_stranger_a_signal_still_ends_it_in_time(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        sandbox.control.file_request()
        card = sandbox.control.eventually(lambda: sandbox.control.messages(APPROVALS))[0]
        with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as stranger:
            stranger.execute("BEGIN IMMEDIATE").close()
            for user in ("U02APPROVER", "U03SECOND", "U04ADMIN"):
                sandbox.control.click(APPROVALS, card["ts"], user, "approve_request", wait=False)
            sandbox.control.eventually(lambda: len(sandbox.control.deliveries()) >= 3)
            began = time.monotonic()
            bot.stop()
            assert time.monotonic() - began < 25


def test_the_ledger_is_nobody_elses_to_read(sandbox: Sandbox, tmp_path: Path) -> None:
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        assert (tmp_path / "ledger.db").stat().st_mode & 0o077 == 0
        bot.stop()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql+psycopg://bot:hush-hush@127.0.0.1:54x2/bot", "is not a database's address"),
        ("postgresql+psycopg://bot:hush@hush-hush@127.0.0.1/bot", "write %40 for it"),
    ],
)
def test_an_address_of_a_database_that_is_none_is_told_in_words(
    sandbox: Sandbox, tmp_path: Path, url: str, words: str
) -> None:
    done = _run(tmp_path, environment(sandbox, tmp_path, LEDGER_URL=url))
    assert done.returncode == 2
    assert words in done.stderr
    assert "hush" not in done.stderr
    assert "Traceback" not in done.stderr


def test_killed_and_started_again_it_goes_on_with_the_same_card(sandbox: Sandbox, tmp_path: Path) -> None:
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        sandbox.control.file_request()
        sandbox.control.eventually(lambda: sandbox.control.messages(APPROVALS))
        bot.stop(signal.SIGKILL)
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        _approve_the_first_card(sandbox)
        sandbox.control.eventually(lambda: _settled(sandbox))
        assert bot.stop() == 0
    assert len(sandbox.control.messages(APPROVALS)) == 1


def _run(folder: Path, env: dict[str, str]) -> Lived:
    return lived(["slack_bot.app"], folder, env)


def test_without_settings_it_lists_every_missing_one_and_where_to_get_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    env = environment(sandbox, tmp_path)
    bare = {name: value for name, value in env.items() if not name.startswith(("SLACK_", "PRIVMAN_"))}
    done = _run(tmp_path, bare)
    assert done.returncode == 2
    for name in (
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "PRIVMAN_BASE_URL",
        "PRIVMAN_USERNAME",
        "PRIVMAN_PASSWORD",
    ):
        assert name in done.stderr
    assert "api.slack.com/apps" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("not JSON", "Invalid JSON"),
        ('{"channels": [{"id": "#approvals"}]}', "C0123456789"),
        (json.dumps({"channels": CHANNELS["channels"] * 2}), "declared more than once"),
        ('{"defaults": {"approvals": {"high": 0}}}', "defaults.approvals.high"),
        ('{"risk_rules": [{"risk": "unrated"}]}', "risk_rules.0.risk"),
    ],
)
def test_a_channels_file_that_cannot_be_used_is_told_in_words(
    sandbox: Sandbox, tmp_path: Path, content: str | None, words: str
) -> None:
    env = environment(sandbox, tmp_path)
    path = tmp_path / "channels.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    done = _run(tmp_path, env)
    assert done.returncode == 2
    assert "CHANNELS_FILE" in done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_contract_that_cannot_be_used_is_told_in_words(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "contract.json").write_text("{}")
    done = _run(tmp_path, environment(sandbox, tmp_path, PRIVMAN_CONTRACT=str(tmp_path / "contract.json")))
    assert done.returncode == 2
    assert "contract.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_process_over_the_same_ledger_refuses(sandbox: Sandbox, tmp_path: Path) -> None:
    env = environment(sandbox, tmp_path)
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        second = _run(tmp_path, env)
        assert second.returncode == 3
        assert "in use by another process" in second.stderr
        assert bot.stop() == 0


def test_a_ledger_that_cannot_be_written_is_told_in_words(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("a file where a folder is wanted")
    url = f"sqlite:///{tmp_path / 'no-folder' / 'ledger.db'}"
    done = _run(tmp_path, environment(sandbox, tmp_path, LEDGER_URL=url))
    assert done.returncode == 3
    assert "LEDGER_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_postgresql_that_does_not_answer_is_told_in_words(sandbox: Sandbox, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg://bot:hush-hush@127.0.0.1:{closed.getsockname()[1]}/bot"
        done = _run(tmp_path, environment(sandbox, tmp_path, LEDGER_URL=url))
    assert done.returncode == 3
    assert "LEDGER_URL" in done.stderr
    assert "hush-hush" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_tokens_that_slack_does_not_accept_end_it_with_words(sandbox: Sandbox, tmp_path: Path) -> None:
    done = _run(tmp_path, environment(sandbox, tmp_path, SLACK_BOT_TOKEN="xoxb-1-2-wrong"))
    assert done.returncode == 4
    assert "SLACK_BOT_TOKEN" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr

    done = _run(tmp_path, environment(sandbox, tmp_path, SLACK_APP_TOKEN="xapp-1-A01-2-wrong"))
    assert done.returncode == 4
    assert "SLACK_APP_TOKEN" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_an_upstream_that_is_down_at_the_start_keeps_nobody_from_starting(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/Tms"
        with BotProcess(tmp_path, environment(sandbox, tmp_path, PRIVMAN_BASE_URL=url)) as bot:
            bot.wait_until_ready()
            sandbox.control.eventually(lambda: "the list could not be read" in bot.text())
            assert bot.stop() == 0


def test_a_proxy_in_the_environment_is_left_alone_for_the_hosts_in_no_proxy(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    nowhere = "http://127.0.0.1:9"
    env = environment(sandbox, tmp_path, HTTP_PROXY=nowhere, HTTPS_PROXY=nowhere, NO_PROXY="127.0.0.1")
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        sandbox.control.file_request()
        _approve_the_first_card(sandbox)
        sandbox.control.eventually(lambda: _settled(sandbox))
        assert bot.stop() == 0


def test_an_idle_bot_stays_small(sandbox: Sandbox, tmp_path: Path) -> None:
    with BotProcess(tmp_path, environment(sandbox, tmp_path), FreshLife) as bot:
        bot.wait_until_ready()
        status = Path(f"/proc/{bot.pid}/status")
        if not status.exists():
            pytest.skip("this system tells no process's memory in /proc")
        resident = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        assert int(resident.split()[1]) < 110 * 1024
        bot.stop()

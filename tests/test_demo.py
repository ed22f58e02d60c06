"""The demo as a person runs it: one process to start, one address to open, Ctrl-C to stop."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from sandbox import ControlClient
from sandbox.demo.parts import DEFAULT
from sandbox.demo.upstreams import KNOWN

pytest_plugins = ["tests.browser"]

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN = 30.0
CHANNEL, APPROVER = "C01APPROVALS", "U02APPROVER"
ONLY = "privilege_manager"


class Demo:
    """``python -m sandbox`` on a free port."""

    def __init__(self, folder: Path, **more: str) -> None:
        self._said = folder / "demo.txt"
        self._shell = {**os.environ, "SANDBOX_PORT": "0", "UPSTREAMS": "", **more}
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sandbox"],
                cwd=ROOT,
                env=self._shell,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def text(self) -> str:
        """Everything it said."""
        return self._said.read_text()

    def wait_for(self, pattern: str) -> str:
        """What stands in the pattern's group in what it says, once it does."""
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            if found := re.search(pattern, self.text(), re.MULTILINE):
                return found[1]
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.05)

    def address(self) -> str:
        """The address it tells people to open, once it does."""
        return self.wait_for(r"Open (\S+) in a browser")

    def log(self, name: str) -> str:
        """Where the bot's or the gate's log is."""
        return self.wait_for(rf"The {name}'s log: (\S+)")

    def control(self) -> ControlClient:
        """Of its sandbox."""
        return ControlClient(self.address().split("/#")[0])

    def ask(self) -> subprocess.Popen[str]:
        """Pastes the line with which one asks the gate oneself into the shell that the demo runs in."""
        line = self.wait_for("^(curl .*)$")
        return subprocess.Popen(
            ["bash", "-c", f"exec {line}"], env=self._shell, stdout=subprocess.PIPE, text=True
        )

    def stop(self, number: signal.Signals) -> int:
        """Sends a signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def _running(folder: Path, **more: str) -> Iterator[Demo]:
    demo = Demo(folder, **more)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.terminate()
        demo.process.wait(60)


def _writers(log: str) -> list[int]:
    """The processes whose standard output is this file."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [pid for pid in pids if _output_of(pid) == log]


def _output_of(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/fd/1").readlink())
    except OSError:  # it ended, or is somebody else's
        return ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_card_comes_by_itself_and_a_signal_stops_everything(tmp_path: Path, number: signal.Signals) -> None:
    with _running(tmp_path) as demo:
        with demo.control() as control:
            card = control.eventually(lambda: control.messages(CHANNEL))[0]
            assert control.click(CHANNEL, card["ts"], APPROVER, "approve_request")["acknowledged"]
            control.eventually(lambda: control.messages(CHANNEL)[0]["text"].startswith("Approved by"))
        logs = [demo.log("bot"), demo.log("gate")]
        if Path("/proc").exists():
            assert [len(_writers(log)) for log in logs] == [1, 1]
        assert demo.stop(number) == 0
        assert demo.text().endswith("Stopped.\n")
        assert not any(Path(log).parent.exists() for log in logs)
        if Path("/proc").exists():
            assert [_writers(log) for log in logs] == [[], []]


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes are found in /proc")
@pytest.mark.parametrize(("killed", "other"), [("bot", "gate"), ("gate", "bot")])
def test_a_process_that_ends_by_itself_ends_the_demo_with_its_log(
    tmp_path: Path, killed: str, other: str
) -> None:
    with _running(tmp_path) as demo:
        logs = {name: demo.log(name) for name in (killed, other)}
        (pid,) = _writers(logs[killed])
        os.kill(pid, signal.SIGKILL)
        assert demo.process.wait(30) == 1
        assert f"The {killed} ended by itself (exit code -9); its log is above." in demo.text()
        assert " ready " in demo.text()
        assert "Traceback" not in demo.text()
        assert _writers(logs[other]) == []


def test_it_works_with_a_proxy_in_the_shell(tmp_path: Path) -> None:
    """Given proxies that lead nowhere, then both upstreams' cards come, and one can ask the gate oneself."""
    nowhere = "http://127.0.0.1:9"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY")
    proxies = dict.fromkeys(names, nowhere)
    with _running(tmp_path, NO_PROXY="", no_proxy="", **proxies) as demo:
        with demo.control() as control, demo.ask() as asked:
            one_of_each_and_ours = 3
            control.eventually(lambda: len(control.messages(CHANNEL)) >= one_of_each_and_ours)
            ours = next(card for card in control.messages(CHANNEL) if "May I?" in card["text"])
            assert control.click(CHANNEL, ours["ts"], APPROVER, "approve_request")["acknowledged"]
            said, _ = asked.communicate(timeout=30)
        ticket = json.loads(said)
        assert (ticket["status"], ticket["arguments"]) == ("approved", {"answer": 42})
        assert ticket["decision"]["by"] == "Approver (U02APPROVER)"
        assert demo.stop(signal.SIGINT) == 0


def test_a_shell_full_of_other_settings_does_not_reach_the_bot_or_the_gate(tmp_path: Path) -> None:
    settings = {"SLACK_BOT_TOKEN": "xoxb-somebody-elses", "POLL_INTERVAL": "junk", "LOG_LEVEL": "LOUD"}
    settings |= {"GATE_PORT": "junk", "GATE_API_KEY": "gate_somebody_elses", "REDIS_URL": "junk"}
    with _running(tmp_path, **settings) as demo:
        assert demo.address()
        assert demo.stop(signal.SIGINT) == 0


def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    with _running(tmp_path, UPSTREAMS=ONLY) as demo:
        port = demo.address().split("/#")[0].rsplit(":", 1)[1]
        other = tmp_path / "other"
        other.mkdir()
        with _running(other, SANDBOX_PORT=port) as second:
            assert second.process.wait(30) == 2
            assert f"Port {port} is in use" in second.text()
            assert "SANDBOX_PORT=" in second.text()
            assert "Traceback" not in second.text()


@pytest.mark.parametrize("port", ["http", "70000", "-1"])
def test_a_port_that_is_none_is_told_in_words(tmp_path: Path, port: str) -> None:
    with _running(tmp_path, SANDBOX_PORT=port) as demo:
        assert demo.process.wait(30) == 2
        assert "SANDBOX_PORT" in demo.text()
        assert "Traceback" not in demo.text()


def test_an_upstream_that_the_demo_does_not_have_is_told_in_words(tmp_path: Path) -> None:
    with _running(tmp_path, UPSTREAMS="privilege_manager, gates") as demo:
        assert demo.process.wait(30) == 2
        said = f"UPSTREAMS names “gates”, which the demo does not have: {', '.join(KNOWN)}."
        assert said in demo.text()
        assert "Traceback" not in demo.text()


def test_one_upstream_alone_is_shown_where_only_that_is_wanted(tmp_path: Path) -> None:
    with _running(tmp_path, UPSTREAMS=ONLY) as demo:
        with demo.control() as control:
            (card,) = control.eventually(lambda: control.messages(CHANNEL))
        assert "as administrator" in card["text"]
        assert "The gate" not in demo.text()
        assert not Path(demo.log("bot")).with_name("gate.log").exists()


@pytest.mark.parametrize("name", [name for name in KNOWN if name not in DEFAULT])
def test_any_upstream_can_be_shown_and_what_it_asks_be_approved(tmp_path: Path, name: str) -> None:
    with _running(tmp_path, UPSTREAMS=name) as demo, demo.control() as control:
        ts = control.eventually(lambda: control.messages(CHANNEL))[0]["ts"]
        for user in (APPROVER, "U03SECOND"):
            assert control.click(CHANNEL, ts, user, "approve_request")["acknowledged"]
        control.eventually(lambda: control.messages(CHANNEL)[0]["text"].startswith("Approved by"))


def test_a_program_s_question_is_approved_on_the_page_and_it_hears_of_it(
    tmp_path: Path, browser_page: Page
) -> None:
    """Given the card of the agent's ticket, when Approve is pressed, then the gate says so, and the terminal."""
    with _running(tmp_path, UPSTREAMS="gate") as demo:
        browser_page.goto(demo.address())
        card = browser_page.locator("[data-ts]").filter(has_text="Refund 500 euros")
        expect(card).to_contain_text("Argument amount: 500", timeout=15_000)
        expect(card).to_contain_text("Claimed by the caller: support agent")
        expect(card).to_contain_text("Scope (claimed): refund:large")
        expect(card).to_contain_text("medium, claimed by the caller")
        card.get_by_role("button", name="Approve").click()
        expect(card).to_contain_text("Approved by Approver", timeout=15_000)
        browser_page.goto("about:blank")

        ticket = demo.wait_for(
            r"Ticket (\w+), Refund 500 euros for order A-\d+: approved by Approver \(U02APPROVER\)"
        )
        gate, key = demo.wait_for(r"The gate is at (\S+)\."), demo.wait_for(r"Bearer (gate_[\w-]+)")
        headers = {"Authorization": f"Bearer {key}"}
        told = requests.get(f"{gate}/v1/tickets/{ticket}", headers=headers, timeout=10).json()
        assert (told["status"], told["action"]) == ("approved", "refund")
        assert told["decision"]["by"] == "Approver (U02APPROVER)"


def test_what_a_program_calls_a_high_risk_is_approved_by_two_people(tmp_path: Path) -> None:
    with _running(tmp_path, UPSTREAMS="gate") as demo:
        gate, key = demo.wait_for(r"The gate is at (\S+)\."), demo.wait_for(r"Bearer (gate_[\w-]+)")
        tickets, headers = f"{gate}/v1/tickets", {"Authorization": f"Bearer {key}"}
        title = "Refund it all"
        asked = {"title": title, "action": "refund", "arguments": {}, "risk": "high"}
        ticket = requests.post(tickets, json=asked, headers=headers, timeout=10).json()["id"]
        with demo.control() as control:

            def card() -> dict[str, Any] | None:
                return next((one for one in control.messages(CHANNEL) if title in str(one)), None)

            ts = control.eventually(card)["ts"]
            for user in (APPROVER, "U03SECOND"):
                assert control.click(CHANNEL, ts, user, "approve_request")["acknowledged"]
            where = f"{tickets}/{ticket}"
            told = requests.get(where, params={"wait": 20}, headers=headers, timeout=30).json()
        assert told["status"] == "approved"


def test_a_person_approves_on_the_page_and_reads_by_whom(tmp_path: Path, browser_page: Page) -> None:
    with _running(tmp_path, UPSTREAMS=ONLY) as demo:
        browser_page.goto(demo.address())
        card = browser_page.locator("[data-ts]").first
        expect(card.get_by_role("button", name="Approve")).to_be_visible(timeout=15_000)
        asked = card.locator("h3, [role=heading]").first.inner_text()
        card.locator("select[data-action-id=choose_duration]").select_option("3600")
        card.get_by_role("button", name="Approve").click()

        expect(card).to_contain_text("Approved by Approver", timeout=15_000)
        expect(card).to_contain_text("Approved for 1 hour by @Approver")
        expect(card).to_contain_text(asked.removeprefix("🔐 "))
        expect(card).to_contain_text("ACME\\requester")
        expect(card.get_by_role("button", name="Approve")).to_have_count(0)
        expect(card.get_by_role("button", name="Deny")).to_have_count(0)
        browser_page.goto("about:blank")


def test_somebody_who_may_not_approve_reads_why_and_the_card_stays(
    tmp_path: Path, browser_page: Page
) -> None:
    with _running(tmp_path, UPSTREAMS=ONLY) as demo:
        browser_page.goto(demo.address().replace("U02APPROVER", "U05OUTSIDER"))
        card = browser_page.locator("[data-ts]").first
        card.get_by_role("button", name="Approve").click(timeout=15_000)
        expect(browser_page.get_by_text("You are not an approver here")).to_be_visible(timeout=15_000)
        expect(card.get_by_role("button", name="Approve")).to_be_visible()
        browser_page.goto("about:blank")

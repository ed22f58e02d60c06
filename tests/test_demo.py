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

import pytest
import requests
from playwright.sync_api import Page, expect

from sandbox import ControlClient
from sandbox.__main__ import main
from sandbox.demo.upstreams import KNOWN

pytest_plugins = ["tests.browser"]

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN = 30.0
CHANNEL, APPROVER = "C01APPROVALS", "U02APPROVER"
CARDS = {
    "privilege_manager": "as administrator",
    "gate": "(Approval gate)",
    "xerotier": "(Xerotier)",
    "github_actions": "(GitHub Actions)",
    "gitlab": "(GitLab)",
    "argo_workflows": "(Argo Workflows)",
}
"""What stands in each upstream's card, and in no other's."""


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


def _asked(control: ControlClient, words: str) -> str:
    """The ts of the first card that has these words, once there is one."""

    def found() -> str | None:
        return next((str(card["ts"]) for card in control.messages(CHANNEL) if words in str(card)), None)

    return control.eventually(found)


def _approve(control: ControlClient, ts: str, *people: str) -> None:
    """Each of them presses Approve on this card; it was approved."""

    def settled() -> bool:
        (card,) = [card for card in control.messages(CHANNEL) if card["ts"] == ts]
        return str(card["text"]).startswith("Approved by")

    for user in people:
        assert control.click(CHANNEL, ts, user, "approve_request")["acknowledged"]
    control.eventually(settled)


def _assert_nothing_is_left(demo: Demo, logs: list[str]) -> None:
    assert demo.text().endswith("Stopped.\n")
    assert not any(Path(log).parent.exists() for log in logs)
    if Path("/proc").exists():
        assert [_writers(log) for log in logs] == [[] for _ in logs]


def _writers(log: str) -> list[int]:
    """The processes whose standard output is this file."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [pid for pid in pids if _output_of(pid) == log]


def _output_of(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/fd/1").readlink())
    except OSError:  # it ended, or is somebody else's
        return ""


def test_in_a_shell_full_of_proxies_and_other_settings_cards_come_and_ctrl_c_stops_everything(
    tmp_path: Path,
) -> None:
    """Given proxies that lead nowhere, and settings that are somebody else's, then neither reaches the demo.

    Both upstreams' cards come and are approved, one can ask the gate oneself, and a signal ends every process.
    """
    names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY")
    shell = dict.fromkeys(names, "http://127.0.0.1:9") | {"NO_PROXY": "", "no_proxy": ""}
    shell |= {"SLACK_BOT_TOKEN": "xoxb-somebody-elses", "POLL_INTERVAL": "junk", "LOG_LEVEL": "LOUD"}
    shell |= {"GATE_PORT": "junk", "GATE_API_KEY": "gate_somebody_elses", "REDIS_URL": "junk"}
    with _running(tmp_path, **shell) as demo:
        with demo.control() as control, demo.ask() as asked:
            _approve(control, _asked(control, CARDS["privilege_manager"]), APPROVER)
            one_of_each_and_ours = 3
            control.eventually(lambda: len(control.messages(CHANNEL)) >= one_of_each_and_ours)
            _approve(control, _asked(control, "May I?"), APPROVER)
            said, _ = asked.communicate(timeout=30)
        ticket = json.loads(said)
        assert (ticket["status"], ticket["arguments"]) == ("approved", {"answer": 42})
        assert ticket["decision"]["by"] == "Approver (U02APPROVER)"
        logs = [demo.log("bot"), demo.log("gate")]
        if Path("/proc").exists():
            assert [len(_writers(log)) for log in logs] == [1, 1]
        assert demo.stop(signal.SIGINT) == 0
        _assert_nothing_is_left(demo, logs)


def test_any_upstream_can_be_shown_and_be_approved_and_what_is_not_wanted_is_not_there(
    tmp_path: Path,
) -> None:
    """Given all but the gate, then there is no gate; SIGTERM ends it all."""
    wanted = [name for name in CARDS if name != "gate"]
    assert set(CARDS) == set(KNOWN)
    with _running(tmp_path, UPSTREAMS=", ".join(wanted)) as demo:
        with demo.control() as control:
            for name in wanted:
                _approve(control, _asked(control, CARDS[name]), APPROVER, "U03SECOND")
        assert "The gate" not in demo.text()
        log = demo.log("bot")
        assert not Path(log).with_name("gate.log").exists()
        assert demo.stop(signal.SIGTERM) == 0
        _assert_nothing_is_left(demo, [log])


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes are found in /proc")
@pytest.mark.parametrize(("killed", "other"), [("bot", "gate"), ("gate", "bot")])
def test_a_process_that_ends_by_itself_ends_the_demo_with_its_log(
    tmp_path: Path, killed: str, other: str
) -> None:
    with _running(tmp_path, UPSTREAMS="gate") as demo:
        logs = {name: demo.log(name) for name in (killed, other)}
        with demo.control() as control:
            _asked(control, CARDS["gate"])
            assert all(CARDS["gate"] in str(card) for card in control.messages(CHANNEL))
        (pid,) = _writers(logs[killed])
        os.kill(pid, signal.SIGKILL)
        assert demo.process.wait(30) == 1
        assert f"The {killed} ended by itself (exit code -9); its log is above." in demo.text()
        assert " ready " in demo.text()
        assert "Traceback" not in demo.text()
        assert _writers(logs[other]) == []


NO_PORT, NO_UPSTREAM = "SANDBOX_PORT is 'http'; it takes a port number", f"does not have: {', '.join(KNOWN)}."


def test_a_setting_that_is_none_is_told_in_words_and_nothing_starts(tmp_path: Path) -> None:
    with _running(tmp_path, SANDBOX_PORT="http") as demo:
        assert demo.process.wait(30) == 2
        assert demo.text() == f"{NO_PORT}, 0 for any free one.\n"


@pytest.fixture
def signals() -> Iterator[None]:
    """The demo's program takes them over; afterwards they are pytest's again."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SANDBOX_PORT", "http", NO_PORT),
        ("SANDBOX_PORT", "70000", "SANDBOX_PORT is '70000'; it takes a port number"),
        ("SANDBOX_PORT", "-1", "SANDBOX_PORT is '-1'; it takes a port number"),
        ("UPSTREAMS", "privilege_manager, gates", f"UPSTREAMS names “gates”, which the demo {NO_UPSTREAM}"),
    ],
)
def test_which_setting_is_none_and_what_it_takes_is_told_in_words(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)

    assert main() == 2
    assert capsys.readouterr().err.startswith(said)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One that several tests look at: each takes cards that no other does, and leaves it running."""
    with _running(tmp_path_factory.mktemp("shown")) as demo:
        yield demo


def test_a_port_that_is_taken_is_told_in_words(shown: Demo, tmp_path: Path) -> None:
    port = shown.address().split("/#")[0].rsplit(":", 1)[1]
    with _running(tmp_path, SANDBOX_PORT=port) as second:
        assert second.process.wait(30) == 2
        assert f"Port {port} is in use" in second.text()
        assert "SANDBOX_PORT=" in second.text()
        assert "Traceback" not in second.text()


def test_a_program_s_question_is_approved_on_the_page_and_it_hears_of_it(
    shown: Demo, browser_page: Page
) -> None:
    """Given the card of the agent's ticket, when Approve is pressed, then the gate says so, and the terminal."""
    browser_page.goto(shown.address())
    card = browser_page.locator("[data-ts]").filter(has_text="Refund 500 euros")
    expect(card).to_contain_text("Argument amount: 500", timeout=15_000)
    expect(card).to_contain_text("Claimed by the caller: support agent")
    expect(card).to_contain_text("Scope (claimed): refund:large")
    expect(card).to_contain_text("medium, claimed by the caller")
    card.get_by_role("button", name="Approve").click()
    expect(card).to_contain_text("Approved by Approver", timeout=15_000)
    browser_page.goto("about:blank")

    ticket = shown.wait_for(
        r"Ticket (\w+), Refund 500 euros for order A-\d+: approved by Approver \(U02APPROVER\)"
    )
    gate, key = _gate(shown)
    told = requests.get(f"{gate}/v1/tickets/{ticket}", headers=key, timeout=10).json()
    assert (told["status"], told["action"]) == ("approved", "refund")
    assert told["decision"]["by"] == "Approver (U02APPROVER)"


def _gate(demo: Demo) -> tuple[str, dict[str, str]]:
    """Where its gate is, and the header of somebody who may ask it."""
    key = demo.wait_for(r"Bearer (gate_[\w-]+)")
    return demo.wait_for(r"The gate is at (\S+)\."), {"Authorization": f"Bearer {key}"}


def test_what_a_program_calls_a_high_risk_is_approved_by_two_people(shown: Demo) -> None:
    gate, key = _gate(shown)
    asked = {"title": "Refund it all", "action": "refund", "arguments": {}, "risk": "high"}
    ticket = requests.post(f"{gate}/v1/tickets", json=asked, headers=key, timeout=10).json()["id"]
    with shown.control() as control:
        ts = _asked(control, "Refund it all")
        assert control.click(CHANNEL, ts, APPROVER, "approve_request")["acknowledged"]
        where = f"{gate}/v1/tickets/{ticket}"
        assert requests.get(where, headers=key, timeout=10).json()["status"] == "pending"
        _approve(control, ts, "U03SECOND")
        told = requests.get(where, params={"wait": 20}, headers=key, timeout=30).json()
    assert told["status"] == "approved"


def test_a_person_approves_on_the_page_and_reads_by_whom_and_nobody_else_may(
    shown: Demo, browser_page: Page
) -> None:
    with shown.control() as control:
        ts = _asked(control, CARDS["privilege_manager"])
    browser_page.goto(shown.address().replace(APPROVER, "U05OUTSIDER"))
    card = browser_page.locator(f'[data-ts="{ts}"]')
    card.get_by_role("button", name="Approve").click(timeout=15_000)
    expect(browser_page.get_by_text("You are not an approver here")).to_be_visible(timeout=15_000)
    expect(card.get_by_role("button", name="Approve")).to_be_visible()

    browser_page.goto("about:blank")
    browser_page.goto(shown.address())
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

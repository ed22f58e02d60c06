"""The demo as a person runs it: one process to start, one address to open, Ctrl-C to stop."""

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
from playwright.sync_api import Page, expect

from sandbox import ControlClient

pytest_plugins = ["tests.browser"]

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN = 30.0


class Demo:
    """``python -m sandbox`` on a free port."""

    def __init__(self, folder: Path, **more: str) -> None:
        self._said = folder / "demo.txt"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sandbox"],
                cwd=ROOT,
                env={**os.environ, "SANDBOX_PORT": "0", **more},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def text(self) -> str:
        """Everything it said."""
        return self._said.read_text()

    def address(self) -> str:
        """The address it tells people to open, once it does."""
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            if found := re.search(r"Open (\S+) in a browser", self.text()):
                return found[1]
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.05)

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


def _bot_pids(log: str) -> list[int]:
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
        url = demo.address().split("/#")[0]
        with ControlClient(url) as control:
            card = control.eventually(lambda: control.messages("C01APPROVALS"))[0]
            assert control.click("C01APPROVALS", card["ts"], "U02APPROVER", "approve_request")["acknowledged"]
            control.eventually(lambda: control.messages("C01APPROVALS")[0]["text"].startswith("Approved by"))
        log = re.search(r"log: (\S+)", demo.text())
        assert log is not None
        if Path("/proc").exists():
            assert len(_bot_pids(log[1])) == 1
        assert demo.stop(number) == 0
        assert demo.text().endswith("Stopped.\n")
        assert not Path(log[1]).exists()
        if Path("/proc").exists():
            assert _bot_pids(log[1]) == []


def test_it_works_with_a_proxy_in_the_shell(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY")
    proxies = dict.fromkeys(names, nowhere)
    with _running(tmp_path, NO_PROXY="", no_proxy="", **proxies) as demo:
        with ControlClient(demo.address().split("/#")[0]) as control:
            control.eventually(lambda: control.messages("C01APPROVALS"))
        assert demo.stop(signal.SIGINT) == 0


def test_a_shell_full_of_other_settings_does_not_reach_the_bot(tmp_path: Path) -> None:
    settings = {"SLACK_BOT_TOKEN": "xoxb-somebody-elses", "POLL_INTERVAL": "junk", "LOG_LEVEL": "LOUD"}
    with _running(tmp_path, **settings) as demo:
        assert demo.address()
        assert demo.stop(signal.SIGINT) == 0


def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    with _running(tmp_path) as demo:
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


def test_a_person_approves_on_the_page_and_reads_by_whom(tmp_path: Path, browser_page: Page) -> None:
    with _running(tmp_path) as demo:
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
    with _running(tmp_path) as demo:
        browser_page.goto(demo.address().replace("U02APPROVER", "U05OUTSIDER"))
        card = browser_page.locator("[data-ts]").first
        card.get_by_role("button", name="Approve").click(timeout=15_000)
        expect(browser_page.get_by_text("You are not an approver here")).to_be_visible(timeout=15_000)
        expect(card.get_by_role("button", name="Approve")).to_be_visible()
        browser_page.goto("about:blank")

"""Starting and stopping: ports, threads, a second sandbox, a sandbox that comes back."""

import socket
import threading
from pathlib import Path

import pytest
import requests
from slack_sdk import WebClient

from sandbox import Sandbox
from tests.sandbox.cards import CHANNEL
from tests.sandbox.conftest import MANIFEST, client
from tests.sandbox.raw_app import RawApp


def port_of(url: str) -> int:
    return int(url.removeprefix("http://127.0.0.1:").partition("/")[0])


def test_everything_listens_on_loopback_only(sandbox: Sandbox) -> None:
    assert sandbox.url.startswith("http://127.0.0.1:")
    assert sandbox.privman_url.startswith("http://127.0.0.1:")
    assert sandbox.privman_url.endswith("/Tms")
    assert port_of(sandbox.url) != port_of(sandbox.privman_url)


def test_a_stopped_sandbox_leaves_no_thread_and_no_port() -> None:
    before = threading.active_count()
    with Sandbox() as sandbox, RawApp(sandbox) as app:
        app.wait_for("hello")
        url = sandbox.url
    assert threading.active_count() == before
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5, proxies={"http": ""})


def test_open_connections_are_closed_when_the_sandbox_stops() -> None:
    with Sandbox() as sandbox:
        app = RawApp(sandbox)
        app.__enter__()
        app.wait_for("hello")
    assert app.closed.wait(5)
    assert app.close_code == 1001
    app.__exit__(None, None, None)


def test_a_taken_port_is_an_error_and_leaves_nothing_running() -> None:
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)):
            Sandbox(port=port).start()
        with pytest.raises(OSError, match=str(port)):
            Sandbox(privman_port=port).start()
    assert threading.active_count() == before


def test_two_sandboxes_know_nothing_of_each_other(sandbox: Sandbox) -> None:
    with Sandbox(manifest=MANIFEST) as other:
        client(other).chat_postMessage(channel=CHANNEL, text="only here")
        assert sandbox.control.messages(CHANNEL) == []
        assert sandbox.bot_token != other.bot_token


def test_a_sandbox_can_come_back_on_its_port_with_its_tokens() -> None:
    with Sandbox(bot_token="xoxb-known", app_token="xapp-known") as first:
        port = port_of(first.url)
        slack = WebClient(token="xoxb-known", base_url=first.slack_api_url, retry_handlers=[])
        assert slack.auth_test()["ok"]
    with Sandbox(port=port, bot_token="xoxb-known", app_token="xapp-known"):
        assert slack.auth_test()["ok"]


def test_the_repositorys_own_manifest_is_what_is_installed() -> None:
    root = Path(__file__).parents[2] / "manifest.json"
    with Sandbox() as default, Sandbox(manifest=root) as named:
        assert default.control.state()["scopes"] == named.control.state()["scopes"] != []


def test_a_workspace_file_with_a_typo_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "workspace.json"
    original = Path(__file__).parents[2] / "sandbox" / "workspace.json"
    broken.write_text(original.read_text().replace('"is_restricted"', '"is_restrictde"'))
    with pytest.raises(ValueError, match="is_restrictde"):
        Sandbox(workspace=broken)

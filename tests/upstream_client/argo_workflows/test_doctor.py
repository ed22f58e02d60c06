"""The command doctor: one line for each thing that can be wrong, in order, and what to do about it."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.argo_workflows import ArgoWorkflows
from sandbox.argo_workflows.instance import Switches
from tests.upstream_client.argo_workflows.conftest import SHORT
from tests.upstream_client.serving import (
    HOST,
    SELF_SIGNED,
    closed_port,
    raw_server,
    read_call,
    self_signed_tls,
)
from upstream_client.argo_workflows.__main__ import main
from upstream_client.argo_workflows.doctor import CHECKS, doctor
from upstream_client.argo_workflows.settings import load_settings

NAMES = [name for name, _ in CHECKS]
ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Desk:
    """Somebody in an empty folder, with the settings of one server in the environment."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    said: str = ""
    complained: str = ""

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self.monkeypatch.setenv(f"ARGO_{name.upper()}", value)

    def run(self) -> int:
        code = main(["doctor"])
        self.said, self.complained = self.capsys.readouterr()
        return code

    def levels(self) -> dict[str, str]:
        """What was found, by the check's name."""
        lines = [line.split() for line in self.said.splitlines()]
        return {words[1]: words[0] for words in lines if words[0] in ("ok", "warning", "failed")}

    def line(self, name: str) -> str:
        """What one check said."""
        [found] = [one for one in self.said.splitlines() if one.split()[1:2] == [name]]
        return found.split(maxsplit=2)[2]

    def stopped_at(self, name: str) -> str:
        """What the check said that failed, after which nothing else was checked, and that was said."""
        assert self.run() == 1
        place = NAMES.index(name)
        assert list(self.levels()) == NAMES[: place + 1]
        assert [one for one, level in self.levels().items() if level == "failed"] == [name]
        assert self.said.splitlines()[-1] == f"Not checked: {', '.join(NAMES[place + 1 :])}."
        return self.line(name)


@pytest.fixture
def desk(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    argo: ArgoWorkflows,
    url: str,
) -> Desk:
    for name in [name for name in os.environ if name.startswith("ARGO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    made = Desk(tmp_path, monkeypatch, capsys)
    made.set(url=url, token=f"Bearer {argo.token}", namespaces="argo")
    return made


def test_where_all_is_well_every_check_is_ok_and_nothing_is_decided(desk: Desk, argo: ArgoWorkflows) -> None:
    argo.submit(creator="requester@example.com")
    assert desk.run() == 0
    assert desk.levels() == dict.fromkeys(NAMES, "ok")
    assert list(desk.levels()) == NAMES
    assert desk.said.splitlines()[-1] == "Nothing failed."
    assert "slack-bot" in desk.line("user")
    assert "1 waiting" in desk.line("waiting")
    assert "a no fails the step" in desk.line("decisions")
    assert not any(call.startswith("PUT") for call in argo.calls())
    assert argo.token not in desk.said


def test_a_no_that_stops_the_workflow_is_said(desk: Desk) -> None:
    desk.set(deny="workflow")
    assert desk.run() == 0
    assert "stops the workflow" in desk.line("decisions")
    assert "run doctor again" in desk.line("waiting")


def test_steps_that_are_no_barrier_or_have_nobody_who_asked_are_warned_of(
    desk: Desk, argo: ArgoWorkflows
) -> None:
    argo.submit(name="pausing", duration="1h")
    argo.submit(name="asking", supplied={"go": None})
    assert desk.run() == 0
    assert (desk.levels()["barriers"], desk.levels()["requester"]) == ("warning", "warning")
    assert "argo/pausing · approve: Resumes by itself; argo/asking · approve: Needs values" in desk.line(
        "barriers"
    )
    assert "by SSO" in desk.line("requester")


def test_an_address_where_nobody_is_ends_it(desk: Desk) -> None:
    desk.set(url=f"http://{HOST}:{closed_port()}")
    assert "Check ARGO_URL" in desk.stopped_at("address")


def test_a_certificate_that_nobody_vouches_for_ends_it_until_the_bundle_is_named(desk: Desk) -> None:
    def talk(connection: socket.socket) -> None:
        read_call(connection)
        connection.sendall(b"HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    with raw_server(talk, self_signed_tls()) as port:
        desk.set(url=f"https://{HOST}:{port}")
        assert "into ARGO_CA_BUNDLE" in desk.stopped_at("TLS")
        desk.set(ca_bundle=str(SELF_SIGNED))
        assert "ARGO_TOKEN" in desk.stopped_at("server")
    assert f"trusted by {SELF_SIGNED}" in desk.line("TLS")


def test_a_token_that_is_not_accepted_ends_it_and_is_not_shown(desk: Desk) -> None:
    desk.set(token="wrong-token")
    assert "does not accept the token in ARGO_TOKEN" in desk.stopped_at("server")
    assert "wrong-token" not in desk.said


@pytest.mark.parametrize(
    ("kind", "words"), [("garbage", "a web page"), ("not_found", "ARGO_URL"), ("server_error", "failed")]
)
def test_something_else_than_an_argo_server_ends_it(
    desk: Desk, argo: ArgoWorkflows, kind: str, words: str
) -> None:
    argo.add_fault({"operation": "version", "kind": kind})
    assert words in desk.stopped_at("server")


def test_a_server_that_does_not_say_whose_token_it_is_is_warned_of(desk: Desk, argo: ArgoWorkflows) -> None:
    argo.add_fault({"operation": "version", "kind": "not_found", "nth": 2})
    assert desk.run() == 0
    assert desk.levels()["user"] == "warning"


def test_a_namespace_that_may_not_be_listed_is_named_with_what_it_takes(
    desk: Desk, argo: ArgoWorkflows
) -> None:
    desk.set(namespaces="argo,elsewhere")
    assert desk.run() == 1
    said = desk.line("namespaces")
    assert said.startswith("elsewhere: ")
    assert "get, list, update and patch" in said
    assert list(desk.levels()) == NAMES
    argo.switch(Switches(verbs=()))
    assert desk.run() == 1
    assert "argo: " in desk.line("namespaces")


@pytest.mark.parametrize(("ahead", "words"), [(0.0, "the same"), (300.0, "s ahead of"), (-300.0, "s behind")])
def test_a_clock_that_is_more_than_a_minute_apart_is_a_warning(desk: Desk, ahead: float, words: str) -> None:
    said: list[str] = []
    settings = load_settings(desk.folder / ".env")
    assert doctor(settings, said.append, lambda: time.time() + ahead, timeout=SHORT) == 0
    desk.said = "\n".join(said)
    assert words in desk.line("clock")
    assert desk.levels()["clock"] == ("warning" if ahead else "ok")


def test_it_runs_as_it_is_typed(desk: Desk) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "upstream_client.argo_workflows", "doctor"],
        cwd=desk.folder,
        env=dict(os.environ) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "Nothing failed."


def test_settings_that_cannot_be_used_are_named_without_their_values(desk: Desk) -> None:
    desk.set(url="http://argo.example.com", token="two s3cret", namespaces=" , ", deny="all")
    assert desk.run() == 2
    for words in (
        "ARGO_URL uses http",
        "ARGO_TOKEN is no token",
        "ARGO_NAMESPACES names no namespace",
        "ARGO_DENY is neither node nor workflow",
    ):
        assert words in desk.complained
    assert "s3cret" not in desk.complained
    desk.monkeypatch.delenv("ARGO_URL")
    assert desk.run() == 2
    assert "ARGO_URL is missing" in desk.complained


def test_a_bundle_that_is_not_there_is_about_the_settings(desk: Desk) -> None:
    desk.set(ca_bundle="none.pem")
    assert desk.run() == 2
    assert "ARGO_CA_BUNDLE names none.pem" in desk.complained


def test_a_file_of_settings_that_cannot_be_read_is_named(desk: Desk) -> None:
    (desk.folder / ".env").write_bytes(b"\xff\xfe\x00")
    assert desk.run() == 2
    assert ".env" in desk.complained

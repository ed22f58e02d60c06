"""The command doctor: one line for each thing that can be wrong, in order, and what to do about it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiohttp import web

from sandbox.gitlab import GitLab
from sandbox.gitlab.instance import Switches
from tests.upstream_client.gitlab.told import PROJECT
from tests.upstream_client.serving import (
    SELF_SIGNED,
    closed_port,
    raw_server,
    read_call,
    self_signed_tls,
    serving,
)
from upstream_client.gitlab.__main__ import main
from upstream_client.gitlab.doctor import CHECKS, doctor
from upstream_client.gitlab.settings import load_settings

NAMES = [name for name, _ in CHECKS]
ROOT = Path(__file__).resolve().parents[3]


class Desk:
    """Somebody in an empty folder, with the settings of one GitLab in the environment."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.said = self.complained = ""
        monkeypatch.chdir(folder)

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(f"GITLAB_{name.upper()}", value)

    def run(self) -> int:
        code = main(["doctor"])
        self.said, self.complained = self._capsys.readouterr()
        return code

    @property
    def levels(self) -> dict[str, str]:
        """What was found, by the check's name."""
        lines = [line.split() for line in self.said.splitlines()]
        return {words[1]: words[0] for words in lines if words[0] in ("ok", "warning", "failed")}

    def line(self, name: str) -> str:
        [found] = [one for one in self.said.splitlines() if one.split()[1:2] == [name]]
        return found.split(maxsplit=2)[2]


@pytest.fixture
def desk(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    gitlab: GitLab,
    url: str,
) -> Desk:
    made = Desk(monkeypatch, capsys, tmp_path)
    made.set(url=url, token=gitlab.token, projects=PROJECT)
    return made


def test_where_all_is_well_every_check_is_ok(desk: Desk, gitlab: GitLab) -> None:
    gitlab.file_deployment()
    assert desk.run() == 0
    assert desk.levels == dict.fromkeys(NAMES, "ok")
    assert list(desk.levels) == NAMES
    assert desk.line("token") == "GitLab 18.5.0-ee, as approval-bot"
    assert desk.line("waiting") == f"{PROJECT}: 1 blocked deployments"
    assert desk.said.splitlines()[-1] == "Nothing failed."
    assert not [call for call in gitlab.calls() if call.startswith("POST")]
    assert gitlab.token not in desk.said


def test_manual_jobs_are_counted_and_warned_of(desk: Desk, gitlab: GitLab) -> None:
    gitlab.file_job()
    desk.set(gated="both")
    assert desk.run() == 0
    assert desk.line("waiting") == f"{PROJECT}: 0 blocked deployments, 1 manual jobs"
    assert desk.levels["gated"] == "warning"
    assert "no barrier" in desk.line("gated")


def test_nobody_at_the_address_ends_it(desk: Desk) -> None:
    desk.set(url=f"http://127.0.0.1:{closed_port()}")
    assert desk.run() == 1
    assert desk.levels == {"address": "failed"}
    assert "Check GITLAB_URL" in desk.line("address")
    assert desk.said.splitlines()[-1] == f"Not checked: {', '.join(NAMES[1:])}."


def test_a_certificate_that_nobody_vouches_for_names_the_setting(desk: Desk) -> None:
    with raw_server(lambda connection: None, self_signed_tls()) as port:
        desk.set(url=f"https://127.0.0.1:{port}")
        assert desk.run() == 1
    assert desk.levels == {"address": "ok", "TLS": "failed"}
    assert "GITLAB_CA_BUNDLE" in desk.line("TLS")


def test_an_authority_of_ones_own_is_named(desk: Desk) -> None:
    def answer(connection: object) -> None:
        read_call(connection)  # type: ignore[arg-type]
        connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")  # type: ignore[attr-defined]

    with raw_server(answer, self_signed_tls()) as port:
        desk.set(url=f"https://127.0.0.1:{port}", ca_bundle=str(SELF_SIGNED))
        assert desk.run() == 1
    assert desk.line("TLS") == f"the certificate is trusted by {SELF_SIGNED}"
    assert desk.levels["token"] == "failed"


def test_a_token_that_is_not_accepted_ends_it(desk: Desk) -> None:
    desk.set(token="glpat-another")
    assert desk.run() == 1
    assert desk.levels["token"] == "failed"
    assert "GITLAB_TOKEN" in desk.line("token")


def test_a_web_page_is_no_gitlab(desk: Desk) -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<!DOCTYPE html>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    with serving(app) as url:
        desk.set(url=url)
        assert desk.run() == 1
    assert "a web page" in desk.line("token")


def test_a_token_that_may_only_read_is_told_what_it_lacks(desk: Desk, gitlab: GitLab) -> None:
    gitlab.switch(Switches(scopes=("read_api",)))
    assert desk.run() == 1
    assert desk.line("scope") == "the token has read_api: make one with the scope api, to approve with"
    assert desk.said.splitlines()[-1] == "One check failed."


def test_projects_are_looked_at_one_by_one(desk: Desk, gitlab: GitLab) -> None:
    gitlab.switch(Switches(level=20))
    desk.set(projects=f"{PROJECT},shop/hidden")
    assert desk.run() == 1
    told = desk.line("projects")
    assert f"{PROJECT}: the token's user needs the role Developer there." in told
    assert "shop/hidden: not shown; correct GITLAB_PROJECTS" in told
    assert desk.levels["waiting"] == "failed"
    assert desk.said.splitlines()[-1] == "2 checks failed."


def test_a_clock_that_is_wrong_is_a_warning(desk: Desk) -> None:
    lines: list[str] = []
    assert doctor(load_settings(), lines.append, now=lambda: time.time() + 600) == 0
    assert any("clock" in line and "s ahead of GitLab's" in line for line in lines)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "http://gitlab.example.com"}, "GITLAB_URL uses http"),
        ({"projects": "web"}, "GITLAB_PROJECTS names “web”"),
        ({"token": " "}, "GITLAB_TOKEN is missing"),
        ({"gated": "everything"}, "GITLAB_GATED"),
        ({"ca_bundle": "/nowhere/ca.pem"}, "GITLAB_CA_BUNDLE names /nowhere/ca.pem"),
    ],
)
def test_settings_that_cannot_be_used_are_named(desk: Desk, settings: dict[str, str], words: str) -> None:
    desk.set(**settings)
    assert desk.run() == 2
    assert words in desk.complained


def test_it_runs_as_it_is_typed(gitlab: GitLab, url: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        f"GITLAB_URL={url}\nGITLAB_TOKEN={gitlab.token}\nGITLAB_PROJECTS={PROJECT}\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GITLAB_")}
    done = subprocess.run(
        [sys.executable, "-m", "upstream_client.gitlab", "doctor"],
        cwd=tmp_path,
        env=kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "Nothing failed."

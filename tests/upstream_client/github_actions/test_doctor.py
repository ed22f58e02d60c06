"""The command doctor: one line for each thing that can be wrong, in order, and what to do about it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.github_actions import GitHubActions
from sandbox.github_actions.instance import Switches
from sandbox.github_actions.runs import REPOSITORY
from tests.upstream_client.serving import closed_port
from upstream_client.github_actions.__main__ import main
from upstream_client.github_actions.doctor import CHECKS, doctor
from upstream_client.github_actions.settings import GitHubSettings, load_settings

NAMES = [name for name, _ in CHECKS]
ROOT = Path(__file__).resolve().parents[3]
SETTINGS = ("GITHUB_TOKEN", "GITHUB_REPOSITORIES", "GITHUB_OWNER", "GITHUB_API_URL", "GITHUB_CA_BUNDLE")


@pytest.fixture
def environment(
    github: GitHubActions, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> pytest.MonkeyPatch:
    """That of a bot in the sandbox."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_TOKEN", github.token)
    monkeypatch.setenv("GITHUB_REPOSITORIES", REPOSITORY)
    monkeypatch.setenv("GITHUB_API_URL", url)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def examined(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, tuple[str, str]], str]:
    """The exit code, (level, words) by check, and the last line."""
    code = main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    words = [line.split(maxsplit=2) for line in lines]
    found = {one[1]: (one[0], one[2]) for one in words if one[0] in ("ok", "warning", "failed")}
    return code, found, lines[-1]


def test_where_all_is_well_every_check_is_ok(
    github: GitHubActions, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github.file_run()
    code, found, last = examined(capsys)
    assert (code, last) == (0, "Nothing failed.")
    assert {name: level for name, (level, _) in found.items()} == dict.fromkeys(NAMES, "ok")
    assert found["token"][1] == "of slack-approver"
    assert found["runs"][1] == "read in each; 1 waiting for a review"
    assert not any(call.startswith("POST") for call in github.calls())


def test_without_a_job_that_waits_nobody_can_tell_whether_the_token_may_review(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found, _ = examined(capsys)
    assert (code, found["reviewer"][0]) == (0, "warning")


def test_a_user_who_is_no_reviewer_is_told_where(
    github: GitHubActions, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github.file_run(can_approve=False)
    code, found, last = examined(capsys)
    assert (code, found["reviewer"][0], last) == (1, "failed", "One check failed.")
    assert f"{REPOSITORY} production" in found["reviewer"][1]


def test_a_repository_that_is_out_of_sight_is_named_and_the_others_are_read(
    github: GitHubActions, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("GITHUB_REPOSITORIES", f"octo-org/typo, {REPOSITORY}")
    code, found, _ = examined(capsys)
    assert (code, found["runs"][0]) == (1, "failed")
    assert found["runs"][1].startswith("octo-org/typo: GitHub shows no octo-org/typo to GITHUB_TOKEN")
    assert found["changes"][0] == "ok"


def test_what_is_good_to_know_only_is_a_warning(
    github: GitHubActions, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    github.switch(Switches(limit=100))
    github.add_fault({"operation": "deployments", "kind": "forbidden"})
    code, found, _ = examined(capsys)
    assert code == 0
    assert {name for name, (level, _) in found.items() if level == "warning"} == {
        "limits",
        "reviewer",
        "changes",
    }


def test_an_owner_without_repositories_is_hopeless(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("GITHUB_REPOSITORIES")
    environment.setenv("GITHUB_OWNER", "nobody")
    code, found, last = examined(capsys)
    assert (code, found["names"][0], last) == (1, "failed", "Not checked: runs, reviewer, changes.")


@pytest.mark.parametrize(
    ("kind", "check", "words"),
    [
        ("unauthorized", "token", "GITHUB_TOKEN"),
        ("garbage", "token", "web page"),
        ("moved", "token", "GITHUB_API_URL"),
        ("secondary", "address", "Try again in 3 s"),
        ("reset_before", "address", "HTTPS_PROXY"),
    ],
)
def test_what_makes_all_else_hopeless_is_the_last_check(
    github: GitHubActions,
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    check: str,
    words: str,
) -> None:
    github.add_fault({"operation": "user", "kind": kind, "times": 2})
    code, found, last = examined(capsys)
    assert (code, list(found)[-1], found[check][0]) == (1, check, "failed")
    assert words in found[check][1]
    assert last.startswith("Not checked: ")


def test_where_nobody_listens_it_says_what_to_look_at(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("GITHUB_API_URL", f"http://127.0.0.1:{closed_port()}")
    code, found, _ = examined(capsys)
    assert (code, found["address"][0]) == (1, "failed")


@pytest.mark.parametrize(("ahead", "words"), [(90, "90 s ahead of"), (-90, "90 s behind")])
def test_a_clock_that_is_off_is_a_warning(environment: pytest.MonkeyPatch, ahead: float, words: str) -> None:
    said: list[str] = []
    assert doctor(load_settings(), said.append, lambda: time.time() + ahead) == 0
    (line,) = [one for one in said if " clock " in one]
    assert line.startswith("warning")
    assert any(f"{abs(ahead) + off} s {words.split(' s ')[1]}" in line for off in (-1, 0, 1))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is missing"),
        ({"GITHUB_TOKEN": "s3cret with spaces"}, "GITHUB_TOKEN is no token"),
        ({"GITHUB_REPOSITORIES": ""}, "GITHUB_REPOSITORIES or GITHUB_OWNER has to be set"),
        ({"GITHUB_OWNER": "octo-org"}, "only one of them"),
        ({"GITHUB_REPOSITORIES": "shop"}, "no repository such as octo-org/shop"),
        ({"GITHUB_API_URL": "http://github.example.com"}, "uses http"),
        ({"GITHUB_CA_BUNDLE": "/nowhere.pem"}, "GITHUB_CA_BUNDLE names /nowhere.pem"),
    ],
)
def test_settings_that_cannot_be_used_are_named_and_no_secret_is(
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, str],
    words: str,
) -> None:
    for name, value in changes.items():
        environment.setenv(name, value)
    assert main(["doctor"]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "s3cret" not in said


def test_it_runs_as_it_is_typed_and_without_a_word_of_the_log(
    github: GitHubActions, url: str, tmp_path: Path
) -> None:
    github.file_run()
    (tmp_path / ".env").write_text(
        f"GITHUB_TOKEN={github.token}\nGITHUB_OWNER=octo-org\nGITHUB_API_URL={url}\n"
    )
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    done = subprocess.run(
        [sys.executable, "-m", "upstream_client.github_actions", "doctor"],
        cwd=tmp_path,
        env=kept | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == len(NAMES) + 1
    assert github.token not in done.stdout


def test_the_settings_hold_for_an_enterprise_server() -> None:
    settings = GitHubSettings(
        _env_file=None,
        github_token="ghp_0123456789",
        github_owner="octo-org",
        github_api_url="https://github.example.com/api/v3/",
    )
    assert settings.access().api_url == "https://github.example.com/api/v3"

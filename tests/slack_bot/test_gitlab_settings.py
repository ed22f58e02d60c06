"""The settings of GitLab: what is required, what is refused, and what reaches the client."""

from pathlib import Path

import pytest

from slack_bot.config import Settings, SettingsError, load_settings
from slack_bot.upstreams import build
from tests.audit_key import AUDIT_KEY
from upstream_client.gitlab import Gated, GitLabClient

COMPLETE = {
    "SLACK_BOT_TOKEN": "xoxb-1-bot",
    "SLACK_APP_TOKEN": "xapp-1-app",
    "AUDIT_KEY": AUDIT_KEY,
    "UPSTREAMS": "gitlab",
    "GITLAB_TOKEN": "glpat-a-token",
    "GITLAB_PROJECTS": "group/web, 42, group/web",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A complete one, with nothing besides."""
    for name in (*Settings.model_fields, "slack_approval_channel"):
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def problems() -> dict[str, str]:
    """What is wrong, by setting; none of it with a value."""
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "s3cret" not in str(caught.value)
    return {problem.setting: problem.what for problem in caught.value.problems}


def test_a_token_and_projects_are_enough(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert settings.gitlab_url == "https://gitlab.com"
    assert settings.gitlab_projects == ("group/web", "42")
    [client] = build(settings)
    assert isinstance(client, GitLabClient)
    assert client.capabilities.comment
    client.close()


@pytest.mark.parametrize(
    ("gated", "comment"), [("deployments", True), ("both", True), ("Manual_Jobs", False)]
)
def test_what_is_gated_reaches_the_client(environment: pytest.MonkeyPatch, gated: str, comment: bool) -> None:
    environment.setenv("GITLAB_GATED", gated)
    settings = load_settings()
    assert settings.gitlab_gated is Gated(gated.lower())
    [client] = build(settings)
    assert client.capabilities.comment is comment
    client.close()


def test_what_is_missing_is_named(environment: pytest.MonkeyPatch) -> None:
    for name in ("GITLAB_TOKEN", "GITLAB_PROJECTS"):
        environment.delenv(name)
    assert problems() == dict.fromkeys(("GITLAB_TOKEN", "GITLAB_PROJECTS"), "is missing")


def test_nothing_is_missing_where_nobody_wants_it(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("UPSTREAMS", "gate")
    environment.setenv("GATE_URL", "https://gate.example.com")
    environment.setenv("GATE_API_KEY", "gate_abcdefghij_secret")
    for name in ("GITLAB_TOKEN", "GITLAB_PROJECTS"):
        environment.delenv(name)
    assert load_settings().gitlab_projects == ()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GITLAB_URL", "http://gitlab.example.com", "uses http"),
        ("GITLAB_URL", "https://gitlab.com/api/v4", "ends in /api/v4"),
        ("GITLAB_TOKEN", "s3cret with spaces", "is no token"),
        ("GITLAB_TOKEN", "'s3cret'", "stands in quotes"),
        ("GITLAB_PROJECTS", "group/web,web", "names “web”"),
        ("GITLAB_GATED", "everything", "is none of deployments, manual_jobs, both"),
        ("GITLAB_CA_BUNDLE", "nowhere.pem", "nowhere.pem"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words_and_without_its_value(
    environment: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    environment.setenv(name, value)
    told = problems()
    assert told.keys() == {name}
    assert words in told[name]


def test_the_token_is_never_shown(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert "glpat-a-token" in settings.secrets
    assert "glpat-a-token" not in repr(settings)

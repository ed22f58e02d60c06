"""The settings of GitHub Actions: what is required, what is refused, and what reaches the client."""

from pathlib import Path

import pytest

from slack_bot.config import Settings, SettingsError, load_settings
from slack_bot.upstreams import build
from tests.audit_key import AUDIT_KEY
from upstream_client.github_actions import GitHubActionsClient

COMPLETE = {
    "SLACK_BOT_TOKEN": "xoxb-1-bot",
    "SLACK_APP_TOKEN": "xapp-1-app",
    "AUDIT_KEY": AUDIT_KEY,
    "UPSTREAMS": "github_actions",
    "GITHUB_TOKEN": "github_pat_a_token",
    "GITHUB_REPOSITORIES": "octo-org/shop, octo-org/site",
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
    """What is wrong, by setting; none of it with a value of a secret."""
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "s3cret" not in str(caught.value)
    return {problem.setting: problem.what for problem in caught.value.problems}


def test_a_token_and_repositories_are_enough(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert settings.github_repositories == ("octo-org/shop", "octo-org/site")
    assert settings.github_api_url == "https://api.github.com"
    [client] = build(settings)
    assert isinstance(client, GitHubActionsClient)
    assert repr(client) == "GitHubActionsClient('https://api.github.com')"
    client.close()


def test_an_owner_of_an_enterprise_server_is_enough_too(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("GITHUB_REPOSITORIES")
    environment.setenv("GITHUB_OWNER", "octo-org")
    environment.setenv("GITHUB_API_URL", "https://github.example.com/api/v3/")
    [client] = build(load_settings())
    assert "github.example.com/api/v3'" in repr(client)
    client.close()


def test_what_is_missing_is_named(environment: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "GITHUB_REPOSITORIES"):
        environment.delenv(name)
    assert problems() == {
        "GITHUB_TOKEN": "is missing",
        "GITHUB_OWNER": "is missing, and so is GITHUB_REPOSITORIES: set one of the two",
    }


def test_nothing_is_missing_where_nobody_wants_it(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("UPSTREAMS", "gate")
    environment.setenv("GATE_URL", "https://gate.example.com")
    environment.setenv("GATE_API_KEY", "gate_abcdefghij_secret")
    for name in ("GITHUB_TOKEN", "GITHUB_REPOSITORIES"):
        environment.delenv(name)
    assert load_settings().github_owner == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GITHUB_TOKEN", "s3cret with spaces", "is no token"),
        ("GITHUB_TOKEN", "'s3cret'", "stands in quotes"),
        ("GITHUB_REPOSITORIES", "shop", "which is no repository"),
        ("GITHUB_OWNER", "octo-org", "keep one of the two"),
        ("GITHUB_API_URL", "http://github.example.com/api/v3", "uses http"),
        ("GITHUB_API_URL", "https://github.com", "is the address of the pages"),
        ("GITHUB_CA_BUNDLE", "/nowhere.pem", "where no file is"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words_and_without_its_value(
    environment: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    environment.setenv(name, value)
    told = problems()
    assert told.keys() == {name}
    assert words in told[name]


def test_a_misspelt_name_is_pointed_out(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("GITHUB_TOKEN")
    environment.setenv("GITHUB_TOKN", "github_pat_a_token")
    assert "GITHUB_TOKN is set" in problems()["GITHUB_TOKEN"]


def test_the_token_is_never_shown(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert "github_pat_a_token" in settings.secrets
    assert "github_pat_a_token" not in repr(settings)

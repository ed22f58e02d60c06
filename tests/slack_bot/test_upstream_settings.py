"""The settings of Xerotier: what is required, what is refused, and what reaches the client."""

from pathlib import Path

import pytest

from slack_bot.config import Settings, SettingsError, load_settings
from slack_bot.upstreams import build
from tests.audit_key import AUDIT_KEY
from upstream_client.xerotier import XerotierClient

COMPLETE = {
    "SLACK_BOT_TOKEN": "xoxb-1-bot",
    "SLACK_APP_TOKEN": "xapp-1-app",
    "AUDIT_KEY": AUDIT_KEY,
    "UPSTREAMS": "xerotier",
    "XEROTIER_PROJECT_ID": "prj_0123456789",
    "XEROTIER_API_KEY": "xt-a-key",
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


def test_a_project_and_a_key_are_enough(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert settings.xerotier_base == "https://xerotier.ai"
    assert settings.xerotier_list_path == "/v1/exec/approvals?status=pending"
    [client] = build(settings)
    assert isinstance(client, XerotierClient)
    assert not client.capabilities.get_one
    client.close()


def test_what_is_missing_is_named(environment: pytest.MonkeyPatch) -> None:
    for name in ("XEROTIER_PROJECT_ID", "XEROTIER_API_KEY"):
        environment.delenv(name)
    assert problems() == dict.fromkeys(("XEROTIER_PROJECT_ID", "XEROTIER_API_KEY"), "is missing")


def test_nothing_is_missing_where_nobody_wants_it(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("UPSTREAMS", "gate")
    environment.setenv("GATE_URL", "https://gate.example.com")
    environment.setenv("GATE_API_KEY", "gate_abcdefghij_secret")
    for name in ("XEROTIER_PROJECT_ID", "XEROTIER_API_KEY"):
        environment.delenv(name)
    assert load_settings().xerotier_project_id == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("XEROTIER_BASE", "http://xerotier.ai", "uses http"),
        ("XEROTIER_BASE", "xerotier.ai", "is no address"),
        ("XEROTIER_PROJECT_ID", "prj/../s3cret", "is no id of a project"),
        ("XEROTIER_API_KEY", "s3cret with spaces", "is no key"),
        ("XEROTIER_API_KEY", "'s3cret'", "stands in quotes"),
        ("XEROTIER_WEBHOOK_SECRET", "s3cret", "fewer than 16"),
        ("XEROTIER_LIST_PATH", "https://elsewhere.example.com/s3cret", "is no path"),
        ("XEROTIER_GET_PATH", "/v1/exec/approvals", "is no path with a place for the id"),
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
    environment.delenv("XEROTIER_API_KEY")
    environment.setenv("XEROTIER_API_KY", "xt-a-key")
    assert "XEROTIER_API_KY is set" in problems()["XEROTIER_API_KEY"]


def test_key_and_secret_are_never_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("XEROTIER_WEBHOOK_SECRET", "0123456789abcdef0123")
    settings = load_settings()
    assert {"xt-a-key", "0123456789abcdef0123"} <= set(settings.secrets)
    assert "xt-a-key" not in repr(settings)
    assert "0123456789abcdef0123" not in repr(settings)


def test_the_path_of_one_approval_reaches_the_client(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("XEROTIER_GET_PATH", "/v1/exec/approvals/{approval_id}")
    [client] = build(load_settings())
    assert client.capabilities.get_one
    client.close()

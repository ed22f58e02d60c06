"""The settings by which Slack gets here: the socket, HTTP, or both; with neither the bot does not start."""

from pathlib import Path

import pytest

from tests.slack_bot.test_config import COMPLETE, Environment

SECRET = "8f742231b10e8888abcd99eeefff85a5"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    made = Environment(monkeypatch, tmp_path)
    made.set(**COMPLETE)
    return made


def test_over_http_alone_no_app_level_token_is_needed(environment: Environment) -> None:
    environment.set(SLACK_APP_TOKEN=None, SLACK_SIGNING_SECRET=SECRET, HTTP_PORT="8090")
    loaded = environment.load()
    assert loaded.slack_signing_secret.get_secret_value() == SECRET
    assert not loaded.slack_app_token
    assert SECRET in loaded.secrets
    assert "" not in loaded.secrets
    assert SECRET not in repr(loaded)


def test_both_may_be_set_and_the_socket_needs_no_port(environment: Environment) -> None:
    environment.set(SLACK_SIGNING_SECRET=SECRET)
    assert environment.load().slack_app_token.get_secret_value() == COMPLETE["SLACK_APP_TOKEN"]
    environment.set(HTTP_PORT="0")
    assert environment.load().http_port == 0


def test_with_neither_the_app_level_token_is_asked_for(environment: Environment) -> None:
    environment.set(SLACK_APP_TOKEN=None, HTTP_PORT="8090")
    assert environment.problems() == {"SLACK_APP_TOKEN": "is missing"}


def test_a_misspelt_app_level_token_is_pointed_out(environment: Environment) -> None:
    environment.set(SLACK_APP_TOKEN=None, SLACK_APP_TOKN="xapp-1-app")
    assert "SLACK_APP_TOKN is set" in environment.problems()["SLACK_APP_TOKEN"]


def test_http_alone_needs_a_port(environment: Environment) -> None:
    environment.set(SLACK_APP_TOKEN=None, SLACK_SIGNING_SECRET=SECRET)
    problems = environment.problems()
    assert problems.keys() == {"HTTP_PORT"}
    assert problems["HTTP_PORT"].startswith("is missing, and without SLACK_APP_TOKEN")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("xoxb-1-secret", "belongs in SLACK_BOT_TOKEN"),
        ("xapp-1-secret", "belongs in SLACK_APP_TOKEN"),
        ("aBcDeFgHiJkLmNoPqRsTuVwX", "is not a whole signing secret"),
        (SECRET[:-1], "is not a whole signing secret"),
        (f"{SECRET} {SECRET}", "is not a whole signing secret"),
        (f'"{SECRET}"', "stands in quotes"),
    ],
)
def test_what_is_no_signing_secret_is_told_alone_and_never_shown(
    environment: Environment, value: str, words: str
) -> None:
    """Given also no token and no port, then only the secret is wrong: with it the rest may be right."""
    environment.set(SLACK_APP_TOKEN=None, SLACK_SIGNING_SECRET=value)
    problems = environment.problems()
    assert problems.keys() >= {"SLACK_SIGNING_SECRET"}
    assert "SLACK_APP_TOKEN" not in problems
    assert words in problems["SLACK_SIGNING_SECRET"]
    assert value not in environment.message()

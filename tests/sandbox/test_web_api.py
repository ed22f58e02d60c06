"""Tokens, scopes, bodies and errors of the Web API, seen by slack_sdk and by plain HTTP."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from slack_sdk import WebClient

from sandbox import Sandbox
from tests.sandbox.cards import CHANNEL
from tests.sandbox.conftest import MANIFEST, changed_manifest, client
from tests.sandbox.refusals import error_of, refused


@pytest.fixture
def http() -> Iterator[requests.Session]:
    """A client that knows nothing of Slack."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_the_bot_token_tells_who_the_bot_is(slack: WebClient) -> None:
    who = slack.auth_test()
    assert (who["team_id"], who["user_id"], who["bot_id"]) == ("T01SANDBOX", "U07BOT", "B01SANDBOX")


def test_a_call_without_a_token_is_not_authed(sandbox: Sandbox, http: requests.Session) -> None:
    answer = http.post(f"{sandbox.slack_api_url}auth.test")
    assert answer.status_code == 200
    assert answer.json() == {"ok": False, "error": "not_authed"}


def test_a_token_nobody_issued_is_invalid(sandbox: Sandbox) -> None:
    assert error_of(lambda: client(sandbox, "xoxb-made-up").auth_test()) == "invalid_auth"


def test_the_app_token_cannot_post(sandbox: Sandbox) -> None:
    assert (
        error_of(lambda: client(sandbox, sandbox.app_token).chat_postMessage(channel=CHANNEL, text="hello"))
        == "not_allowed_token_type"
    )


def test_the_bot_token_cannot_open_a_socket(sandbox: Sandbox, slack: WebClient) -> None:
    assert (
        error_of(lambda: slack.apps_connections_open(app_token=sandbox.bot_token)) == "not_allowed_token_type"
    )


def test_a_missing_scope_is_named_with_those_provided(tmp_path: Path) -> None:
    scopes = {"bot": ["users:read"], "bot_optional": []}
    manifest = changed_manifest(tmp_path, lambda found: found["oauth_config"].update(scopes=scopes))
    with Sandbox(manifest=manifest) as sandbox:
        answer = refused(lambda: client(sandbox).chat_postMessage(channel=CHANNEL, text="hello"))
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "chat:write",
        "users:read",
    )


def test_an_optional_scope_can_be_declined_at_installation() -> None:
    with Sandbox(manifest=MANIFEST, declined_scopes=["usergroups:read"]) as sandbox:
        assert refused(client(sandbox).usergroups_list)["needed"] == "usergroups:read"
        assert "usergroups:read" not in client(sandbox).auth_test().headers["x-oauth-scopes"]


def test_a_required_scope_cannot_be_declined() -> None:
    with pytest.raises(ValueError, match="chat:write"):
        Sandbox(manifest=MANIFEST, declined_scopes=["chat:write"])


def test_every_answer_names_the_scopes_granted(slack: WebClient) -> None:
    answer = slack.users_list()
    assert "usergroups:read" in answer.headers["x-oauth-scopes"].split(",")
    assert answer.headers["x-accepted-oauth-scopes"] == "users:read"


@pytest.mark.parametrize("body", ["json", "form", "query"])
def test_arguments_come_as_json_as_a_form_or_in_the_query(
    sandbox: Sandbox, http: requests.Session, body: str
) -> None:
    blocks = [{"type": "divider"}]
    arguments = {"channel": CHANNEL, "text": "hello", "blocks": json.dumps(blocks)}
    given: dict[str, dict[str, Any]] = {
        "json": {"json": arguments | {"blocks": blocks}},
        "form": {"data": arguments},
        "query": {"params": arguments},
    }
    headers = {"Authorization": f"Bearer {sandbox.bot_token}"}
    answer = http.post(f"{sandbox.slack_api_url}chat.postMessage", headers=headers, **given[body]).json()
    assert answer["ok"], answer
    assert answer["message"]["blocks"][0]["type"] == "divider"


def test_a_token_may_come_as_an_argument_and_is_not_kept(sandbox: Sandbox, http: requests.Session) -> None:
    answer = http.post(f"{sandbox.slack_api_url}auth.test", data={"token": sandbox.bot_token})
    assert answer.json()["ok"]
    kept = sandbox.control.calls("auth.test")[0]
    assert sandbox.bot_token not in json.dumps(kept)
    assert kept["arguments"]["token"] == "xoxb-…"


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        ("application/json", b"{", "invalid_json"),
        ("application/json", b"[1]", "json_not_object"),
        ("text/xml", b"<a/>", "invalid_post_type"),
    ],
)
def test_an_unreadable_body_is_refused(
    sandbox: Sandbox, http: requests.Session, content_type: str, body: bytes, error: str
) -> None:
    headers = {"Authorization": f"Bearer {sandbox.bot_token}", "Content-Type": content_type}
    answer = http.post(f"{sandbox.slack_api_url}chat.postMessage", data=body, headers=headers)
    assert answer.json()["error"] == error


def test_a_missing_argument_is_named(slack: WebClient) -> None:
    answer = refused(lambda: slack.api_call("chat.postMessage", json={"text": "to nowhere"}))
    assert answer["error"] == "invalid_arguments"
    assert "channel" in str(answer["response_metadata"])


def test_an_unknown_method_is_refused_and_recorded() -> None:
    with Sandbox(manifest=MANIFEST) as sandbox:
        assert error_of(lambda: client(sandbox).api_call("chat.shout")) == "unknown_method"
        assert sandbox.control.state()["unknown_methods"] == ["chat.shout"]


OFFENDER = """
import requests
from tests.conftest import sandbox

def test_the_bot(sandbox):
    assert not requests.post(sandbox.slack_api_url + "chat.shout", proxies={"http": ""}).json()["ok"]
"""


def test_a_test_that_calls_an_unknown_method_fails(tmp_path: Path) -> None:
    (tmp_path / "test_offender.py").write_text(OFFENDER)
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 1
    assert "knows no Web API method chat.shout" in ran.stdout


def test_every_call_is_kept_with_its_answer(sandbox: Sandbox, slack: WebClient) -> None:
    slack.users_info(user="U01REQUESTER")
    refused(lambda: slack.users_info(user="U99NOBODY"))
    first, second = sandbox.control.calls("users.info")
    assert first["arguments"]["user"] == "U01REQUESTER"
    assert (first["status"], first["answer"]["user"]["name"]) == (200, "requester")
    assert second["answer"] == {"ok": False, "error": "user_not_found"}
    assert 0 <= second["time"] - first["time"] < 60


@pytest.mark.parametrize("name", ["text", "channel"])
def test_a_text_must_not_be_an_object(slack: WebClient, name: str) -> None:
    call = {"channel": CHANNEL, "text": "hello"} | {name: {"an": "object"}}
    answer = refused(lambda: slack.api_call("chat.postMessage", json=call))
    assert answer["error"] == "invalid_arguments"
    assert f"/{name}" in answer["response_metadata"]["messages"][0]


def test_a_list_may_be_an_array_or_separated_by_commas(slack: WebClient) -> None:
    one = slack.api_call("conversations.open", json={"users": ["U02APPROVER"]})
    other = slack.api_call("conversations.open", data={"users": "U02APPROVER"})
    assert one["channel"] == other["channel"]

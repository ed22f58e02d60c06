"""The control API: guarded, exact about what it takes, and a window into the workspace."""

import threading
from collections.abc import Iterator

import pytest
import requests
from slack_sdk import WebClient

from sandbox import ControlClient, ControlError, Sandbox
from tests.sandbox.cards import APPROVER, BOT, CHANNEL, DEACTIVATED, GUEST, OUTSIDER, REQUESTER, post_card
from tests.sandbox.raw_app import RawApp
from tests.sandbox.refusals import error_of


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8484", "127.0.0.1.evil.example", "10.0.0.1", "["]
)
@pytest.mark.parametrize("path", ["/", "/page/page.css", "/control/state"])
def test_a_foreign_host_name_is_refused(
    sandbox: Sandbox, http: requests.Session, host: str, path: str
) -> None:
    assert http.get(sandbox.url + path, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "LOCALHOST:8484"])
def test_our_own_names_are_welcome(sandbox: Sandbox, http: requests.Session, host: str) -> None:
    assert http.get(f"{sandbox.url}/control/state", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_form_of_another_site_cannot_act(
    sandbox: Sandbox, http: requests.Session, content_type: str
) -> None:
    body = f'{{"channel": "{CHANNEL}", "user": "{REQUESTER}", "text": "hello"}}'
    answer = http.post(f"{sandbox.url}/control/message", data=body, headers={"Content-Type": content_type})
    assert answer.status_code == 415
    assert sandbox.control.messages(CHANNEL) == []


def test_another_site_gets_no_leave_to_send_json(sandbox: Sandbox, http: requests.Session) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = http.options(f"{sandbox.url}/control/message", headers=headers)
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert answer.status_code == 405


def test_the_page_may_load_only_what_is_ours(sandbox: Sandbox, http: requests.Session) -> None:
    answer = http.get(sandbox.url)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["..%2Fworkspace.json", "%2e%2e/server.py", "nothing.js", "..\\server.py"])
def test_nothing_but_the_pages_files_is_served(sandbox: Sandbox, http: requests.Session, name: str) -> None:
    answer = http.get(f"{sandbox.url}/page/{name}")
    assert answer.status_code == 404
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("body", ["{", '"text"', "[]"])
def test_a_body_that_is_no_object_is_refused(sandbox: Sandbox, http: requests.Session, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = http.post(f"{sandbox.url}/control/click", data=body, headers=headers)
    assert (answer.status_code, answer.json()["ok"]) == (400, False)


def test_a_misspelt_key_is_named(sandbox: Sandbox) -> None:
    with pytest.raises(ControlError, match="chanel"):
        sandbox.control.message(CHANNEL, REQUESTER, "hello", chanel="x")


def test_the_state_names_channels_people_and_addresses(sandbox: Sandbox, slack: WebClient) -> None:
    state = sandbox.control.state()
    channels = {channel["id"]: channel for channel in state["channels"]}
    users = {user["id"]: user for user in state["users"]}
    assert channels[CHANNEL]["name"] == "approvals"
    assert BOT in channels[CHANNEL]["members"]
    assert (users[APPROVER]["name"], users[APPROVER]["profile"]["email"]) == (
        "approver",
        "approver@example.com",
    )
    assert state["usergroups"][0]["handle"] == "it-approvers"
    assert state["slack_api_url"] == sandbox.slack_api_url
    assert state["privilege_manager"] == {"base_url": sandbox.privman_url}
    assert (state["num_connections"], state["connections"]) == (0, [])
    assert sandbox.bot_token not in str(state)


def test_the_workspace_has_everybody_a_test_may_need(sandbox: Sandbox) -> None:
    members = {channel["id"]: channel["members"] for channel in sandbox.control.state()["channels"]}
    users = {user["id"] for user in sandbox.control.state()["users"]}
    assert users - set(members[CHANNEL]) == {DEACTIVATED, "U11PARTNER"}
    assert BOT not in members["C02GENERAL"]
    assert {OUTSIDER, GUEST} <= set(members[CHANNEL])


def test_a_change_wakes_who_waits_for_it(sandbox: Sandbox, slack: WebClient, http: requests.Session) -> None:
    changes = f"{sandbox.url}/control/changes"
    version = http.get(changes).json()["version"]
    assert http.get(changes, params={"since": version, "wait": 0.1}).json() == {"version": version}
    woken: list[int] = []

    def wait() -> None:
        with requests.Session() as session:
            session.trust_env = False
            woken.append(session.get(changes, params={"since": version, "wait": 20}).json()["version"])

    waiting = threading.Thread(target=wait)
    waiting.start()
    post_card(slack)
    waiting.join(10)
    assert woken[0] > version


def test_a_version_that_cannot_be_read_is_refused(sandbox: Sandbox, http: requests.Session) -> None:
    assert http.get(f"{sandbox.url}/control/changes", params={"since": "x"}).status_code == 400
    assert http.get(f"{sandbox.url}/control/changes", params={"wait": "nan"}).status_code == 400


def test_reset_forgets_everything_but_keeps_connections(sandbox: Sandbox, slack: WebClient) -> None:
    with RawApp(sandbox) as app:
        app.wait_for("hello")
        ts = post_card(slack)
        slack.chat_postEphemeral(channel=CHANNEL, user=APPROVER, text="psst")
        sandbox.control.change_channel("C03SECOND", archived=True, leave=[BOT])
        sandbox.control.faults(method="*", kind="fatal_error", times=99)
        sandbox.control.faults(socket="duplicate", times=99)
        sandbox.control.file_request(user="PC-1\\somebody")
        sandbox.control.reset()
        assert sandbox.control.messages(CHANNEL) == []
        assert sandbox.control.ephemerals(APPROVER) == []
        assert sandbox.control.calls() == []
        assert sandbox.control.deliveries() == []
        assert sandbox.control.upstream_requests() == []
        assert sandbox.control.state()["faults"] == []
        assert sandbox.control.state()["num_connections"] == 1
        assert slack.conversations_info(channel="C03SECOND")["channel"]["is_member"]
        assert error_of(lambda: slack.chat_update(channel=CHANNEL, ts=ts, text="x")) == "message_not_found"
        sandbox.control.click(CHANNEL, post_card(slack), APPROVER, "approve_request")
        assert len(app.envelopes) == 1


def test_people_join_and_leave_and_channels_are_archived(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.change_channel(CHANNEL, leave=[BOT])
    assert error_of(lambda: slack.chat_postMessage(channel=CHANNEL, text="x")) == "not_in_channel"
    sandbox.control.change_channel(CHANNEL, join=[BOT], archived=True)
    assert error_of(lambda: slack.chat_postMessage(channel=CHANNEL, text="x")) == "is_archived"
    changed = sandbox.control.change_channel(CHANNEL, archived=False, name="renamed")
    assert changed["channel"]["name"] == "renamed"
    assert slack.chat_postMessage(channel="#renamed", text="x")["ok"]


def test_a_deactivated_person_leaves_every_channel(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.change_user(APPROVER, deleted=True)
    assert slack.users_info(user=APPROVER)["user"]["deleted"] is True
    assert APPROVER not in slack.conversations_members(channel=CHANNEL)["members"]
    with pytest.raises(ControlError, match="deactivated"):
        sandbox.control.message(CHANNEL, APPROVER, "hello")


def test_a_person_changes_only_in_what_was_said(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.change_user(APPROVER, is_admin=True, email="new@example.com")
    user = slack.users_info(user=APPROVER)["user"]
    assert (user["is_admin"], user["profile"]["email"], user["tz"]) == (
        True,
        "new@example.com",
        "Europe/London",
    )


def test_user_groups_change(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.change_usergroup("nobody", users=[OUTSIDER])
    assert slack.usergroups_users_list(usergroup="S02EMPTY")["users"] == [OUTSIDER]


def test_somebody_deletes_the_bots_message(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.delete(CHANNEL, post_card(slack))
    assert sandbox.control.messages(CHANNEL) == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("channel", {"channel": "C99NOWHERE"}),
        ("channel", {"channel": CHANNEL, "join": ["U99NOBODY"]}),
        ("user", {"user": "U99NOBODY"}),
        ("usergroup", {"usergroup": "S99"}),
        ("delete", {"channel": CHANNEL, "ts": "1.000001"}),
    ],
)
def test_what_is_not_there_cannot_be_changed(
    sandbox: Sandbox, http: requests.Session, name: str, body: dict[str, object]
) -> None:
    answer = http.post(f"{sandbox.url}/control/{name}", json=body)
    assert (answer.status_code, answer.json()["ok"]) == (404, False)


def test_messages_of_an_unknown_channel_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ControlError, match="C99NOWHERE"):
        sandbox.control.messages("C99NOWHERE")


def test_privilege_managers_requests_are_filed_decided_and_seen(sandbox: Sandbox) -> None:
    first = sandbox.control.file_request(user="PC-1\\somebody", file="C:\\tool.exe", reason="to work")
    second, third = (sandbox.control.file_request(user="PC-1\\somebody") for _ in range(2))
    sandbox.control.decide_elsewhere(first, "deny", by="Helpdesk")
    sandbox.control.withdraw(second)
    sandbox.control.expire(third)
    requests_now = {found["id"]: found for found in sandbox.control.upstream_requests()}
    assert list(requests_now) == [first, second, third]
    assert requests_now[first]["by"] == "Helpdesk"
    assert len({found["status"] for found in requests_now.values()}) == 3
    with pytest.raises(ControlError) as refused:
        sandbox.control.withdraw("no-such-id")
    assert refused.value.status == 404
    assert isinstance(sandbox.control.upstream_calls(), dict)


def test_the_client_works_for_anybodys_script(sandbox: Sandbox) -> None:
    with ControlClient(sandbox.url) as control:
        assert control.message(CHANNEL, REQUESTER, "hello")["ok"]
        assert control.eventually(lambda: control.messages(CHANNEL))[0]["text"] == "hello"


def test_waiting_in_vain_tells_what_was_seen_last(sandbox: Sandbox) -> None:
    with pytest.raises(AssertionError, match=r"not within 0\.05 s.*\[\]"):
        sandbox.control.eventually(lambda: sandbox.control.messages(CHANNEL), timeout=0.05)

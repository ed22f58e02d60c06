"""Faults of the Web API: what the client sees, and whether the call was carried out."""

import time
from collections.abc import Callable

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox import ControlError, Sandbox
from sandbox.faults import Pace
from tests.sandbox.cards import CHANNEL
from tests.sandbox.refusals import error_of


def texts(sandbox: Sandbox) -> list[str]:
    return [message["text"] for message in sandbox.control.messages(CHANNEL)]


def post(slack: WebClient, text: str = "hello") -> Callable[[], object]:
    return lambda: slack.chat_postMessage(channel=CHANNEL, text=text)


def test_a_429_says_when_to_come_back_and_nothing_is_posted(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.faults(method="chat.postMessage", kind="ratelimited", retry_after=7)
    with pytest.raises(SlackApiError) as limited:
        post(slack)()
    assert limited.value.response.status_code == 429
    assert limited.value.response.headers["Retry-After"] == "7"
    assert limited.value.response["error"] == "ratelimited"
    assert texts(sandbox) == []
    assert post(slack)()
    assert [call["status"] for call in sandbox.control.calls("chat.postMessage")] == [429, 200]


def test_a_500_comes_before_anything_happened(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.faults(method="chat.postMessage", kind="server_error")
    with pytest.raises(SlackApiError) as failed:
        post(slack)()
    assert failed.value.response.status_code == 500
    assert texts(sandbox) == []


def test_after_a_time_out_the_message_is_there(sandbox: Sandbox) -> None:
    impatient = WebClient(
        token=sandbox.bot_token, base_url=sandbox.slack_api_url, timeout=1, retry_handlers=[]
    )
    sandbox.control.faults(method="chat.postMessage", kind="timeout")
    with pytest.raises(TimeoutError):
        post(impatient)()
    assert texts(sandbox) == ["hello"]
    call = sandbox.control.calls("chat.postMessage")[0]
    assert (call["status"], call["fault"], call["answer"]["ok"]) == (None, "timeout", True)


def test_a_reset_comes_after_the_message_was_taken(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.faults(method="chat.postMessage", kind="reset")
    with pytest.raises(ConnectionResetError):
        post(slack)()
    assert texts(sandbox) == ["hello"]


def test_the_stock_retry_handler_posts_twice_after_a_reset(sandbox: Sandbox) -> None:
    stock = WebClient(token=sandbox.bot_token, base_url=sandbox.slack_api_url)
    sandbox.control.faults(method="chat.postMessage", kind="reset")
    assert post(stock)()
    assert texts(sandbox) == ["hello", "hello"]


def test_a_reset_may_come_before_the_message_was_taken(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.faults(method="chat.postMessage", kind="reset_before")
    with pytest.raises(ConnectionResetError):
        post(slack)()
    assert texts(sandbox) == []


@pytest.mark.parametrize("code", ["invalid_auth", "account_inactive", "plan_upgrade_required", "fatal_error"])
def test_any_error_code_can_be_ordered(sandbox: Sandbox, slack: WebClient, code: str) -> None:
    sandbox.control.faults(method="usergroups.list", kind=code)
    assert error_of(slack.usergroups_list) == code
    assert slack.usergroups_list()["ok"]


def test_a_fault_may_begin_with_the_nth_call_and_last_for_several(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.faults(method="chat.postMessage", kind="fatal_error", nth=3, times=2)
    slack.auth_test()
    outcomes = []
    for count in range(6):
        try:
            post(slack, str(count))()
            outcomes.append("ok")
        except SlackApiError:
            outcomes.append("failed")
    assert outcomes == ["ok", "ok", "failed", "failed", "ok", "ok"]
    assert texts(sandbox) == ["0", "1", "4", "5"]


def test_a_fault_may_last_for_a_time(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.faults(method="auth.test", kind="fatal_error", seconds=0.3)
    assert error_of(slack.auth_test) == "fatal_error"
    assert error_of(slack.auth_test) == "fatal_error"
    time.sleep(0.35)
    assert slack.auth_test()["ok"]
    assert sandbox.control.state()["faults"] == []


def test_a_star_strikes_every_method(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.faults(method="*", kind="fatal_error", times=2)
    assert error_of(slack.auth_test) == "fatal_error"
    assert error_of(slack.users_list) == "fatal_error"
    assert slack.auth_test()["ok"]


def test_other_methods_are_spared(sandbox: Sandbox, slack: WebClient) -> None:
    sandbox.control.faults(method="chat.update", kind="fatal_error")
    assert post(slack)()


def test_faults_are_listed_and_cleared(sandbox: Sandbox, slack: WebClient) -> None:
    active = sandbox.control.faults(method="auth.test", kind="fatal_error", times=5)
    assert [(fault["method"], fault["kind"], fault["times"]) for fault in active] == [
        ("auth.test", "fatal_error", 5)
    ]
    sandbox.control.clear_faults()
    assert slack.auth_test()["ok"]


def test_several_faults_can_be_ordered_at_once(sandbox: Sandbox, slack: WebClient) -> None:
    both = [
        {"method": "auth.test", "kind": "fatal_error"},
        {"method": "users.list", "kind": "team_added_to_org"},
    ]
    with requests.Session() as session:
        session.trust_env = False
        assert len(session.post(f"{sandbox.url}/control/faults", json=both).json()) == 2
    assert error_of(slack.users_list) == "team_added_to_org"
    assert error_of(slack.auth_test) == "fatal_error"


@pytest.mark.parametrize(
    "fault",
    [{"method": "auth.test"}, {"method": "auth.test", "kind": "x", "nht": 2}, {"rate_limit": "often"}, {}],
)
def test_a_malformed_fault_is_refused(sandbox: Sandbox, fault: dict[str, object]) -> None:
    with pytest.raises(ControlError) as refused:
        sandbox.control.faults(**fault)
    assert refused.value.status == 400


def test_with_the_rate_limit_on_a_channel_takes_one_message_a_second(
    sandbox: Sandbox, slack: WebClient
) -> None:
    sandbox.control.faults(rate_limit=True)
    assert post(slack, "first")()
    with pytest.raises(SlackApiError) as limited:
        post(slack, "second")()
    assert (limited.value.response.status_code, limited.value.response.headers["Retry-After"]) == (429, "1")
    assert slack.chat_postMessage(channel="C03SECOND", text="another channel")["ok"]
    assert texts(sandbox) == ["first"]
    sandbox.control.faults(rate_limit=False)
    assert post(slack, "third")()


def test_without_it_a_burst_is_let_through(sandbox: Sandbox, slack: WebClient) -> None:
    assert all(post(slack, str(count))() for count in range(5))


@pytest.mark.parametrize(
    ("stamps", "allowed"),
    [
        ([0.0, 0.5, 1.0], [True, False, True]),
        ([0.0, 0.85], [True, True]),
        ([0.0, 0.85, 1.7, 2.55], [True, True, False, True]),
        ([0.0, 100.0, 100.0], [True, True, False]),
    ],
)
def test_the_pace_is_about_one_a_second(stamps: list[float], allowed: list[bool]) -> None:
    times = iter(stamps)
    pace = Pace(clock=lambda: next(times))
    assert [pace.allows(CHANNEL) for _ in stamps] == allowed


def test_upstream_faults_go_to_privilege_manager(sandbox: Sandbox) -> None:
    active = sandbox.control.faults(upstream="privilege_manager", operation="list", kind="server_error")
    assert (active[0]["upstream"], active[0]["operation"]) == ("privilege_manager", "list")
    with pytest.raises(ControlError):
        sandbox.control.faults(upstream="privilege_manager", operation="list", kind="no_such_kind")
    sandbox.control.clear_faults()
    assert sandbox.control.state()["faults"] == []


def test_a_hanging_call_does_not_keep_the_sandbox_from_stopping() -> None:
    with Sandbox() as sandbox:
        sandbox.control.faults(method="auth.test", kind="timeout")
        impatient = WebClient(
            token=sandbox.bot_token, base_url=sandbox.slack_api_url, timeout=1, retry_handlers=[]
        )
        with pytest.raises(TimeoutError):
            impatient.auth_test()
        started = time.monotonic()
    assert time.monotonic() - started < 3

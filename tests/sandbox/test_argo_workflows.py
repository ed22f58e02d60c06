"""The sandbox's Argo server: what it asks of a call, how its controller follows, and how it fails on order."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox import ControlError, Sandbox
from sandbox.argo_workflows.selectors import matches

PATH = "/api/v1/workflows/argo"


class Caller:
    """Whoever has the token."""

    def __init__(self, sandbox: Sandbox, session: requests.Session) -> None:
        self._url = sandbox.argo_workflows_url
        self._session = session

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self._session.request(method, self._url + path, json=body, timeout=5)

    def nodes(self, name: str) -> dict[str, dict[str, Any]]:
        """The steps, by the names that people see."""
        told = self.call("GET", f"{PATH}/{name}").json()
        return {node["displayName"]: node for node in told["status"]["nodes"].values()}


@pytest.fixture
def caller(sandbox: Sandbox) -> Iterator[Caller]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {sandbox.argo_workflows.token}"
        yield Caller(sandbox, session)


def test_a_workflow_comes_to_a_suspended_step_and_resuming_it_ends_it(
    sandbox: Sandbox, caller: Caller
) -> None:
    name = sandbox.control.submit_workflow(parameters={"environment": "production"})
    node = caller.nodes(name)["approve"]
    assert (node["type"], node["phase"]) == ("Suspend", "Running")
    done = caller.call("PUT", f"{PATH}/{name}/resume", {"nodeFieldSelector": f"id={node['id']}"})
    assert done.status_code == 200
    assert (
        caller.nodes(name)["approve"]["message"]
        == "Resumed by: map[User:system:serviceaccount:argo:slack-bot]"
    )
    (record,) = sandbox.control.workflows()
    assert (record["phase"], record["decisions"]) == ("Succeeded", 1)
    running = f"{PATH}?listOptions.labelSelector=workflows.argoproj.io/phase%3DRunning"
    assert caller.call("GET", running).json()["items"] is None


def test_resuming_what_does_not_wait_changes_nothing_and_is_an_error(
    sandbox: Sandbox, caller: Caller
) -> None:
    name = sandbox.control.submit_workflow()
    refused = caller.call("PUT", f"{PATH}/{name}/resume", {"nodeFieldSelector": "id=other"})
    assert (refused.status_code, refused.json()["code"]) == (500, 13)
    assert "no suspend nodes matching" in refused.json()["message"]
    assert sandbox.control.workflows()[0]["decisions"] == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"nodeSelector": "id=x"}, 400),
        ({"nodeFieldSelector": 1}, 400),
        ({"phase": "Skipped", "nodeFieldSelector": "displayName=approve"}, 500),
        ({"outputParameters": '{"x": "1"}', "nodeFieldSelector": "displayName=approve"}, 500),
        ({"phase": "Failed", "nodeFieldSelector": "displayName=approve"}, 200),
    ],
)
def test_set_takes_what_the_description_has_and_nothing_else(
    sandbox: Sandbox, caller: Caller, body: Any, status: int
) -> None:
    name = sandbox.control.submit_workflow()
    assert caller.call("PUT", f"{PATH}/{name}/set", body).status_code == status
    assert sandbox.control.workflows()[0]["decisions"] == (1 if status == 200 else 0)


def test_to_stop_keeps_no_message_unless_a_step_is_selected(sandbox: Sandbox, caller: Caller) -> None:
    whole, one = sandbox.control.submit_workflow(), sandbox.control.submit_workflow()
    caller.call("PUT", f"{PATH}/{whole}/stop", {"message": "no"})
    caller.call("PUT", f"{PATH}/{one}/stop", {"message": "no", "nodeFieldSelector": "displayName=approve"})
    assert caller.nodes(whole)["approve"]["message"] == "Stopped with strategy 'Stop'"
    assert caller.nodes(one)["approve"]["message"] == "no"


@pytest.mark.parametrize(
    ("verbs", "refused"),
    [
        (["get", "list"], {"resume", "set", "stop"}),
        (["get", "list", "update"], {"stop"}),
        (["get", "list", "patch"], {"resume", "set"}),
        (["list", "update", "patch"], {"resume", "set", "stop"}),
    ],
)
def test_each_change_takes_its_own_right(
    sandbox: Sandbox, caller: Caller, verbs: list[str], refused: set[str]
) -> None:
    name = sandbox.control.submit_workflow()
    sandbox.control.switch_argo(verbs=verbs)
    answers = {verb: caller.call("PUT", f"{PATH}/{name}/{verb}", {}) for verb in ("resume", "set", "stop")}
    assert {verb for verb, answer in answers.items() if answer.status_code == 403} == refused


def test_without_the_token_or_beyond_its_namespaces_nothing_is_told(sandbox: Sandbox, caller: Caller) -> None:
    unknown = requests.get(sandbox.argo_workflows_url + PATH, timeout=5)
    assert (unknown.status_code, unknown.json()["code"]) == (401, 16)
    elsewhere = caller.call("GET", "/api/v1/workflows/kube-system")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, 7)
    assert caller.call("GET", f"{PATH}/none").json()["code"] == 5
    assert caller.call("GET", "/api/v1/pods").text == "404 page not found\n"


def test_a_list_comes_in_pages_and_by_labels(sandbox: Sandbox, caller: Caller) -> None:
    for number in range(3):
        sandbox.control.submit_workflow(name=f"w{number}", labels={"gate": "slack"})
    sandbox.control.submit_workflow(name="other")
    first = caller.call("GET", f"{PATH}?listOptions.labelSelector=gate%3Dslack&listOptions.limit=2").json()
    after = first["metadata"]["continue"]
    rest = caller.call(
        "GET", f"{PATH}?listOptions.labelSelector=gate&listOptions.limit=2&listOptions.continue={after}"
    ).json()
    names = [one["metadata"]["name"] for one in first["items"] + rest["items"]]
    assert (names, rest["metadata"]) == (["w0", "w1", "w2"], {})
    assert caller.call("GET", f"{PATH}?listOptions.labelSelector=gate~x").status_code == 400


@pytest.mark.parametrize(
    ("selector", "holds"),
    [("a=1", True), ("a==1,b!=1", True), ("a!=1", False), ("a,!c", True), ("!a", False), ("", True)],
)
def test_a_selector_holds_where_all_its_terms_do(selector: str, holds: bool) -> None:
    assert matches(selector, {"a": "1", "b": "2"}) is holds


@pytest.mark.parametrize(
    ("kind", "status", "is_done"),
    [
        ("unauthorized", 401, False),
        ("forbidden", 403, False),
        ("not_found", 404, False),
        ("conflict", 409, False),
        ("unprocessable", 422, False),
        ("ratelimited", 429, False),
        ("server_error", 500, False),
        ("server_error_after", 500, True),
        ("garbage", 200, True),
        ("slow", 200, True),
    ],
)
def test_it_fails_on_order_before_or_after_the_work_is_done(
    sandbox: Sandbox, caller: Caller, kind: str, status: int, is_done: bool
) -> None:
    name = sandbox.control.submit_workflow()
    sandbox.control.faults(
        upstream="argo_workflows", operation="decide", kind=kind, retry_after=7, delay=0.01
    )
    answer = caller.call("PUT", f"{PATH}/{name}/stop", {})
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("7" if kind == "ratelimited" else None)
    assert sandbox.control.workflows()[0]["decisions"] == is_done
    assert sandbox.control.state()["faults"] == []


@pytest.mark.parametrize(("kind", "is_done"), [("reset", True), ("reset_before", False)])
def test_a_connection_is_cut_on_order(sandbox: Sandbox, caller: Caller, kind: str, is_done: bool) -> None:
    name = sandbox.control.submit_workflow()
    sandbox.control.faults(upstream="argo_workflows", kind=kind)
    with pytest.raises(requests.ConnectionError):
        caller.call("PUT", f"{PATH}/{name}/stop", {})
    assert sandbox.control.workflows()[0]["decisions"] == is_done


def test_people_act_on_it_and_a_reset_forgets_everything(sandbox: Sandbox, caller: Caller) -> None:
    name = sandbox.control.submit_workflow()
    sandbox.control.resume_in_argo(name, "admin@example.com")
    assert "Email:admin@example.com" in caller.nodes(name)["approve"]["message"]
    other = sandbox.control.submit_workflow()
    sandbox.control.end_in_argo(other, "Terminate")
    assert caller.nodes(other)["approve"]["phase"] == "Failed"
    sandbox.control.retry_in_argo(other)
    assert caller.nodes(other)["approve"]["phase"] == "Running"
    sandbox.control.delete_in_argo(other)
    with pytest.raises(ControlError, match="there is no workflow"):
        sandbox.control.resume_in_argo(other)
    with pytest.raises(ControlError, match="waits"):
        sandbox.control.resume_in_argo(name)
    with pytest.raises(ControlError, match="already exists"):
        sandbox.control.submit_workflow(name=name)
    sandbox.control.reset()
    assert sandbox.control.workflows() == []

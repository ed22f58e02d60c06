"""The sandbox's GitHub keeps the rules that the real one keeps, and the control API reaches it."""

from typing import Any

import pytest
import requests

from sandbox import Sandbox
from sandbox.github_actions.instance import Switches
from sandbox.github_actions.runs import REPOSITORY

RUNS = f"/repos/{REPOSITORY}/actions/runs"


def call(sandbox: Sandbox, path: str, body: Any = None, **headers: str) -> requests.Response:
    """As the token's user; a decision where there is a body."""
    own = {"Authorization": f"Bearer {sandbox.github_actions.token}", **headers}
    with requests.Session() as session:
        session.trust_env = False
        method = "GET" if body is None else "POST"
        return session.request(method, sandbox.github_actions_url + path, json=body, headers=own, timeout=10)


def control(sandbox: Sandbox, name: str, body: Any = None) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        url = f"{sandbox.url}/control/github_actions/{name}"
        return session.request("GET" if body is None else "POST", url, json=body, timeout=10)


def decision(sandbox: Sandbox, run: int, **changes: Any) -> requests.Response:
    number = int(sandbox.github_actions.request_id(run).rpartition("/")[2])
    whole = {"environment_ids": [number], "state": "approved", "comment": "Ship it!"}
    return call(sandbox, f"{RUNS}/{run}/pending_deployments", whole | changes)


def test_a_review_is_taken_once(sandbox: Sandbox) -> None:
    run = sandbox.github_actions.file_run()
    answer = decision(sandbox, run)
    assert (answer.status_code, answer.json()[0]["environment"]) == (200, "production")
    assert decision(sandbox, run).status_code == 422
    assert call(sandbox, f"{RUNS}/{run}/pending_deployments").json() == []
    (review,) = call(sandbox, f"{RUNS}/{run}/approvals").json()
    assert (review["user"]["login"], review["comment"]) == ("slack-approver", "Ship it!")


@pytest.mark.parametrize(
    "wrong", [{"environment_ids": [1]}, {"environment_ids": []}, {"state": "yes"}, {"comment": None}]
)
def test_a_review_that_is_none_is_refused(sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    run = sandbox.github_actions.file_run()
    assert decision(sandbox, run, **wrong).status_code == 422
    assert sandbox.github_actions.runs()[0]["decisions"] == 0


def test_who_is_no_reviewer_or_has_no_right_is_refused(sandbox: Sandbox) -> None:
    run = sandbox.github_actions.file_run(can_approve=False)
    assert decision(sandbox, run).status_code == 422
    sandbox.github_actions.switch(Switches(may_decide=False))
    refused = decision(sandbox, run)
    assert (refused.status_code, refused.headers["X-Accepted-GitHub-Permissions"]) == (
        403,
        "deployments=write",
    )


def test_a_wrong_token_a_wrong_version_and_a_wrong_name_are_refused(sandbox: Sandbox) -> None:
    assert call(sandbox, RUNS, Authorization="Bearer nobody").status_code == 401
    assert call(sandbox, RUNS, **{"X-GitHub-Api-Version": "1999-01-01"}).status_code == 400
    assert call(sandbox, "/repos/octo-org/typo/actions/runs").status_code == 404
    assert call(sandbox, "/repos/OCTO-org/SHOP/actions/runs").status_code == 200


def test_a_condition_that_holds_is_answered_304_and_costs_nothing(sandbox: Sandbox) -> None:
    first = call(sandbox, RUNS)
    again = call(sandbox, RUNS, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["X-RateLimit-Remaining"] == first.headers["X-RateLimit-Remaining"] == "4999"
    sandbox.github_actions.file_run()
    assert call(sandbox, RUNS, **{"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_when_the_calls_are_used_up_every_one_is_refused(sandbox: Sandbox) -> None:
    sandbox.github_actions.switch(Switches(limit=1))
    assert call(sandbox, RUNS).status_code == 200
    refused = call(sandbox, RUNS)
    assert (refused.status_code, refused.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert "rate limit" in refused.json()["message"]


def test_a_list_has_pages(sandbox: Sandbox) -> None:
    for _ in range(3):
        sandbox.github_actions.file_run()
    first = call(sandbox, f"{RUNS}?status=waiting&per_page=2")
    assert len(first.json()["workflow_runs"]) == 2
    last = call(sandbox, first.links["next"]["url"].removeprefix(sandbox.github_actions_url))
    assert (len(last.json()["workflow_runs"]), last.links) == (1, {})


def test_scripts_reach_it_by_the_control_api(sandbox: Sandbox) -> None:
    made = control(sandbox, "runs", {"environments": ["staging"]}).json()
    assert made["ok"]
    review = {"id": made["id"], "state": "approved", "environment": "staging"}
    assert control(sandbox, "review", review).json() == {"ok": True}
    assert control(sandbox, "review", review).status_code == 400
    assert control(sandbox, "end", {"id": 1}).status_code == 404
    assert control(sandbox, "runs", {"colour": "red"}).status_code == 400
    assert control(sandbox, "rerun", {"id": made["id"], "by": "sam"}).ok
    assert control(sandbox, "end", {"id": made["id"], "conclusion": "failure"}).ok
    (run,) = control(sandbox, "runs").json()
    assert (run["attempt"], run["conclusion"]) == (2, "failure")
    assert control(sandbox, "repositories", {"name": "octo-org/new"}).ok
    assert control(sandbox, "switches", {"limit": 10}).ok
    assert control(sandbox, "cost").json()["calls"] == len(control(sandbox, "calls").json()) == 0


def test_faults_are_ordered_with_all_others_and_forgotten_with_them(sandbox: Sandbox) -> None:
    sandbox.control.faults(upstream="github_actions", operation="list", kind="server_error")
    assert call(sandbox, RUNS).status_code == 502
    assert call(sandbox, RUNS).status_code == 200
    sandbox.control.faults(upstream="github_actions", kind="forbidden", times=5)
    sandbox.control.clear_faults()
    assert call(sandbox, RUNS).status_code == 200
    sandbox.control.faults(upstream="github_actions", repository="octo-org/other", kind="forbidden")
    assert call(sandbox, RUNS).status_code == 200
    sandbox.github_actions.file_run()
    sandbox.control.reset()
    assert sandbox.github_actions.faults() == []
    assert sandbox.github_actions.runs() == []

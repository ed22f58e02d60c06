"""The sandbox's GitLab: what it enforces, and what the control API does to it."""

from collections.abc import Iterator

import pytest
import requests

from sandbox import Sandbox

OURS = {"PRIVATE-TOKEN": "glpat-sandbox"}
ONE = "/api/v4/projects/shop%2Fweb/deployments/41"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.gitlab.reset()
    return running


def call(sandbox: Sandbox, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
    return requests.request(method, sandbox.gitlab_url + path, headers=headers or OURS, json=body, timeout=5)


def test_without_its_token_it_tells_nothing(sandbox: Sandbox) -> None:
    sandbox.control.file_deployment()
    for headers in ({"PRIVATE-TOKEN": "glpat-other"}, {"Authorization": "Bearer glpat-sandbox"}):
        answer = call(sandbox, "GET", ONE, **headers)
        assert (answer.status_code, answer.json()) == (401, {"message": "401 Unauthorized"})


def test_a_member_of_no_project_sees_none(sandbox: Sandbox) -> None:
    sandbox.control.file_deployment()
    sandbox.control.switch_gitlab(level=0)
    assert call(sandbox, "GET", ONE).json() == {"message": "404 Project Not Found"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "status is missing"),
        ({"status": "approve"}, "status does not have a valid value"),
        ({"status": "approved", "comment": "x" * 256}, "400 Comment is too long (maximum is 255 characters)"),
        ({"status": "approved", "state": "x"}, "400 Bad Request"),
    ],
)
def test_an_approval_needs_what_the_documentation_says(sandbox: Sandbox, body: object, words: str) -> None:
    sandbox.control.file_deployment()
    answer = call(sandbox, "POST", f"{ONE}/approval", body)
    assert (answer.status_code, *answer.json().values()) == (400, words)
    assert sandbox.control.gitlab_deployments()[0]["said"] == []


def test_nobody_approves_twice(sandbox: Sandbox) -> None:
    sandbox.control.file_deployment(rules=[{"required": 2}])
    assert call(sandbox, "POST", f"{ONE}/approval", {"status": "approved"}).status_code == 201
    again = call(sandbox, "POST", f"{ONE}/approval", {"status": "approved"})
    assert (again.status_code, "already approved" in again.json()["message"]) == (400, True)


def test_it_is_free_once_every_rule_is_satisfied(sandbox: Sandbox) -> None:
    rules = [{"name": "QA", "users": ["qa"]}, {"name": "All", "required": 1}]
    one = sandbox.control.file_deployment(rules=rules)
    sandbox.control.say_in_gitlab(one, "approve", "qa", "Fine")
    assert sandbox.control.gitlab_deployments()[0]["status"] == "blocked"
    sandbox.control.say_in_gitlab(one, "approve", "somebody")
    assert sandbox.control.gitlab_deployments()[0]["status"] == "created"


def test_lists_come_in_pages_with_links_to_the_next(sandbox: Sandbox) -> None:
    for _ in range(3):
        sandbox.control.file_job()
    url: str | None = "/api/v4/projects/1/jobs?scope[]=manual&per_page=2&pagination=keyset"
    ids: list[int] = []
    while url:
        answer = call(sandbox, "GET", url)
        ids += [job["id"] for job in answer.json()]
        following = answer.links.get("next", {}).get("url", "")
        url = following.removeprefix(sandbox.gitlab_url) or None
    assert ids == [103, 102, 101]


def test_a_fault_may_strike_one_project_alone(sandbox: Sandbox) -> None:
    for project in ("shop/web", "shop/api"):
        sandbox.control.file_deployment(project=project)
    sandbox.control.faults(upstream="gitlab", operation="list", kind="ratelimited", project=2, retry_after=9)
    assert call(sandbox, "GET", "/api/v4/projects/1/deployments").status_code == 200
    struck = call(sandbox, "GET", "/api/v4/projects/2/deployments")
    assert (struck.status_code, struck.headers["Retry-After"]) == (429, "9")
    assert sandbox.gitlab.faults() == []


def test_people_start_and_end_things_in_gitlab(sandbox: Sandbox) -> None:
    job = sandbox.control.file_job()
    sandbox.control.start_in_gitlab(job, "somebody")
    assert sandbox.control.gitlab_jobs()[0]["user"] == "somebody"
    one = sandbox.control.file_deployment()
    sandbox.gitlab.become(one, "canceled")
    assert sandbox.control.gitlab_deployments()[0]["status"] == "canceled"
    with pytest.raises(LookupError):
        sandbox.gitlab.become("job-1-999", "canceled")


def test_a_reset_forgets_all(sandbox: Sandbox) -> None:
    sandbox.control.file_deployment()
    sandbox.control.switch_gitlab(level=0, scopes=["read_api"])
    sandbox.gitlab.reset()
    assert sandbox.control.gitlab_deployments() == sandbox.control.gitlab_jobs() == []
    assert call(sandbox, "GET", "/api/v4/user").json()["username"] == "approval-bot"
    assert sandbox.control.state()["gitlab"] == {"base_url": sandbox.gitlab_url}

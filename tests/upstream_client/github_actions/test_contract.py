"""Every call of the client and every answer of the fake, held against GitHub's own description of its API."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.github_actions import GitHubActions
from sandbox.github_actions.instance import Switches
from sandbox.github_actions.runs import REPOSITORY, commit
from tests.upstream_client.github_actions.conftest import OURS
from tests.upstream_client.github_actions.description import operation
from tests.upstream_client.serving import serving
from upstream_client.github_actions import GitHubActionsClient
from upstream_client.github_actions.caller import Access
from upstream_client.models import ONE_TIME, OutcomeKind, Status

USED = {
    "/repos/{owner}/{repo}/actions/runs",
    "/repos/{owner}/{repo}/actions/runs/{run_id}",
    "/repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments",
    "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals",
    "/orgs/{org}/repos",
    "/users/{username}/repos",
    "/users/{username}",
    "/repos/{owner}/{repo}/deployments",
    "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
    "/repos/{owner}/{repo}/compare/{basehead}",
}
"""All that the client calls."""


@dataclass(frozen=True)
class Exchange:
    """One call and its answer."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int
    answer: Any


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    """All that a bot does in a life: looks, decides, settles, of an owner's and of named repositories."""
    github, seen = GitHubActions(), list[Exchange]()
    app = github.app()
    app.middlewares.append(_recorder(seen))
    with serving(app) as url:
        access = Access(github.token, url)
        for client in _clients(access):
            _live(github, client)
        _live_of_a_user(github, access)
    return seen


def _clients(access: Access) -> Iterator[GitHubActionsClient]:
    for client in (GitHubActionsClient(access, owner="octo-org"), GitHubActionsClient(access, (REPOSITORY,))):
        yield client
        client.close()


def _recorder(seen: list[Exchange]) -> Any:
    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        sent = await request.read()
        answer = await handler(request)
        assert isinstance(answer, web.Response)
        told = answer.body if isinstance(answer.body, bytes) else b""
        seen.append(
            Exchange(
                request.method,
                request.path,
                dict(request.query),
                dict(request.headers),
                json.loads(sent) if sent else None,
                answer.status,
                json.loads(told) if told else None,
            )
        )
        return answer

    return record


def _live(github: GitHubActions, client: GitHubActionsClient) -> None:
    github.reset()
    github.deploy(repository=REPOSITORY, environment="production", commit=commit("old"))
    github.compare(
        repository=REPOSITORY, base=commit("old"), head=commit("new"), titles=["Fix it"], files=["a"]
    )
    github.file_run(wait_timer=5, environments=["production", "staging"])
    other = github.file_run(event="schedule", branch="", actor="github-actions[bot]")
    client.list_pending()
    waiting = client.list_pending()
    assert client.approve(waiting[-1], ONE_TIME, OURS).kind is OutcomeKind.TAKEN
    assert client.deny(waiting[0], "No.", OURS).kind is OutcomeKind.TAKEN
    fates = [client.fetch(one.id).status for one in waiting]
    assert fates == [Status.DENIED, Status.PENDING, Status.APPROVED]
    github.rerun(other)
    assert len(client.list_pending()) == 2


def _live_of_a_user(github: GitHubActions, access: Access) -> None:
    github.reset()
    github.switch(Switches(organisation=False))
    github.file_run()
    client = GitHubActionsClient(access, owner="octo-org")
    assert len(client.list_pending()) == 1
    client.close()


def test_every_path_is_described(exchanges: list[Exchange]) -> None:
    found = [(one.path, operation(one.method, one.path)) for one in exchanges]
    assert [path for path, described in found if described is None] == []
    assert {described.path for _, described in found if described is not None} == USED


def test_every_call_is_as_described(exchanges: list[Exchange]) -> None:
    for one in exchanges:
        described = operation(one.method, one.path)
        assert described is not None, one.path
        assert set(one.query) <= set(described.queries), one.path
        for name, value in one.query.items():
            allowed = described.queries[name].get("enum")
            assert allowed is None or value in allowed, f"{name}={value}"
        if one.method == "POST":
            assert described.wrong_with_body(one.body) == []
        else:
            assert one.body is None
        assert one.headers["X-GitHub-Api-Version"] == "2022-11-28"
        assert one.headers["Accept"] == "application/vnd.github+json"


def test_every_answer_of_the_fake_is_as_described(exchanges: list[Exchange]) -> None:
    whole = [one for one in exchanges if one.status == 200]
    described = [(one, operation(one.method, one.path)) for one in whole]
    compared = [(one, found) for one, found in described if found is not None]
    assert {found.path for _, found in compared} == USED
    for one, found in compared:
        assert found.wrong_with_answer(one.status, one.answer) == [], f"{one.method} {one.path}"


def test_a_decision_that_lacks_a_key_is_refused_by_the_description_and_the_fake() -> None:
    """What holds both against each other can fail."""
    described = operation("POST", f"/repos/{REPOSITORY}/actions/runs/1/pending_deployments")
    assert described is not None
    whole = {"environment_ids": [1], "state": "approved", "comment": ""}
    assert described.wrong_with_body(whole) == []
    for missing in whole:
        assert described.wrong_with_body({name: whole[name] for name in whole if name != missing}) != []
    assert described.wrong_with_body(whole | {"state": "yes"}) != []
    assert described.wrong_with_answer(200, [{"id": 1}]) != []


@pytest.mark.parametrize("end", ["statuses", "deployments", "compare", "repos"])
def test_an_answer_that_lacks_a_required_key_or_has_null_for_it_is_noticed(
    exchanges: list[Exchange], end: str
) -> None:
    one = next(one for one in exchanges if end in one.path.rsplit("/", 2)[1:] and one.answer)
    described = operation(one.method, one.path)
    assert described is not None
    first = one.answer[0] if isinstance(one.answer, list) else one.answer
    for wrong in ({name: first[name] for name in first if name != "url"}, first | {"url": None}):
        assert described.wrong_with_answer(200, [wrong] if isinstance(one.answer, list) else wrong) != []

"""Our calls, and the sandbox's answers, are what GitLab documents."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from sandbox.gitlab import GitLab
from sandbox.gitlab.instance import Switches
from tests.upstream_client.gitlab.documented import (
    DOCUMENTED,
    Call,
    differences,
    merged,
    operation,
    wrong_with_answer,
    wrong_with_request,
)
from tests.upstream_client.gitlab.told import BASE, DECISION, PROJECT, URL, WEB
from tests.upstream_client.serving import serving
from upstream_client.gitlab import Gated, GitLabClient, wire
from upstream_client.gitlab.caller import Caller
from upstream_client.gitlab.comparison import change
from upstream_client.gitlab.deployment_reading import request, seen_of
from upstream_client.gitlab.rules import needs
from upstream_client.models import ONE_TIME, Status

ANSWERS = DOCUMENTED["answers"]
ELSEWHERE = {"CommitTold.parent_ids", "Pipeline.source", "Pipeline.before_sha"}
"""What a job's commit and its pipeline tell only where they are asked for by themselves, or newer ones do."""


def listening(gitlab: GitLab, calls: list[Call]) -> web.Application:
    """The instance, with everything taken down that is said to it and that it says."""

    @web.middleware
    async def heard(request: web.Request, handler: Handler) -> web.StreamResponse:
        body = await request.read()
        response = await handler(request)
        assert isinstance(response, web.Response)
        assert isinstance(response.body, bytes)
        token = request.headers.get("PRIVATE-TOKEN", "")
        target = str(request.rel_url)
        calls.append(Call(request.method, target, token, body, response.status, response.body))
        return response

    app = gitlab.app()
    app.middlewares.append(heard)
    return app


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    """Of a client that lists, fetches, approves and rejects deployments and jobs, over several pages."""
    gitlab, made = GitLab(), list[Call]()
    gitlab.switch(Switches(page_size=2, titles=["Fix", "Merge branch"], files=["a.py"]))
    gitlab.file_deployment(sha=BASE, status="success")
    for _ in range(3):
        gitlab.file_deployment(rules=[{"name": "QA", "required": 2}])
    jobs = [gitlab.file_job(name=f"job-{number}", before=BASE) for number in range(3)]
    with serving(listening(gitlab, made)) as url:
        client = GitLabClient(url, gitlab.token, (PROJECT,), Gated.BOTH, timeout=(2.0, 2.0))
        waiting = {one.id: one for one in client.list_pending()}
        deployments = [one for id, one in waiting.items() if id.startswith("deployment")]
        client.approve(deployments[0], ONE_TIME, DECISION)
        client.deny(deployments[1], "No", DECISION)
        client.approve(waiting[jobs[0]], ONE_TIME, DECISION)
        client.deny(waiting[jobs[1]], "No", DECISION)
        for id in waiting:
            client.fetch(id)
        client.close()
        caller = Caller(url, gitlab.token, (2.0, 2.0))
        caller.look("/version")
        caller.close()
    return made


def test_every_call_is_one_that_gitlab_documents(calls: list[Call]) -> None:
    assert {call.target: wrong_with_request(call) for call in calls if wrong_with_request(call)} == {}
    made = {operation(call)[0] for call in calls}
    assert made == {*DOCUMENTED["operations"]}


def test_every_answer_of_the_sandbox_has_the_shape_of_gitlabs_examples(calls: list[Call]) -> None:
    assert {call.target: wrong_with_answer(call) for call in calls if wrong_with_answer(call)} == {}
    assert all(200 <= call.status < 300 for call in calls)


def test_what_differs_from_the_documentation_is_found(calls: list[Call]) -> None:
    """Given calls and answers that are wrong, when they are held against it, then each is named."""
    good = next(call for call in calls if call.method == "POST" and "approval" in call.target)
    assert wrong_with_request(good) == []
    bad = Call("POST", f"{good.target}?force=1", "", b'{"state": "approved"}', 201, good.answer)
    assert wrong_with_request(bad) == ["no PRIVATE-TOKEN", "query force", "body state", "body without status"]
    given = {**ANSWERS["approval"], "status": 1, "comment": None, "by": "x"}
    del given["created_at"]
    assert list(differences(given, ANSWERS["approval"])) == [
        ".created_at is missing",
        ".status is int, and not str",
        ".comment is null",
        ".by is documented nowhere",
    ]
    with pytest.raises(LookupError):
        operation(Call("DELETE", good.target, "", b"", 204, b""))


def read_of(model: type[BaseModel], example: Any) -> Iterator[str]:
    """The fields of a model that no example has, by their names, with those of models within."""
    for name, field in model.model_fields.items():
        if name not in example:
            yield f"{model.__name__}.{name}"
        within = [part for part in _parts(field.annotation) if issubclass(part, BaseModel)]
        value = example.get(name)
        inner = value[-1] if isinstance(value, list) and value else value
        if within and inner:
            yield from read_of(within[0], inner)


def _parts(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _parts(part)


@pytest.mark.parametrize(
    ("model", "example", "elsewhere"),
    [
        (wire.Deployment, "deployment", {"User.public_email", *ELSEWHERE}),
        (wire.Job, "job", {"Pipeline.web_url", *ELSEWHERE}),
        (wire.Pipeline, "pipeline", set()),
        (wire.Project, "project", set()),
        (wire.User, "current user", set()),
        (wire.Approval, "approval", {"User.public_email"}),
        (wire.Comparison, "comparison", {"CommitTold.message", "CommitTold.parent_ids"}),
    ],
)
def test_everything_that_the_client_reads_is_documented(
    model: type[BaseModel], example: str, elsewhere: set[str]
) -> None:
    """``elsewhere``: optional, and told in another answer of the same kind."""
    assert set(read_of(model, merged(example, ANSWERS[example]))) == elsewhere


def test_gitlabs_own_example_of_a_deployment_is_understood() -> None:
    told = wire.read(wire.Deployment, ANSWERS["deployment"], "a deployment")
    asked = request(told, WEB, URL, None)
    assert asked.title == f"{PROJECT} → production · a91957a85832"
    assert asked.requester == "root"
    assert needs(told) == ("qa-group 0 of 1", "security-group 1 of 2")
    assert seen_of(told, asked, 49).comment == "Looks good to me"
    assert seen_of(told, asked, 1).status is Status.APPROVED


def test_gitlabs_own_example_of_a_comparison_is_understood() -> None:
    told = wire.read(wire.Comparison, ANSWERS["comparison"], "a comparison")
    found = change(told, wire.Comparison(), BASE, "0" * 40, WEB, URL)
    assert (found.files, found.titles) == (("files/js/application.js",), ("JS fix",))


@pytest.mark.parametrize("example", ["job", "job that was run", "job that was canceled"])
def test_gitlabs_own_examples_of_jobs_are_understood(example: str) -> None:
    assert wire.read(wire.Job, ANSWERS[example], "a job").name == "rubocop"

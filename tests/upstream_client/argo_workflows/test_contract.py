"""What the client sends, and what the sandbox's Argo server answers, is what the vendor's own description says.

The description is tests/data/argo-workflows.swagger.json. It allows what it does not name, so here nothing else is
allowed. Argo's server is written in Go and writes null for what is empty: that counts as left out, or as empty.
"""

import copy
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from jsonschema import Draft4Validator

from sandbox.argo_workflows import ArgoWorkflows
from tests.upstream_client.argo_workflows.conftest import OURS, SHORT
from tests.upstream_client.serving import serving
from upstream_client.argo_workflows import ArgoWorkflowsClient, Denial
from upstream_client.argo_workflows.doctor import doctor
from upstream_client.argo_workflows.settings import load_settings
from upstream_client.exceptions import UpstreamError
from upstream_client.models import ONE_TIME, OutcomeKind

FILE = Path(__file__).parents[2] / "data" / "argo-workflows.swagger.json"
BEYOND = {"/api/v1/version", "/api/v1/userinfo"}
"""Cut from the copy, and asked for by doctor only: argo-workflows.readthedocs.io/en/latest/swagger, InfoService."""
UNUSED = {"WorkflowService_ResumeWorkflow"}
"""Described, and not sent: setting does the same, and keeps a message."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """One call and its answer."""

    method: str
    path: str
    query: tuple[str, ...]
    body: Any
    status: int
    answer: Any


def strict(definitions: Json) -> Json:
    """The same, where an object may have no other members than those it names."""
    made = copy.deepcopy(definitions)
    for one in made.values():
        if "properties" in one:
            one.setdefault("additionalProperties", False)
    return made


SPEC: Json = json.loads(FILE.read_text())
DEFINITIONS = strict(SPEC["definitions"])


def without_nulls(value: Any, name: str = "") -> Any:
    if value is None and name == "items":
        return []
    if isinstance(value, dict):
        kept = {key: without_nulls(one, key) for key, one in value.items()}
        return {key: one for key, one in kept.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def wrong_with(value: Any, schema: Json) -> list[str]:
    validator = Draft4Validator({**schema, "definitions": DEFINITIONS})
    return [
        f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(without_nulls(value))
    ]


def operation_of(exchange: Exchange) -> Json | None:
    for template, operations in SPEC["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if re.fullmatch(pattern, exchange.path):
            found: Json | None = operations.get(exchange.method.lower())
            return found
    return None


def departures(exchange: Exchange) -> list[str]:
    """What is not as the description says, of the call and of its answer."""
    operation = operation_of(exchange)
    if operation is None:
        return [f"there is no {exchange.method} {exchange.path}"]
    parameters = operation["parameters"]
    named = {one["name"] for one in parameters if one["in"] == "query"}
    wrong = [f"there is no ?{name}" for name in exchange.query if name not in named]
    schema = next((one["schema"] for one in parameters if one["in"] == "body"), None)
    if schema is not None:
        wrong += wrong_with(exchange.body, schema)
    elif exchange.body is not None:
        wrong.append("there is a body")
    told = operation["responses"].get(str(exchange.status), operation["responses"]["default"])
    return wrong + wrong_with(exchange.answer, told["schema"])


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    """Everything that the client sends in its life, and what it is answered."""
    argo, seen = ArgoWorkflows(), []

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        body = await request.read()
        answer = await handler(request)
        assert isinstance(answer, web.Response)
        told = json.loads(answer.body) if isinstance(answer.body, bytes) else None
        sent = json.loads(body) if body else None
        seen.append(
            Exchange(request.method, request.path, tuple(request.query), sent, answer.status, told),
        )
        return answer

    app = argo.app()
    app.middlewares.append(record)
    with serving(app) as url:
        _live(argo, url)
    return seen


def _live(argo: ArgoWorkflows, url: str) -> None:
    client = ArgoWorkflowsClient(
        url, argo.token, ["argo", "production"], selector="gate=slack", timeout=SHORT
    )
    stopping = ArgoWorkflowsClient(url, argo.token, ["argo"], denial=Denial.WORKFLOW, timeout=SHORT)
    for fields in _workflows():
        argo.submit(labels={"gate": "slack"}, **fields)
    waiting = {one.id.split("/")[1]: one for one in client.list_pending()}
    assert client.approve(waiting["first"], ONE_TIME, OURS).kind is OutcomeKind.TAKEN
    for request in waiting.values():
        client.approve(request, ONE_TIME, OURS)
    assert client.deny(waiting["asking"], "", OURS).kind is OutcomeKind.TAKEN
    assert stopping.deny(stopping.list_pending()[0], "", OURS).kind is OutcomeKind.TAKEN
    for request in waiting.values():
        client.fetch(request.id)
    for _ in range(101):
        argo.submit(labels={"gate": "slack"})
    client.list_pending()
    _errors(argo, client)
    for one in (client, stopping):
        one.close()


def _workflows() -> Iterator[Json]:
    yield {"name": "first", "creator": "requester@example.com", "parameters": {"environment": "production"}}
    yield {"name": "given", "supplied": {"replicas": "3"}, "inputs": {"a": "b"}}
    yield {"name": "asking", "supplied": {"go": None}, "choices": {"go": ["YES", "NO"]}}
    yield {"name": "packed", "packed": True, "annotations": {"change": "CHG-1"}}
    yield {"name": "pausing", "duration": "1h", "template": "deploy", "defaults": {"region": "eu"}}
    yield {"name": "several", "steps": ["one", "two"]}


def _errors(argo: ArgoWorkflows, client: ArgoWorkflowsClient) -> None:
    """Every way in which a call is refused."""
    request = client.list_pending()[0]
    for kind in ("unauthorized", "forbidden", "conflict", "ratelimited", "server_error"):
        for operation in ("list", "get", "decide"):
            argo.add_fault({"operation": operation, "kind": kind})
        for look in (client.list_pending, lambda: client.fetch(request.id)):
            with pytest.raises(UpstreamError):
                look()
        with suppress(UpstreamError):
            client.deny(request, "", OURS)
    argo.clear_faults()
    argo.delete(request.id.split("/")[1])
    client.fetch(request.id)


def test_every_call_and_every_answer_is_as_the_vendor_describes_it(exchanges: list[Exchange]) -> None:
    found = {
        f"{one.method} {one.path} {one.status}: {wrong}" for one in exchanges for wrong in departures(one)
    }
    assert found == set()


def test_every_operation_and_every_kind_of_answer_was_among_them(exchanges: list[Exchange]) -> None:
    used = {(operation_of(one) or {}).get("operationId") for one in exchanges}
    described = {one["operationId"] for path in SPEC["paths"].values() for one in path.values()}
    assert used == described - UNUSED
    assert {200, 401, 403, 404, 409, 429, 500} <= {one.status for one in exchanges}
    assert any("listOptions.continue" in one.query for one in exchanges)
    bodies = [one.body for one in exchanges if one.body is not None]
    assert {name for body in bodies for name in body} == {
        "nodeFieldSelector",
        "phase",
        "message",
        "outputParameters",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/api/v1/workflows/argo/x/approve", "method": "PUT"},
        {"method": "POST"},
        {"query": ("labelSelector",)},
        {"body": {"nodeSelector": "id=x"}},
        {"body": {"nodeFieldSelector": 1}},
        {"answer": {"metadata": {}, "spec": {}, "state": "Running"}},
        {"answer": {"metadata": {"labels": {"a": 1}}, "spec": {}}},
        {"answer": {"spec": {}}},
        {"status": 500, "answer": {"detail": "no"}},
    ],
)
def test_what_is_not_as_described_is_noticed(change: Json) -> None:
    """So that the first test can fail."""
    right: Json = {
        "method": "PUT",
        "path": "/api/v1/workflows/argo/x/resume",
        "query": (),
        "body": {"nodeFieldSelector": "id=x"},
        "status": 200,
        "answer": {"metadata": {"name": "x"}, "spec": {}},
    }
    assert departures(Exchange(**right)) == []
    assert departures(Exchange(**{**right, **change})) != []


def test_what_the_description_leaves_out_is_asked_for_by_doctor_only(
    exchanges: list[Exchange], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {one.path for one in exchanges} & BEYOND == set()
    argo = ArgoWorkflows()
    with serving(argo.app()) as url:
        for name, value in (("URL", url), ("TOKEN", argo.token), ("NAMESPACES", "argo")):
            monkeypatch.setenv(f"ARGO_{name}", value)
        assert doctor(load_settings(tmp_path / ".env"), lambda _: None, timeout=SHORT) == 0
    asked = {call.removeprefix("GET ").partition("?")[0] for call in argo.calls()}
    assert asked - {"/api/v1/workflows/argo"} == BEYOND

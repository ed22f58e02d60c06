"""What GitLab documents of its API, and whether a call or an answer agrees with it.

GitLab's pages have a table of attributes for each request, and examples instead of schemas for answers.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

DOCUMENTED: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "data" / "gitlab-documented.json").read_text()
)
ELSEWHERE = {
    "/personal_access_tokens/self": "docs.gitlab.com/api/personal_access_tokens/#self-inform",
}
"""Calls whose pages are not copied: what they are asked for is in the path alone."""
COMMIT = "docs.gitlab.com/api/commits/#get-a-single-commit"
BESIDES = {
    "parent_ids": COMMIT,
    "message": COMMIT,
    "authored_date": COMMIT,
    "committer_name": COMMIT,
    "committer_email": COMMIT,
    "committed_date": COMMIT,
    "web_url": "docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits",
    "source": "docs.gitlab.com/api/pipelines",
    "project_id": "docs.gitlab.com/api/pipelines",
    "created_at": "docs.gitlab.com/api/pipelines",
    "updated_at": "docs.gitlab.com/api/pipelines",
}
"""Names that the example of an answer leaves out, and another page has."""
MAY_BE_MISSING = {
    "skype": "docs.gitlab.com/api/users/#get-the-current-user: newer ones leave it out",
}
"""Names that an example has, and an answer need not."""
NOT_YET = "docs.gitlab.com/api/jobs: its examples of jobs that did not run have it"
MAY_BE_NULL = {
    **dict.fromkeys(("started_at", "finished_at", "duration"), NOT_YET),
    "queued_duration": "a job, or a pipeline, that waits for a person is in no queue",
    "artifacts_expire_at": "the job has no artifacts",
    "external_url": "docs.gitlab.com/api/environments: it is not required of an environment",
    "group_access": "the project is not the user's by a group",
    "commit": "no commit is in the second that is not in the first",
}
"""Names that an example has with a value, and an answer may have without one; and when."""


@dataclass(frozen=True)
class Call:
    """What went over the wire."""

    method: str
    target: str
    token: str
    body: bytes
    status: int
    answer: bytes


def operation(call: Call) -> tuple[str, dict[str, Any]]:
    """The documented operation that a call makes. Raises LookupError for none."""
    path = urlsplit(call.target).path.removeprefix("/api/v4")
    for name, one in DOCUMENTED["operations"].items():
        if one["method"] == call.method and re.fullmatch(_pattern(one["path"]), path):
            return name, one
    for known in ELSEWHERE:
        if call.method == "GET" and re.fullmatch(_pattern(known), path):
            return known, {"query": []}
    raise LookupError(f"GitLab documents no {call.method} {path}")


def wrong_with_request(call: Call) -> list[str]:
    """What the documentation does not have of it."""
    _, one = operation(call)
    wrong = [] if call.token else ["no PRIVATE-TOKEN"]
    for name, value in parse_qsl(urlsplit(call.target).query):
        plain = name.removesuffix("[]")
        if plain not in (*one["query"], *DOCUMENTED["paging"]):
            wrong.append(f"query {name}")
        elif value not in one.get("values", {}).get(plain, [value]):
            wrong.append(f"{name}={value}")
    return wrong + _wrong_with_body(call, one)


def _wrong_with_body(call: Call, one: dict[str, Any]) -> list[str]:
    sent = json.loads(call.body) if call.body else {}
    allowed: dict[str, Any] = one.get("body", {})
    wrong = [f"body {name}" for name in sent.keys() - allowed.keys()]
    wrong += [f"body without {name}" for name in set(one.get("required", [])) - sent.keys()]
    return wrong + [
        f"body {name}={value}"
        for name, value in sent.items()
        if isinstance(allowed.get(name), list) and value not in allowed[name]
    ]


def wrong_with_answer(call: Call) -> list[str]:
    """Where an answer of 2xx differs from the example: another type, or a name that no page has."""
    _, one = operation(call)
    if "answer" not in one or not 200 <= call.status < 300:
        return []
    told, example = json.loads(call.answer), DOCUMENTED["answers"][one["answer"]]
    items = told if one.get("many") else [told]
    return [wrong for item in items for wrong in differences(item, merged(one["answer"], example))]


def merged(name: str, example: dict[str, Any]) -> dict[str, Any]:
    """A deployment's deployable, and a job that was run, are jobs: the page of one leaves out what another has."""
    job = DOCUMENTED["answers"]["job"]
    if "deployable" in example:
        return {**example, "deployable": {**job, **example["deployable"]}}
    return {**job, **{key: value for key, value in example.items() if value}} if "job" in name else example


def differences(told: Any, example: Any, where: str = "") -> Iterator[str]:
    """What is missing, null, of another type, or named nowhere. An example that is null does not tell the type."""
    name = where.rpartition(".")[2]
    if example is None:
        return
    if told is None:
        if name not in MAY_BE_NULL:
            yield f"{where or 'it'} is null"
    elif type(told) is not type(example) and not {type(told), type(example)} <= {int, float}:
        yield f"{where or 'it'} is {type(told).__name__}, and not {type(example).__name__}"
    elif isinstance(told, dict):
        yield from (
            f"{where}.{name} is missing" for name in example.keys() - told.keys() - MAY_BE_MISSING.keys()
        )
        for name, value in told.items():
            if name in example:
                yield from differences(value, example[name], f"{where}.{name}")
            elif name not in BESIDES:
                yield f"{where}.{name} is documented nowhere"
    elif isinstance(told, list) and example:
        for item in told:
            yield from differences(item, example[-1], f"{where}[]")


def _pattern(path: str) -> str:
    return re.sub(r":\w+", "[^/]+", path)

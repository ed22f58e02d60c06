"""The sandbox's GitHub, for the conformance suite."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sandbox.github_actions import GitHubActions
from sandbox.github_actions.runs import REPOSITORY, State
from tests.upstream_client.fakes.fake import Fake, Taken
from tests.upstream_client.serving import serving
from upstream_client.github_actions import GitHubActionsClient
from upstream_client.github_actions.caller import Access
from upstream_client.github_actions.reference import read_reference
from upstream_client.models import Status, Verdict

STATES: Mapping[Verdict, State] = {Verdict.APPROVE: "approved", Verdict.DENY: "rejected"}
VERDICTS = {state: verdict for verdict, state in STATES.items()}
ENDS = {Status.EXPIRED: "timed_out", Status.WITHDRAWN: "cancelled"}


class GitHubActionsFake(Fake):
    name = "github_actions"
    nobody = f"{REPOSITORY}/1/1/161000001"
    decides = re.compile(r"POST .*/pending_deployments")
    ends = tuple(ENDS)

    def __init__(self, github: GitHubActions, url: str) -> None:
        super().__init__(url, github.token)
        self._github = github

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        github = GitHubActions()
        with serving(github.app()) as url:
            yield cls(github, url)

    def client(self, url: str, timeout: tuple[float, float]) -> GitHubActionsClient:
        return GitHubActionsClient(Access(self._github.token, url, timeout=timeout), (REPOSITORY,))

    def file(self) -> str:
        return self._github.request_id(self._github.file_run(repository=REPOSITORY))

    def decide(self, request_id: str, verdict: Verdict) -> None:
        self._github.review(_run(request_id), STATES[verdict], "somebody")

    def end(self, request_id: str, status: Status) -> None:
        self._github.end(_run(request_id), ENDS[status])

    def taken(self, request_id: str) -> Taken | None:
        record: Any = next(one for one in self._github.runs() if one["id"] == _run(request_id))
        reviews = record["reviews"]
        return Taken(VERDICTS[reviews[-1]["state"]], reviews[-1]["comment"]) if reviews else None

    def spoil(self, body: Any, request_id: str) -> None:
        for run in body.get("workflow_runs", []) if isinstance(body, dict) else []:
            if run["id"] == _run(request_id):
                del run["head_sha"]

    def clear(self) -> None:
        self._github.reset()

    def parts(self, request_id: str) -> tuple[str, ...]:
        return tuple(request_id.split("/"))

    def joined(self, parts: tuple[str, ...]) -> str:
        return "/".join(parts)


def _run(request_id: str) -> int:
    return read_reference(request_id).run

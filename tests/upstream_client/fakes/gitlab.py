"""The sandbox's GitLab, for the conformance suite: its blocked deployments, and its jobs started by hand."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

from sandbox.gitlab import GitLab
from tests.upstream_client.fakes.fake import Fake, Taken
from tests.upstream_client.serving import serving
from upstream_client.gitlab import Gated, GitLabClient
from upstream_client.models import Status, Verdict

PROJECT = "shop/web"
VERDICTS = {"approved": Verdict.APPROVE, "rejected": Verdict.DENY}
FATES = {"pending": Verdict.APPROVE, "canceled": Verdict.DENY}
"""Of a job."""


class GitLabFake(Fake):
    name = "gitlab"
    nobody = "deployment-1-999"
    decides = re.compile(r"POST .*/deployments/\d+/approval")
    ends = (Status.WITHDRAWN,)
    gated: ClassVar[Gated] = Gated.DEPLOYMENTS

    def __init__(self, gitlab: GitLab, url: str) -> None:
        super().__init__(url, gitlab.token)
        self._gitlab = gitlab

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        gitlab = GitLab()
        with serving(gitlab.app()) as url:
            yield cls(gitlab, url)

    def client(self, url: str, timeout: tuple[float, float]) -> GitLabClient:
        return GitLabClient(url, self._gitlab.token, (PROJECT,), self.gated, timeout=timeout)

    def file(self) -> str:
        return self._gitlab.file_deployment(project=PROJECT)

    def decide(self, request_id: str, verdict: Verdict) -> None:
        self._gitlab.say(request_id, "approve" if verdict is Verdict.APPROVE else "reject", "somebody")

    def end(self, request_id: str, status: Status) -> None:
        self._gitlab.become(request_id, "skipped")

    def taken(self, request_id: str) -> Taken | None:
        record: Any = next(one for one in self._gitlab.deployments() if one["id"] == request_id)
        if not record["said"]:
            return None
        _, status, comment = record["said"][-1]
        return Taken(VERDICTS[status], comment or "")

    def spoil(self, body: Any, request_id: str) -> None:
        number = int(self.parts(request_id)[-1])
        for item in body if isinstance(body, list) else []:
            if item["id"] == number:
                item.clear()

    def clear(self) -> None:
        self._gitlab.reset()
        self._gitlab.add_project(PROJECT)

    def parts(self, request_id: str) -> tuple[str, ...]:
        return tuple(request_id.split("-"))

    def joined(self, parts: tuple[str, ...]) -> str:
        return "-".join(parts)


class ManualJobsFake(GitLabFake):
    nobody = "job-1-999"
    decides = re.compile(r"POST .*/jobs/\d+/(play|cancel)")
    gated = Gated.MANUAL_JOBS

    def file(self) -> str:
        return self._gitlab.file_job(project=PROJECT)

    def decide(self, request_id: str, verdict: Verdict) -> None:
        if verdict is Verdict.APPROVE:
            self._gitlab.start(request_id, "somebody")
        else:
            self._gitlab.become(request_id, "canceled")

    def taken(self, request_id: str) -> Taken | None:
        record = next(one for one in self._gitlab.jobs() if one["id"] == request_id)
        verdict = FATES.get(str(record["status"]))
        return None if verdict is None else Taken(verdict, "")

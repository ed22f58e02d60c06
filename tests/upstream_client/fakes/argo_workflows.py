"""The sandbox's Argo server, for the conformance suite."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sandbox.argo_workflows import ArgoWorkflows
from tests.upstream_client.fakes.fake import Fake, Taken
from tests.upstream_client.serving import serving
from upstream_client.argo_workflows import ArgoWorkflowsClient
from upstream_client.argo_workflows.reference import Reference
from upstream_client.models import Status, Verdict

NAMESPACE = "argo"
PHASES = {"Succeeded": Verdict.APPROVE, "Failed": Verdict.DENY}
TOO_LATE = "Step exceeded its deadline"
NOBODYS = re.compile(rf"{TOO_LATE}|Stopped with strategy .*")
"""What the controller writes where it fails a step by itself."""


class ArgoWorkflowsFake(Fake):
    name = "argo_workflows"
    nobody = f"{NAMESPACE}/deploy/86dcf00d-218d-43fa-a287-2b9940589fa5/deploy-1/1795176000000000"
    decides = re.compile(r"PUT .*/(resume|set|stop)")
    ends = (Status.EXPIRED, Status.WITHDRAWN)

    def __init__(self, argo: ArgoWorkflows, url: str) -> None:
        super().__init__(url, argo.token)
        self._argo = argo

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        argo = ArgoWorkflows()
        with serving(argo.app()) as url:
            yield cls(argo, url)

    def client(self, url: str, timeout: tuple[float, float]) -> ArgoWorkflowsClient:
        return ArgoWorkflowsClient(url, self._argo.token, (NAMESPACE,), timeout=timeout)

    def file(self) -> str:
        return self._argo.request_id(self._argo.submit(namespace=NAMESPACE))

    def decide(self, request_id: str, verdict: Verdict) -> None:
        name = Reference.parse(request_id).workflow
        if verdict is Verdict.APPROVE:
            self._argo.resume(name, "somebody@example.com")
        else:
            self._argo.finish(name, "Failed", "Not today.")

    def end(self, request_id: str, status: Status) -> None:
        name = Reference.parse(request_id).workflow
        if status is Status.EXPIRED:
            self._argo.finish(name, "Failed", TOO_LATE)
        else:
            self._argo.end(name, "Terminate")

    def taken(self, request_id: str) -> Taken | None:
        ref = Reference.parse(request_id)
        record: Any = next(one for one in self._argo.workflows() if one["uid"] == ref.uid)
        node = next(one for one in record["nodes"].values() if one["id"] == ref.node)
        verdict = PHASES.get(node["phase"])
        is_nobodys = NOBODYS.fullmatch(node["message"]) is not None
        return None if verdict is None or is_nobodys else Taken(verdict, node["message"])

    def spoil(self, body: Any, request_id: str) -> None:
        for workflow in body.get("items") or []:
            if workflow["metadata"]["uid"] == Reference.parse(request_id).uid:
                del workflow["spec"]

    def clear(self) -> None:
        self._argo.reset()

    def parts(self, request_id: str) -> tuple[str, ...]:
        return tuple(request_id.split("/"))

    def joined(self, parts: tuple[str, ...]) -> str:
        return "/".join(parts)

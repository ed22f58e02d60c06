"""The sandbox's Xerotier, for the conformance suite: as it can be asked for one approval, and for the list only."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

from sandbox.xerotier import Xerotier
from tests.upstream_client.fakes.fake import Fake, Taken
from tests.upstream_client.serving import serving
from tests.upstream_client.xerotier.approvals import OF_ONE
from upstream_client.models import Status, Verdict
from upstream_client.xerotier import XerotierClient
from upstream_client.xerotier.address import LIST_PATH

VERDICTS = {"approved": Verdict.APPROVE, "rejected": Verdict.DENY}


class XerotierFake(Fake):
    name = "xerotier"
    nobody = "00000000-0000-4000-8000-000000000000"
    decides = re.compile(r"POST .*/(approve|reject)")
    ends = (Status.EXPIRED,)
    get_path: ClassVar[str] = OF_ONE

    def __init__(self, xerotier: Xerotier, url: str) -> None:
        super().__init__(url, xerotier.key)
        self._xerotier = xerotier

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        xerotier = Xerotier()
        with serving(xerotier.app()) as url:
            yield cls(xerotier, url)

    def client(self, url: str, timeout: tuple[float, float]) -> XerotierClient:
        known, paths = self._xerotier, (LIST_PATH, self.get_path)
        return XerotierClient(url, known.project_id, known.key, paths=paths, timeout=timeout)

    def file(self) -> str:
        return self._xerotier.file_approval()

    def decide(self, request_id: str, verdict: Verdict) -> None:
        self._xerotier.decide(request_id, "approve" if verdict is Verdict.APPROVE else "reject", "somebody")

    def end(self, request_id: str, status: Status) -> None:
        self._xerotier.time_out(request_id)

    def taken(self, request_id: str) -> Taken | None:
        record = next(one for one in self._xerotier.approvals() if one["id"] == request_id)
        verdict = VERDICTS.get(str(record["status"]))
        return None if verdict is None else Taken(verdict, "")

    def spoil(self, body: Any, request_id: str) -> None:
        [approval] = [one for one in body["data"] if one["id"] == request_id]
        del approval["tool_name"]

    def clear(self) -> None:
        self._xerotier.reset()


class ListedXerotierFake(XerotierFake):
    get_path = ""

"""The sandbox's Privilege Manager, for the conformance suite."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sandbox.privilege_manager import BASE_PATH, PrivilegeManager
from tests.upstream_client.fakes.fake import Fake, Taken
from tests.upstream_client.serving import serving
from upstream_client.models import Status, Verdict
from upstream_client.privilege_manager import PrivManClient

VERDICTS = {"Approved": Verdict.APPROVE, "Denied": Verdict.DENY}


class PrivilegeManagerFake(Fake):
    name = "privilege_manager"
    nobody = "00000000-0000-4000-8000-000000000000"
    decides = re.compile(r"POST .*/approval/(approve|deny)")
    ends = (Status.EXPIRED, Status.WITHDRAWN)

    def __init__(self, pm: PrivilegeManager, url: str) -> None:
        super().__init__(url, pm.password)
        self._pm = pm

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        pm = PrivilegeManager()
        with serving(pm.app()) as url:
            yield cls(pm, url)

    def client(self, url: str, timeout: tuple[float, float]) -> PrivManClient:
        return PrivManClient(url + BASE_PATH, self._pm.username, self._pm.password, timeout=timeout)

    def file(self) -> str:
        return self._pm.file_request()

    def decide(self, request_id: str, verdict: Verdict) -> None:
        self._pm.decide(request_id, verdict.value, "somebody in the console")

    def end(self, request_id: str, status: Status) -> None:
        (self._pm.expire if status is Status.EXPIRED else self._pm.withdraw)(request_id)

    def taken(self, request_id: str) -> Taken | None:
        record = next(one for one in self._pm.requests() if one["id"] == request_id)
        verdict = VERDICTS.get(str(record["status"]))
        return None if verdict is None else Taken(verdict, str(record["comment"] or ""))

    def spoil(self, body: Any, request_id: str) -> None:
        [item] = [one for one in body["Result"] if request_id in str(one).casefold()]
        item.clear()

    def clear(self) -> None:
        self._pm.reset()

"""A real gate as its own process, for the conformance suite."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tests.approval_gate.gate_process import Caller, GateProcess
from tests.upstream_client.fakes.fake import Fake, Taken
from upstream_client.gate import GateClient
from upstream_client.models import Status, Verdict

VERDICTS = {"approved": Verdict.APPROVE, "denied": Verdict.DENY}


class GateFake(Fake):
    name = "gate"
    nobody = "0" * 32
    decides = re.compile(r"POST /v1/tickets/[^/]+/(approve|deny)")
    ends = (Status.WITHDRAWN,)

    def __init__(self, gate: GateProcess) -> None:
        self._agent = Caller(gate.url, gate.key("agent"))
        self._other = Caller(gate.url, gate.key("other", ("decide",)))
        self._key = gate.key("bot", ("decide",))
        super().__init__(gate.url, self._key)

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        with GateProcess(folder, GATE_HEARTBEAT="0.1", GATE_SWEEP="0.2") as gate:
            yield cls(gate)

    def client(self, url: str, timeout: tuple[float, float]) -> GateClient:
        return GateClient(url, self._key, timeout=timeout)

    def file(self) -> str:
        return str(self._agent.file()["id"])

    def decide(self, request_id: str, verdict: Verdict) -> None:
        assert self._other.decide(request_id, verdict.value, by="somebody").status_code == 200

    def end(self, request_id: str, status: Status) -> None:
        assert self._agent.post(f"/v1/tickets/{request_id}/cancel").status_code == 200

    def taken(self, request_id: str) -> Taken | None:
        decision = self._other.get(f"/v1/tickets/{request_id}").json()["decision"]
        return decision and Taken(VERDICTS[decision["verdict"]], decision["comment"])

    def spoil(self, body: Any, request_id: str) -> None:
        [ticket] = [one for one in body["tickets"] if one["id"] == request_id]
        del ticket["action"]

    def clear(self) -> None:
        for ticket in self._other.get("/v1/tickets", status="pending").json()["tickets"]:
            self.end(ticket["id"], Status.WITHDRAWN)

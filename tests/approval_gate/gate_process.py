"""The gate as its own, unchanged process, configured by environment only."""

import json
import os
import signal
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from approval_gate.server.clock import now_us
from approval_gate.server.database import Database
from approval_gate.server.key_store import add_key
from approval_gate.server.keys import Scope
from approval_gate.server.revocation import revoke
from tests.approval_gate.gate_template import migrated
from tests.life import Life, ended

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN = 20.0
ENDS_WITHIN = 15.0
SHELL = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")
CALLBACK_SECRET = "c" * 64
QUICK = {"GATE_HEARTBEAT": "0.05", "GATE_SWEEP": "0.05"}
"""Settings of a gate that is watched by a test."""


class GateProcess:
    """``python -m approval_gate``, on a port that the kernel chose, with its database in ``folder``.

    ``more`` are settings besides, such as GATE_HEARTBEAT="0.1". It is ready when made. Its log lines are in
    ``folder``/gate.log, those of every start one after another.
    """

    def __init__(self, folder: Path, database_url: str | None = None, **more: str) -> None:
        self._folder = folder
        self._log = folder / "gate.log"
        self._log.touch()
        self.database_url = database_url or migrated(folder / "gate.db")
        self._env = {name: os.environ[name] for name in SHELL if name in os.environ} | {
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error",
            "GATE_DATABASE_URL": self.database_url,
            "GATE_HOST": "127.0.0.1",
            "GATE_PORT": "0",
            "GATE_CALLBACK_SECRET": CALLBACK_SECRET,
            "GATE_RATE": "100000/minute",
            **more,
        }
        self.url = ""
        self._callers: dict[str, Caller] = {}
        self._process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()

    def key(
        self,
        name: str = "agent",
        scopes: Iterable[str] = ("request",),
        channels: Iterable[str] = (),
    ) -> str:
        """A new API key, as a program presents it."""
        database = Database(self.database_url, serving=False)
        try:
            with database.write() as tx:
                return str(add_key(tx, name, [Scope(scope) for scope in scopes], channels, now_us()))
        finally:
            database.close()

    def revoke(self, name: str) -> None:
        """Revokes a key, as the command does: in a process that is not the gate's."""
        database = Database(self.database_url, serving=False)
        try:
            with database.write() as tx:
                assert revoke(tx, name, now_us()) is not None
        finally:
            database.close()

    def caller(self, name: str = "agent", scopes: Iterable[str] = ("request",)) -> "Caller":
        """Somebody with a key of their own; the same one for the same name."""
        if name not in self._callers:
            self._callers[name] = Caller(self.url, self.key(name, scopes))
        return self._callers[name]

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def text(self) -> str:
        """Everything it said."""
        return self._log.read_text()

    def lines(self) -> list[dict[str, Any]]:
        """Its log, a JSON object a line; every line must be one."""
        return [json.loads(line) for line in self.text().splitlines()]

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self._process.send(number)

    def wait(self, timeout: float = ENDS_WITHIN) -> int:
        """Its exit code, once it ended."""
        return ended(self._process, timeout)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.send(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """Ends it at once, wherever it is."""
        self.send(signal.SIGKILL)
        self.wait()

    def start(self, **more: str) -> None:
        """Starts it again after `stop` or `kill`, at the same address, with other settings where given."""
        self._env |= {"GATE_PORT": self.url.rpartition(":")[2], **more}
        self._process = self._start()

    def _start(self) -> Life:
        before = self._starts()
        process = Life(["approval_gate"], self._folder, self._env, self._log)
        deadline = time.monotonic() + READY_WITHIN
        while len(self._starts()) == len(before):
            assert process.code is None, f"it ended with {process.code}:\n{self.text()}"
            assert time.monotonic() < deadline, f"it is not ready:\n{self.text()}"
            time.sleep(0.02)
        self.url = str(json.loads(self._starts()[-1])["url"])
        return process

    def _starts(self) -> list[str]:
        return [line for line in self.text().splitlines() if '"event": "ready"' in line]


class Caller:
    """Somebody who calls a gate with a key; answers are plain `requests.Response`."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self.headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str, timeout: float = 30.0, **params: str | float) -> requests.Response:
        """GET with a query."""
        return requests.get(self.url + path, params=params, headers=self.headers, timeout=timeout)

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, timeout: float = 30.0, **headers: str
    ) -> requests.Response:
        """POST of JSON; ``headers`` with underscores for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(self.url + path, json=body, headers=self.headers | named, timeout=timeout)

    def put(self, path: str, body: Mapping[str, Any]) -> requests.Response:
        """PUT of JSON."""
        return requests.put(self.url + path, json=body, headers=self.headers, timeout=30.0)

    def file(self, **more: Any) -> dict[str, Any]:
        """A new ticket, filed."""
        body = {"title": "Deploy", "action": "deploy", "arguments": {"service": "api"}, **more}
        answer = self.post("/v1/tickets", body)
        assert answer.status_code == 201, answer.text
        ticket: dict[str, Any] = answer.json()
        return ticket

    def decide(
        self, ticket_id: str, verdict: str = "approve", by: str = "U1", **more: Any
    ) -> requests.Response:
        """approve or deny."""
        return self.post(f"/v1/tickets/{ticket_id}/{verdict}", {"by": by, **more})

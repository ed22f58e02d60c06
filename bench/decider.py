"""Who decides in a bench, with as little of its own as can be: one kept connection a thread, and bare HTTP."""

import json
import threading
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

from bench.gate import RunningGate

SECONDS = 15.0
BODY = json.dumps({"by": "U1"})


class Decider:
    """Says yes, from any thread."""

    def __init__(self, gate: RunningGate) -> None:
        self._host = urlsplit(gate.url).netloc
        self._headers = {"Authorization": f"Bearer {gate.deciding}", "Content-Type": "application/json"}
        self._own = threading.local()

    def connect(self) -> None:
        """What is not to be measured: the connection of this thread is opened."""
        self._own.connection = HTTPConnection(self._host, timeout=SECONDS)
        self._own.connection.connect()

    def approve(self, ticket_id: str) -> None:
        """Raises AssertionError where the gate does not take it."""
        connection: HTTPConnection = self._own.connection
        connection.request("POST", f"/v1/tickets/{ticket_id}/approve", BODY, self._headers)
        answer = connection.getresponse()
        if answer.status != HTTPStatus.OK:
            raise AssertionError(f"the gate answered {answer.status}: {answer.read().decode()}")
        answer.read()

"""Somebody who answers at a real gate, through its wire, while a test waits."""

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from typing import Any

from tests.approval_gate.gate_process import Caller

SEEN_WITHIN = 15.0


class Person:
    """Sees the tickets that ``requester`` files, and answers them as U1."""

    def __init__(self, caller: Caller, requester: str) -> None:
        self._caller = caller
        self._requester = requester

    def pending(self) -> list[dict[str, Any]]:
        """What this requester asks now, the oldest first."""
        listed = self._caller.get("/v1/tickets", status="pending").json()["tickets"]
        return [ticket for ticket in listed if ticket["requester"] == self._requester]

    def sees(self) -> dict[str, Any]:
        """The question, once it is there."""
        deadline = time.monotonic() + SEEN_WITHIN
        while not (found := self.pending()):
            assert time.monotonic() < deadline, "nothing was asked"
            time.sleep(0.02)
        return found[0]

    def ticket(self, ticket_id: str) -> dict[str, Any]:
        """As it is now."""
        found: dict[str, Any] = self._caller.get(f"/v1/tickets/{ticket_id}").json()
        return found

    def ends_as(self, ticket_id: str, status: str) -> bool:
        """Whether it is so, at once or soon."""
        deadline = time.monotonic() + SEEN_WITHIN
        while self.ticket(ticket_id)["status"] != status:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def answers(self, ticket_id: str, verdict: str = "approve", **more: Any) -> dict[str, Any]:
        """approve or deny; must be taken."""
        answer = self._caller.decide(ticket_id, verdict, **more)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def shows(self, ticket_id: str, url: str) -> None:
        """Tells the gate where the card is."""
        answer = self._caller.put(f"/v1/tickets/{ticket_id}/card", {"url": url})
        assert answer.status_code < 300, answer.text

    @contextmanager
    def answering(self, verdict: str = "approve", **more: Any) -> Iterator[Future[dict[str, Any]]]:
        """Answers the next question from another thread; yields the ticket as it was seen before the answer."""
        seen: Future[dict[str, Any]] = Future()

        def answer() -> None:
            try:
                ticket = self.sees()
                self.answers(ticket["id"], verdict, **more)
            except BaseException as error:  # noqa: BLE001 - the test is told
                seen.set_exception(error)
            else:
                seen.set_result(ticket)

        thread = Thread(target=answer)
        thread.start()
        try:
            yield seen
        finally:
            thread.join()

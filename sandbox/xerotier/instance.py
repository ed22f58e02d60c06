"""One Xerotier in the sandbox: its API, its webhooks, and what tests and the control API do to it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from aiohttp import web
from pydantic import BaseModel, ConfigDict, JsonValue

from sandbox.upstream import Answer, Upstream
from sandbox.xerotier.api import Api
from sandbox.xerotier.approvals import (
    ESCALATED,
    TIMED_OUT,
    VERDICTS,
    Approval,
    Approvals,
    NewApproval,
    Verdict,
)
from sandbox.xerotier.deliveries import Deliveries, Endpoint, Manner
from sandbox.xerotier.state import State
from sandbox.xerotier.webhook import ESCALATED as ESCALATED_EVENT
from sandbox.xerotier.webhook import REQUESTED, Event
from sandbox.xerotier.webhook import TIMED_OUT as TIMED_OUT_EVENT


class Switches(BaseModel):
    """What it has: a list, an answer about one approval, and the scope that its key needs; None: as before.

    ``is_strict``: its list of status=pending leaves out what escalated.
    """

    model_config = ConfigDict(extra="forbid")

    has_list: bool | None = None
    tells_of_one: bool | None = None
    has_scope: bool | None = None
    is_strict: bool | None = None


class Xerotier(Upstream):
    """With one project and one key. The methods may be called from any thread. ``now``: seconds since 1970 UTC."""

    def __init__(
        self,
        project_id: str = "prj_sandbox",
        key: str = "xt-sandbox-key",
        now: Callable[[], float] = time.time,
    ) -> None:
        self.project_id = project_id
        self.key = key
        self._now = now
        self._deliveries = Deliveries(now)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._events: dict[tuple[str, str], Event] = {}
        self._state = State(project_id, key, Approvals(now), self._emit)
        super().__init__(self._state.faults, self._state.lock)

    def app(self) -> web.Application:
        """It sends events for as long as the application runs."""

        async def live(_: web.Application) -> AsyncIterator[None]:
            self._loop = asyncio.get_running_loop()
            yield
            self._loop = None
            await self._deliveries.stop()

        app = super().app()
        app.cleanup_ctx.append(live)
        return app

    def file_approval(self, **fields: JsonValue) -> str:
        """A tool call that waits, see `NewApproval`; its id. Raises ValueError for what is none."""
        with self._state.lock:
            approval = self._state.approvals.file(NewApproval.model_validate(fields))
            self._emit(approval, REQUESTED)
        return approval.id

    def retell(self, approval_id: str, **fields: JsonValue) -> None:
        """It is told with other facts from now on, see `NewApproval`. LookupError for no approval."""
        with self._state.lock:
            approval = self._found(approval_id)
            approval.asked = NewApproval.model_validate({**approval.asked.model_dump(), **fields})

    def decide(self, approval_id: str, verdict: Verdict, by: str) -> None:
        """Somebody decides in the dashboard. LookupError or ValueError with words, as from the next two."""
        with self._state.lock:
            self._state.resolve(self._waiting(approval_id), VERDICTS[verdict], by)

    def time_out(self, approval_id: str) -> None:
        """Nobody answered in time."""
        with self._state.lock:
            approval = self._waiting(approval_id)
            self._state.approvals.settle(approval, TIMED_OUT)
            self._emit(approval, TIMED_OUT_EVENT)

    def escalate(self, approval_id: str, *, timed_out: bool = False) -> None:
        """Nobody answered in time, and the next stage is asked. ``timed_out``: the time-out is an event as well."""
        with self._state.lock:
            approval = self._waiting(approval_id)
            approval.status = ESCALATED
            if timed_out:
                self._emit(approval, TIMED_OUT_EVENT)
            self._emit(approval, ESCALATED_EVENT)

    def send(self, approval_id: str, kind: str = REQUESTED, manner: Manner | None = None) -> None:
        """An event about an approval is delivered, once more where it was before. LookupError for no approval."""
        with self._state.lock:
            self._emit(self._found(approval_id), kind, manner)

    def register(self, endpoint: Endpoint) -> None:
        """Webhooks go there from now on."""
        with self._state.lock:
            self._state.endpoint = endpoint

    def switch(self, switches: Switches) -> None:
        """From now on it has these or lacks them."""
        with self._state.lock:
            for name, value in switches.model_dump(exclude_none=True).items():
                setattr(self._state, name, value)

    def approvals(self) -> list[dict[str, JsonValue]]:
        """Every approval with its fate, oldest first; see `Approval.record`."""
        with self._state.lock:
            return [approval.record() for approval in self._state.approvals]

    def calls(self) -> list[str]:
        """Every call: its method and path, oldest first."""
        with self._state.lock:
            return list(self._state.calls)

    def deliveries(self) -> list[dict[str, JsonValue]]:
        """Every webhook that was sent, oldest first; see `Delivery`."""
        return self._deliveries.records()

    def reset(self) -> None:
        """As at the beginning: no approvals, faults, calls, no endpoint; it has all that it can have."""
        with self._state.lock:
            self._state.reset()
            self._events.clear()
        self._deliveries.forget()

    def _answers(self, stopping: asyncio.Event) -> Answer:
        return Api(self._state, stopping).answer

    def _found(self, approval_id: str) -> Approval:
        approval = self._state.approvals.find(approval_id)
        if approval is None:
            raise LookupError(f"there is no approval {approval_id}")
        return approval

    def _waiting(self, approval_id: str) -> Approval:
        approval = self._found(approval_id)
        if not approval.waits:
            raise ValueError(f"approval {approval_id} does not wait: it is {approval.status}")
        return approval

    def _emit(self, approval: Approval, kind: str, manner: Manner | None = None) -> None:
        """What happened is an event of its own; one that is sent once more is the same."""
        endpoint = self._state.endpoint
        if not endpoint.url or (endpoint.events and kind not in endpoint.events) or self._loop is None:
            return
        event = None if manner is None else self._events.get((approval.id, kind))
        event = event or Event(kind, self._now(), approval.of_event())
        self._events[approval.id, kind] = event
        self._loop.call_soon_threadsafe(self._deliveries.send, endpoint, event, manner or Manner())

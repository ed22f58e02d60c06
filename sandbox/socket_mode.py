"""Socket Mode: tickets, at most ten connections, envelopes and their acknowledgements.

Facts: docs.slack.dev/apis/events-api/using-socket-mode. An envelope goes to exactly one connection.
"""

import asyncio
import json
import math
import time
import uuid
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Literal

from aiohttp import WSMsgType, web

from sandbox.background import Background
from sandbox.changes import Changes
from sandbox.connection import Connection
from sandbox.faults import SocketFault
from sandbox.json_types import Json
from sandbox.timing import Timing

MOST_CONNECTIONS = 10
DELIVERIES_KEPT = 50_000
EnvelopeKind = Literal["interactive", "events_api", "slash_commands"]


@dataclass(frozen=True)
class Envelope:
    """What is sent to the app; the answer may carry a payload except for events."""

    kind: EnvelopeKind
    payload: Json
    retry_attempt: int = 0
    retry_reason: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def frame(self) -> Json:
        frame: Json = {
            "envelope_id": self.id,
            "payload": self.payload,
            "type": self.kind,
            "accepts_response_payload": self.kind != "events_api",
        }
        if self.kind == "events_api":
            frame |= {"retry_attempt": self.retry_attempt, "retry_reason": self.retry_reason}
        return frame


@dataclass
class Receipt:
    """What became of an envelope. ``ack_ms``: from sending to acknowledgement; ``response``: its payload.

    ``failure``: what a further attempt is told of this one. ``status``: over HTTP, of the answer; 0 for none.
    """

    envelope_id: str
    kind: EnvelopeKind
    connection: str | None = None
    sent_at: float = field(default_factory=time.time)
    acknowledged: bool = False
    ack_ms: float | None = None
    response: Json | None = None
    failure: str = "timeout"
    status: int | None = None


class SocketMode:
    """All connections of the app. Lives in the event loop's thread."""

    def __init__(self, app_id: str, enabled: bool, timing: Timing, changes: Changes) -> None:
        self.background = Background()
        self._app_id = app_id
        self._enabled = enabled
        self._timing = timing
        self._changes = changes
        self._tickets: dict[str, float] = {}
        self._connections: list[Connection] = []
        self._next = 0
        self._answers: dict[str, asyncio.Future[Json]] = {}
        self._deliveries: deque[Receipt] = deque(maxlen=DELIVERIES_KEPT)
        self._duplicates = 0
        self._strike_until = 0.0
        self._strike_for = 0.0

    def ticket(self) -> str:
        """Opens one WebSocket, once, for a short time."""
        ticket = str(uuid.uuid4())
        self._tickets[ticket] = time.monotonic() + self._timing.ticket_life
        return ticket

    def switch(self, enabled: bool) -> None:
        """Whether Socket Mode is on for the app; where it is not, every connection is told so and closed."""
        self._enabled = enabled
        for connection in [] if enabled else self._connections:
            self.background.start(connection.leave("link_disabled", grace=0.0, drain=0.0))

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """The WebSocket's end point, `/link?ticket=…`."""
        if self._tickets.pop(request.query.get("ticket", ""), 0.0) < time.monotonic():
            raise web.HTTPForbidden(
                text="This ticket is unknown, used or too old: call apps.connections.open again."
            )
        ws = web.WebSocketResponse(autoping=False, autoclose=False, compress=False, timeout=2.0)
        await ws.prepare(request)
        connection = Connection(ws, request.transport)
        refusal = self._refusal()
        if refusal:
            await connection.leave(refusal, grace=0.0, drain=0.0)
            return ws
        await self._serve(connection)
        return ws

    def _refusal(self) -> str:
        if not self._enabled:
            return "link_disabled"
        return "too_many_websockets" if len(self._connections) >= MOST_CONNECTIONS else ""

    async def _serve(self, connection: Connection) -> None:
        if time.monotonic() < self._strike_until:
            connection.silent_until = self._strike_for
        self._connections.append(connection)
        self._changes.bump()
        beside = [
            asyncio.create_task(connection.ping_forever(self._timing.ping_interval)),
            asyncio.create_task(self._grow_old(connection)),
        ]
        try:
            await connection.send(self._hello())
            await self._read(connection)
        finally:
            self._connections.remove(connection)
            self._changes.bump()
            for task in beside:
                task.cancel()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "connection_info": {"app_id": self._app_id},
            "debug_info": {
                "host": "sandbox",
                "build_number": 1,
                "approximate_connection_time": int(self._timing.connection_life),
            },
        }

    async def _grow_old(self, connection: Connection) -> None:
        """Slack renews every connection after a few hours, with about ten seconds' notice."""
        grace = min(10.0, self._timing.connection_life)
        await asyncio.sleep(self._timing.connection_life - grace)
        await connection.leave("warning", grace, self._timing.acknowledge_within)

    async def _read(self, connection: Connection) -> None:
        while True:
            message = await connection.ws.receive()
            if message.type == WSMsgType.TEXT:
                self._acknowledge(connection, message.data)
            elif message.type == WSMsgType.PING:
                await connection.pong(message.data)
            elif message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                await self._part(connection)
                return

    async def _part(self, connection: Connection) -> None:
        """Answer the close; a silent connection does so only when its silence ends, or never."""
        if connection.is_silent:
            await asyncio.sleep(min(connection.silent_until - time.monotonic(), 3600.0))
        await connection.ws.close()

    def _acknowledge(self, connection: Connection, text: str) -> None:
        if connection.is_silent:
            return
        try:
            answer = json.loads(text)
        except ValueError:
            return  # Slack ignores what it cannot read
        envelope_id = answer.get("envelope_id") if isinstance(answer, dict) else None
        waiting = self._answers.pop(envelope_id, None) if isinstance(envelope_id, str) else None
        if waiting is not None and not waiting.done():
            connection.acknowledged += 1
            waiting.set_result(answer.get("payload") or {})

    async def deliver(self, envelope: Envelope) -> Receipt:
        """Send to one connection and wait for the acknowledgement, for three seconds."""
        receipt = Receipt(envelope.id, envelope.kind)
        self._deliveries.append(receipt)
        answer = asyncio.get_running_loop().create_future()
        self._answers[envelope.id] = answer
        used = await self._send(envelope)
        if not used:
            del self._answers[envelope.id]
            return receipt
        receipt.connection = used[0].id
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timing.acknowledge_within):
                receipt.response = await answer
            receipt.acknowledged = True
            receipt.ack_ms = round((time.perf_counter() - started) * 1000, 3)
        except TimeoutError:
            self._changes.bump()
        finally:
            self._answers.pop(envelope.id, None)
            for connection in used:
                connection.unanswered.discard(envelope.id)
        return receipt

    async def _send(self, envelope: Envelope) -> list[Connection]:
        copies = 1
        if self._duplicates:
            self._duplicates -= 1
            copies = 2
        used = [connection for connection in (self._pick() for _ in range(copies)) if connection is not None]
        for connection in used:
            connection.delivered += 1
            connection.unanswered.add(envelope.id)
            await connection.send(envelope.frame())
        return used

    def _pick(self) -> Connection | None:
        """Any open connection may get an envelope; here they take turns."""
        ready = [connection for connection in self._connections if connection.takes_envelopes]
        if not ready:
            return None
        self._next += 1
        return ready[self._next % len(ready)]

    async def fault(self, fault: SocketFault) -> None:
        """Do what the fault says to every open connection.

        ``disconnect``: the frame with its reason now, the close ``grace`` seconds later. ``close``: a
        WebSocket close. ``abort``: a TCP reset. ``silent``: no hello, no pong, no events, no close, for the
        connections that are open and those that open within ``seconds``; they stay silent for ever, as
        half-open ones do, or with ``revive`` until the seconds are over. ``duplicate``: the next ``times``
        envelopes are sent twice.
        """
        if fault.socket == "duplicate":
            self._duplicates = fault.times
        elif fault.socket == "silent":
            self._strike_until = time.monotonic() + fault.seconds
            self._strike_for = self._strike_until if fault.revive else math.inf
            for connection in self._connections:
                connection.silent_until = self._strike_for
        elif fault.socket == "disconnect":
            for connection in self._connections:
                drain = self._timing.acknowledge_within
                self.background.start(connection.leave(fault.reason, fault.grace, drain))
        else:
            await self._drop(abort=fault.socket == "abort")
        self._changes.bump()

    async def _drop(self, abort: bool) -> None:
        for connection in list(self._connections):
            if abort:
                connection.abort()
            else:
                self.background.start(connection.close())

    def active_faults(self) -> list[Json]:
        active: list[Json] = []
        if self._duplicates:
            active.append({"socket": "duplicate", "times": self._duplicates})
        if (
            any(connection.is_silent for connection in self._connections)
            or time.monotonic() < self._strike_until
        ):
            active.append({"socket": "silent", "seconds": max(0.0, self._strike_until - time.monotonic())})
        return active

    def clear_faults(self) -> None:
        """No more duplicates; the silent speak again."""
        self._duplicates = 0
        self._strike_until = 0.0
        for connection in self._connections:
            connection.silent_until = 0.0

    def connections(self) -> list[Json]:
        return [connection.as_json() for connection in self._connections]

    def deliveries(self) -> list[Json]:
        """Every envelope sent, oldest first, with what became of it."""
        return [asdict(receipt) for receipt in self._deliveries]

    async def forget(self) -> None:
        """No redelivery, no fault, no record; connections stay open, those told to leave among them."""
        await self.background.stop()
        self.clear_faults()
        self._deliveries.clear()

    async def stop(self) -> None:
        """Close every connection, at once."""
        await self.background.stop()
        await asyncio.gather(*(connection.close(1001) for connection in list(self._connections)))

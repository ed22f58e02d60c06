"""Sends the sandbox's Xerotier's webhooks: at least once, at most six times, and ever more slowly."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from sandbox.background import Background
from sandbox.xerotier.webhook import Event, Shape, Signature, signed

ATTEMPTS = 6
ANSWER_WITHIN = 10.0
"""Seconds (xerotier.ai/docs/webhooks)."""


class Endpoint(BaseModel):
    """Where webhooks go to, as ``xeroctl webhooks --create`` sets it up; "" for nowhere.

    ``events`` are the kinds that are sent, all where there are none. ``retry_after``: seconds after the first
    failure, twice as long after each further one.
    """

    model_config = ConfigDict(extra="forbid")

    url: str = ""
    secret: str = Field(default="sandbox-webhook-secret", min_length=1)
    events: tuple[str, ...] = ()
    shape: Shape = "documented"
    signature: Signature = "hex"
    retry_after: float = Field(default=1.0, gt=0)


class Manner(BaseModel):
    """How one delivery differs from the usual ones. ``age``: so many seconds ago it was signed.

    ``times``: so often the same event is delivered.
    """

    model_config = ConfigDict(extra="forbid")

    shape: Shape | None = None
    signature: Signature | None = None
    age: float = 0.0
    times: int = Field(default=1, ge=1, le=20)


@dataclass
class Delivery:
    """One event on its way. ``statuses`` are those of the answers, 0 where none came."""

    event: Event
    statuses: list[int]
    outcome: str = "pending"

    def record(self) -> dict[str, JsonValue]:
        return {
            "id": self.event.id,
            "type": self.event.kind,
            "approval_id": self.event.data["approval_id"],
            "statuses": [*self.statuses],
            "outcome": self.outcome,
        }


class Deliveries:
    """Lives in the event loop's thread, but for `records`. ``now`` tells seconds since 1970 UTC."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._background = Background()
        self._session: aiohttp.ClientSession | None = None
        self._made: list[Delivery] = []

    def send(self, endpoint: Endpoint, event: Event, manner: Manner) -> None:
        """Starts to deliver it."""
        for _ in range(manner.times):
            delivery = Delivery(event, [])
            self._made.append(delivery)
            self._background.start(self._deliver(endpoint, delivery, manner))

    def records(self) -> list[dict[str, JsonValue]]:
        """Every delivery, oldest first: its event, the answers, and pending, delivered or exhausted."""
        return [delivery.record() for delivery in list(self._made)]

    def forget(self) -> None:
        self._made.clear()

    async def stop(self) -> None:
        """What is under way ends."""
        await self._background.stop()
        if self._session is not None:
            await self._session.close()

    async def _deliver(self, endpoint: Endpoint, delivery: Delivery, manner: Manner) -> None:
        pause = endpoint.retry_after
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(pause)
                pause *= 2
            delivery.statuses.append(await self._post(endpoint, delivery.event, manner))
            if 200 <= delivery.statuses[-1] < 300:
                delivery.outcome = "delivered"
                return
        delivery.outcome = "exhausted"

    async def _post(self, endpoint: Endpoint, event: Event, manner: Manner) -> int:
        """The status of the answer, 0 where none came in time."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN)
            self._session = aiohttp.ClientSession(timeout=timeout, trust_env=False)
        body = event.body(manner.shape or endpoint.shape)
        form = manner.signature or endpoint.signature
        headers = signed(body, endpoint.secret, self._now() - manner.age, form)
        try:
            async with self._session.post(endpoint.url, data=body, headers=headers) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

"""Signals between gates, and to gateways that listen: Redis Pub/Sub, optional, and never to be relied on."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol, cast

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeout

from approval_gate.server.figures import Figures
from approval_gate.server.ticket import VERDICTS, Ticket

OF_A_TICKET: Final = "approvals:"
"""How the channel of each ticket begins; its message is "approved" or "denied"."""
OF_ANY_CHANGE: Final = "approvals-changed"
"""The channel of every other change; its message is the ticket's id, or nothing."""
KEPT: Final = 1_000
"""Signals that wait while Redis is away; the oldest are given up."""
ANSWER_WITHIN: Final = 3.0
PING_EVERY: Final = 5.0
FLUSH_WITHIN: Final = 1.0
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0

log = structlog.stdlib.get_logger(__name__)


class Listener(Protocol):
    """Whom signals are told to. They may be late, lost, repeated or wrong: they say where to look, and no more."""

    def look(self, ticket_id: str) -> None:
        """Something may have become of this ticket."""

    def look_at_all(self) -> None:
        """Signals may have been missed."""


class Signals(Protocol):
    """How gates tell each other that there is something to look at. None of it waits, or fails."""

    def open(self, listener: Listener) -> None:
        """Begins to listen."""

    async def close(self) -> None:
        """Sends what is left, as far as that is quick, and ends."""

    def publish(self, ticket: Ticket) -> None:
        """This ticket changed, and that is committed."""

    def publish_change(self) -> None:
        """Something changed in the list of pending tickets."""


class NoSignals:
    """One gate alone, or gates that know of each other by the sweep only."""

    def open(self, listener: Listener) -> None:
        """Nobody will be told anything."""

    async def close(self) -> None:
        """There is nothing to end."""

    def publish(self, ticket: Ticket) -> None:
        """There is nobody to tell."""

    def publish_change(self) -> None:
        """There is nobody to tell."""


class RedisSignals:
    """Over Redis at ``url``: two tasks, one that sends and one that listens, each coming back by itself."""

    def __init__(self, url: str, figures: Figures | None = None, ping_every: float = PING_EVERY) -> None:
        """``ping_every``: seconds without a signal after which Redis has to show that it is there."""
        # It is we who try again, so that we know when signals may have been missed.
        self._redis = Redis.from_url(
            url,
            decode_responses=True,
            encoding_errors="replace",
            socket_connect_timeout=ANSWER_WITHIN,
            socket_timeout=ANSWER_WITHIN,
            retry=Retry(NoBackoff(), 0),
        )
        self.figures = figures or Figures()
        self._ping_every = ping_every
        self._unsent: deque[tuple[str, str]] = deque()
        self._wanted = asyncio.Event()
        self._all_sent = asyncio.Event()
        self._all_sent.set()
        self._tasks: list[asyncio.Task[None]] = []

    def open(self, listener: Listener) -> None:
        """Begins to listen, and to send."""
        self._tasks = [
            asyncio.create_task(_persistently(self._send, "signals are not sent; they will be")),
            asyncio.create_task(
                _persistently(lambda: self._listen(listener), "signals are not heard; the sweep goes on")
            ),
        ]

    async def close(self) -> None:
        """Sends what is left, as far as that is quick, and ends."""
        with suppress(TimeoutError):  # whoever misses a signal finds out by looking
            async with asyncio.timeout(FLUSH_WITHIN):
                await self._all_sent.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    def publish(self, ticket: Ticket) -> None:
        """This ticket changed, and that is committed."""
        if ticket.status in VERDICTS:
            self._put(OF_A_TICKET + ticket.id, ticket.status.value)
        else:
            self._put(OF_ANY_CHANGE, ticket.id)

    def publish_change(self) -> None:
        """Something changed in the list of pending tickets."""
        self._put(OF_ANY_CHANGE, "")

    def _put(self, channel: str, message: str) -> None:
        self._unsent.append((channel, message))
        if len(self._unsent) > KEPT:
            self._unsent.popleft()
            self.figures.unsent += 1
        self._all_sent.clear()
        self._wanted.set()

    async def _send(self) -> None:
        while await self._wanted.wait():
            while self._unsent:
                signal = self._unsent.popleft()
                try:
                    await self._redis.publish(*signal)
                except BaseException:
                    self._unsent.appendleft(signal)
                    raise
                self.figures.published += 1
            self._wanted.clear()
            self._all_sent.set()

    async def _listen(self, listener: Listener) -> None:
        async with self._redis.pubsub() as pubsub:
            await pubsub.psubscribe(OF_A_TICKET + "*")
            await pubsub.subscribe(OF_ANY_CHANGE)
            while True:
                self._hear(await self._next_message(pubsub), listener)

    async def _next_message(self, pubsub: PubSub) -> Mapping[str, Any]:
        """Raises `redis.exceptions.TimeoutError` where the server does not even answer a ping."""
        message = await pubsub.get_message(timeout=self._ping_every)
        if not message:
            await pubsub.ping()
            message = await pubsub.get_message(timeout=min(self._ping_every, ANSWER_WITHIN))
        if not message:
            raise RedisTimeout("no pong")
        return cast(Mapping[str, Any], message)

    def _hear(self, message: Mapping[str, Any], listener: Listener) -> None:
        """What a message says is not believed: it may be late, or anybody's."""
        channel, kind = message["channel"], message["type"]
        if kind in ("subscribe", "psubscribe"):
            listener.look_at_all()
        elif kind in ("message", "pmessage"):
            self.figures.heard += 1
            of_a_ticket = channel.startswith(OF_A_TICKET)
            listener.look(channel.removeprefix(OF_A_TICKET) if of_a_ticket else message["data"])


async def _persistently(live: Callable[[], Awaitable[None]], trouble: str) -> None:
    """Lives on, after a pause, whenever it ends with an error."""
    loop, pause = asyncio.get_running_loop(), 0.0
    while True:
        begun = loop.time()
        try:
            await live()
        except Exception as error:
            if not pause:
                known = isinstance(error, RedisError | OSError)
                log.warning(trouble, error=type(error).__name__, exc_info=not known)
        went_well = loop.time() - begun > LONGEST_PAUSE
        pause = FIRST_PAUSE if went_well or not pause else min(2 * pause, LONGEST_PAUSE)
        await asyncio.sleep(pause)

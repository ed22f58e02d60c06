"""One connection to the listener: it has a few seconds to ask, and gives way while too many are open."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_WITHIN: Final = 5.0
"""Seconds for the whole head of a request, from the connection or from the first byte after an answer."""
MOST_CONNECTIONS: Final = 256
"""Each costs an open file, which the socket to Slack and the ledger need as well."""


class Caller(H11Protocol):
    """As uvicorn serves it. Uvicorn itself would wait for a head, or for the rest of a body, for ever."""

    head_within = HEAD_WITHIN
    most = MOST_CONNECTIONS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._late: asyncio.TimerHandle | None = None
        self._since = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Where too many are open, the oldest of those on which no whole request has come is closed."""
        super().connection_made(transport)
        self._watch()
        if len(self.connections) > self.most:
            others = [one for one in self.connections if isinstance(one, Caller) and one is not self]
            asking = [one for one in others if one.wants_a_head or one.is_sending]
            if asking:
                min(asking, key=lambda one: one._since).give_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is waited for."""
        super().connection_lost(exc)
        self._stop_watching()

    def data_received(self, data: bytes) -> None:
        """A part of a request, or the whole."""
        if self.wants_a_head and self._late is None:
            self._since = self.loop.time()
        super().data_received(data)
        self._watch()

    @property
    def wants_a_head(self) -> bool:
        """Whether nothing waits for an answer, nor has begun to."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    @property
    def is_sending(self) -> bool:
        """Whether the head of a request came, and its body not yet."""
        return not self.wants_a_head and self.cycle.more_body

    def give_up(self) -> None:
        """Closes it at once. What came of a body nobody was told to have arrived."""
        self.connections.discard(self)
        self.transport.abort()

    def _watch(self) -> None:
        if not self.wants_a_head:
            self._stop_watching()
        elif self._late is None:
            self._late = self.loop.call_later(self.head_within, self.give_up)

    def _stop_watching(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

"""An upstream of the sandbox, whichever it is: how it is served, what can go wrong with it, and that it forgets."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import JsonValue

from sandbox.ordered_faults import OrderedFaults
from sandbox.upstream_faults import UpstreamFault

Answer = Callable[[web.Request], Awaitable[web.Response]]


class Upstream(ABC):
    """May be used from any thread: whoever reads or changes what it holds, its ``faults`` too, holds ``lock``."""

    def __init__(self, faults: OrderedFaults[UpstreamFault], lock: threading.RLock) -> None:
        self._faults = faults
        self._lock = lock

    def app(self) -> web.Application:
        """A new aiohttp application that serves this instance."""
        app = web.Application()
        stopping = asyncio.Event()

        async def stop(_: web.Application) -> None:
            stopping.set()

        app.on_shutdown.append(stop)
        app.router.add_route("*", "/{path:.*}", self._answers(stopping))
        return app

    def add_fault(self, fault: dict[str, JsonValue]) -> None:
        """What goes wrong from now on, see its `Fault`. Raises ValueError for what it cannot let go wrong."""
        with self._lock:
            self._faults.order(fault)

    def faults(self) -> list[dict[str, JsonValue]]:
        """The faults in force."""
        with self._lock:
            return self._faults.active()

    def clear_faults(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._faults.clear()

    @abstractmethod
    def reset(self) -> None:
        """As at the start."""

    @abstractmethod
    def _answers(self, stopping: asyncio.Event) -> Answer:
        """What answers every call; ``stopping`` frees those whose answer comes late or never."""

"""A version that grows with every change, so that a page knows when to draw again."""

import asyncio


class Changes:
    """Lives in the event loop's thread."""

    def __init__(self) -> None:
        self.version = 1
        self._waiting: set[asyncio.Event] = set()

    def bump(self) -> None:
        self.version += 1
        for event in self._waiting:
            event.set()

    async def wait(self, since: int, seconds: float) -> int:
        """The version as soon as it differs from ``since``, or after ``seconds``."""
        if self.version == since:
            event = asyncio.Event()
            self._waiting.add(event)
            try:
                async with asyncio.timeout(seconds):
                    await event.wait()
            except TimeoutError:
                return self.version
            finally:
                self._waiting.discard(event)
        return self.version

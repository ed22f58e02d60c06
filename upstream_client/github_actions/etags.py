"""Answers that are kept with their ETags: asked again, GitHub says 304, which costs nothing of the rate limit."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from upstream_client.session import Answer

MOST_BYTES = 16 * 1024 * 1024
"""Of all bodies together; the one used longest ago goes first."""
LONGEST_BODY = 2 * 1024 * 1024
OVERHEAD = 1024
"""Bytes that one costs besides its body, about."""


@dataclass(frozen=True, slots=True)
class _Kept:
    etag: str
    answer: Answer

    @property
    def size(self) -> int:
        return len(self.answer.body) + OVERHEAD


class ETags:
    """By URL. Threads share one."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0

    def condition(self, url: str) -> dict[str, str]:
        """The header that asks for an answer only where it is another one."""
        with self._lock:
            kept = self._kept.get(url)
            return {} if kept is None else {"If-None-Match": kept.etag}

    def settle(self, url: str, etag: str, answer: Answer) -> Answer | None:
        """The answer itself, or what is kept where it says 304; None where that was dropped meanwhile.

        ``etag`` is the one that was asked with: an answer to another one says nothing of what is kept now.
        """
        with self._lock:
            if answer.status == 304:
                kept = self._kept.get(url)
                if kept is None or kept.etag != etag:
                    return None
                self._kept.move_to_end(url)
                return kept.answer
            self._drop(url)
            if answer.status == 200 and answer.headers.get("ETag") and not answer.cut:
                self._keep(url, _Kept(answer.headers["ETag"], answer))
        return answer

    def _keep(self, url: str, one: _Kept) -> None:
        if len(one.answer.body) > LONGEST_BODY:
            return
        self._kept[url] = one
        self._bytes += one.size
        while self._bytes > self._most:
            self._drop(next(iter(self._kept)))

    def _drop(self, url: str) -> None:
        dropped = self._kept.pop(url, None)
        self._bytes -= 0 if dropped is None else dropped.size

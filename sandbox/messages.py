"""The messages of a workspace: one increasing ts for all of them, threads, history."""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.json_types import Json


class Stamps:
    """Slack's timestamps: Unix seconds with six digits, unique and increasing in the whole workspace."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        self._last = max(time.time_ns() // 1000, self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


@dataclass
class Message:
    """One message; ``body`` is what Slack returns of it, without ts, thread and metadata."""

    channel: str
    ts: str
    body: Json
    metadata: Json | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    replies: list[str] = field(default_factory=list)

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def in_channel(self) -> bool:
        """Replies are seen in their thread only, unless they were broadcast."""
        return not self.is_reply or self.broadcast

    def as_slack(self, with_metadata: bool) -> Json:
        """As `conversations.history` gives it; metadata only with `include_all_metadata`."""
        record: Json = {**self.body, "ts": self.ts}
        if self.replies:
            record |= {
                "thread_ts": self.ts,
                "reply_count": len(self.replies),
                "latest_reply": self.replies[-1],
            }
        elif self.thread_ts:
            record["thread_ts"] = self.thread_ts
        if with_metadata and self.metadata:
            record["metadata"] = self.metadata
        return record


@dataclass(frozen=True)
class Bound:
    """One end of a stretch of history; an empty ts is no bound."""

    ts: str = ""
    inclusive: bool = False


class Messages:
    """All messages, oldest first in each channel."""

    def __init__(self) -> None:
        self.stamps = Stamps()
        self._channels: dict[str, list[Message]] = {}

    def add(self, message: Message) -> None:
        self._channels.setdefault(message.channel, []).append(message)
        parent = self._parent(message)
        if parent:
            parent.replies.append(message.ts)

    def find(self, channel: str, ts: str) -> Message | None:
        listed = self._channels.get(channel, [])
        place = bisect_left(listed, ts, key=_stamp)
        return listed[place] if place < len(listed) and listed[place].ts == ts else None

    def remove(self, message: Message) -> None:
        self._channels[message.channel].remove(message)
        parent = self._parent(message)
        if parent:
            parent.replies.remove(message.ts)

    def all(self, channel: str) -> list[Message]:
        """Every message, replies in threads among them."""
        return list(self._channels.get(channel, []))

    def newest_first(self, channel: str, oldest: Bound, latest: Bound) -> Iterator[Message]:
        """The messages seen in the channel between two bounds."""
        listed = self._channels.get(channel, [])
        first, after_last = 0, len(listed)
        if oldest.ts:
            first = (bisect_left if oldest.inclusive else bisect_right)(listed, oldest.ts, key=_stamp)
        if latest.ts:
            after_last = (bisect_right if latest.inclusive else bisect_left)(listed, latest.ts, key=_stamp)
        return (listed[place] for place in range(after_last - 1, first - 1, -1) if listed[place].in_channel)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A message and its replies, oldest first; empty when there is no such message."""
        parent = self.find(channel, ts)
        if parent is None:
            return []
        found = (self.find(channel, reply) for reply in parent.replies)
        return [parent, *(reply for reply in found if reply is not None)]

    def _parent(self, message: Message) -> Message | None:
        return (
            self.find(message.channel, message.thread_ts) if message.is_reply and message.thread_ts else None
        )


def _stamp(message: Message) -> str:
    return message.ts

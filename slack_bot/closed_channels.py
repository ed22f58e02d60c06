"""Channels in which nobody sees what the bot does: archived, or the bot was thrown out."""

from collections.abc import Container

CLOSED = (
    "No message of mine gets into the channel {channel} ({why}), so no schedule approves anything for it. "
    "Invite me there again, or remove the channel."
)


class ClosedChannels(Container[str]):
    """The channels whose last message was refused for good. Written by one thread, asked by any."""

    def __init__(self, notes: list[str] | None = None, words: str = CLOSED) -> None:
        """``notes`` say of each closed channel, in these words, what the operator should do."""
        self._notes = [] if notes is None else notes
        self._words = words
        self._said: dict[str, str] = {}

    def __contains__(self, channel: object) -> bool:
        """Whether it is closed, as far as is known: only a message tells."""
        return channel in self._said

    def close(self, channel: str, why: str) -> None:
        """A message was refused; ``why`` is Slack's word for it."""
        if channel not in self._said:
            self._said[channel] = self._words.format(channel=channel, why=why)
            self._notes.append(self._said[channel])

    def open(self, channel: str) -> None:
        """A message got there."""
        if (said := self._said.pop(channel, None)) is not None:
            self._notes.remove(said)

"""What a command works with, and what it gives back."""

from dataclasses import dataclass, field

from slack_bot.audit import Kind
from slack_bot.channel_store import Channel
from slack_bot.desk import Desk
from slack_bot.inbox import Item

DIRECT = "D"
"""How the id of a conversation with one person begins."""


class Handled(Exception):
    """Another replica has dealt with it, or is at it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that somebody wants of the bot. ``is_press``: by a button, and not in words."""

    item: Item
    desk: Desk
    now: int
    is_press: bool = False

    @property
    def user(self) -> str:
        """Who asks."""
        return self.item.user_id

    @property
    def channel(self) -> str:
        """The channel it was asked in, "" for a conversation with the bot alone."""
        return "" if self.item.channel.startswith(DIRECT) else self.item.channel

    @property
    def registered(self) -> Channel | None:
        """The channel it was asked in, where it is a registered one."""
        return self.desk.channels.get(self.channel) if self.channel else None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was changed, for the audit log: before and after, as JSON takes it."""

    kind: Kind
    what: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Announcement:
    """A line for everybody in a channel."""

    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer, private unless ``public``; ``blocks`` is its layout as JSON."""

    text: str
    blocks: str = ""
    public: bool = False
    changes: tuple[Change, ...] = ()
    announcements: tuple[Announcement, ...] = field(default=())

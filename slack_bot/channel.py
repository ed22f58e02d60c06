"""A registered channel, and how it is written down."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from slack_bot.policy import ChannelPolicy

_CHANNEL_ID = r"^[CG][A-Z0-9]{2,19}$"
ChannelId = Annotated[str, StringConstraints(pattern=_CHANNEL_ID)]
UserId = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{2,19}$")]
GroupId = Annotated[str, StringConstraints(pattern=r"^S[A-Z0-9]{2,19}$")]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def is_channel_id(text: str) -> bool:
    """Whether Slack could have given this to a channel, as against a direct message."""
    return re.fullmatch(_CHANNEL_ID, text) is not None


class Source(StrEnum):
    """What a channel is registered by."""

    FILE = "file"
    """CHANNELS_FILE."""
    ENVIRONMENT = "environment"
    """SLACK_CHANNEL."""
    STORE = "store"
    """An admin, in Slack."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A registered channel.

    ``registered_by`` is the admin who registered it in Slack, ``registered_at`` when, in microseconds since
    1970 UTC. ``is_default``: SLACK_CHANNEL names it.
    """

    id: str
    policy: ChannelPolicy
    source: Source = Source.FILE
    registered_by: str = ""
    registered_at: int | None = None
    is_default: bool = False


class Strict(BaseModel):
    """What is written by hand as well: a key that is misspelt must not be taken for one that is left out."""

    model_config = ConfigDict(extra="forbid")


class StoredChannel(Strict):
    """A channel as it stands in the store, as JSON that people can read."""

    users: list[UserId] = []
    groups: list[GroupId] = []
    everyone: bool = False
    registered_by: UserId | Literal[""] = ""
    registered_at: AwareDatetime | None = None

    @classmethod
    def of(cls, channel: Channel) -> "StoredChannel":
        """Raises pydantic's `ValidationError` where an id is none."""
        policy = channel.policy
        return cls(
            users=list(dict.fromkeys(policy.users)),
            groups=list(dict.fromkeys(policy.groups)),
            everyone=policy.everyone,
            registered_by=channel.registered_by,
            registered_at=moment(channel.registered_at),
        )

    def channel(self, channel_id: str) -> Channel:
        """The channel that is meant."""
        policy = ChannelPolicy(tuple(self.users), tuple(self.groups), self.everyone, self.registered_by)
        return Channel(channel_id, policy, Source.STORE, self.registered_by, microseconds(self.registered_at))


def moment(at: int | None) -> datetime | None:
    """Microseconds since 1970 UTC, as a time that people can read."""
    return None if at is None else _EPOCH + at * _MICROSECOND


def microseconds(at: datetime | None) -> int | None:
    """The other way round; exact."""
    return None if at is None else (at - _EPOCH) // _MICROSECOND

"""A registered channel, and what ids and times look like where it is written down."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

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


def moment(at: int | None) -> datetime | None:
    """Microseconds since 1970 UTC, as a time that people can read."""
    return None if at is None else _EPOCH + at * _MICROSECOND


def microseconds(at: datetime | None) -> int | None:
    """The other way round; exact."""
    return None if at is None else (at - _EPOCH) // _MICROSECOND

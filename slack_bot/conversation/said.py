"""What somebody said to the bot, as it is kept in the inbox."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

LONGEST_TEXT = 2_000
"""Characters that are kept of what somebody said; every command is shorter."""


class Way(StrEnum):
    """How it was said."""

    MENTION = "mention"
    DIRECT = "direct"
    COMMAND = "command"


class Said(BaseModel):
    """Somebody's words, as Slack sent them. ``is_cut``: they were longer than what is kept.

    ``in_shared``: Slack said that the channel is shared with another organisation.
    """

    model_config = ConfigDict(frozen=True)

    way: Way
    user: str = Field(pattern=r"^[A-Z0-9]{2,20}$")
    channel: str = Field(pattern=r"^[A-Z0-9]{2,20}$")
    text: str = Field(max_length=LONGEST_TEXT)
    is_cut: bool = False
    in_shared: bool = False

    @classmethod
    def of(cls, way: Way, user: object, channel: object, text: object, *, in_shared: bool = False) -> Self:
        """From the parts of Slack's payload. Raises `pydantic.ValidationError` where one is not what it must be."""
        whole = text if isinstance(text, str) else ""
        return cls.model_validate(
            {
                "way": way,
                "user": user,
                "channel": channel,
                "text": whole[:LONGEST_TEXT],
                "is_cut": len(whole) > LONGEST_TEXT,
                "in_shared": in_shared,
            }
        )

"""Registered channels and who may decide there, as declared in a file (CHANNELS_FILE)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from slack_bot.policy import ChannelPolicy

ChannelId = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{2,19}$")]
UserId = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{2,19}$")]
GroupId = Annotated[str, StringConstraints(pattern=r"^S[A-Z0-9]{2,19}$")]


class ChannelsFileError(Exception):
    """The file cannot be used; the text lists every problem and what to write instead."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A registered channel."""

    id: str
    policy: ChannelPolicy


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Approvers(_Strict):
    users: list[UserId] = []
    groups: list[GroupId] = []
    everyone: bool = False


class _Channel(_Strict):
    id: ChannelId
    approvers: _Approvers = Field(default_factory=_Approvers)


class _File(_Strict):
    channels: list[_Channel] = []

    @field_validator("channels")
    @classmethod
    def _once(cls, channels: list[_Channel]) -> list[_Channel]:
        ids = [channel.id for channel in channels]
        if twice := sorted({channel for channel in ids if ids.count(channel) > 1}):
            raise ValueError(f"declared more than once: {', '.join(twice)}")
        return channels


class ChannelStore:
    """The registered channels, by id."""

    def __init__(self, channels: list[Channel]) -> None:
        self._channels = {channel.id: channel for channel in channels}

    @classmethod
    def read(cls, path: Path) -> "ChannelStore":
        """Reads and checks the file. Raises `ChannelsFileError`."""
        try:
            declared = _File.model_validate_json(path.read_bytes())
        except OSError as error:
            raise ChannelsFileError(
                f"CHANNELS_FILE: {path} cannot be read ({error.strerror}). "
                'To begin with, write {"channels": []} into it.'
            ) from error
        except ValidationError as error:
            raise ChannelsFileError(_in_words(path, error)) from error
        return cls([_channel(one) for one in declared.channels])

    def all(self) -> list[Channel]:
        """Every registered channel, in the file's order."""
        return list(self._channels.values())

    def get(self, channel_id: str) -> Channel | None:
        """The registered channel with this id."""
        return self._channels.get(channel_id)


def _channel(declared: _Channel) -> Channel:
    approvers = declared.approvers
    policy = ChannelPolicy(tuple(approvers.users), tuple(approvers.groups), approvers.everyone)
    return Channel(declared.id, policy)


_EXAMPLES = {
    "id": "a channel's id is like C0123456789: open the channel's details in Slack, it stands at the bottom",
    "users": "a person's id is like U0123456789: open the profile in Slack, ⋮, Copy member ID",
    "groups": "a user group's id is like S0123456789: open the group in Slack, ⋮, Copy group ID",
}
_WORDS = {
    "extra_forbidden": "is no key that may stand here: check its spelling, or leave it out",
    "missing": "is missing",
    "string_pattern_mismatch": "is no such id",
}


def _in_words(path: Path, error: ValidationError) -> str:
    lines = [f"CHANNELS_FILE: {path} cannot be used:"]
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        known = problem["loc"] if problem["type"] != "extra_forbidden" else ()
        hint = next((_EXAMPLES[str(part)] for part in reversed(known) if part in _EXAMPLES), "")
        words = _WORDS.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        lines.append(f"  {where}: {words}" + (f" ({hint})" if hint else ""))
    return "\n".join(lines)

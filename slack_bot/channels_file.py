"""The file that declares channels and their approvers (CHANNELS_FILE), and its JSON Schema.

``python -m slack_bot.channels_file schema > channels.schema.json`` writes the schema anew.
"""

import json
import sys
from pathlib import Path

from pydantic import Field, ValidationError, field_validator

from slack_bot.channel import Channel, ChannelId, GroupId, Strict, UserId
from slack_bot.policy import ChannelPolicy


class ChannelsFileError(Exception):
    """The file cannot be used; the text lists every problem and what to write instead."""


class DeclaredApprovers(Strict):
    """Who may decide in the channel. With nobody named here, nobody may."""

    users: list[UserId] = Field([], description="People, by their member IDs, such as U0123456789.")
    groups: list[GroupId] = Field([], description="User groups, by their IDs, such as S0123456789.")
    everyone: bool = Field(False, description="Every full member of the workspace who is in the channel.")


class DeclaredChannel(Strict):
    """A channel in which requests are shown."""

    id: ChannelId = Field(description="The channel's ID, such as C0123456789: below its details in Slack.")
    approvers: DeclaredApprovers = Field(default_factory=DeclaredApprovers)


class ChannelsFile(Strict):
    """The channels that the approval bot knows without being told in Slack."""

    schema_: str = Field("", alias="$schema", description="Where this schema is, for your editor.")
    channels: list[DeclaredChannel] = Field([])

    @field_validator("channels")
    @classmethod
    def _once(cls, channels: list[DeclaredChannel]) -> list[DeclaredChannel]:
        ids = [channel.id for channel in channels]
        if twice := sorted({channel for channel in ids if ids.count(channel) > 1}):
            raise ValueError(f"declared more than once: {', '.join(twice)}")
        return channels


def read_file(path: Path) -> list[Channel]:
    """The channels that the file declares, in its order. Raises `ChannelsFileError`."""
    try:
        declared = ChannelsFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ChannelsFileError(
            f"CHANNELS_FILE: {path} cannot be read ({error.strerror}). "
            'To begin with, write {"channels": []} into it.'
        ) from error
    except ValidationError as error:
        raise ChannelsFileError(_in_words(path, error)) from error
    return [_channel(one) for one in declared.channels]


def _channel(declared: DeclaredChannel) -> Channel:
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


def schema() -> str:
    """The JSON Schema of the file, as it is committed."""
    drawn = {"$schema": "https://json-schema.org/draft/2020-12/schema", **ChannelsFile.model_json_schema()}
    return json.dumps(drawn, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] != ["schema"]:
        sys.exit("Usage: python -m slack_bot.channels_file schema > channels.schema.json")
    sys.stdout.write(schema())

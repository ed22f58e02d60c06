"""Where channels and schedules are kept: SSM Parameter Store, or a local directory (STATE)."""

from pathlib import Path

from slack_bot.parameter_store.base import (
    ChangedMeanwhile,
    LostUpdate,
    NameRefused,
    NotWritten,
    ParameterStore,
    StateError,
    TooLarge,
    Unconfirmed,
)
from slack_bot.parameter_store.directory_store import DirectoryStore

__all__ = [
    "open_store",
    "ParameterStore",
    "DirectoryStore",
    "StateError",
    "NotWritten",
    "NameRefused",
    "TooLarge",
    "ChangedMeanwhile",
    "Unconfirmed",
    "LostUpdate",
]


def open_store(state: str) -> ParameterStore:
    """The store that STATE names: "ssm:/approval-bot" or "file:state". Reads and writes nothing yet.

    Raises `StateError` where it can never be used: an unknown kind, a name that SSM does not take, no region.
    """
    kind, _, place = state.partition(":")
    if kind == "ssm":
        # boto3 takes 25 MiB of memory, and is needed only here.
        from slack_bot.parameter_store.ssm_store import open_ssm

        return open_ssm(place)
    if kind == "file" and place:
        return DirectoryStore(Path(place).expanduser())
    raise StateError(
        f"STATE: “{state}” names no store: write ssm:/approval-bot for SSM Parameter Store, "
        "or file:state for a directory."
    )

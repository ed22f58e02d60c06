"""Registered channels and who may decide there: declared in a file or by a setting, or registered in Slack."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from slack_bot.channel import Channel, Source, is_channel_id
from slack_bot.channels_file import ChannelsFileError, Declarations, read_file
from slack_bot.parameter_store import ChangedMeanwhile, ParameterStore, StateError
from slack_bot.policy import ChannelPolicy, Terms
from slack_bot.shelf import Kind, NotReadable, OutsideChange, Shelf, what_is_wrong
from slack_bot.stored_channel import StoredChannel
from slack_bot.written_twice import written_twice

__all__ = [
    "ChannelStore",
    "Channel",
    "Source",
    "Declared",
    "Declarations",
    "ChannelsFileError",
    "OutsideChange",
    "StateError",
]

FOLDER: Final = "channels"


class Declared(Exception):
    """The channel is declared by the operator and is not to be changed in Slack; the text says where."""


class ChannelStore:
    """The registered channels, by id.

    What CHANNELS_FILE says of a channel wins; then SLACK_CHANNEL, which registers one whose approvers may be
    picked in Slack; then what was registered in Slack, which is kept in a store. All of them are handed out with
    the terms that hold where they say nothing; these are never kept.
    """

    def __init__(
        self,
        declared: Sequence[Channel],
        store: ParameterStore | None = None,
        *,
        file: Path | str = "channels.json",
        defaults: Terms | None = None,
        default: str = "",
    ) -> None:
        """``file`` is what declared those that come from a file, as the operator calls it.

        ``defaults``: the terms of all channels, where they say nothing themselves. ``default``: the id of the
        default channel, where the file names one; "" for the one of SLACK_CHANNEL.
        """
        self._declared = _merged(declared)
        self._file = file
        self._defaults = defaults or Terms()
        self._default = default
        self._shelf = Shelf(_KIND, store)
        self.awaited = ""
        """Why nobody can tell yet which channel SLACK_CHANNEL names, in words; "" where that is known."""

    @staticmethod
    def read_file(path: Path) -> Declarations:
        """What the file declares. Raises `ChannelsFileError`."""
        return read_file(path)

    @classmethod
    def read(cls, path: Path) -> "ChannelStore":
        """The channels of the file alone. Raises `ChannelsFileError`."""
        declared = read_file(path)
        default = declared.default_channel
        return cls(declared.channels, file=path, defaults=declared.defaults, default=default)

    @property
    def trouble(self) -> str:
        """Why those that were registered in Slack may be out of date, in words; "" where they are not."""
        return self._shelf.trouble

    @property
    def incomplete(self) -> str:
        """Why there may be more channels than are known, in words; "" where all are."""
        return self.trouble or self.awaited

    @property
    def defaults(self) -> Terms:
        """The terms of all channels, where they say nothing themselves."""
        return self._defaults

    @property
    def default_id(self) -> str:
        """Of the default channel, registered or not; "" where there is none, or nobody knows it yet."""
        return self._default or next((one.id for one in self.all() if one.is_default), "")

    @property
    def default(self) -> Channel | None:
        """The default channel: the file's, else the one that SLACK_CHANNEL names; None unless it is registered."""
        return self.get(self.default_id)

    def all(self) -> list[Channel]:
        """Every registered channel: the declared ones in their order, then the others by id."""
        kept, declared = self._shelf.items, self._declared
        others = [kept[name] for name in sorted(kept.keys() - declared.keys())]
        merged = [_with_kept(one, kept.get(one.id)) for one in declared.values()]
        return [self._with_defaults(one) for one in merged + others]

    def get(self, channel_id: str) -> Channel | None:
        """The registered channel with this id."""
        kept = self._shelf.items.get(channel_id)
        declared = self._declared.get(channel_id)
        found = kept if declared is None else _with_kept(declared, kept)
        return None if found is None else self._with_defaults(found)

    def declare(self, channel: Channel) -> None:
        """One more that the operator declares: SLACK_CHANNEL may be a name, whose id Slack tells later."""
        self._declared = _merged([*self._declared.values(), channel])

    def why_declared(self, channel_id: str) -> str:
        """Why nothing of the channel can be changed in Slack, in words; "" where the file does not declare it."""
        declared = self._declared.get(channel_id)
        if declared is None or declared.source is not Source.FILE:
            return ""
        return f"This channel is declared in {self._file}: it can only be changed there."

    def refresh(self) -> list[OutsideChange]:
        """Reads what is kept anew; see `Shelf.refresh`."""
        return self._shelf.refresh()

    def look(self) -> str:
        """Reads them anew, and returns why that could not be, "" where it could; see `Shelf.look`."""
        return self._shelf.look()

    def register(self, channel_id: str, by: str, at: int) -> Channel:
        """Registers a channel, once: a second time returns what is registered.

        Until approvers are picked only ``by`` may decide. Raises `Declared` and `StateError`.
        """
        declared = self._changeable(channel_id)
        new = _storable(Channel(channel_id, ChannelPolicy(), Source.STORE, by, at))
        try:
            kept = self._shelf.update(channel_id, lambda known: known or new)
        except ChangedMeanwhile:  # somebody else was faster, through another replica
            found = self._shelf.items.get(channel_id)
            if found is None:
                raise
            kept = found
        return self._with_defaults(kept if declared is None else _with_kept(declared, kept))

    def set_policy(self, channel_id: str, policy: ChannelPolicy, by: str) -> Channel:
        """Sets the approvers and the channel's own terms; who registered it stays.

        Raises `Declared` and `StateError`.

        `ChangedMeanwhile` (nothing was written) and `LostUpdate` (it was) say that somebody else set them at
        the same time; what holds then is known already. ``by`` stands in for who registered the channel where
        only SLACK_CHANNEL did.
        """
        declared = self._changeable(channel_id)

        def change(known: Channel | None) -> Channel:
            if known is None and declared is None:
                raise StateError("This channel is not registered. Mention me in it first.")
            known = known or Channel(channel_id, ChannelPolicy(), Source.STORE, registered_by=by)
            return _storable(replace(known, policy=policy))

        kept = self._shelf.update(channel_id, change)
        return self._with_defaults(kept if declared is None else _with_kept(declared, kept))

    def remove(self, channel_id: str) -> None:
        """Removes a channel that was registered in Slack. Raises `Declared` and `StateError`."""
        if self._changeable(channel_id) is not None:
            raise Declared("This channel is declared by SLACK_CHANNEL: only that setting can remove it.")
        self._shelf.remove(channel_id)

    def _with_defaults(self, channel: Channel) -> Channel:
        """As it is handed out."""
        return replace(channel, policy=replace(channel.policy, defaults=self._defaults))

    def _changeable(self, channel_id: str) -> Channel | None:
        """What SLACK_CHANNEL declares of it. Raises `Declared` where the file does."""
        if why := self.why_declared(channel_id):
            raise Declared(why)
        return self._declared.get(channel_id)


def _merged(declared: Sequence[Channel]) -> dict[str, Channel]:
    """By id. Where the file and SLACK_CHANNEL name the same one, the file says who may decide in it."""
    merged: dict[str, Channel] = {}
    for one in sorted(declared, key=lambda one: one.source is not Source.FILE):
        first = merged.setdefault(one.id, one)
        merged[one.id] = replace(first, is_default=first.is_default or one.is_default)
    return merged


def _with_kept(declared: Channel, kept: Channel | None) -> Channel:
    """A declared channel as it holds. The approvers of one that only a setting names are those kept for it."""
    if kept is None or declared.source is Source.FILE:
        return declared
    return replace(kept, source=declared.source, is_default=declared.is_default)


def _storable(channel: Channel) -> Channel:
    """The channel as it will be read again. Raises `StateError` where it could not be."""
    if not is_channel_id(channel.id):
        raise StateError("Only channels can be registered, not direct messages.")
    try:
        return StoredChannel.keeping(channel).channel(channel.id)
    except ValidationError as error:
        raise StateError(f"This cannot be kept: {what_is_wrong(error)}.") from error


def _read(name: str, text: str) -> Channel:
    if not is_channel_id(name):
        raise NotReadable("its name is no channel's ID, such as C0123456789")
    if twice := written_twice(text):
        raise NotReadable("; ".join(f"{where or 'the text'}: {key} is written twice" for where, key in twice))
    try:
        return StoredChannel.model_validate_json(text).channel(name)
    except ValidationError as error:
        raise NotReadable(what_is_wrong(error)) from error


def _write(channel: Channel) -> str:
    return StoredChannel.keeping(channel).text()


_KIND: Final = Kind("channel", FOLDER, _read, _write, "Name fewer people, or a user group in which they are.")

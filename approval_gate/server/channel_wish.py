"""Whether a ticket's wish for a channel is followed: by what is open to its key and what is registered.

The bot compares by the same rule, which stands once more in `slack_bot.wish`: a channel that is open to a key here
must be the one in which people are asked there.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from approval_gate.server.keys import ALL_CHANNELS

_ID: Final = re.compile(r"[CG][A-Z0-9]{2,19}")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that is registered in Slack, as the bot told. ``name`` is empty where the bot does not know it."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """``followed`` is None where nobody can tell yet or nothing was wished for; ``note`` says why not."""

    followed: bool | None
    note: str = ""


def judge(wish: str, opened: Iterable[str], registered: Collection[Channel] | None) -> Judgement:
    """Whether the wish, a channel's id or its name with or without #, is followed.

    ``opened`` is what is open to the key, "*" for all; ``registered`` is None where the bot has not told yet.
    """
    wished, opened = compared(wish), frozenset(map(compared, opened))
    if not wish:
        return Judgement(None)
    if not opened:
        return Judgement(False, "No channel is open to this API key.")
    if registered is None:
        return Judgement(None, "The bot has not said yet which channels are registered.")
    found = _meant(wished, registered)
    if len(found) > 1:
        return Judgement(False, f"{wish} is the name of several channels: wish for one by its id.")
    is_nameless = any(not one.name for one in registered)
    if not found and is_nameless and wished and not _ID.fullmatch(wished):
        return Judgement(None, "The bot does not know yet what every channel is called.")
    if not found:
        return Judgement(False, f"{wish} is not registered.")
    return _whether_open(wish, found, opened, registered)


def _whether_open(
    wish: str, found: frozenset[str], opened: frozenset[str], registered: Collection[Channel]
) -> Judgement:
    """Of a wish for the one channel that was found. A name which several channels have opens none of them."""
    meant = {one: _meant(one, registered) for one in opened}
    if ALL_CHANNELS in opened or found in meant.values():
        return Judgement(True)
    is_nameless = any(one.id in found and not one.name for one in registered)
    if is_nameless and any(not ids and not _ID.fullmatch(one) for one, ids in meant.items()):
        return Judgement(None, "The bot does not know yet what this channel is called.")
    return Judgement(False, f"{wish} is not open to this API key.")


def _meant(word: str, registered: Collection[Channel]) -> frozenset[str]:
    """The ids of the channels that this word stands for."""
    if not word:
        return frozenset()
    return frozenset(one.id for one in registered if word in (one.id, _name_of(one)))


def _name_of(channel: Channel) -> str:
    return compared(f"#{channel.name.removeprefix('#')}") if channel.name else ""


def compared(word: str) -> str:
    """An id as it is, in capitals; a name without the # and in small letters.

    So "c0123abc" is a name, and no name can stand for an id.
    """
    plain = "".join(one if one.isprintable() else " " for one in word).strip()
    return plain if _ID.fullmatch(plain) else plain.removeprefix("#").casefold()

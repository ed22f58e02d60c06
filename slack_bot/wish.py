"""The channel in which somebody wishes to ask, as it is compared: by id or by name. Pure.

The gate compares by the same rule, which stands once more in `approval_gate.server.channel_wish`.
"""

from slack_bot.channel import is_channel_id
from upstream_client.models import ApprovalRequest

LONGEST = 100
"""No channel's name in Slack is as long."""
UNDECIDED = "UNDECIDED"
"""In place of a wish, while nobody can tell whether it is followed. It is none itself: only ids have capitals."""


def wish_of(channel: str) -> str:
    """An id as it is, in capitals; a name without the # and in small letters; "" for no wish.

    "#Ops" and "ops" are the same one, and "c0123abc" is a name, so that no name can stand for an id. What is no
    channel's name stays something that none has.
    """
    plain = "".join(one if one.isprintable() else " " for one in channel).strip()
    if is_channel_id(plain):
        return plain
    return plain.removeprefix("#").casefold()[:LONGEST] or ("#" if plain else "")


def wish_for(name: str) -> str:
    """By which one wishes for the channel of this name; "" where it has none."""
    plain = name.removeprefix("#")
    return wish_of(f"#{plain}") if plain else ""


def wish_in(asked: ApprovalRequest) -> str:
    """That of a request; `UNDECIDED` while its upstream cannot tell."""
    wish = wish_of(asked.channel)
    return UNDECIDED if wish and asked.channel_undecided else wish


def is_id(wish: str) -> bool:
    """Whether it names a channel by its id, so that no channel's name matters."""
    return wish != UNDECIDED and is_channel_id(wish)

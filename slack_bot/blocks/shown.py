"""A request shown to one person who asked for it: its card without buttons, and its ids. Pure."""

from collections.abc import Sequence

from slack_bot.blocks.card import card
from slack_bot.blocks.facts import fact_line
from slack_bot.blocks.message import Message
from slack_bot.blocks.upstream_name import UpstreamName
from slack_bot.policy import ChannelPolicy, Vote
from slack_bot.rich_text import block, section
from slack_bot.rows import RequestRow, shown_digest

ID_LIMIT = 300


def shown(
    row: RequestRow,
    upstream: UpstreamName,
    policy: ChannelPolicy | None,
    votes: Sequence[Vote],
    now: int | None = None,
    *,
    backup_called: bool = False,
    channel_note: str = "",
) -> Message:
    """See `slack_bot.blocks.card`. It is answered on the card, or by a command that names one of the ids."""
    drawn = card(row, upstream, policy, votes, now, backup_called=backup_called, channel_note=channel_note)
    ids = [
        fact_line("Key", row.key, ID_LIMIT),
        fact_line("Id", row.upstream_id, ID_LIMIT),
        fact_line("Digest", shown_digest(row.digest), ID_LIMIT),
    ]
    told = [one for one in drawn.blocks if one["type"] != "actions"]
    return Message(drawn.text, [*told, block("ids", section(ids))])

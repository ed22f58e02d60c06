"""One request with its facts, and what was settled lately."""

import json

from slack_bot import request_list
from slack_bot.blocks import shown
from slack_bot.conversation.asked import Asked, Reply
from slack_bot.conversation.finding import find
from slack_bot.conversation.outsiders import refuse_outsiders
from slack_bot.conversation.places import registered
from slack_bot.rows import card_of, settled_requests, votes_of

MOST_SETTLED = 10


def show(asked: Asked, which: str) -> Reply:
    """The request as its card tells it, and its ids. Raises `No`, `slack_bot.directory.Busy`."""
    row, desk = find(asked, which), asked.desk
    channel = asked.registered
    with desk.ledger.read() as connection:
        votes = votes_of(connection, row.key, row.revision, asked.channel)
        card = card_of(connection, row.key, asked.channel)
    message = shown(
        row,
        desk.upstreams[row.upstream],
        None if channel is None else channel.policy,
        votes,
        asked.now,
        backup_called=card is not None and card.backup_at is not None,
        channel_note=desk.placement.note(row.asked),
    )
    return Reply(message.text, json.dumps(message.blocks))


def history(asked: Asked) -> Reply:
    """What was settled last in this channel; directly, in all. Raises `No`, `slack_bot.directory.Busy`."""
    if asked.channel:
        registered(asked)
    else:
        refuse_outsiders(asked)
    desk = asked.desk
    with desk.ledger.read() as connection:
        rows = settled_requests(connection, desk.upstreams, asked.channel, MOST_SETTLED)
    message = request_list.settled(rows, desk.upstreams, "here" if asked.channel else "in all")
    return Reply(message.text, json.dumps(message.blocks) if message.blocks else "")

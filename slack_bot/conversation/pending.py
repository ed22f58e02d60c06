"""What waits for an answer."""

import json

from slack_bot import answers, rows
from slack_bot.conversation.asked import Asked, Reply
from slack_bot.conversation.outsiders import refuse_outsiders
from slack_bot.refusal import No
from slack_bot.rows import RequestRow, State

MOST_LISTED = 20


def tell(asked: Asked) -> Reply:
    """The requests that wait, oldest first. Raises `No`, `slack_bot.directory.Busy`.

    Every request is posted in every registered channel, so that they are the same in all of them.
    """
    if not asked.channel:
        refuse_outsiders(asked)
    elif asked.registered is None:
        raise No("channel not registered", answers.not_registered(answers.who_are_admins(asked.desk.admins)))
    waiting = waiting_requests(asked)
    message = answers.waiting(waiting[:MOST_LISTED], len(waiting), asked.now)
    return Reply(message.text, json.dumps(message.blocks) if message.blocks else "")


def waiting_requests(asked: Asked) -> list[RequestRow]:
    """Every request that waits, oldest first."""
    with asked.desk.ledger.read() as connection:
        found = [
            row
            for upstream in asked.desk.upstreams
            for row in rows.requests_in(connection, upstream, State.PENDING)
        ]
    return sorted(found, key=lambda row: (row.first_seen_at, row.key))

"""What waits for an answer."""

import json
from collections.abc import Callable

from sqlalchemy import select

from slack_bot import request_list, rows
from slack_bot.conversation.asked import Asked, Reply
from slack_bot.conversation.outsiders import refuse_outsiders
from slack_bot.conversation.places import registered
from slack_bot.ledger import requests
from slack_bot.rows import RequestRow, State

MOST_LISTED = 20


def tell(asked: Asked) -> Reply:
    """The requests that wait, oldest first. Raises `No`, `slack_bot.directory.Busy`.

    A request is posted in every registered channel, unless it is asked in one alone. In a channel those come first
    whose card nobody can find there.
    """
    if asked.channel:
        registered(asked)
    else:
        refuse_outsiders(asked)
    waiting = sorted(_shown_here(asked, waiting_requests(asked)), key=_has_card(asked))
    message = request_list.waiting(waiting[:MOST_LISTED], len(waiting), asked.now)
    return Reply(message.text, json.dumps(message.blocks) if message.blocks else "")


def _shown_here(asked: Asked, waiting: list[RequestRow]) -> list[RequestRow]:
    """Those that are posted, or will be, in the channel where this is asked; directly, all of them."""
    if not asked.channel:
        return waiting
    query = select(requests.c.key).where(asked.desk.placement.waits_in(asked.channel))
    with asked.desk.ledger.read() as connection:
        here = frozenset(connection.execute(query).scalars())
    return [row for row in waiting if row.key in here]


def _has_card(asked: Asked) -> Callable[[RequestRow], bool]:
    """Whether a request has a card in the channel where this is asked."""
    with asked.desk.ledger.read() as connection:
        shown = rows.shown_in(connection, asked.channel) if asked.channel else frozenset[str]()
    return lambda row: row.key in shown


def waiting_requests(asked: Asked) -> list[RequestRow]:
    """Every request that waits, oldest first."""
    with asked.desk.ledger.read() as connection:
        found = [
            row
            for upstream in asked.desk.upstreams
            for row in rows.requests_in(connection, upstream, State.PENDING)
        ]
    return sorted(found, key=lambda row: (row.first_seen_at, row.key))

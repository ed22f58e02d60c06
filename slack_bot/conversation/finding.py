"""Which request is meant by how an id begins: our key, the upstream's id, or the requester's own name for it."""

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, true

from slack_bot import request_list
from slack_bot.conversation.asked import Asked
from slack_bot.conversation.outsiders import refuse_outsiders
from slack_bot.conversation.places import registered
from slack_bot.language.suggestion import quoted
from slack_bot.ledger import cards, requests
from slack_bot.refusal import No
from slack_bot.rows import RequestRow, State, requests_where
from upstream_client.models import REQUESTERS_ID

SHORTEST = 3
"""Characters of a beginning; a whole key or id of the upstream may be shorter."""
MOST_NAMED = 10


def find(asked: Asked, beginning: str) -> RequestRow:
    """The only request with such an id that is or was shown where this is asked, or will be.

    A whole key is meant before a whole id of the upstream, and that before any beginning: the requester's own name
    is whatever they wrote, and must never stand for another request. What is settled counts as well: whoever means
    that one must not answer another. Directly it may be any request, for those who may know. Raises `No`,
    `slack_bot.directory.Busy`.
    """
    if asked.channel:
        registered(asked)
    else:
        refuse_outsiders(asked)
    begins = beginning.casefold()
    with asked.desk.ledger.read() as connection:
        meant = _called_so(connection, asked, begins)
        if not meant and len(begins) < SHORTEST:
            words = f"Please write the whole id, or at least {SHORTEST} characters of it."
            raise No("id too short", words)
        meant = meant or _begin_so(connection, asked, begins)
    if not meant:
        raise No(
            "unknown id", f"I know no request {quoted(beginning)} here. `pending` tells what waits, with ids."
        )
    if len(meant) > 1:
        words = f"More than one request begins with {quoted(beginning)}. Please write more of its key."
        raise No("ambiguous id", f"{words}\n{request_list.candidates(meant[:MOST_NAMED])}")
    return meant[0]


def may_mean(row: RequestRow, beginning: str) -> bool:
    """Whether `find` may take this beginning for a request, wherever it is asked."""
    begins, ids = beginning.casefold(), (row.key, row.upstream_id.casefold())
    if len(begins) < SHORTEST:
        return begins in ids
    return any(name.startswith(begins) for name in (*ids, *_own_names(row)))


def _called_so(connection: Connection, asked: Asked, whole: str) -> list[RequestRow]:
    """The request with this very key, else those with this very id upstream."""
    of_ours, here = requests.c.upstream.in_(asked.desk.upstreams), _is_here(asked)
    by_id = func.lower(requests.c.upstream_id) == whole
    return requests_where(connection, of_ours, here, requests.c.key == whole) or requests_where(
        connection, of_ours, here, by_id, limit=MOST_NAMED + 1
    )


def _begin_so(connection: Connection, asked: Asked, begins: str) -> list[RequestRow]:
    """A few more than are told. Requests that wait are found by the requester's own name for them as well.

    But not where the key or the id of a request that stands elsewhere begins so: that one may be meant.
    """
    of_ours, here = requests.c.upstream.in_(asked.desk.upstreams), _is_here(asked)
    columns = (func.lower(requests.c.key), func.lower(requests.c.upstream_id))
    by_id = or_(*(column.startswith(begins, autoescape=True) for column in columns))
    found = requests_where(connection, of_ours, here, by_id, limit=MOST_NAMED + 1)
    if not found and requests_where(connection, of_ours, by_id, limit=1):
        return []
    waiting = requests_where(connection, of_ours, here, requests.c.state == State.PENDING)
    named = [row for row in waiting if any(name.startswith(begins) for name in _own_names(row))]
    return list({row.key: row for row in (*found, *named)}.values())


def _is_here(asked: Asked) -> ColumnElement[bool]:
    if not asked.channel:
        return true()
    has_card = exists().where(cards.c.request_key == requests.c.key, cards.c.channel == asked.channel)
    will_have = and_(requests.c.state == State.PENDING, asked.desk.placement.shown_in(asked.channel))
    return or_(has_card, will_have)


def _own_names(row: RequestRow) -> list[str]:
    return [fact.value.casefold() for fact in row.asked.facts if fact.key == REQUESTERS_ID]

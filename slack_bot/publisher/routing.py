"""Writes down which route each request takes, so that nobody has to read the requests again to show them.

What was found by other routes than those of now, or before the request was told differently, does not count: until
it is found anew the request is shown nowhere anew.
"""

from collections.abc import Callable
from typing import NamedTuple

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from slack_bot.approvals import Cause
from slack_bot.ledger import requests
from slack_bot.placement import routed_to
from slack_bot.places import TO_DEFAULT
from slack_bot.publisher.board import Board
from slack_bot.publisher.scheduled import NEWS_FOR
from slack_bot.routes import Routes
from slack_bot.rows import State
from upstream_client.models import ApprovalRequest

BATCH = 100
"""Requests a transaction: while one runs no press can be saved."""
BATCHES = 5
"""So many a round: what people wait to see changed comes in between."""
TO_NOBODY = routed_to(())
"""Where a request goes that cannot be read: its card could not be drawn either."""

_ASKED = TypeAdapter(ApprovalRequest)

log = structlog.get_logger(__name__)


class _Unrouted(NamedTuple):
    """A request, and which body of it is to be looked at."""

    key: str
    body_hash: str
    body: str


class Routing:
    """What waits, and what a schedule answered lately; the oldest first."""

    def __init__(self, board: Board, read_anew: Callable[[], object]) -> None:
        self._board = board
        self._read_anew = read_anew

    def work(self) -> float | None:
        """Seconds until there is more to do, None where each has its route. Without routes nothing is done."""
        self._read_anew()
        store = self._board.placement.routes
        routes = store.routes
        if store.unsure or not routes.rules:
            return None
        for _ in range(BATCHES):
            unrouted = self._unrouted(routes.mark)
            if not unrouted or self._board.stopping.is_set():
                return None
            self._write(unrouted, routes)
        return 0.0

    def _unrouted(self, mark: str) -> list[_Unrouted]:
        query = (
            select(requests.c.key, requests.c.body_hash, requests.c.body)
            .where(
                self._is_to_be_shown(),
                requests.c.routed_by != mark,
                requests.c.upstream.in_(self._board.upstreams),
            )
            .order_by(requests.c.turn, requests.c.key)
            .limit(BATCH)
        )
        with self._board.ledger.read() as connection:
            return [_Unrouted(*row) for row in connection.execute(query)]

    def _is_to_be_shown(self) -> ColumnElement[bool]:
        is_news = requests.c.decided_at > self._board.clock() - NEWS_FOR
        return or_(requests.c.state == State.PENDING, and_(requests.c.cause == Cause.SCHEDULE, is_news))

    def _write(self, unrouted: list[_Unrouted], routes: Routes) -> None:
        """Not where it was told differently since. Rows are locked in the poller's order, by their keys."""
        found = [
            {"its_key": one.key, "its_body": one.body_hash, "to": _taken(one, routes)}
            for one in sorted(unrouted, key=lambda one: one.key)
        ]
        as_read = (requests.c.key == bindparam("its_key"), requests.c.body_hash == bindparam("its_body"))
        taken = update(requests).where(*as_read).values(routed_by=routes.mark, routed_to=bindparam("to"))
        with self._board.ledger.write() as tx:
            tx.execute(taken, found)


def _taken(one: _Unrouted, routes: Routes) -> str:
    try:
        route = routes.taken(_ASKED.validate_json(one.body))
    except ValidationError:
        log.exception("a request cannot be read, so it is shown nowhere", request=one.key)
        return TO_NOBODY
    return TO_DEFAULT if route is None else routed_to(route.channels)

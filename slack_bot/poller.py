"""The poller: brings what waits upstream into the ledger, and notices what no longer waits there."""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Row, select
from sqlalchemy.exc import IntegrityError

from slack_bot import approvals
from slack_bot.approvals import TAKEN_AS
from slack_bot.approvals.later import ENDS, OPEN, is_open
from slack_bot.clock import MINUTE, SECOND
from slack_bot.ledger import Ledger, requests
from slack_bot.operator_note import OperatorNote
from slack_bot.plain_text import cut, one_line
from slack_bot.rated import tells
from slack_bot.rows import RequestRow, State, body_of, hash_of, key_of, request_by_key
from upstream_client.base import Upstream
from upstream_client.exceptions import (
    Interrupted,
    NotListed,
    NotRead,
    PartlyRead,
    Throttled,
    Unreachable,
    UpstreamError,
)
from upstream_client.models import ApprovalRequest, Seen, Status

SETTLED_FOR_GOOD = 60 * SECOND
"""So long a list may lag behind an answer that the upstream took."""
GONE_AFTER_MASS = 10
"""Lists without a request, where nothing but the list tells, and most of it vanished with it."""
GONE_AFTER = 2
"""Complete lists without a request before anybody asks what became of it: a single list may be wrong."""
MASS = 5
"""When more than so many, and more than half, vanish at once, the list is suspected and not they."""
FETCHES_A_POLL = 50
SILENT = (Unreachable, Interrupted, Throttled)
"""After these it is no use to ask the upstream for another request at once."""
TOLD_WITHIN = 24 * 60 * MINUTE
"""So long after a request was settled the upstream may tell by itself how it ended, or that it waits on."""
BATCH = 100
"""Requests a transaction: while one runs no press can be saved, and Slack waits three seconds at most."""
IN_PART = (
    "{title}: I cannot read a part of what waits. Where it has no card, answer it in {title} itself until I can. "
    "{why}"
)
UNREAD = "{title}: I cannot read what waits there, and go by what I read before. I keep looking. {why}"
LONGEST_WHY = 300

T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the ledger says of a request, as much as a poll compares."""

    key: str
    state: State
    body_hash: str
    missing: int
    version: int


class ApprovalPoller:
    """Reconciler: upstream → ledger, for one upstream. Used by one thread."""

    def __init__(
        self,
        upstream: Upstream,
        ledger: Ledger,
        clock: Callable[[], int],
        changed: Callable[[], None],
        last_read: dict[str, int] | None = None,
        notes: list[str] | None = None,
    ) -> None:
        """``changed`` is told that there may be something to show.

        ``last_read`` gets, under the upstream's name, when its list was last read. ``notes`` say of a list that
        cannot be read, or only in part, why, and what the operator should do.
        """
        self._upstream = upstream
        self._tells = tells(upstream)
        self._ledger = ledger
        self._clock = clock
        self._changed = changed
        self._last_read = {} if last_read is None else last_read
        self._note = OperatorNote([] if notes is None else notes)
        self._stopping = threading.Event()
        self._agreed: dict[str, tuple[int, str]] = {}
        self._rest: tuple[int, int] | None = None
        self._doubtful: list[RequestRow] = []
        self._turns = itertools.count(1)
        self._asked: dict[str, int] = {}
        self._log = log.bind(upstream=upstream.name)

    def stop(self) -> None:
        """No new call; the one under way is waited for."""
        self._stopping.set()

    def work(self, now: int) -> None:
        """One poll. An upstream that does not answer is logged, and nothing is concluded from it."""
        if self._rests(now):
            return
        try:
            self.poll()
        except Throttled as error:
            self._rest = (now, now + int(error.retry_after * SECOND))
            self._log.warning("the list may not be read yet", why=str(error), seconds=error.retry_after)
        except UpstreamError as error:
            self._log.warning("the list could not be read", why=str(error), error=type(error).__name__)
            self._note.say(self._in_words(UNREAD, error))

    def _in_words(self, words: str, error: UpstreamError) -> str:
        """A note on the list, with what the upstream said."""
        return words.format(title=self._upstream.title, why=cut(one_line(str(error)), LONGEST_WHY))

    def _rests(self, now: int) -> bool:
        """Whether the upstream asked us to wait. A clock that was set back ends the wait."""
        return self._rest is not None and self._rest[0] <= now < self._rest[1]

    def poll(self) -> None:
        """Compares one list with the ledger. Raises `UpstreamError`.

        With nothing new this is one call and one query, or two where the upstream tells by itself. The ledger is
        read first: a row that is still the version read here was not changed by anything newer than the list. From
        a list that was read in part no absence is concluded, nor counted: what seems absent may be what could not
        be read. Where the upstream tells of one request by itself, it is asked about each of those. What it told by
        itself of requests that are settled is taken in as well.
        """
        known = self._live()
        waiting, whole = self._waiting()
        self._take_in_what_was_told_later()
        listed = {request.id: request for request in waiting}
        fresh = [request for request in listed.values() if self._is_news(request, known.get(request.id))]
        absent = [
            one
            for id, one in known.items()
            if one.state is State.PENDING and id not in listed and (whole or self._can_be_told_of(id))
        ]
        for gone in self._agreed.keys() - listed.keys():
            del self._agreed[gone]
        if not fresh and not absent:
            return
        try:
            self._take_in(fresh, known)
            self._look_at_doubtful()
            if whole:
                self._look_into(absent, sum(one.state is State.PENDING for one in known.values()))
            else:
                self._look_for(absent)
        finally:
            self._log.info("polled", listed=len(listed), news=len(fresh), absent=len(absent))
            self._changed()

    def _waiting(self) -> tuple[Sequence[ApprovalRequest], bool]:
        """The list, and whether it is whole. What is wrong with it is one line in the log at each poll, and a note.

        That there is none is no fault. What is read in part is read: the rest of it is shown.
        """
        note = ""
        try:
            waiting: Sequence[ApprovalRequest] = self._upstream.list_pending()
            whole = True
        except NotListed as error:
            waiting, whole = error.readable, False
        except PartlyRead as error:
            self._log.error("a part of the list could not be read", why=str(error), read=len(error.readable))
            if isinstance(error, NotRead):
                self._note.say(self._in_words(UNREAD, error))
                return error.readable, False
            waiting, whole = error.readable, False
            note = self._in_words(IN_PART, error)
        self._note.say(note)
        self._last_read[self._upstream.name] = self._clock()
        return waiting, whole

    def _can_be_told_of(self, request_id: str) -> bool:
        """Whether anything but the list tells what became of it."""
        return self._upstream.capabilities.get_one or self._told(request_id) is not None

    def _told(self, request_id: str) -> Seen | None:
        """What the upstream told of it without being asked."""
        return None if self._tells is None else self._tells.told(request_id)

    def _live(self) -> dict[str, _Known]:
        """What waits or is being answered, by the upstream's id."""
        with self._ledger.read() as connection:
            rows = connection.execute(
                _KNOWN.where(
                    requests.c.upstream == self._upstream.name,
                    requests.c.state.in_((State.PENDING, State.DECIDED)),
                )
            ).all()
        return {row.upstream_id: _known(row) for row in rows}

    def _is_news(self, request: ApprovalRequest, known: _Known | None) -> bool:
        """Whether the ledger may have to change. What cannot be written down is told of, and hides no other."""
        try:
            return self._differs(request, known)
        except ValueError as error:
            self._log.error("a request cannot be written down", id=ascii(request.id), why=str(error))
            return False

    def _differs(self, request: ApprovalRequest, known: _Known | None) -> bool:
        """Cheap for what was found the same in an earlier poll. Raises ValueError where it cannot be written."""
        if known is None:
            body_of(request)  # as it would be written
            return True
        if known.state is State.DECIDED:
            return False
        agreed = (hash(request), known.body_hash)
        if self._agreed.get(request.id) != agreed:
            if hash_of(body_of(request)) != known.body_hash:
                return True
            self._agreed[request.id] = agreed
        return known.missing > 0

    def _take_in(self, fresh: Sequence[ApprovalRequest], known: dict[str, _Known]) -> None:
        """Rows are locked in the order of their keys, so that two replicas do not wait for each other; what is
        new is first seen in the order of the list, in which cards then come.
        """
        self._doubtful.clear()
        began = self._clock()
        first_seen = {one.id: began + position for position, one in enumerate(fresh)}
        for batch in _batches(sorted(fresh, key=lambda one: key_of(one.upstream, one.id))):
            try:
                with self._ledger.write() as tx:
                    for request in batch:
                        self._take_in_one(tx, request, known.get(request.id), first_seen[request.id])
            except IntegrityError:
                self._log.info("another replica takes these in as well; the next poll sees what is left")

    def _take_in_one(
        self, tx: Connection, request: ApprovalRequest, known: _Known | None, first_seen: int
    ) -> None:
        """Writes only over what the list can be newer than."""
        now = self._clock()
        row = request_by_key(tx, key_of(request.upstream, request.id), lock=True)
        if row is None:
            approvals.add(tx, first_seen, request)
        elif known is not None:
            if row.state is State.PENDING and row.version == known.version:
                self._tell_again(tx, now, row, request)
        elif request.is_claim:
            return  # it says what was asked once, and not that it waits still
        elif row.state in (State.ELSEWHERE, State.UNCONFIRMED):
            approvals.relist(tx, now, row, request)
        elif now - (row.settled_at or now) > SETTLED_FOR_GOOD:
            self._doubtful.append(row)

    def _look_at_doubtful(self) -> None:
        """Listed as waiting long after the upstream took our answer, or let it expire: does it wait?"""
        doubtful, self._doubtful = self._doubtful[:FETCHES_A_POLL], []
        for row in doubtful:
            if self._stopping.is_set():
                return
            try:
                seen = self._upstream.fetch(row.upstream_id)
            except UpstreamError as error:
                self._log.warning(
                    "a doubtful request could not be looked at", request=row.key, why=str(error)
                )
                if isinstance(error, SILENT):
                    return
                continue
            if seen.status is Status.PENDING and seen.request is not None:
                self._log.error("it waits, whatever was said before", request=row.key, state=row.state)
                with self._ledger.write() as tx:
                    approvals.relist(tx, self._clock(), row, seen.request)

    def _take_in_what_was_told_later(self) -> None:
        """How requests ended that were settled without that being known, and which of them wait on after all."""
        if self._tells is None:
            return
        query = _OPEN.where(
            requests.c.upstream == self._upstream.name, requests.c.settled_at >= self._clock() - TOLD_WITHIN
        )
        with self._ledger.read() as connection:
            settled = connection.execute(query).all()
        for one in settled:
            seen = self._told(one.upstream_id)
            if seen is None or not _says_more(one.state, one.outcome_status, seen):
                continue
            with self._ledger.write() as tx:
                row = request_by_key(tx, one.key, lock=True)
                if row is not None and is_open(row) and _says_more(row.state, row.outcome_status, seen):
                    self._learn(tx, row, seen)
            self._changed()

    def _learn(self, tx: Connection, row: RequestRow, seen: Seen) -> None:
        now = self._clock()
        self._log.info("told later", request=row.key, state=row.state, status=seen.status)
        if seen.status is Status.PENDING:
            approvals.relist(tx, now, row, row.asked)
        elif row.state is State.UNCONFIRMED and row.verdict and seen.status is TAKEN_AS[row.verdict]:
            approvals.confirmed(tx, now, row, seen.comment)
        else:
            approvals.ended(tx, now, row, seen)

    def _tell_again(self, tx: Connection, now: int, row: RequestRow, request: ApprovalRequest) -> None:
        """What others tell does not stand against what the upstream itself has told."""
        is_hearsay = request.is_claim and request.digest != row.digest and not row.asked.is_claim
        if hash_of(body_of(request)) != row.body_hash and not is_hearsay:
            approvals.refresh(tx, now, row, request)
        elif row.missing:
            approvals.still_there(tx, now, row)

    def _look_into(self, absent: Sequence[_Known], pending: int) -> None:
        """Counts absences and, after two, asks what became of each."""
        mass = len(absent) > MASS and len(absent) * 2 > pending
        if mass:
            self._log.error(
                "more than half of the requests vanished from the list at once: nothing is settled until "
                "each was looked at; check the upstream and the bot's role there",
                absent=len(absent),
                pending=pending,
            )
        for batch in _batches(sorted(absent, key=lambda one: one.key)):
            with self._ledger.write() as tx:
                for one in batch:
                    row = request_by_key(tx, one.key, lock=True)
                    if row is not None and row.version == one.version:
                        approvals.missed(tx, self._clock(), row)
        # Those that could not be looked at come last, so that they keep nobody else waiting.
        gone = sorted((one for one in absent if one.missing + 1 >= GONE_AFTER), key=lambda one: one.missing)
        for one in gone[:FETCHES_A_POLL]:
            if self._stopping.is_set() or not self._ask_after(one.key, trust_absence=not mass):
                return

    def _look_for(self, absent: Sequence[_Known]) -> None:
        """Asks after each that a part of a list leaves out; those that were asked after longest ago come first."""
        self._asked = {key: self._asked.get(key, 0) for key in sorted(one.key for one in absent)}
        for key in sorted(self._asked, key=self._asked.__getitem__)[:FETCHES_A_POLL]:
            self._asked[key] = next(self._turns)
            if self._stopping.is_set() or not self._ask_after(key, trust_absence=False, only_told=True):
                return

    def _ask_after(self, key: str, *, trust_absence: bool, only_told: bool = False) -> bool:
        """Asks the upstream what became of one request, and settles it if the answer tells.

        ``only_told``: that there is none such is no answer then. False where the upstream answers nothing at all,
        so that it is no use to ask after another.
        """
        with self._ledger.read() as connection:
            row = request_by_key(connection, key)
        if row is None or row.state is not State.PENDING:
            return True
        try:
            seen = self._fate(row)
        except UpstreamError as error:
            self._log.warning("a vanished request could not be looked at", request=key, why=str(error))
            return not isinstance(error, SILENT)
        if only_told and seen.status in (Status.UNKNOWN, Status.PENDING):
            return True
        with self._ledger.write() as tx:
            latest = request_by_key(tx, key, lock=True)
            if latest is not None and latest.version == row.version:
                self._conclude(tx, latest, seen, trust_absence=trust_absence)
        return True

    def _fate(self, row: RequestRow) -> Seen:
        """What became of it. An upstream that tells only what waits has said all by leaving it out."""
        if not self._upstream.capabilities.get_one:
            return self._told(row.upstream_id) or Seen(Status.UNKNOWN)
        return self._upstream.fetch(row.upstream_id)

    def _conclude(self, tx: Connection, row: RequestRow, seen: Seen, *, trust_absence: bool) -> None:
        now = self._clock()
        if seen.status is Status.PENDING:
            approvals.still_there(tx, now, row)
        elif seen.status is not Status.UNKNOWN or trust_absence or self._is_certain(row):
            approvals.gone(tx, now, row, seen)

    def _is_certain(self, row: RequestRow) -> bool:
        """Whether "unknown" is an answer about this request, or many lists left it out."""
        return self._upstream.capabilities.get_one or row.missing >= GONE_AFTER_MASS


_KNOWN = select(
    requests.c.key,
    requests.c.upstream_id,
    requests.c.state,
    requests.c.body_hash,
    requests.c.missing,
    requests.c.version,
)


_OPEN = select(requests.c.key, requests.c.upstream_id, requests.c.state, requests.c.outcome_status).where(
    requests.c.state.in_(OPEN), requests.c.outcome_status.not_in(ENDS)
)


def _says_more(state: str, outcome_status: str, seen: Seen) -> bool:
    """Whether it says other than is known. That it waits is no news of an answer that may yet be taken."""
    if seen.status is Status.PENDING:
        return state != State.UNCONFIRMED
    return seen.status != outcome_status


def _known(row: Row[str, str, str, str, int, int]) -> _Known:
    return _Known(row.key, State(row.state), row.body_hash, row.missing, row.version)


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[first : first + BATCH] for first in range(0, len(items), BATCH))

"""What webhooks told, by approval: claims, until Xerotier itself tells the same."""

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from upstream_client.models import ApprovalRequest, Seen, Status
from upstream_client.xerotier.event import Event, Kind
from upstream_client.xerotier.reading import CLAIM, ESCALATION, request, with_fact

MOST = 10_000
"""Approvals of which it is remembered what was told; of more, the oldest are forgotten first."""
_RANKS = {Kind.REQUESTED: 0, Kind.TIMED_OUT: 1, Kind.ESCALATED: 2, Kind.APPROVED: 3, Kind.REJECTED: 3}
"""Of two told for the same second the higher one holds: where it escalated, the time-out was not the end."""
_FINAL = (Kind.APPROVED, Kind.REJECTED)


@dataclass(slots=True)
class _Told:
    """``heard_at``: when it was heard of first. ``last``: the event that holds; they come in any order.

    ``listed``: Xerotier's own list had it. ``over``: that it waits is believed no more, since a decision went out,
    or Xerotier was asked; ``fate`` is what it said then.
    """

    heard_at: float
    last: Event
    request: ApprovalRequest | None = None
    escalated: bool = False
    listed: bool = False
    over: bool = False
    fate: Seen | None = None

    @property
    def waits(self) -> bool:
        """By what was told last."""
        return not self.last.is_end and not self.over

    @property
    def went_on(self) -> bool:
        """It waits, and what was told last is that it is at another stage."""
        return self.waits and self.last.kind is Kind.ESCALATED


class Heard:
    """Threads share one. Nothing of it outlives the process: the ledger keeps what was shown.

    ``monotonic`` tells seconds.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._monotonic = monotonic
        self._most = most
        self._lock = threading.Lock()
        self._told: dict[str, _Told] = {}

    def take(self, event: Event) -> None:
        """What a webhook told. The same one again, or an older one, changes nothing."""
        with self._lock:
            told = self._told.get(event.approval_id)
            if told is None:
                told = self._told[event.approval_id] = _Told(self._monotonic(), event)
                self._forget_the_oldest()
            elif _order(event) > _order(told.last):
                told.last = event
                if event.kind is Kind.ESCALATED:
                    told.over, told.fate = False, None
            told.escalated = told.escalated or event.kind is Kind.ESCALATED
            if told.request is None and event.approval is not None:
                told.request = with_fact(request(event.approval), CLAIM)

    def confirm(self, seen: Mapping[str, Seen]) -> None:
        """Xerotier's list has these: from now on it is the list that tells whether they wait, and what they are."""
        with self._lock:
            for approval_id in self._told.keys() & seen.keys():
                told, asked = self._told[approval_id], seen[approval_id].request
                told.listed = True
                told.request = told.request if asked is None else with_fact(asked, CLAIM)

    def found(self, approval_id: str, seen: Seen, lag: float) -> None:
        """What Xerotier told when it was asked about this one. That it waits is a claim again, a moment later.

        ``lag``: for so many seconds after a webhook told of it, Xerotier itself may not know it yet.
        """
        with self._lock:
            told = self._told.get(approval_id)
            if told is None:
                return
            if seen.status is Status.UNKNOWN:
                told.over = told.over or self._monotonic() - told.heard_at > lag
            elif seen.status is not Status.PENDING:
                told.over, told.fate = True, seen
            elif seen.request is not None:
                told.request = with_fact(seen.request, CLAIM)

    def sent(self, approval_id: str) -> None:
        """A decision went to Xerotier. That it waited was told before, and says nothing any more."""
        with self._lock:
            if approval_id in self._told:
                self._told[approval_id].over = True

    def claims(self, within: float = math.inf, *, went_on: bool = False) -> list[ApprovalRequest]:
        """What waits by what webhooks told, and was in no list yet; in the order it was heard.

        ``within``: only what was heard of so many seconds ago, or later. ``went_on``: besides, whatever escalated.
        """
        with self._lock:
            return [
                with_fact(told.request, ESCALATION) if told.escalated else told.request
                for told in self._told.values()
                if told.request is not None
                and told.waits
                and (self._is_unlisted(told, within) or (went_on and told.went_on))
            ]

    def settled(self, approval_id: str) -> Seen | None:
        """What became of it; None where nobody told."""
        with self._lock:
            told = self._told.get(approval_id)
            if told is None:
                return None
            if told.fate is not None or not told.last.is_end:
                return told.fate
            return Seen(told.last.status, by=told.last.by, at=told.last.at)

    def is_unlisted(self, approval_id: str, within: float = math.inf) -> bool:
        """Whether it is known by webhooks only; ``within`` as for `claims`."""
        with self._lock:
            told = self._told.get(approval_id)
            return told is not None and self._is_unlisted(told, within)

    def has_escalated(self, approval_id: str) -> bool:
        """Whether a webhook said that it went on to another stage."""
        with self._lock:
            told = self._told.get(approval_id)
            return told is not None and told.escalated

    def went_on(self, approval_id: str) -> bool:
        """Whether that is what was told last, so that it waits still."""
        with self._lock:
            told = self._told.get(approval_id)
            return told is not None and told.went_on

    def _is_unlisted(self, told: _Told, within: float) -> bool:
        return not told.listed and self._monotonic() - told.heard_at <= within

    def _forget_the_oldest(self) -> None:
        if len(self._told) > self._most:
            del self._told[next(iter(self._told))]


def _order(event: Event) -> tuple[bool, bool, int, int]:
    """Of two events the higher one holds: an answer is the end, and the request always the beginning."""
    is_answer, is_beginning = event.kind in _FINAL, event.kind is Kind.REQUESTED
    return is_answer, not is_beginning, event.at or 0, _RANKS[event.kind]

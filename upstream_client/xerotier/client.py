"""The client of a Xerotier: list, fetch, approve, reject, and what its webhooks told."""

import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event as Flag

import structlog

from upstream_client.exceptions import (
    Interrupted,
    NotListed,
    NotRead,
    NotTold,
    NotUnderstood,
    PartlyRead,
    UpstreamError,
)
from upstream_client.models import (
    ApprovalRequest,
    Capabilities,
    Decision,
    Duration,
    Outcome,
    OutcomeKind,
    Seen,
    Status,
    Verdict,
)
from upstream_client.session import CONNECT_SECONDS, READ_SECONDS
from upstream_client.xerotier import address, reading
from upstream_client.xerotier.approval_list import NONE, ApprovalList
from upstream_client.xerotier.caller import TITLE, Caller
from upstream_client.xerotier.deciding import VERBS, outcome_of
from upstream_client.xerotier.event import Event
from upstream_client.xerotier.heard import Heard
from upstream_client.xerotier.lookout import Lookout
from upstream_client.xerotier.reading import ESCALATION, Listing, with_fact

ONLY_CLAIMED = f"{TITLE} has nothing that tells of one approval: what was shown is what its webhook told."
LAG, LONGEST_DOUBT = 60.0, 3600.0
"""Seconds for which a webhook is believed against a whole list: one that has shown that it lists, and another."""
WENT_ON = "It went on to the next stage of its escalation."
MOST_ASKED = 50
"""Claims that are asked after at one look: as many calls may come before what waits is told."""

log = structlog.get_logger(__name__)


class XerotierClient:
    """Xerotier's approvals; speaks `upstream_client.base.Upstream` and `upstream_client.base.Tells`.

    ``base`` is https, or http on this machine. ``paths``: of the list, and of one approval with {approval_id} in
    it, "" where that cannot be asked for; both below the project. Raises ValueError for what is none of these.
    ``timeout``: seconds to connect, and to wait for an answer to begin and then to end. ``monotonic`` tells
    seconds. Calls may raise any `UpstreamError`; decisions never `Interrupted`.

    What webhooks told is a hint: where Xerotier itself tells, by list or by one, that is what holds.
    """

    name = reading.NAME
    title = TITLE

    def __init__(
        self,
        base: str,
        project_id: str,
        key: str,
        poll_interval: float = 30.0,
        paths: tuple[str, str] = (address.LIST_PATH, ""),
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caller = Caller(base, project_id, key, paths, timeout)
        self._list = ApprovalList(self._caller)
        self._heard = Heard(monotonic)
        self._lookout = Lookout(poll_interval)
        self._tells_of_one = False
        self._has_listed = False
        self._lists_escalated = False
        self._stop = Flag()
        self._turns = itertools.count(1)
        self._asked: dict[str, tuple[int, ApprovalRequest | None]] = {}
        self._late: frozenset[str] = frozenset()
        self._has_warned = False
        # A decision has no body, so no comment; a tool call runs once, so no duration.
        self.capabilities = Capabilities(
            comment=False, get_one=bool(self._caller.get_path), deny="Reject", escalates=True
        )

    def __repr__(self) -> str:
        return f"XerotierClient({self._caller.base!r})"

    def take(self, event: Event) -> None:
        """What a webhook told, once its signature was verified; a look follows. Taken again it changes nothing."""
        self._heard.take(event)
        self._lookout.tell()

    def told(self, request_id: str) -> Seen | None:
        """What became of a request by what webhooks told; None where they told nothing. No call is made.

        It waits where they told last that it escalated, since a list may leave that out.
        """
        settled = self._heard.settled(request_id)
        if settled is None and self._went_on(request_id):
            return Seen(Status.PENDING, comment=WENT_ON)
        return settled

    def list_pending(self) -> list[ApprovalRequest]:
        """What waits: by the list, and what webhooks told and no list has told of yet.

        Raises `NotListed` with the latter where there is no list, `NotRead` where nothing of it can be read,
        `PartlyRead` where it cannot all be read.
        """
        listing = self._look()
        waiting = [
            seen.request
            for seen in map(self._with_escalation, listing.seen.values())
            if seen.request is not None and seen.status is Status.PENDING
        ]
        claims = self._claims(listing)
        if listing.trouble is None:
            self._warn_of(claims)
            return waiting + claims
        if listing.none:
            raise NotListed(NONE, tuple(claims))
        if listing.seen:
            raise PartlyRead(str(listing.trouble), (*waiting, *claims))
        if claims:
            raise NotRead(str(listing.trouble), tuple(claims))
        raise listing.trouble

    def fetch(self, request_id: str) -> Seen:
        """How one approval stands: by the list, where it cannot tell by asking for it alone, then by webhooks.

        `Status.UNKNOWN` where Xerotier does not know it (any more). Raises `NotTold` where a webhook's claim is all
        there is, so that nothing can be compared with what was shown.
        """
        listing = self._look()
        if request_id in listing.seen:
            return self._with_escalation(listing.seen[request_id])
        if self._caller.get_path:
            return self._one(request_id, listing)
        settled = self._heard.settled(request_id)
        if settled is not None:
            return settled
        if listing.trouble is not None and not listing.none:
            raise listing.trouble
        is_claim = self._went_on(request_id) or self._heard.is_unlisted(request_id, self._doubt(listing))
        if listing.none or is_claim:
            raise NotTold(ONLY_CLAIMED)
        return Seen(Status.UNKNOWN)

    def approve(self, request: ApprovalRequest, duration: Duration, decision: Decision) -> Outcome:
        """Say yes, for this one call. Sent once; UNKNOWN where nobody can tell whether it arrived."""
        return self._decide(Verdict.APPROVE, request, decision)

    def deny(self, request: ApprovalRequest, reason: str, decision: Decision) -> Outcome:
        """Say no. Sent once. Xerotier takes neither ``reason`` nor who decided: that stays with us."""
        return self._decide(Verdict.DENY, request, decision)

    def watch(self, stop: Flag) -> Iterator[None]:
        """Yields at once, when a webhook told something, and every poll interval at least, until ``stop``."""
        self._stop = stop
        return self._lookout.watch(stop)

    def close(self) -> None:
        """Lets go of the connections. Never raises."""
        self._caller.close()

    def _look(self) -> Listing:
        """At the list; what it has is no claim any more."""
        listing = self._list.look()
        self._heard.confirm(listing.seen)
        waiting = [seen.request for seen in listing.seen.values() if seen.status is Status.PENDING]
        self._has_listed = self._has_listed or bool(waiting)
        escalated = any(asked is not None and ESCALATION in asked.facts for asked in waiting)
        self._lists_escalated = self._lists_escalated or escalated
        return listing

    def _went_on(self, request_id: str) -> bool:
        """Whether it waits at another stage. A list that has shown such ones would tell of it."""
        return not self._lists_escalated and self._heard.went_on(request_id)

    def _doubt(self, listing: Listing) -> float:
        """Seconds for which a webhook is believed although this list leaves out what it told."""
        if listing.trouble is not None:
            return math.inf
        return LAG if self._has_listed else LONGEST_DOUBT

    def _claims(self, listing: Listing) -> list[ApprovalRequest]:
        """What webhooks told and the list does not. Where one can be asked for, each is: then it is no claim.

        Not all at once: those come first that were asked after longest ago, and the others are as they were then.
        """
        told = self._heard.claims(self._doubt(listing), went_on=not self._lists_escalated)
        claims = {one.id: one for one in told if one.id not in listing.seen}
        if not self._caller.get_path or not (listing.none or self._tells_of_one):
            return [*claims.values()]
        self._asked = {id: self._asked.get(id, (0, claim)) for id, claim in claims.items()}
        for id in sorted(claims, key=lambda id: self._asked[id][0])[:MOST_ASKED]:
            if self._stop.is_set():
                break
            self._asked[id] = next(self._turns), claims[id]
            try:
                self._asked[id] = self._asked[id][0], self._ask(id, listing)
            except UpstreamError as error:
                log.warning("claims could not be confirmed", upstream=self.name, why=str(error))
                break
        return [found for _, found in self._asked.values() if found is not None]

    def _ask(self, approval_id: str, listing: Listing) -> ApprovalRequest | None:
        """What one claim is about, if it waits."""
        seen = self._one(approval_id, listing)
        self._heard.found(approval_id, seen, LAG)
        return seen.request if seen.status is Status.PENDING else None

    def _one(self, approval_id: str, listing: Listing) -> Seen:
        """Asked for by itself. A 404 is an answer only where it is not the path's."""
        answer = self._caller.one(approval_id)
        if answer is not None:
            seen = reading.one(answer.json(), approval_id)
            self._tells_of_one = True
            return self._with_escalation(seen)
        settled = self._heard.settled(approval_id)
        if settled is not None:
            return settled
        if self._tells_of_one or listing.trouble is None:
            return Seen(Status.UNKNOWN)
        raise NotUnderstood(
            f"{TITLE} finds nothing at XEROTIER_GET_PATH for this approval. If it does so for every one, correct"
            " the path or leave it out; look at XEROTIER_PROJECT_ID too."
        )

    def _with_escalation(self, seen: Seen) -> Seen:
        if seen.request is None or not self._heard.has_escalated(seen.request.id):
            return seen
        return replace(seen, request=with_fact(seen.request, ESCALATION))

    def _warn_of(self, claims: list[ApprovalRequest]) -> None:
        """Once, where a whole list leaves out at a second look what a webhook told of."""
        ids = frozenset(one.id for one in claims)
        if ids & self._late and not self._has_warned:
            self._has_warned = True
            log.warning(
                "the list leaves out what webhooks tell of: does it ask for the right ones?",
                upstream=self.name,
                path=self._caller.list_path,
                settings="XEROTIER_LIST_PATH",
            )
        self._late = ids

    def _decide(self, verdict: Verdict, request: ApprovalRequest, decision: Decision) -> Outcome:
        try:
            knows_project = self._caller.knows_project or self._heard.settled(request.id) is not None
            answer = self._caller.decide(request.id, VERBS[verdict])
        except Interrupted as error:
            outcome = Outcome(OutcomeKind.UNKNOWN, str(error))
        else:
            outcome = outcome_of(answer, request.id, verdict, knows_project=knows_project)
        if outcome.kind is not OutcomeKind.REFUSED:
            self._heard.sent(request.id)
        log.debug(
            "decision sent",
            upstream=self.name,
            upstream_id=request.id,
            decision=decision.id,
            path=VERBS[verdict],
            outcome=outcome.kind.value,
            detail=outcome.detail,
        )
        return outcome

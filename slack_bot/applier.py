"""The applier: carries verdicts to the upstream, each once.

The intent is recorded before the call and the outcome after it. Where the outcome is not known the request is
read again: seen answered with our decision's id, it was taken; seen still pending, twice, it is sent again;
gone, with nobody to tell, it stays unconfirmed.
"""

import math
import threading
from collections.abc import Callable

import structlog
from sqlalchemy import select

from slack_bot import approvals
from slack_bot.approvals import TAKEN_AS, Cause, Outdated
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger, requests
from slack_bot.policy.risks import counted_as, is_at_least
from slack_bot.rated import tells
from slack_bot.rows import RequestRow, State, request_by_key
from upstream_client.base import Upstream
from upstream_client.exceptions import Interrupted, NotTold, NotUnderstood, Throttled, UpstreamError
from upstream_client.models import (
    ApprovalRequest,
    Decision,
    Duration,
    Outcome,
    OutcomeKind,
    Seen,
    Status,
    Verdict,
)

_HOW = {
    Cause.VOTE.value: " in Slack",
    Cause.BREAK_GLASS.value: " in Slack (break-glass: without the approvals that are asked for otherwise)",
}
"""What the upstream's record says of how it was decided, beside by whom."""
MAX_BACKOFF = 60
ABANDONED_AFTER = 200 * SECOND
"""Another replica that began so long ago is dead: a call, a log-on and the call again take 65 s each at most."""
LONGEST_WAIT = 3600 * SECOND
UNTOLD_AFTER = 60 * SECOND
"""So long an upstream that cannot be asked may take to tell by itself what became of a decision."""
STUMBLED = "Something is wrong in the bot itself; its log says what. I keep trying."
RUN_OUT = "The time until which {name} approved has passed, so nothing was approved."
NOT_TOLD = "{title} does not tell of it at the moment, so nobody can compare it with what was shown."
HEARSAY = (
    "Only others tell of it, and not {title} itself, so silence does not approve it. It waits for a person."
)
NOT_COVERED = "The schedule no longer covers it. It waits for a person."
RISK_ROSE = "Its risk is {now} now, and was {then} when {name} approved it. This is how it stands now."

log = structlog.get_logger(__name__)


class Applier:
    """Reconciler: verdicts → upstream, for one upstream. Used by one thread."""

    def __init__(
        self,
        upstream: Upstream,
        ledger: Ledger,
        clock: Callable[[], int],
        changed: Callable[[], None],
        instance: str,
        still_covered: Callable[[ApprovalRequest, Duration, int], bool],
        *,
        look_again_after: float = 2.0,
    ) -> None:
        """``instance`` names this process, ``changed`` tells the publisher.

        ``still_covered``: whether the schedules approve a request, for so long, at that time.
        ``look_again_after``: seconds between looks after an unknown outcome, for the upstream to finish in.
        """
        self._upstream = upstream
        self._ledger = ledger
        self._clock = clock
        self._changed = changed
        self._instance = instance
        self._still_covered = still_covered
        self._look_again = int(look_again_after * SECOND)
        self._may_be_told = tells(upstream) is not None and not upstream.capabilities.get_one
        self._stopping = threading.Event()
        self._log = log.bind(upstream=upstream.name)

    def stop(self) -> None:
        """No new call upstream; the one under way is waited for."""
        self._stopping.set()

    def work(self, now: int) -> float | None:
        """Carries every due verdict. Returns seconds until the next one is due, None where none waits.

        What is due only after the longest wait there is was put off before the clock was set back.
        """
        for key, at in self._agenda():
            if self._stopping.is_set():
                return None
            if at <= now or at > now + LONGEST_WAIT:
                self._carry_one(key)
                self._changed()
        agenda = self._agenda()
        return max(0.0, (agenda[0][1] - self._clock()) / SECOND) if agenda else None

    def _agenda(self) -> list[tuple[str, int]]:
        """The verdicts on their way and when each may be dealt with, in this order."""
        query = select(requests.c.key, requests.c.due_at, requests.c.intent_at, requests.c.intent_by)
        with self._ledger.read() as connection:
            rows = connection.execute(
                query.where(requests.c.upstream == self._upstream.name, requests.c.state == State.DECIDED)
            ).all()
        times = [(row.key, max(row.due_at, self._free_at(row.intent_at, row.intent_by))) for row in rows]
        return sorted(times, key=lambda one: one[1])

    def _free_at(self, intent_at: int | None, intent_by: str) -> int:
        """When we may touch it. With one process any open intent is ours to finish at once; else another
        replica may be calling now.
        """
        if intent_at is None or self._ledger.sole or intent_by == self._instance:
            return 0
        return intent_at + ABANDONED_AFTER

    def _carry_one(self, key: str) -> None:
        try:
            self._carry(key)
        except Outdated:
            self._log.info("another replica was faster", request=key)
        except Exception:  # noqa: BLE001 - logged with its trace, like everywhere
            # One verdict must not hold up the others, and its card must not go on as if nothing were wrong.
            self._log.exception("a verdict could not be carried", request=key)
            self._stumbled(key)

    def _stumbled(self, key: str) -> None:
        """A defect of ours kept a verdict from being carried: its card says so, and it is tried again."""
        row = self._read(key)
        if row is None or row.state is not State.DECIDED:
            return
        now = self._clock()
        with self._ledger.write() as tx:
            if row.intent_at is None:
                approvals.not_sent(tx, now, row, STUMBLED, now + _backoff(row.attempts) * SECOND)
            else:
                approvals.not_confirmed(tx, now, row, STUMBLED, now + self._growing_pause(row))

    def _carry(self, key: str) -> None:
        row = self._read(key)
        if row is None or row.state is not State.DECIDED:
            return
        if row.intent_at is None:
            self._send(row)
        elif row.unsure or row.seen_pending:
            self._look(row)
        else:
            # Whoever sent it died before the answer: the upstream may still be at it.
            self._not_confirmed(row, self._look_again)

    def _read(self, key: str) -> RequestRow | None:
        with self._ledger.read() as connection:
            return request_by_key(connection, key)

    def _send(self, row: RequestRow) -> None:
        """Checks what is about to be decided, records the intent, and calls."""
        if row.verdict is Verdict.APPROVE and not self._is_as_shown(row):
            return
        if self._stopping.is_set():
            return
        now = self._clock()
        if row.left(now) is None:
            self._reopen(row, RUN_OUT.format(name=row.decided_by_name))
            return
        with self._ledger.write() as tx:
            approvals.intend(tx, now, row, self._instance)
            intended = request_by_key(tx, row.key)
        if intended is None:
            raise LookupError(f"request {row.key} vanished from the ledger")
        try:
            outcome = self._call(intended)
        except Interrupted as error:
            outcome = Outcome(OutcomeKind.UNKNOWN, str(error))
        except UpstreamError as error:
            self._put_off(intended, error)
            return
        self._take_down(intended, outcome)

    def _is_as_shown(self, row: RequestRow) -> bool:
        """Fetches once. False where the request is not what people approved, or cannot be read now.

        Where the upstream has no way to tell of it, and never had, what a claim said is what was shown and holds.
        """
        try:
            seen = self._upstream.fetch(row.upstream_id)
        except NotTold as error:
            if not row.asked.is_claim:
                self._put_off(row, NotTold(NOT_TOLD.format(title=self._upstream.title)))
                return False
            self._log.info("compared with what was claimed only", request=row.key, why=str(error))
            return self._stands(row, row.asked)
        except UpstreamError as error:
            self._put_off(row, error)
            return False
        if seen.status is not Status.PENDING:
            self._gone_before(row, seen)
            return False
        if seen.request is None:
            self._put_off(row, NotUnderstood(f"{self._upstream.title} does not say what is asked."))
            return False
        return self._stands(row, seen.request)

    def _stands(self, row: RequestRow, request: ApprovalRequest) -> bool:
        """Whether the approval stands for what the request is now; else it waits again, as it is now."""
        notice = self._why_not_now(row, request)
        if notice:
            other = row.asked.differing(request)
            self._log.warning("an approval does not stand", request=row.key, why=notice, differing=other)
            with self._ledger.write() as tx:
                approvals.reopen(tx, self._clock(), row, notice, request)
        return not notice

    def _why_not_now(self, row: RequestRow, request: ApprovalRequest) -> str:
        """Why the approval does not stand any more, for the card; "" where it does.

        A person's holds for what was shown, and as long as it is no riskier: the risk is not in the digest, but
        who may decide goes by it. A schedule's holds while one covers the request as it is now: the upstream
        may have been down until morning.
        """
        if request.digest != row.digest:
            return f"The request changed after {row.decided_by_name} approved it. This is how it stands now."
        if row.cause == Cause.SCHEDULE:
            is_covered = self._still_covered(request, row.for_how_long, self._clock())
            return "" if is_covered else NOT_COVERED
        if row.cause == Cause.TIMEOUT and request.is_claim:
            return HEARSAY.format(title=self._upstream.title)
        then, now = row.asked.risk, request.risk
        if counted_as(now) is not counted_as(then) and is_at_least(now, then):
            return RISK_ROSE.format(now=now.value, then=then.value, name=row.decided_by_name)
        return ""

    def _gone_before(self, row: RequestRow, seen: Seen) -> None:
        """It no longer waits. Where only the list tells that, a single list may be wrong: it is read twice."""
        by_list_only = seen.status is Status.UNKNOWN and not self._upstream.capabilities.get_one
        if by_list_only and row.missing == 0:
            with self._ledger.write() as tx:
                approvals.missed(tx, self._clock(), row)
            unlisted = NotUnderstood(f"{self._upstream.title} does not list the request at the moment.")
            self._put_off(self._read(row.key) or row, unlisted)
        else:
            self._settle(row, seen, maybe_ours=row.unsure)

    def _call(self, row: RequestRow) -> Outcome:
        by = _who(row)
        done = "Approved" if row.verdict is Verdict.APPROVE else "Denied"
        how = _HOW.get(row.cause or "", "")
        reason = f": {row.reason}" if row.reason else ""
        # The id comes first: a comment may be cut off.
        decision = Decision(row.decision_id, by, f"[{row.decision_id}] {done}{how} by {by}{reason}")
        self._log.info("sending", request=row.key, verdict=row.verdict, decision=decision.id)
        if row.verdict is Verdict.APPROVE:
            return self._upstream.approve(row.asked, row.for_how_long, decision)
        return self._upstream.deny(row.asked, row.reason, decision)

    def _put_off(self, row: RequestRow, error: UpstreamError) -> None:
        """The call was not made, for sure. It is tried again, ever more slowly."""
        delay = max(_backoff(row.attempts), _asked_to_wait(error))
        self._log.warning("not sent", request=row.key, why=str(error), seconds=delay)
        now = self._clock()
        with self._ledger.write() as tx:
            approvals.not_sent(tx, now, row, _trying(error), now + delay * SECOND)

    def _take_down(self, row: RequestRow, outcome: Outcome) -> None:
        self._log.info("answered", request=row.key, outcome=outcome.kind, detail=outcome.detail)
        title, now = self._upstream.title, self._clock()
        match outcome.kind:
            case OutcomeKind.TAKEN:
                with self._ledger.write() as tx:
                    approvals.taken(tx, now, row, outcome.detail)
            case OutcomeKind.REFUSED:
                self._reopen(
                    row, f"{title} refused {row.decided_by_name}'s {self._noun(row)}: {outcome.detail}"
                )
            case OutcomeKind.ALREADY:
                self._look(row, refused=True)
            case OutcomeKind.UNKNOWN:
                self._not_confirmed(row, self._look_again)

    def _noun(self, row: RequestRow) -> str:
        return "approval" if row.verdict is Verdict.APPROVE else "denial"

    def _reopen(self, row: RequestRow, notice: str) -> None:
        with self._ledger.write() as tx:
            approvals.reopen(tx, self._clock(), row, notice, row.asked)

    def _not_confirmed(self, row: RequestRow, pause: int) -> None:
        """Nobody can tell yet what became of it; the next look is after ``pause`` microseconds."""
        title, now = self._upstream.title, self._clock()
        trouble = f"It was sent to {title}, which has not confirmed it. I am looking what became of it."
        with self._ledger.write() as tx:
            approvals.not_confirmed(tx, now, row, trouble, now + pause)

    def _look(self, row: RequestRow, *, refused: bool = False) -> None:
        """What became of it, after an unknown outcome or, ``refused``, after "it no longer waits"?"""
        try:
            seen = self._upstream.fetch(row.upstream_id)
        except NotTold:
            self._wait_to_be_told(row, refused=refused)
            return
        except UpstreamError as error:
            self._log.warning("what became of it could not be read", request=row.key, why=str(error))
            self._not_confirmed(row, self._pause_after(row, error))
            return
        if seen.status is Status.PENDING:
            self._seen_pending(row)
        elif seen.status is Status.UNKNOWN and self._may_be_told:
            self._wait_to_be_told(row, refused=refused)
        else:
            self._settle(row, seen, maybe_ours=row.unsure or not refused)

    def _wait_to_be_told(self, row: RequestRow, *, refused: bool) -> None:
        """The upstream cannot be asked, or knows nothing: what it tells by itself is waited for, not for ever."""
        maybe_ours = row.unsure or not refused
        since = self._clock() - row.intent_at if row.intent_at is not None else 0
        if maybe_ours and since < UNTOLD_AFTER:
            self._not_confirmed(row, self._growing_pause(row))
        else:
            self._settle(row, Seen(Status.UNKNOWN), maybe_ours=maybe_ours)

    def _pause_after(self, row: RequestRow, error: UpstreamError) -> int:
        """Microseconds until the next look: each time about twice as long, as the upstream asks at least."""
        return max(self._growing_pause(row), _asked_to_wait(error) * SECOND)

    def _growing_pause(self, row: RequestRow) -> int:
        since = self._clock() - row.intent_at if row.intent_at is not None else 0
        return min(max(self._look_again, since), MAX_BACKOFF * SECOND)

    def _seen_pending(self, row: RequestRow) -> None:
        """Once may be too early; the second time it was not taken, and goes out again."""
        now = self._clock()
        delay = 0 if row.attempts < 2 else _backoff(row.attempts)
        with self._ledger.write() as tx:
            if row.seen_pending == 0:
                approvals.still_pending(tx, now, row, now + self._look_again)
            else:
                trouble = f"{self._upstream.title} did not take it. I am sending it again."
                approvals.not_sent(tx, now, row, trouble, now + delay * SECOND)

    def _settle(self, row: RequestRow, seen: Seen, *, maybe_ours: bool) -> None:
        """The request no longer waits: was it our answer that it took?"""
        now = self._clock()
        with self._ledger.write() as tx:
            if self._is_our_answer(row, seen, maybe_ours=maybe_ours):
                approvals.taken(tx, now, row, seen.note or seen.comment)
            elif maybe_ours and seen.status is Status.UNKNOWN:
                approvals.unconfirmed(tx, now, row, seen.comment)
            else:
                approvals.gone(tx, now, row, seen)

    def _is_our_answer(self, row: RequestRow, seen: Seen, *, maybe_ours: bool) -> bool:
        """Where the upstream keeps comments ours names the decision; else the same answer is enough."""
        if row.verdict is None:
            return False
        if self._upstream.capabilities.comment:
            # An approval may have been taken, and have run out since.
            as_answered = (TAKEN_AS[row.verdict], Status.EXPIRED)
            return row.decision_id in seen.comment and seen.status in as_answered
        return maybe_ours and seen.status is TAKEN_AS[row.verdict]


def _who(row: RequestRow) -> str:
    """Everybody whose answer it was, by name, and by Slack user id."""
    ids = ", ".join(row.all_who_decided)
    return f"{row.decided_by_name} ({ids})" if ids else row.decided_by_name


def _trying(error: UpstreamError) -> str:
    """What the card says while a decision cannot be sent."""
    return f"{error} I keep trying."


def _asked_to_wait(error: UpstreamError) -> int:
    """Seconds for which the upstream wants no call, 0 where it did not say."""
    return math.ceil(error.retry_after) if isinstance(error, Throttled) else 0


def _backoff(attempts: int) -> int:
    """Seconds before the next try: 2, 4, 8 … 60."""
    return min(2 << min(attempts, 10), MAX_BACKOFF)

"""The escalator: where nobody has answered by the deadline, gives the verdict that the channel's policy says."""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from slack_bot import approvals, inbox
from slack_bot.ballots import TimeLimit
from slack_bot.blocks import UpstreamName
from slack_bot.clock import MINUTE, SECOND
from slack_bot.closed_channels import ClosedChannels
from slack_bot.hearing import Hearing, Unchanged
from slack_bot.ledger import Ledger
from slack_bot.policy import (
    ChannelPolicy,
    OnSilence,
    Tally,
    granted,
    has_deadline,
    on_silence,
    text_of,
    verdict_due,
    words_of,
)
from slack_bot.stored_state import StoredState
from slack_bot.unanswered import Unanswered, prove, unanswered, unanswered_in
from upstream_client.models import ONE_TIME, Verdict

log = structlog.get_logger(__name__)

PROVEN_FOR = 5 * MINUTE
"""So long after Slack took a card it is believed to stand. It tells nobody that a message was deleted."""

UNHEARD = "presses come by HTTP, and nobody can tell whether one would get here"


class NotNow(Exception):
    """Silence is no answer at the moment; the text says why."""


@dataclass(frozen=True, slots=True)
class _Appointment:
    """When silence on a card is an answer, by this policy, heard since ``heard_since``."""

    at: int
    key: str
    channel: str
    policy: ChannelPolicy
    heard_since: int

    @property
    def names(self) -> dict[str, str]:
        """Its names in the log."""
        return {"request": self.key, "channel": self.channel}


class Escalator:
    """Reconciler: silence → verdicts. Used by one thread; it shows nothing and calls nobody.

    Each channel's policy holds for its own card, and the first verdict of any counts. Nothing is decided while
    something that people said or pressed is not handled yet: it may be their answer. Nothing is approved before
    the publisher has drawn the card once more, and so proven that people can see it.

    Where the policy changes, people were silent about something else before: what that means counts from then on.
    """

    def __init__(
        self,
        ledger: Ledger,
        state: StoredState,
        closed: ClosedChannels,
        upstreams: Mapping[str, UpstreamName],
        clock: Callable[[], int],
        hearing: Hearing,
        decided: Callable[[], None],
        outdated: Callable[[], None],
    ) -> None:
        """``decided`` is told where there is something to send, or to draw.

        ``outdated`` is told where another replica has changed channels since they were read.
        """
        self._ledger = ledger
        self._state = state
        self._closed = closed
        self._upstreams = upstreams
        self._clock = clock
        self._hearing = hearing
        self._decided = decided
        self._outdated = outdated
        self._stopping = threading.Event()
        self._policies = Unchanged()
        self._told: set[tuple[str, str, str]] = set()
        for one in state.channels.all():
            self._policies.since(one.id, one.policy, 0, first=0)

    def stop(self) -> None:
        """No new decision."""
        self._stopping.set()

    def work(self, now: int) -> float | None:
        """Decides what is overdue. Returns seconds until the next deadline, None where there is none.

        What cannot be decided yet is looked at whenever somebody wakes it.
        """
        agenda = self._agenda(now)
        self._told = {one for one in self._told if one[:2] in {(due.key, due.channel) for due in agenda}}
        if self._decide_all([one for one in agenda if one.at <= now]):
            self._decided()
        ahead = [one.at for one in agenda if one.at > now]
        return max(0.0, (min(ahead) - self._clock()) / SECOND) if ahead else None

    def _agenda(self, now: int) -> list[_Appointment]:
        """All deadlines, the earliest first; those of channels in which nobody sees anything left out."""
        heard_since = self._hearing.since(now)
        # By what another replica has replaced nobody is silent; if it holds again, silence counts from then on.
        known = [] if self._state.is_overtaken() else self._state.channels.all()
        channels = {one.id: one.policy for one in known}
        since = {
            channel: max(heard_since, self._policies.since(channel, policy, now, first=now))
            for channel, policy in channels.items()
        }
        self._policies.forget_all_but(channels)
        seen = {id for id, policy in channels.items() if has_deadline(policy) and id not in self._closed}
        dues = [
            self._appointment(one, channels[one.card.channel], since[one.card.channel])
            for one in self._unanswered_in(seen)
        ]
        return sorted((due for due in dues if due is not None), key=lambda due: due.at)

    def _unanswered_in(self, channels: Collection[str]) -> list[Unanswered]:
        if not channels:
            return []
        with self._ledger.read() as connection:
            return unanswered_in(connection, channels, self._upstreams)

    def _appointment(self, one: Unanswered, policy: ChannelPolicy, heard_since: int) -> _Appointment | None:
        due = self._due(one, policy, heard_since)
        return None if due is None else _Appointment(due, one.row.key, one.card.channel, policy, heard_since)

    def _then(self, one: Unanswered, policy: ChannelPolicy) -> OnSilence:
        return on_silence(one.silence(policy), escalates=self._upstreams[one.row.upstream].escalates)

    def _due(self, one: Unanswered, policy: ChannelPolicy, heard_since: int) -> int | None:
        return verdict_due(one.silence(policy), self._then(one, policy), one.waiting, heard_since)

    def _decide_all(self, overdue: list[_Appointment]) -> int:
        """How many cards are to be drawn now, their requests being decided, or so that they can be."""
        decided = 0
        try:
            for one in overdue:
                if not self._stopping.is_set():
                    decided += self._decide(one)
        except NotNow as why:
            log.info("silence is no answer for now", why=str(why))
        return decided

    def _decide(self, overdue: _Appointment) -> bool:
        """Whether it was decided, or the card is to be proven first. Raises `NotNow`."""
        with self._ledger.write() as tx:
            one = unanswered(tx, overdue.key, overdue.channel, lock=True)
            policy, now = self._policy_in(tx, overdue.channel), self._clock()
            if one is None or policy != overdue.policy or not self._still_stands(overdue, one, now):
                return False
            then, tally = self._then(one, policy), one.tally(tx, policy, now)
            if why := _why_not(one, policy, then, tally) or self._why_unheard(then):
                self._tell(overdue, why)
                return False
            if then is OnSilence.APPROVE and not _is_proven(one, now):
                prove(tx, one.card)
                log.info("looking whether the card stands", **overdue.names)
                return True
            limit = _limit(one, policy, then, tally)
            approvals.decide_by_time_limit(tx, now, one.row.key, one.row.version, limit)
        log.info("decided by the time limit", verdict=limit.verdict.value, **overdue.names)
        return True

    def _policy_in(self, tx: Connection, channel: str) -> ChannelPolicy | None:
        """The channel's policy at the moment of the decision; a round may take long. Raises `NotNow`."""
        if inbox.waits(tx):
            raise NotNow("something that people said or pressed is not handled yet")
        if self._state.channels.trouble:
            raise NotNow("the channels cannot be read")
        if not self._state.is_current(tx):
            self._outdated()
            raise NotNow("channels or schedules were changed, and are not read yet")
        found = self._state.channels.get(channel)
        return None if found is None or channel in self._closed else found.policy

    def _still_stands(self, overdue: _Appointment, one: Unanswered, now: int) -> bool:
        """Whether silence is an answer. After the expiry the upstream has to tell what became of it."""
        due, expires_at = self._due(one, overdue.policy, overdue.heard_since), one.asked.expires_at
        return due is not None and due <= now and (expires_at is None or now < expires_at)

    def _why_unheard(self, then: OnSilence) -> str:
        """What nobody may have been able to deny is not approved by silence; "" where that is no matter."""
        return UNHEARD if then is OnSilence.APPROVE and not self._hearing.is_sure() else ""

    def _tell(self, overdue: _Appointment, why: str) -> None:
        """Once."""
        if (overdue.key, overdue.channel, why) not in self._told:
            self._told.add((overdue.key, overdue.channel, why))
            log.warning("silence decides nothing", why=why, **overdue.names)


def _why_not(one: Unanswered, policy: ChannelPolicy, then: OnSilence, tally: Tally) -> str:
    """Why silence decides nothing after all, in words; "" where it does."""
    if tally.verdict is not None:
        return "the votes suffice by the policy of now: one more press counts them"
    if then is OnSilence.DENY:
        return ""
    if one.asked.is_claim:
        return "only others tell of it, and not the system that asks"
    if one.asked.risk_claimed:
        return "its risk is only claimed by whoever asks"
    if not policy.names_somebody and not policy.registered_by:
        return "nobody could have denied it: no approvers are named"
    if granted(policy, one.asked.durations) is None:
        return "no duration that is offered is as short as allowed"
    return ""


def _is_proven(one: Unanswered, now: int) -> bool:
    """Whether the card stood a short time ago. A proof of the future is one of before the clock was set."""
    return one.card.proven_at is not None and abs(now - one.card.proven_at) <= PROVEN_FOR


def _limit(one: Unanswered, policy: ChannelPolicy, then: OnSilence, tally: Tally) -> TimeLimit:
    verdict = Verdict.APPROVE if then is OnSilence.APPROVE else Verdict.DENY
    least = granted(policy, one.asked.durations) if verdict is Verdict.APPROVE else None
    words = words_of(one.silence(policy), then, one.waiting, tally)
    return TimeLimit(one.card.channel, verdict, least or ONE_TIME, words, text_of(policy))

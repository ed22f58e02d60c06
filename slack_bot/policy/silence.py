"""What is due while nobody answers, and when. Pure; moments are in microseconds since 1970 UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from slack_bot.clock import MINUTE, SECOND
from slack_bot.policy.channel_policy import ChannelPolicy
from slack_bot.policy.risks import LEVELS
from slack_bot.policy.tally import Tally
from slack_bot.policy.terms import OnSilence, Silence
from upstream_client.models import ONE_TIME, Duration

MOST_REMINDERS = 5
BEFORE_EXPIRY = 30 * SECOND
"""So long before the upstream's expiry a verdict is given, so that it arrives in time."""
TIME_TO_SAY = 5 * MINUTE
"""So long people can press, after a time in which nobody would have heard it, before silence is a denial."""


class Call(StrEnum):
    """What is said in a card's thread while nobody answers."""

    REMINDER = "reminder"
    BACKUP = "backup"
    """The backup is called, and may decide from then on."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits on a channel's card: shown since ``shown_at``, and what was said in its thread.

    ``expires_at`` is when it ends upstream; None where that is not told.
    """

    shown_at: int
    expires_at: int | None = None
    reminders: int = 0
    reminded_at: int | None = None
    backup_at: int | None = None


def has_deadline(policy: ChannelPolicy) -> bool:
    """Whether silence is ever an answer in the channel."""
    return any(policy.silence(risk).deadline is not None for risk in LEVELS)


def on_silence(silence: Silence, *, escalates: bool) -> OnSilence:
    """What is done at the deadline, for an upstream that ``escalates`` by itself, or does not."""
    return silence.then or (OnSilence.LEAVE if escalates else OnSilence.DENY)


def end_of(silence: Silence, waiting: Waiting) -> int | None:
    """Until when people are reminded: the deadline, or shortly before the expiry; None for ever.

    Never before the request was shown.
    """
    deadline = _deadline(silence, waiting)
    ends = [] if waiting.expires_at is None else [waiting.expires_at - BEFORE_EXPIRY]
    if deadline is not None:
        ends.append(deadline)
    return max(waiting.shown_at, min(ends)) if ends else None


def _deadline(silence: Silence, waiting: Waiting) -> int | None:
    return None if silence.deadline is None else waiting.shown_at + silence.deadline * SECOND


def reminder_due(silence: Silence, waiting: Waiting) -> int | None:
    """When the next reminder is due: each gap is twice as long as the one before. None where none follows."""
    if silence.remind_after is None or waiting.reminders >= MOST_REMINDERS:
        return None
    last = max(waiting.shown_at, waiting.reminded_at or waiting.shown_at)
    return _in_time(last + silence.remind_after * SECOND * 2**waiting.reminders, silence, waiting)


def backup_due(silence: Silence, waiting: Waiting) -> int | None:
    """When the backup is to be called, once. None where there is none, or it was called."""
    if silence.backup_after is None or waiting.backup_at is not None:
        return None
    if not silence.backup_users and not silence.backup_groups:
        return None
    return _in_time(waiting.shown_at + silence.backup_after * SECOND, silence, waiting)


def _in_time(due: int, silence: Silence, waiting: Waiting) -> int | None:
    end = end_of(silence, waiting)
    return due if end is None or due < end else None


def call_due(silence: Silence, waiting: Waiting, now: int) -> Call | None:
    """What is to be said now, the longest due first. Whatever is overdue is said once, and not after the end."""
    end = end_of(silence, waiting)
    if end is not None and now >= end:
        return None
    dues = {Call.REMINDER: reminder_due(silence, waiting), Call.BACKUP: backup_due(silence, waiting)}
    due_by_now = [(due, call) for call, due in dues.items() if due is not None and due <= now]
    return min(due_by_now, key=lambda one: one[0], default=(0, None))[1]


def verdict_due(silence: Silence, then: OnSilence, waiting: Waiting, heard_since: int) -> int | None:
    """When silence is an answer; None where it never is. After the expiry only the upstream knows.

    Since ``heard_since`` nobody's press was lost. A denial leaves time to press since then, and comes before the
    expiry. An approval takes the whole deadline, all of it heard: what nobody could answer in the time that was
    given for it, nobody agreed to.
    """
    end, deadline = end_of(silence, waiting), _deadline(silence, waiting)
    if end is None or deadline is None or then is OnSilence.LEAVE:
        return None
    if then is OnSilence.DENY:
        due = max(end, heard_since + TIME_TO_SAY)
    else:
        due = deadline + max(0, heard_since - waiting.shown_at)
    return due if waiting.expires_at is None or due < waiting.expires_at else None


def granted(policy: ChannelPolicy, durations: Sequence[Duration]) -> Duration | None:
    """For how long silence approves: the least that is offered. None where even that is longer than allowed."""
    if ONE_TIME in durations:
        return ONE_TIME
    shortest = min(durations, key=lambda one: one.seconds or 0, default=None)
    return None if shortest is None or policy.is_too_long(shortest) else shortest


def words_of(silence: Silence, then: OnSilence, waiting: Waiting, tally: Tally) -> str:
    """Why it was decided: "Nobody answered within 4 hours."."""
    who = (
        f"Only {len(tally.given)} of {tally.asked_in_all} had approved" if tally.given else "Nobody answered"
    )
    took_all = then is OnSilence.APPROVE or end_of(silence, waiting) == _deadline(silence, waiting)
    if silence.deadline is None or not took_all:
        return f"{who} before it was about to expire."
    return f"{who} within {Duration(silence.deadline).words}."

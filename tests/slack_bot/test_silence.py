"""What is due while nobody answers, and when: by tables, and for any policy and any time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_bot.clock import MINUTE, SECOND
from slack_bot.policy import (
    Call,
    ChannelPolicy,
    OnSilence,
    Silence,
    Silences,
    Tally,
    Terms,
    Waiting,
    call_due,
    granted,
    has_deadline,
    on_silence,
    verdict_due,
    words_of,
)
from slack_bot.policy.silence import (
    BEFORE_EXPIRY,
    MOST_REMINDERS,
    TIME_TO_SAY,
    backup_due,
    end_of,
    reminder_due,
)
from upstream_client.models import HOUR, ONE_TIME, STANDARD_DURATIONS, Duration, Risk

SHOWN = 1_795_168_800 * SECOND
LONG_AGO = SHOWN - 1_000 * MINUTE
HALF_AN_HOUR = 30 * 60
WAITING = Waiting(SHOWN)
BACKUP = ("U03SECOND",)
DENY, APPROVE, LEAVE = OnSilence.DENY, OnSilence.APPROVE, OnSilence.LEAVE


def after(minutes: float) -> int:
    return SHOWN + int(minutes * MINUTE)


def tally(given: int, needed: int) -> Tally:
    return Tally(None, tuple(f"U{one}" for one in range(given)), needed, (), Risk.MEDIUM)


def test_a_question_that_changed_after_a_reminder_is_reminded_of_in_its_own_time() -> None:
    shown_again = Waiting(after(100), reminders=1, reminded_at=after(30))

    assert reminder_due(Silence(remind_after=HALF_AN_HOUR), shown_again) == after(160)


def test_the_first_reminder_comes_in_time_and_each_gap_is_twice_the_one_before() -> None:
    waiting, silence, dues = WAITING, Silence(remind_after=HALF_AN_HOUR), []
    while (due := reminder_due(silence, waiting)) is not None:
        dues.append((due - SHOWN) / MINUTE)
        waiting = replace(waiting, reminders=waiting.reminders + 1, reminded_at=due)

    assert dues == [30, 30 + 60, 90 + 120, 210 + 240, 450 + 480]
    assert len(dues) == MOST_REMINDERS


def test_after_an_outage_the_gap_counts_from_the_reminder_that_came_late() -> None:
    late = replace(WAITING, reminders=1, reminded_at=after(200))

    assert reminder_due(Silence(remind_after=HALF_AN_HOUR), late) == after(260)


@pytest.mark.parametrize(
    ("silence", "waiting", "due"),
    [
        (Silence(), WAITING, None),
        (Silence(backup_users=BACKUP), WAITING, None),
        (Silence(backup_after=HOUR), WAITING, None),
        (Silence(backup_after=HOUR, backup_users=BACKUP), WAITING, after(60)),
        (Silence(backup_after=HOUR, backup_groups=("S02BACKUP",)), WAITING, after(60)),
        (Silence(backup_after=HOUR, backup_users=BACKUP), replace(WAITING, backup_at=after(60)), None),
        (Silence(backup_after=HOUR, backup_users=BACKUP, deadline=HOUR), WAITING, None),
        (Silence(backup_after=HOUR, backup_users=BACKUP), Waiting(SHOWN, after(60.5)), None),
        (Silence(backup_after=HOUR, backup_users=BACKUP), Waiting(SHOWN, after(60.6)), after(60)),
    ],
)
def test_when_the_backup_is_called(silence: Silence, waiting: Waiting, due: int | None) -> None:
    assert backup_due(silence, waiting) == due


@pytest.mark.parametrize(
    ("minutes", "expiry", "call"),
    [
        (29.9, None, None),
        (30, None, Call.REMINDER),
        (31, None, Call.REMINDER),
        (45, None, Call.REMINDER),
        (239, None, Call.REMINDER),
        (240, None, None),
        (31, 32, Call.REMINDER),
        (31.6, 32, None),
        (33, 32, None),
        (30.1, 30.2, None),
    ],
)
def test_what_is_overdue_is_said_until_the_end_and_not_after_it(
    minutes: float, expiry: float | None, call: Call | None
) -> None:
    silence = Silence(remind_after=HALF_AN_HOUR, backup_after=40 * 60, backup_users=BACKUP, deadline=4 * HOUR)
    waiting = Waiting(SHOWN, None if expiry is None else after(expiry))

    assert call_due(silence, waiting, after(minutes)) is call


def test_once_people_are_reminded_the_backup_is_called() -> None:
    silence = Silence(remind_after=HALF_AN_HOUR, backup_after=40 * 60, backup_users=BACKUP)
    reminded = replace(WAITING, reminders=1, reminded_at=after(41))

    assert call_due(silence, reminded, after(41)) is Call.BACKUP


@pytest.mark.parametrize(
    ("then", "escalates", "done"),
    [
        (None, False, DENY),
        (None, True, LEAVE),
        (DENY, True, DENY),
        (APPROVE, False, APPROVE),
        (APPROVE, True, APPROVE),
        (LEAVE, False, LEAVE),
    ],
)
def test_what_is_done_at_the_deadline(then: OnSilence | None, escalates: bool, done: OnSilence) -> None:
    assert on_silence(Silence(deadline=HOUR, then=then), escalates=escalates) is done


@pytest.mark.parametrize(
    ("then", "expiry", "heard", "due"),
    [
        (DENY, None, -1_000, 60),
        (APPROVE, None, -1_000, 60),
        (LEAVE, None, -1_000, None),
        (DENY, 90, -1_000, 60),
        (DENY, 45, -1_000, 44.5),
        # An approval takes all of the time that was given, however soon it expires.
        (APPROVE, 61, -1_000, 60),
        (APPROVE, 60.2, -1_000, 60),
        (APPROVE, 60, -1_000, None),
        (APPROVE, 45, -1_000, None),
        (APPROVE, 10, -1_000, None),
        (APPROVE, 0.4, -1_000, None),
        (DENY, 60.2, -1_000, 59.7),
        (DENY, 0.25, -1_000, 0),
        (DENY, 0, -1_000, None),
        (DENY, -5, -1_000, None),
        (APPROVE, -5, -1_000, None),
        # The bot was down until so long after the card was shown.
        (DENY, None, 30, 60),
        (DENY, None, 55, 60),
        (DENY, None, 58, 63),
        (DENY, None, 600, 605),
        (DENY, 62, 58, None),
        (APPROVE, None, 0, 60),
        (APPROVE, None, 30, 90),
        (APPROVE, None, 600, 660),
        (APPROVE, 80, 30, None),
        (APPROVE, 45, 10, None),
        (APPROVE, 60.2, 0.25, None),
        (APPROVE, 60.5, 0.25, 60.25),
    ],
)
def test_when_silence_is_an_answer(
    then: OnSilence, expiry: float | None, heard: float, due: float | None
) -> None:
    waiting = Waiting(SHOWN, None if expiry is None else after(expiry))

    found = verdict_due(Silence(deadline=HOUR), then, waiting, after(heard))

    assert found == (None if due is None else after(due))


def test_without_a_deadline_silence_is_never_an_answer() -> None:
    for then in OnSilence:
        assert verdict_due(Silence(remind_after=HOUR, then=then), then, WAITING, LONG_AGO) is None


@pytest.mark.parametrize(
    ("durations", "longest", "duration"),
    [
        (STANDARD_DURATIONS, None, ONE_TIME),
        (STANDARD_DURATIONS, Duration(60), ONE_TIME),
        (STANDARD_DURATIONS[1:], None, Duration(15 * 60)),
        (STANDARD_DURATIONS[:0:-1], Duration(15 * 60), Duration(15 * 60)),
        (STANDARD_DURATIONS[1:], Duration(14 * 60), None),
        (STANDARD_DURATIONS[1:], ONE_TIME, None),
        ((), None, None),
    ],
)
def test_silence_approves_for_the_least_that_is_offered(
    durations: tuple[Duration, ...], longest: Duration | None, duration: Duration | None
) -> None:
    assert granted(ChannelPolicy(terms=Terms(longest=longest)), durations) == duration


@pytest.mark.parametrize(
    ("deadline", "expiry", "given", "words"),
    [
        (4 * HOUR, None, 0, "Nobody answered within 4 hours."),
        (4 * HOUR, None, 1, "Only 1 of 2 had approved within 4 hours."),
        (90 * 60, 600, 0, "Nobody answered within 90 minutes."),
        (4 * HOUR, 30, 0, "Nobody answered before it was about to expire."),
        (4 * HOUR, 30, 1, "Only 1 of 2 had approved before it was about to expire."),
    ],
)
def test_the_verdict_says_why(deadline: int, expiry: float | None, given: int, words: str) -> None:
    waiting = Waiting(SHOWN, None if expiry is None else after(expiry))

    assert words_of(Silence(deadline=deadline), DENY, waiting, tally(given, 2)) == words


def test_an_approval_shortly_before_the_expiry_says_that_it_took_all_of_the_time() -> None:
    waiting = Waiting(SHOWN, after(60.2))

    words = words_of(Silence(deadline=HOUR, then=APPROVE), APPROVE, waiting, tally(0, 1))

    assert words == "Nobody answered within 1 hour."


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (ChannelPolicy(), False),
        (ChannelPolicy(terms=Terms(silence=Silences(any=Silence()))), False),
        (ChannelPolicy(terms=Terms(silence=Silences(high=Silence(deadline=1)))), True),
        (ChannelPolicy(defaults=Terms(silence=Silences(any=Silence(deadline=1)))), True),
        (ChannelPolicy(defaults=Terms(silence=Silences(any=Silence(remind_after=1)))), False),
    ],
)
def test_silence_is_never_an_answer_unless_that_is_said(policy: ChannelPolicy, said: bool) -> None:
    assert has_deadline(policy) is said


# For any policy, at any time

_seconds = st.none() | st.integers(1, 10**7)
_silences = st.builds(
    Silence,
    remind_after=_seconds,
    backup_after=_seconds,
    backup_users=st.sampled_from(((), BACKUP)),
    deadline=_seconds,
)
_moments = st.integers(SHOWN - 10**13, SHOWN + 10**13)
_waiting = st.builds(Waiting, shown_at=st.just(SHOWN), expires_at=st.none() | _moments)


@given(_silences, _waiting, st.lists(st.integers(0, 10**12), max_size=40))
def test_whenever_somebody_looks_reminders_get_rarer_and_none_comes_after_the_end(
    silence: Silence, waiting: Waiting, pauses: list[int]
) -> None:
    now, said = SHOWN, list[int]()
    for pause in pauses:
        now += pause
        if call_due(silence, waiting, now) is Call.REMINDER:
            said.append(now)
            waiting = replace(waiting, reminders=waiting.reminders + 1, reminded_at=now)
        elif call_due(silence, waiting, now) is Call.BACKUP:
            assert waiting.backup_at is None
            waiting = replace(waiting, backup_at=now)

    end = end_of(silence, waiting)
    assert len(said) <= MOST_REMINDERS
    assert end is None or all(at < end for at in [*said, waiting.backup_at or SHOWN - 1])
    for number, (at, before) in enumerate(zip(said, [SHOWN, *said], strict=False)):
        assert at - before >= (silence.remind_after or 0) * SECOND * 2**number


@given(_silences, _waiting, st.sampled_from(list(OnSilence)), _moments)
def test_a_verdict_is_never_early_and_never_after_the_expiry(
    silence: Silence, waiting: Waiting, then: OnSilence, heard_since: int
) -> None:
    due = verdict_due(silence, then, waiting, heard_since)
    if due is None:
        return
    assert silence.deadline is not None
    assert then is not OnSilence.LEAVE
    deadline = silence.deadline * SECOND
    assert waiting.expires_at is None or due < waiting.expires_at
    if then is OnSilence.APPROVE:
        assert due >= max(SHOWN, heard_since) + deadline
    else:
        assert due >= heard_since + TIME_TO_SAY
        ends = [SHOWN + deadline, *([waiting.expires_at - BEFORE_EXPIRY] if waiting.expires_at else [])]
        assert due >= max(SHOWN, min(ends))


@given(_silences, _waiting, st.sampled_from(list(OnSilence)), _moments, st.integers(0, 10**12))
def test_who_was_heard_for_a_shorter_time_is_answered_no_sooner(
    silence: Silence, waiting: Waiting, then: OnSilence, heard_since: int, later: int
) -> None:
    one = verdict_due(silence, then, waiting, heard_since)
    other = verdict_due(silence, then, waiting, heard_since + later)
    assert other is None or (one is not None and one <= other)

"""Whoever comes too late is told what happened, and by whom."""

from dataclasses import replace

import pytest

from slack_bot.lateness import too_late
from slack_bot.rows import RequestRow, State
from tests.slack_bot.examples import APPROVER, PRIVMAN, SECOND_APPROVER, decided_row, settled_row
from tests.slack_bot.shown import BROKEN, BY_TWO, NOT_OBJECTED, TIMED_OUT
from upstream_client.models import Status, Verdict

NOT_COUNTED = "I did not count your answer."


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            decided_row(),
            f"You were not the first: <@{APPROVER}> has approved this request, and Privilege Manager is being "
            f"told. {NOT_COUNTED}",
        ),
        (
            decided_row(Verdict.DENY),
            f"You were not the first: <@{APPROVER}> has denied this request, and Privilege Manager is being "
            f"told. {NOT_COUNTED}",
        ),
        (
            settled_row(State.APPROVED),
            f"You were not the first: <@{APPROVER}> has approved this request. {NOT_COUNTED}",
        ),
        (
            settled_row(State.DENIED, Verdict.DENY),
            f"You were not the first: <@{APPROVER}> has denied this request. {NOT_COUNTED}",
        ),
        (
            settled_row(State.UNCONFIRMED),
            f"You were not the first: <@{APPROVER}> has answered, and Privilege Manager has not confirmed it. "
            f"{NOT_COUNTED}",
        ),
        (
            settled_row(State.EXPIRED, None),
            f"It is too late: the request expired in Privilege Manager. {NOT_COUNTED}",
        ),
        (
            replace(settled_row(State.ELSEWHERE, None, Status.APPROVED), outcome_by="Somebody"),
            f"It is too late: it was approved in Privilege Manager by Somebody. {NOT_COUNTED}",
        ),
        (
            settled_row(State.ELSEWHERE, Verdict.APPROVE, Status.DENIED),
            f"It is too late: it was denied in Privilege Manager. {NOT_COUNTED}",
        ),
        (
            settled_row(State.ELSEWHERE, None, Status.WITHDRAWN),
            f"It is too late: it was withdrawn. {NOT_COUNTED}",
        ),
        (
            settled_row(State.ELSEWHERE, None, Status.UNKNOWN),
            f"It is too late: it no longer waits in Privilege Manager. {NOT_COUNTED}",
        ),
    ],
)
def test_whoever_came_too_late_is_told_what_happened_and_by_whom(row: RequestRow, words: str) -> None:
    assert too_late(row, PRIVMAN, SECOND_APPROVER) == words


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            decided_row(),
            f"Your earlier answer counts: <@{APPROVER}> has approved this request, and Privilege Manager is "
            "being told. I did nothing more.",
        ),
        (
            settled_row(State.DENIED, Verdict.DENY),
            f"Your earlier answer counts: <@{APPROVER}> has denied this request. I did nothing more.",
        ),
        (
            settled_row(State.UNCONFIRMED),
            f"Your earlier answer counts: <@{APPROVER}> has answered, and Privilege Manager has not confirmed "
            "it. I did nothing more.",
        ),
    ],
)
def test_whoever_pressed_twice_is_not_told_that_somebody_else_was_faster(row: RequestRow, words: str) -> None:
    assert too_late(row, PRIVMAN, APPROVER) == words


@pytest.mark.parametrize("state", [State.EXPIRED, State.ELSEWHERE])
def test_an_answer_that_did_not_stand_does_not_count_for_its_own_author_either(state: State) -> None:
    row = settled_row(state, Verdict.APPROVE, Status.WITHDRAWN)
    assert too_late(row, PRIVMAN, APPROVER).startswith("It is too late: ")


def test_a_name_from_outside_mentions_nobody_and_stays_on_its_line() -> None:
    row = replace(settled_row(State.ELSEWHERE, None, Status.DENIED), outcome_by="<!channel>\n\u202e& co")
    assert "by &lt;!channel&gt; &amp; co." in too_late(row, PRIVMAN, APPROVER)


@pytest.mark.parametrize(
    ("name", "said"), [("", "in Privilege Manager."), ("\n", "in Privilege Manager."), ("N" * 500, "N….")]
)
def test_no_name_and_an_endless_name_leave_a_sentence(name: str, said: str) -> None:
    row = replace(settled_row(State.ELSEWHERE, None, Status.DENIED), outcome_by=name)
    words = too_late(row, PRIVMAN, APPROVER)
    assert f"{said} {NOT_COUNTED}" in words
    assert len(words) < 250


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (decided_row(), "the schedule has approved this request, and Privilege Manager is being told."),
        (settled_row(State.APPROVED), "the schedule has approved this request."),
        (
            settled_row(State.UNCONFIRMED),
            "the schedule has answered, and Privilege Manager has not confirmed it.",
        ),
    ],
)
def test_whoever_came_after_a_schedule_is_told_of_the_schedule_and_of_nobody(
    row: RequestRow, words: str
) -> None:
    by_schedule = replace(row, cause="schedule", decided_by="", decided_by_name="the schedule")
    told = too_late(by_schedule, PRIVMAN, APPROVER)
    assert told == f"You were not the first: {words} {NOT_COUNTED}"
    assert too_late(by_schedule, PRIVMAN, "") == told


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (TIMED_OUT, "It is too late: this request was not answered in time, so it was denied."),
        (
            replace(TIMED_OUT, state=State.DECIDED),
            "It is too late: this request was not answered in time, so it was denied, and Privilege Manager is "
            "being told.",
        ),
        (NOT_OBJECTED, "It is too late: this request met no objection in time, so it was approved."),
        (
            replace(TIMED_OUT, state=State.UNCONFIRMED),
            "It is too late: the time limit has answered, and Privilege Manager has not confirmed it.",
        ),
        (
            replace(BROKEN, decided_by=SECOND_APPROVER, deciders=SECOND_APPROVER),
            f"You were not the first: <@{SECOND_APPROVER}> has approved this request, by breaking the glass.",
        ),
    ],
)
def test_what_brought_the_verdict_about_is_told_apart(row: RequestRow, words: str) -> None:
    assert too_late(row, PRIVMAN, APPROVER) == f"{words} {NOT_COUNTED}"


def test_of_several_who_approved_all_are_named_and_each_ones_answer_counts() -> None:
    both = f"<@{APPROVER}> and <@{SECOND_APPROVER}> have approved this request."
    for user in (APPROVER, SECOND_APPROVER):
        assert too_late(BY_TWO, PRIVMAN, user) == f"Your earlier answer counts: {both} I did nothing more."
    assert too_late(BY_TWO, PRIVMAN, "U04ADMIN") == f"You were not the first: {both} {NOT_COUNTED}"

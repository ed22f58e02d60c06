"""What brought a verdict about is told apart: in the headline, the remark, and what happened to it."""

from dataclasses import replace

import pytest

from slack_bot.audit import Kind, Record
from slack_bot.blocks import details
from slack_bot.rows import RequestRow, State
from tests.slack_bot.examples import APPROVER, CHANNEL, EITHER, NOW, PRIVMAN, SECOND_APPROVER
from tests.slack_bot.shown import (
    BROKEN,
    BY_TWO,
    NOT_OBJECTED,
    SCHEDULED,
    TIMED_OUT,
    drawn,
    headline,
    lines,
    words,
)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (TIMED_OUT, "⌛ Denied: not answered in time"),
        (
            replace(TIMED_OUT, state=State.DECIDED),
            "⏳ Denied: not answered in time, waiting for Privilege Manager",
        ),
        (NOT_OBJECTED, "⌛ Approved: nobody objected in time"),
        (
            replace(NOT_OBJECTED, state=State.DECIDED),
            "⏳ Approved: nobody objected in time, waiting for Privilege Manager",
        ),
        (BROKEN, "🚨 Approved by Approver, who broke the glass"),
        (
            replace(BROKEN, state=State.DECIDED),
            "⏳ Approved by Approver, who broke the glass, waiting for Privilege Manager",
        ),
        (replace(BROKEN, state=State.UNCONFIRMED), "⚠️ Not confirmed by Privilege Manager"),
        (BY_TWO, "✅ Approved by Approver and Second Approver"),
    ],
)
def test_the_headline_says_how_it_was_decided(row: RequestRow, said: str) -> None:
    assert headline(drawn(row)) == said


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            TIMED_OUT,
            ["Denied by the time limit: Nobody answered within 4 hours, 2026-11-20 10:00 UTC."],
        ),
        (
            replace(NOT_OBJECTED, state=State.DECIDED),
            [
                "Approval for one time by the time limit: Nobody answered within 4 hours, "
                "2026-11-20 10:00 UTC."
            ],
        ),
        (
            replace(TIMED_OUT, state=State.EXPIRED),
            [
                "The time limit's denial was not applied: it came too late.",
                "Settled 2026-11-20 10:00 UTC.",
            ],
        ),
        (
            BROKEN,
            [
                f"Approved for one time by @{APPROVER}, who broke the glass, 2026-11-20 10:00 UTC, "
                "90 seconds after it was asked.",
                "Reason: The site is down.",
            ],
        ),
        (
            BY_TWO,
            [
                f"Approved for one time by @{APPROVER} and @{SECOND_APPROVER}, 2026-11-20 10:00 UTC, "
                "90 seconds after it was asked."
            ],
        ),
        (
            replace(BY_TWO, state=State.EXPIRED),
            [
                f"@{APPROVER} and @{SECOND_APPROVER}'s approval was not applied: it came too late.",
                "Settled 2026-11-20 10:00 UTC.",
            ],
        ),
    ],
)
def test_the_remark_says_by_whom_or_why_by_nobody(row: RequestRow, said: list[str]) -> None:
    assert lines(drawn(row), "remark") == said


def test_a_verdict_of_nobody_names_nobody_whatever_stands_in_the_row() -> None:
    for row in (TIMED_OUT, NOT_OBJECTED, SCHEDULED):
        shown = drawn(replace(row, decided_by=APPROVER, deciders=APPROVER))
        assert APPROVER not in str(shown.blocks)


def test_of_a_verdict_of_before_there_were_several_the_one_person_is_named() -> None:
    assert f"by @{APPROVER}, 2026" in lines(drawn(replace(BROKEN, cause="vote", deciders="")), "remark")[0]


def story(kind: Kind, actor: str = "bot", **detail: object) -> str:
    view = details(TIMED_OUT, PRIVMAN, EITHER, [], [Record(1, NOW, kind, TIMED_OUT.key, actor, detail)])
    told = words(next(block for block in view["blocks"] if block["block_id"] == "story"))
    return told.splitlines()[1].partition(" · ")[2]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            story(Kind.DECIDED, verdict="deny", cause="timeout", channel=CHANNEL),
            f"Denied by the time limit in @{CHANNEL}",
        ),
        (
            story(Kind.DECIDED, verdict="approve", cause="schedule", duration="1 day"),
            "Approved for 1 day by the schedule",
        ),
        (
            story(
                Kind.BREAK_GLASS,
                APPROVER,
                approvals=1,
                needed=2,
                reason="The site\nis down.",
                channel=CHANNEL,
            ),
            f"@{APPROVER} broke the glass in @{CHANNEL}, with 1 of 2 approvals: The site ⏎ is down.",
        ),
        (story(Kind.REMINDED, what="reminder", channel=CHANNEL), f"Reminded in @{CHANNEL}"),
        (story(Kind.REMINDED, what="backup", channel=CHANNEL), f"The backup was called in @{CHANNEL}"),
    ],
)
def test_the_story_tells_it_in_plain_words(said: str, told: str) -> None:
    assert said == told

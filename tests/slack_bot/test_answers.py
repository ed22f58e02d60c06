from collections.abc import Callable
from dataclasses import replace

import pytest

from slack_bot import answers
from slack_bot.channel import Channel, Source
from slack_bot.command_parser import HELP
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import RequestRow, State
from tests.slack_bot.examples import (
    APPROVER,
    CHANNEL,
    NOW,
    PRIVMAN,
    SECOND_APPROVER,
    decided_row,
    settled_row,
)
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
    assert answers.too_late(row, PRIVMAN, SECOND_APPROVER) == words


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
    assert answers.too_late(row, PRIVMAN, APPROVER) == words


@pytest.mark.parametrize("state", [State.EXPIRED, State.ELSEWHERE])
def test_an_answer_that_did_not_stand_does_not_count_for_its_own_author_either(state: State) -> None:
    row = settled_row(state, Verdict.APPROVE, Status.WITHDRAWN)
    assert answers.too_late(row, PRIVMAN, APPROVER).startswith("It is too late: ")


def test_a_name_from_outside_mentions_nobody_and_stays_on_its_line() -> None:
    row = replace(settled_row(State.ELSEWHERE, None, Status.DENIED), outcome_by="<!channel>\n\u202e& co")
    assert "by &lt;!channel&gt; &amp; co." in answers.too_late(row, PRIVMAN, APPROVER)


@pytest.mark.parametrize(
    ("name", "said"), [("", "in Privilege Manager."), ("\n", "in Privilege Manager."), ("N" * 500, "N….")]
)
def test_no_name_and_an_endless_name_leave_a_sentence(name: str, said: str) -> None:
    row = replace(settled_row(State.ELSEWHERE, None, Status.DENIED), outcome_by=name)
    words = answers.too_late(row, PRIVMAN, APPROVER)
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
    told = answers.too_late(by_schedule, PRIVMAN, APPROVER)
    assert told == f"You were not the first: {words} {NOT_COUNTED}"
    assert answers.too_late(by_schedule, PRIVMAN, "") == told


@pytest.mark.parametrize(
    ("waiting", "count"),
    [(0, "No request is waiting."), (1, "1 request is waiting."), (12, "12 requests are waiting.")],
)
def test_the_bot_tells_what_waits_here_and_who_may_decide(waiting: int, count: str) -> None:
    assert answers.about(ChannelPolicy(groups=("S01APPROVERS",)), waiting) == (
        f"I post approval requests here. {count} Deciding is for <!subteam^S01APPROVERS>."
    )


@pytest.mark.parametrize(
    ("parts", "words"),
    [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")],
)
def test_parts_are_listed_as_in_a_sentence(parts: list[str], words: str) -> None:
    assert answers.listed(parts) == words


@pytest.mark.parametrize(
    "tell",
    [
        answers.not_stored,
        answers.stored_over,
        answers.not_changed_unread,
        answers.note,
        answers.unsettled,
        answers.registrations_unread,
    ],
)
def test_words_of_a_store_or_an_operator_mention_nobody(tell: Callable[[str], str]) -> None:
    assert "&lt;!channel&gt; &amp; co" in tell("<!channel> & co")


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        (Channel(CHANNEL, ChannelPolicy()), "This is declared in channels.json."),
        (
            Channel(CHANNEL, ChannelPolicy(), Source.ENVIRONMENT, "U04ADMIN", NOW),
            "The channel is declared by SLACK_CHANNEL.",
        ),
        (
            Channel(CHANNEL, ChannelPolicy(), Source.STORE, "U04ADMIN", NOW),
            "The channel was registered by <@U04ADMIN> on "
            "<!date^1795168800^{date_short_pretty} at {time}|2026-11-20 10:00 UTC>.",
        ),
        (Channel(CHANNEL, ChannelPolicy(), Source.STORE), "The channel was registered."),
    ],
)
def test_where_a_channel_is_declared_is_told(channel: Channel, words: str) -> None:
    assert answers.where_from(channel) == words


@pytest.mark.parametrize(
    ("policy", "source", "words"),
    [
        (
            ChannelPolicy(everyone=True),
            Source.FILE,
            "Deciding is for the full members of this channel.",
        ),
        (
            ChannelPolicy(registered_by="U04ADMIN"),
            Source.STORE,
            "Until approvers are picked, only <@U04ADMIN> may decide here.",
        ),
        (
            ChannelPolicy(),
            Source.FILE,
            "Nobody may decide here yet. An admin has to name its approvers in channels.json.",
        ),
        (
            ChannelPolicy(),
            Source.ENVIRONMENT,
            "Nobody may decide here yet. "
            "An admin has to mention me in it, or name its approvers: `approvers @person`.",
        ),
    ],
)
def test_who_decides_is_told_with_what_to_do_where_nobody_does(
    policy: ChannelPolicy, source: Source, words: str
) -> None:
    assert answers.who_decides(Channel(CHANNEL, policy, source)) == words


def test_help_on_a_topic_that_is_none_is_help_on_everything() -> None:
    assert answers.help_on("nothing") == answers.help_on()
    assert len(answers.help_on().splitlines()) == len(HELP) + 1

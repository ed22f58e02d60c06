from dataclasses import replace

import pytest

from slack_bot import answers
from slack_bot.channel_store import Channel
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import RequestRow, State
from tests.slack_bot.examples import APPROVER, CHANNEL, PRIVMAN, SECOND_APPROVER, decided_row, settled_row
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
    ("waiting", "count"),
    [(0, "No request is waiting."), (1, "1 request is waiting."), (12, "12 requests are waiting.")],
)
def test_the_bot_tells_what_waits_here_and_who_may_decide(waiting: int, count: str) -> None:
    channel = Channel(CHANNEL, ChannelPolicy(groups=("S01APPROVERS",)))
    assert answers.about(CHANNEL, channel, waiting) == (
        f"I post approval requests here. {count} Deciding is for <!subteam^S01APPROVERS>."
    )


def test_in_a_channel_that_is_not_registered_the_bot_tells_how_to_register_it() -> None:
    said = answers.about("C02GENERAL", None, 3)
    assert "not registered" in said
    assert '{"id": "C02GENERAL", "approvers": {"users": ["U…"]}}' in said
    assert "channels.json" in said

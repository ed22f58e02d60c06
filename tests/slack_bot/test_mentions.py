"""Whoever mentions the bot is told in private what it does in the channel."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from sandbox import Sandbox
from sandbox.timing import Timing
from slack_bot.ledger import inbox
from slack_bot.policy import ChannelPolicy
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS,
    APPROVERS_GROUP,
    OTHER_BOT,
    OUR_BOT,
    OUTSIDER,
    SECOND_CHANNEL,
    Rig,
)

HELLO = f"<@{OUR_BOT}> what do you do?"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


def mention(rig: Rig, user: str, channel: str = APPROVALS) -> None:
    """Somebody mentions the bot; it has arrived."""
    before = len(rig.control.deliveries())
    rig.control.message(channel, user, HELLO)
    rig.control.eventually(
        lambda: (
            all(one["acknowledged"] for one in rig.control.deliveries()[before:])
            and rig.control.deliveries()[before:]
        )
    )


@pytest.mark.parametrize(
    ("waiting", "words"),
    [(0, "No request is waiting."), (1, "1 request is waiting."), (2, "2 requests are waiting.")],
)
def test_a_mention_is_answered_with_what_waits_here_and_who_may_decide(
    rig: Rig, waiting: int, words: str
) -> None:
    for _ in range(waiting):
        rig.ask()
    mention(rig, OUTSIDER)
    rig.run()
    (told,) = rig.told(OUTSIDER)
    assert told == f"I post approval requests here. {words} Deciding is for <!subteam^{APPROVERS_GROUP}>."


def test_what_is_decided_waits_no_more(rig: Rig) -> None:
    rig.ask()
    rig.press(APPROVER, "deny_request")
    rig.run()
    mention(rig, OUTSIDER)
    rig.run()
    assert "No request is waiting." in rig.told(OUTSIDER)[0]


def test_where_nobody_may_decide_the_answer_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: ChannelPolicy()}) as rig:
        mention(rig, ADMIN)
        rig.run()
        assert "Nobody may decide here yet." in rig.told(ADMIN)[0]


def test_in_a_channel_that_is_not_registered_the_answer_says_how_to_register_it(rig: Rig) -> None:
    mention(rig, ADMIN, SECOND_CHANNEL)
    rig.run()
    assert f'"id": "{SECOND_CHANNEL}"' in rig.told(ADMIN)[0]
    assert "not registered" in rig.told(ADMIN)[0]


def test_a_mention_that_slack_delivers_twice_is_answered_once(rig: Rig) -> None:
    rig.control.faults(socket="duplicate", times=1)
    mention(rig, OUTSIDER)
    rig.run()
    assert len(rig.told(OUTSIDER)) == 1


def test_a_mention_that_could_not_be_saved_is_delivered_again_and_answered(tmp_path: Path) -> None:
    soon = Timing(acknowledge_within=0.3)
    with Sandbox(timing=soon) as sandbox, Rig(sandbox, tmp_path) as rig:
        with rig.killed_at(1):
            rig.control.message(APPROVALS, OUTSIDER, HELLO)
            rig.control.eventually(lambda: rig.control.deliveries()[1:])
        rig.control.eventually(lambda: _answered(rig, OUTSIDER))
        assert len(rig.told(OUTSIDER)) == 1


def _answered(rig: Rig, user: str) -> bool | list[str]:
    rig.run()
    return rig.told(user)


def test_what_somebody_wrote_to_the_bot_is_not_kept(rig: Rig) -> None:
    mention(rig, OUTSIDER)
    with rig.ledger.read() as connection:
        kept = connection.execute(select(inbox)).mappings().one()
    assert "what do you do" not in str(dict(kept))


def test_a_mention_by_another_bot_is_answered_as_any_and_nothing_is_posted(rig: Rig) -> None:
    before = len(rig.control.messages(APPROVALS))
    mention(rig, OTHER_BOT)
    rig.run()
    assert len(rig.control.messages(APPROVALS)) == before + 1
    assert APPROVERS.groups[0] in rig.told(OTHER_BOT)[0]

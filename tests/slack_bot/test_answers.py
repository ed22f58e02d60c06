from collections.abc import Callable

import pytest

from slack_bot import answers
from slack_bot.channel import Channel, Source
from slack_bot.command_parser import HELP
from slack_bot.policy import ChannelPolicy
from tests.slack_bot.examples import CHANNEL, NOW


@pytest.mark.parametrize(
    ("waiting", "count"),
    [(0, "No request is"), (1, "1 request is"), (12, "12 requests are")],
)
def test_the_bot_tells_what_waits_here_and_who_may_decide(waiting: int, count: str) -> None:
    channel = Channel(CHANNEL, ChannelPolicy(groups=("S01APPROVERS",)))
    assert answers.about(channel, waiting) == (
        f"I post approval requests here. {count} waiting on cards here. Deciding is for <!subteam^S01APPROVERS>."
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
            "The channel was registered by <@U04ADMIN>, "
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

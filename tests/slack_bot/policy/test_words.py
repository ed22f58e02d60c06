"""Words for the rarer statements of a policy."""

from slack_bot.policy import (
    Approvals,
    BreakGlass,
    ChannelPolicy,
    Part,
    Said,
    Seat,
    Silence,
    Silences,
    Terms,
    in_words,
)
from slack_bot.policy.words import how_many_in_words, silence_in_words
from upstream_client.models import Risk


def test_the_numbers_of_different_risks_are_sentences_of_their_own() -> None:
    policy = ChannelPolicy(terms=Terms(approvals=Approvals(low=1, medium=2, high=2, critical=3)))
    assert how_many_in_words(policy) == (
        "1 person must approve what has low risk. 2 people must approve what has medium or high risk. What has no "
        "risk counts as medium. 3 people must approve what has critical risk."
    )


def test_that_there_are_no_seats_names_nobody() -> None:
    """Given a channel that says there are no seats, when it is told who decides, then that is built in."""
    policy = ChannelPolicy(registered_by="U04", terms=Terms(seats=()), defaults=Terms(seats=(Seat("S02"),)))
    who = in_words(policy)[0]
    assert (who.rule, who.said) == ("who", Said.BUILT_IN)


def test_a_backup_of_nobody_is_told_as_such() -> None:
    policy = ChannelPolicy(terms=Terms(silence=Silences(any=Silence(backup_after=3_600))))
    assert silence_in_words(policy, Risk.LOW) == Part(
        "silence", "After 1 hour I call nobody, who may then decide as well.", Said.HERE
    )


def test_breaking_the_glass_is_told_whole() -> None:
    policy = ChannelPolicy(users=("U02",), terms=Terms(break_glass=BreakGlass(allowed=True)))
    (told,) = (part for part in in_words(policy) if part.rule == "break-glass")
    assert told == Part(
        "break-glass",
        "One approver may break the glass, which is to decide alone where more would have to approve: with a "
        "written reason, and never what they asked for themselves. Where I cannot tell who asked, nobody may "
        "break it. It is announced in this channel.",
        Said.HERE,
    )

"""A policy in words: every part that holds, and where it comes from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slack_bot.policy import (
    ONE_IS_ENOUGH,
    Approvals,
    BreakGlass,
    ChannelPolicy,
    OnSilence,
    RefusedFrom,
    Said,
    Seat,
    Silence,
    Silences,
    Terms,
    UserName,
    in_words,
    text_of,
)
from slack_bot.policy.words import how_many_in_words, how_many_is_said, silence_in_words
from upstream_client.models import ONE_TIME, Duration, Risk

HERE, DEFAULTS, BUILT_IN = Said.HERE, Said.DEFAULTS, Said.BUILT_IN
UNSAID = Terms()
MINUTE, HOUR = 60, 3_600


def part(rule: str, terms: Terms = UNSAID, defaults: Terms = UNSAID) -> list[tuple[str, Said]]:
    """What is told of one rule, with where it comes from."""
    parts = in_words(ChannelPolicy(groups=("S01",), terms=terms, defaults=defaults))
    return [(one.words, one.said) for one in parts if one.rule == rule]


def test_a_channel_that_says_nothing_is_told_in_few_words() -> None:
    parts = in_words(ChannelPolicy(groups=("S01",)))
    assert [one.rule for one in parts] == [
        *("who", "how many", "how many", "own requests", "unknown requesters", "nothing else")
    ]
    assert [one.said for one in parts] == [HERE, *[BUILT_IN] * 5]
    assert parts[-1].words == (
        "Nothing happens by itself while nobody answers, an approval may be as long as the upstream takes it and "
        "nobody may break the glass."
    )


@pytest.mark.parametrize(
    ("policy", "words", "said"),
    [
        (ChannelPolicy(users=("U02",)), "Deciding is for <@U02>.", HERE),
        (ChannelPolicy(), "Nobody may decide here yet.", BUILT_IN),
        (
            ChannelPolicy(registered_by="U04"),
            "Until approvers are picked, only <@U04> may decide here.",
            BUILT_IN,
        ),
        (
            ChannelPolicy(defaults=Terms(seats=(Seat("S02"),))),
            "Deciding is for <!subteam^S02>.",
            DEFAULTS,
        ),
    ],
)
def test_who_decides_is_told_first(policy: ChannelPolicy, words: str, said: Said) -> None:
    first = in_words(policy)[0]
    assert (first.rule, first.words, first.said) == ("who", words, said)


@pytest.mark.parametrize(
    ("terms", "defaults", "told"),
    [
        (
            UNSAID,
            UNSAID,
            [
                (
                    "1 person must approve what has low or medium risk. What has no risk counts as medium.",
                    BUILT_IN,
                ),
                ("2 people must approve what has high or critical risk.", BUILT_IN),
            ],
        ),
        (
            Terms(approvals=ONE_IS_ENOUGH),
            UNSAID,
            [("1 person must approve what has any risk. What has no risk counts as medium.", HERE)],
        ),
        (
            Terms(approvals=Approvals(critical=2)),
            Terms(approvals=Approvals(low=1, medium=1)),
            [
                (
                    "1 person must approve what has low or medium risk. What has no risk counts as medium.",
                    DEFAULTS,
                ),
                ("2 people must approve what has high risk.", BUILT_IN),
                ("2 people must approve what has critical risk.", HERE),
            ],
        ),
        (
            Terms(approvals=Approvals(high=2)),
            Terms(seats=(Seat("S02", 2, Risk.HIGH), Seat("S03", 1, Risk.HIGH))),
            [
                (
                    "1 person must approve what has low or medium risk. What has no risk counts as medium.",
                    BUILT_IN,
                ),
                ("3 people must approve what has high or critical risk.", DEFAULTS),
            ],
        ),
    ],
)
def test_how_many_must_approve_is_told_for_risks_that_are_alike(
    terms: Terms, defaults: Terms, told: list[tuple[str, Said]]
) -> None:
    assert part("how many", terms, defaults) == told


def test_the_number_for_a_risk_comes_from_the_seats_where_they_ask_for_more() -> None:
    policy = ChannelPolicy(defaults=Terms(seats=(Seat("S02", 3, Risk.HIGH),)))
    assert how_many_is_said(policy, Risk.HIGH) is DEFAULTS
    assert how_many_is_said(policy, Risk.UNRATED) is BUILT_IN


def test_the_numbers_alone_are_told_for_risks_that_are_alike_wherever_they_come_from() -> None:
    policy = ChannelPolicy(terms=Terms(approvals=Approvals(high=1, critical=1)))
    words = "1 person must approve what has any risk. What has no risk counts as medium."
    assert how_many_in_words(policy) == words
    assert len(part("how many", policy.terms)) == 2


def test_seats_are_told_by_the_risk_from_which_they_must_be_filled() -> None:
    seats = (Seat("S02"), Seat("S03", 2, Risk.HIGH), Seat("S04", 1, Risk.CRITICAL))
    assert part("seats", Terms(seats=seats)) == [
        (
            "Of those who approve there must be 1 of <!subteam^S02>; 2 of <!subteam^S03> from high risk upwards; "
            "1 of <!subteam^S04> for critical risk. One person fills one seat.",
            HERE,
        )
    ]
    assert part("seats", Terms(seats=()), Terms(seats=seats)) == [("They may be of any group.", HERE)]


def test_a_seat_from_what_is_not_rated_upwards_is_one_from_medium() -> None:
    ((words, _),) = part("seats", Terms(seats=(Seat("S02", 1, Risk.UNRATED),)))
    assert "1 of <!subteam^S02> from medium risk upwards" in words


def test_own_requests_and_unknown_requesters_are_told() -> None:
    refused = "Nobody may approve what they asked for themselves; they may deny it."
    allowed = "People may approve what they asked for themselves."
    assert part("own requests") == [(refused, BUILT_IN)]
    assert part("own requests", Terms(own_requests=False), Terms(own_requests=True)) == [(refused, HERE)]
    assert part("own requests", defaults=Terms(own_requests=True)) == [(allowed, DEFAULTS)]
    assert part("unknown requesters", Terms(own_requests=True)) == []


@pytest.mark.parametrize(
    ("refused_from", "end"),
    [
        (RefusedFrom.NEVER, "people may approve all the same: it may be their own request."),
        (RefusedFrom.LOW, "nobody may approve what has any risk."),
        (RefusedFrom.HIGH, "nobody may approve what has high or critical risk."),
        (RefusedFrom.CRITICAL, "nobody may approve what has critical risk."),
    ],
)
def test_from_which_risk_unknown_requesters_are_refused_is_told(refused_from: RefusedFrom, end: str) -> None:
    terms = Terms(unknown_requester_refused_from=refused_from)
    assert part("unknown requesters", terms) == [(f"Where I cannot tell who in Slack asked, {end}", HERE)]


def test_of_user_names_only_how_many_there_are_is_told() -> None:
    rule = UserName("CORP\\*", "*@example.com")
    here = Terms(requesters=(("a", "U01"), ("b", "U02")), user_names=(rule,))
    for_all = Terms(requesters=(("c", "U03"),), user_names=(rule, rule))
    assert part("user names") == []
    assert part("user names", here, for_all) == [
        ("2 user names stand for people in Slack. 1 rule makes an e-mail address of user names.", HERE),
        ("1 user name stands for a person in Slack. 2 rules make e-mail addresses of user names.", DEFAULTS),
    ]


def test_silence_is_told_for_risks_that_are_alike() -> None:
    called = Silence(10 * MINUTE, 30 * MINUTE, ("U09",), ("S09",), HOUR, OnSilence.APPROVE)
    terms = Terms(silence=Silences(low=Silence(), high=called, critical=called))
    assert part("silence", terms) == [
        ("While nobody answers what has low risk, nothing happens by itself.", HERE),
        (
            "While nobody answers what has high or critical risk, I remind after 10 minutes, then ever more "
            "rarely; after 30 minutes I call <@U09> and <!subteam^S09>, who may then decide as well; after 1 hour "
            "it is approved, unless it expires upstream before.",
            HERE,
        ),
    ]
    ((rest, _),) = part("nothing else", terms)
    assert rest.startswith("Nothing happens by itself while nobody answers what has medium risk, ")


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (OnSilence.DENY, "After 1 hour, or shortly before it expires upstream, it is denied."),
        (OnSilence.LEAVE, "After 1 hour it is left to the upstream."),
        (
            None,
            "After 1 hour, or shortly before it expires upstream, it is denied, or left to the upstream where that "
            "escalates by itself.",
        ),
    ],
)
def test_what_is_done_at_the_deadline_is_told(then: OnSilence | None, words: str) -> None:
    policy = ChannelPolicy(defaults=Terms(silence=Silences(any=Silence(deadline=HOUR, then=then))))
    told = silence_in_words(policy, Risk.UNRATED)
    assert (told.words, told.said) == (words, DEFAULTS)


def test_the_longest_approval_is_told() -> None:
    assert part("longest", defaults=Terms(longest=Duration(4 * HOUR))) == [
        ("An approval holds for 4 hours at most.", DEFAULTS)
    ]
    assert part("longest", Terms(longest=ONE_TIME)) == [("An approval holds for one time only.", HERE)]


def test_breaking_the_glass_is_told_with_what_it_takes_and_where_it_is_announced() -> None:
    ((words, said),) = part("break-glass", Terms(break_glass=BreakGlass(True, "C03")))
    assert "with a written reason, and never what they asked for themselves." in words
    assert "Where I cannot tell who asked, nobody may break it." in words
    announced = "It is announced in this channel, and in <#C03> if that is another."
    assert (words.endswith(announced), said) == (True, HERE)
    ((words, _),) = part("break-glass", Terms(break_glass=BreakGlass(allowed=True)))
    assert words.endswith("It is announced in this channel.")
    off, on = BreakGlass(False), BreakGlass(True)
    assert part("break-glass", Terms(break_glass=off), Terms(break_glass=on)) == [
        ("Nobody may break the glass.", HERE)
    ]


def test_where_everything_is_said_nothing_is_left_to_tell() -> None:
    terms = Terms(
        silence=Silences(any=Silence()), longest=Duration(HOUR), break_glass=BreakGlass(allowed=False)
    )
    assert part("nothing else", terms) == []


levels = st.integers(1, 5) | st.none()
silences = st.builds(
    Silence, remind_after=st.sampled_from([None, MINUTE]), deadline=st.sampled_from([None, HOUR])
)
terms_of_any_kind = st.builds(
    Terms,
    approvals=st.builds(Approvals, levels, levels, levels, levels),
    seats=st.none() | st.lists(st.builds(Seat, st.just("S02"), st.just(1), st.sampled_from(Risk))).map(tuple),
    own_requests=st.none() | st.booleans(),
    unknown_requester_refused_from=st.none() | st.sampled_from(RefusedFrom),
    silence=st.builds(Silences, any=st.none() | silences, high=st.none() | silences),
    longest=st.none() | st.builds(Duration, st.sampled_from([None, HOUR])),
    break_glass=st.none() | st.builds(BreakGlass, st.booleans(), st.just("")),
)


@given(terms_of_any_kind, terms_of_any_kind)
def test_whatever_is_said_the_words_are_short_whole_sentences_and_no_part_is_left_out(
    terms: Terms, defaults: Terms
) -> None:
    policy = ChannelPolicy(groups=("S01",), terms=terms, defaults=defaults)
    parts = in_words(policy)
    rules = {one.rule for one in parts}
    assert all(one.words.endswith(".") and one.words[0].isupper() | one.words[0].isdigit() for one in parts)
    assert {"who", "how many", "own requests"} <= rules
    assert ("seats" in rules) >= bool(policy.all_seats)
    assert ("longest" in rules) == (policy.longest is not None)
    assert len(text_of(policy)) < 2_000
    assert text_of(policy) == " ".join(one.words for one in parts)

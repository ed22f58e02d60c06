"""Answers as people write them: which request, for how long, and what they say about it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slack_bot.answer_text import after, read_words
from slack_bot.command_parser import Answer, Misunderstood, Show, parse
from slack_bot.language.duration_text import NotADuration
from tests.slack_bot.examples import NOW
from upstream_client.models import DAY, HOUR, MINUTE, ONE_TIME, Duration, Verdict

US = "U07BOT"
APPROVE, DENY = Verdict.APPROVE, Verdict.DENY
SIX = int(datetime(2026, 11, 20, 18, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("approve k7m2", Answer(APPROVE, "k7m2")),
        ("APPROVE K7M2 ", Answer(APPROVE, "K7M2")),
        (
            f"<@{US}> approve k7m2 1h Looks *good*, really.",
            Answer(APPROVE, "k7m2", "1h Looks *good*, really."),
        ),
        (f"<@{US}|bot>, *approve* `k7m2`: fine", Answer(APPROVE, "k7m2", "fine")),
        ("/approvals approve k7m2", Answer(APPROVE, "k7m2")),
        ("/agentsudo approve b24f5c2f", Answer(APPROVE, "b24f5c2f")),
        ("deny k7m2 Why?", Answer(DENY, "k7m2", "Why?")),
        ("reject k7m2 deny it &amp; tell &lt;them&gt;", Answer(DENY, "k7m2", "deny it & tell <them>")),
        ("deny k7m2 see <https://example.com/x|the page>", Answer(DENY, "k7m2", "see the page")),
        ("deny k7m2 see <https://example.com/x>", Answer(DENY, "k7m2", "see https://example.com/x")),
        ("deny <http://a.bc|a.bc> no", Answer(DENY, "a.bc", "no")),
        ("deny _id_ x", Answer(DENY, "_id_", "x")),
        ("deny k7m2\nnot\nnow", Answer(DENY, "k7m2", "not\nnow")),
        ("show k7m2", Show("k7m2")),
        ("show “k7m2” please", Show("k7m2")),
    ],
)
def test_an_answer_names_a_request_and_keeps_the_words_as_they_were_typed(text: str, meant: object) -> None:
    assert parse(text, US) == meant


@pytest.mark.parametrize(
    "text", ["approve", "deny", "reject ,", "show", "approve ümlaut", "show " + "x" * 301]
)
def test_without_an_id_nothing_is_answered_and_it_is_told_where_ids_are(text: str) -> None:
    found = parse(text, US)
    assert isinstance(found, Misunderstood)
    assert "`pending` tells" in found.words


@pytest.mark.parametrize("text", ["approve k7m2?", "deny k7m2 ?", "reject k7m2 ??"])
def test_what_is_only_a_question_is_no_answer(text: str) -> None:
    found = parse(text, US)
    assert isinstance(found, Misunderstood)
    assert "without the question mark" in found.words


@pytest.mark.parametrize("text", ["~approve k7m2~", "approves k7m2", "please approve k7m2", "approved k7m2"])
def test_what_is_struck_out_or_said_otherwise_is_no_answer(text: str) -> None:
    assert isinstance(parse(text, US), Misunderstood)


@pytest.mark.parametrize(
    ("words", "duration", "comment"),
    [
        ("", None, ""),
        ("fine", None, "fine"),
        ("1h", Duration(HOUR), ""),
        ("1h 30m fine", Duration(90 * MINUTE), "fine"),
        ("2 hours fine", Duration(2 * HOUR), "fine"),
        ("for 2 hours, fine", None, "for 2 hours, fine"),
        ("for 2 hours fine", Duration(2 * HOUR), "fine"),
        ("once fine", ONE_TIME, "fine"),
        ("one time", ONE_TIME, ""),
        ("1d  two  spaces", Duration(DAY), "two  spaces"),
        ("3 people looked at it", None, "3 people looked at it"),
        ("1 day is enough", Duration(DAY), "is enough"),
        ("a day", Duration(DAY), ""),
    ],
)
def test_a_time_in_front_is_the_time_and_the_rest_the_comment(
    words: str, duration: Duration | None, comment: str
) -> None:
    written = read_words(words, NOW, "UTC")
    assert (written.duration, written.until_at, written.comment) == (duration, None, comment)


def test_a_moment_is_until_that_moment() -> None:
    written = read_words("until 18:00 for the release", NOW, "UTC")
    assert (written.until_at, written.comment) == (SIX, "for the release")
    assert written.duration == Duration((SIX - NOW) // 1_000_000)


@pytest.mark.parametrize("words", ["90", "5x", "until six", "until 25:00", "till later then", "until 6"])
def test_a_time_that_cannot_be_read_is_not_taken_for_a_comment(words: str) -> None:
    with pytest.raises(NotADuration):
        read_words(words, NOW, "UTC")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("until 10:30 pm", "just passed"),  # and not until 10:30 in the morning
        ("until 10:30 pm for the release", "just passed"),
        ("until 22:30 for the release", "just passed"),
        ("until 09:00 today", "has passed already"),  # and not until 09:00 tomorrow
        ("until 22:40 please", "less than a minute"),
    ],
)
def test_a_moment_until_which_nothing_is_approved_is_not_taken_for_another_one(words: str, why: str) -> None:
    now = int(datetime(2026, 11, 20, 22, 39, 30, tzinfo=UTC).timestamp()) * 1_000_000
    with pytest.raises(NotADuration, match=why):
        read_words(words, now, "UTC")


@pytest.mark.parametrize(
    "more",
    ["p. m.", "tonight", "this evening, please", "in the evening", "at night", "o'clock", "next Fri", "CET"],
)
def test_a_moment_of_which_only_the_beginning_is_understood_is_not_taken_for_another_one(more: str) -> None:
    """At 22:39 "10:30" alone is the morning's; in the evening it has passed."""
    now = int(datetime(2026, 11, 20, 22, 39, 30, tzinfo=UTC).timestamp()) * 1_000_000
    with pytest.raises(NotADuration, match="more of it follows"):
        read_words(f"until 10:30 {more}", now, "UTC")


@pytest.mark.parametrize(
    "comment", ["in Berlin", "the ticket is done", "a monkey", "and/or until Monday", "at the latest"]
)
def test_what_follows_a_moment_is_a_comment_else(comment: str) -> None:
    now = int(datetime(2026, 11, 20, 14, 0, tzinfo=UTC).timestamp()) * 1_000_000
    written = read_words(f"until 18:00 {comment}", now, "UTC")
    assert (written.duration, written.comment) == (Duration(4 * 3_600), comment)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["approve", "deny", "show"]))
def test_any_text_gives_two_texts_and_a_reading(text: str, verb: str) -> None:
    which, words = after(f"{verb} {text}", verb)
    assert words == words.strip()
    assert not any(character.isspace() for character in which)
    try:
        written = read_words(words, NOW, "UTC")
    except NotADuration:
        return
    assert words.endswith(written.comment)

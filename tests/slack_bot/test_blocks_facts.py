"""What is too long for the card stands whole in its thread."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slack_bot.blocks import Message, long_facts
from slack_bot.plain_text import in_line, visible
from tests.slack_bot.examples import REQUEST
from tests.slack_bot.shown import PENDING, asking, drawn, lines, taken_by_slack, texts, words
from upstream_client.models import ApprovalRequest, Fact


def in_thread(messages: list[Message]) -> list[tuple[str, str]]:
    """(label, words) of every passage, in order."""
    found = []
    for message in messages:
        (block,) = message.blocks
        for label, passage in pairwise(block["elements"]):
            if passage["type"] == "rich_text_preformatted":
                found.append((label["elements"][0]["text"], passage["elements"][0]["text"]))
    return found


def with_fact(value: str, label: str = "Command line") -> ApprovalRequest:
    return asking(facts=(Fact("command", label, value),), requester="").asked


def test_what_fits_on_the_card_needs_no_thread() -> None:
    assert long_facts(REQUEST) == []
    assert long_facts(asking(title="t" * 300, justification="j" * 1_000).asked) == []
    assert long_facts(with_fact("x" * 1_000)) == []
    assert "thread" not in "".join(texts(drawn(PENDING).blocks))


@pytest.mark.parametrize(
    ("changes", "label", "whole"),
    [
        ({"title": "t" * 301}, "Title", "t" * 301),
        ({"justification": "j" * 1_001}, "Reason given", "j" * 1_001),
        ({"requester": "r" * 1_001}, "Requested by", "r" * 1_001),
        ({"facts": (Fact("a", "Label\n<!channel>", "v" * 1_001),)}, "Label <!channel>", "v" * 1_001),
        ({"facts": (Fact("a", "", "v" * 1_001),)}, "Fact", "v" * 1_001),
    ],
)
def test_one_character_too_many_and_it_stands_whole_in_the_thread(
    changes: dict[str, object], label: str, whole: str
) -> None:
    assert in_thread(long_facts(asking(**changes).asked)) == [(label, whole)]


def test_every_value_that_the_card_cuts_off_is_in_the_thread_and_only_those() -> None:
    facts = tuple(Fact(str(number), f"Fact {number}", f"{number}" * 900) for number in range(1, 7))
    row = asking(facts=facts, requester="")
    cut = [line.partition(":")[0] for line in lines(drawn(row), "facts") if "whole in the thread)" in line]
    unshown = [fact for fact in facts if not any(fact.label in line for line in lines(drawn(row), "facts"))]
    told = in_thread(long_facts(row.asked))
    assert [label for label, _ in told] == [*cut, "More facts"]
    assert told[-1][1] == "\n".join(f"{fact.label}: {fact.value}" for fact in unshown)


def test_a_line_end_in_a_fact_that_is_listed_in_the_thread_begins_no_line_of_its_own() -> None:
    facts = [Fact(str(number), "F", "v") for number in range(30)]
    forged = Fact("31", "File\nRisk", "setup.exe\nRisk: low")
    ((_, listed),) = in_thread(long_facts(asking(facts=(*facts, forged), requester="").asked))
    assert listed == "File Risk: setup.exe ⏎ Risk: low"


@pytest.mark.parametrize("length", [3_000, 3_001, 6_001, 40_000])
@pytest.mark.parametrize("letter", ["x", "x ", "line\n", "\N{GRINNING FACE}", "\u202e", "<!channel> & "])
def test_whatever_its_length_it_is_whole_and_slack_takes_it(length: int, letter: str) -> None:
    value = (letter * length)[:length]
    messages = long_facts(with_fact(value))
    for message in messages:
        taken_by_slack(message)
        assert 0 < len(message.text) <= 400
        assert not {"<", ">"} & set(message.text)
    told = in_thread(messages)
    whole = visible(value)
    if len(whole) <= 80_000:
        assert "".join(part for _, part in told) == whole
    assert all(len(part) <= 3_000 for _, part in told)


def test_its_parts_are_numbered() -> None:
    labels = [label for label, _ in in_thread(long_facts(with_fact("x" * 7_000)))]
    assert labels == ["Command line (1 of 3)", "Command line (2 of 3)", "Command line (3 of 3)"]


def test_what_is_too_long_even_for_the_thread_is_counted_and_the_card_promises_no_whole() -> None:
    row = asking(facts=(Fact("command", "Command line", "x" * 200_000),), requester="")
    messages = long_facts(row.asked)
    assert len(in_thread(messages)) == 30
    assert words(messages[-1].blocks[0]).strip() == messages[-1].text
    assert messages[-1].text == "And 110,000 more characters, too many for this thread."
    assert any("more in the thread)" in line for line in lines(drawn(row), "facts"))
    assert not any("whole" in line for line in lines(drawn(row), "facts"))


@settings(max_examples=100)
@given(
    st.lists(
        st.builds(
            lambda label, piece, times: Fact("key", label, piece * times),
            st.text(st.characters(codec="utf-8"), max_size=20),
            st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
            st.integers(1, 800),
        ),
        max_size=40,
    )
)
def test_slack_takes_every_thread_and_nothing_that_the_card_cuts_is_left_out(facts: list[Fact]) -> None:
    row = asking(facts=tuple(facts), requester="", justification="")
    messages = long_facts(row.asked)
    for message in messages:
        taken_by_slack(message)
    everywhere = "\n".join([*lines(drawn(row), "facts"), "".join(part for _, part in in_thread(messages))])
    if "more in the thread" not in everywhere:
        for fact in facts:
            assert in_line(fact.value) in everywhere or visible(fact.value) in everywhere

"""The line that counts what waits without a card."""

import pytest

from slack_bot.blocks.backlog import all_shown_line, counting_line, ended_line
from slack_bot.blocks.message import Message


def said(message: Message) -> list[str]:
    (block,) = message.blocks
    return str(block["text"]["text"]).splitlines()


@pytest.mark.parametrize(
    ("shown", "left", "expected"),
    [
        (
            20,
            380,
            "20 of 400 waiting requests have a card here. The other 380 follow as these are answered.",
        ),
        (
            1_020,
            9_999,
            "1,020 of 11,019 waiting requests have a card here. The other 9,999 follow as these are answered.",
        ),
        (20, 1, "20 of 21 waiting requests have a card here. The other one follows as these are answered."),
        (0, 1, "0 of 1 waiting request has a card here. The other one follows as these are answered."),
    ],
)
def test_it_counts_what_has_a_card_and_what_follows(shown: int, left: int, expected: str) -> None:
    message = counting_line(shown, left)

    assert message.text == said(message)[0] == expected


def test_it_says_how_to_list_those_that_have_none_yet() -> None:
    assert said(counting_line(20, 380))[1] == "To list the next of them, mention me with the word `pending`."


def test_its_last_words_tell_that_nothing_follows() -> None:
    assert said(all_shown_line()) == [all_shown_line().text] == ["All waiting requests have their cards now."]
    assert "not registered" in ended_line().text


def test_its_messages_carry_no_metadata_so_that_an_edit_leaves_what_the_post_had() -> None:
    for message in (counting_line(20, 1), all_shown_line(), ended_line()):
        assert set(message.message()) == {"text", "blocks"}

"""Long lists of people and groups, as people read them."""

import pytest

from slack_bot.policy import listed, with_short_lists
from slack_bot.policy.mentions import MOST_NAMED, mentions

PEOPLE = [f"U{number:02}" for number in range(MOST_NAMED + 3)]
GROUPS = [f"S{number:02}" for number in range(2)]


@pytest.mark.parametrize("count", [1, 2, MOST_NAMED])
def test_a_list_that_is_not_long_stays_as_it_is(count: int) -> None:
    words = f"Deciding is for {listed(mentions(PEOPLE[:count], []))}."
    assert with_short_lists(words) == words


@pytest.mark.parametrize("more", [1, 3])
def test_of_a_long_list_the_first_are_named_and_how_many_more_there_are(more: int) -> None:
    everybody = mentions(PEOPLE[: MOST_NAMED + more], [])
    told = with_short_lists(f"Deciding is for {listed(everybody)}. One is enough.")
    assert told == f"Deciding is for {', '.join(everybody[:MOST_NAMED])} and {more} more. One is enough."


def test_groups_are_counted_with_the_people() -> None:
    told = with_short_lists(listed(mentions(PEOPLE[: MOST_NAMED - 1], GROUPS)))
    assert told == f"{', '.join(mentions(PEOPLE[: MOST_NAMED - 1], GROUPS[:1]))} and 1 more"


def test_where_the_sentence_goes_on_after_the_list_it_still_does() -> None:
    words = listed([*mentions(PEOPLE, []), "the full members of this channel"])
    told = with_short_lists(words)
    named = ", ".join(mentions(PEOPLE[:MOST_NAMED], []))
    assert told == f"{named}, 3 more and the full members of this channel"

"""People and groups as a sentence names them, with mentions as Slack writes them. Pure."""

import re
from collections.abc import Iterable, Sequence

MOST_NAMED = 20
_ONE = r"<(?:@|!subteam\^)[A-Z0-9]+>"
_LIST = re.compile(rf"{_ONE}(?:(?:, | and ){_ONE}){{{MOST_NAMED},}}(?P<goes_on> and )?")


def mention(user: str) -> str:
    """One person."""
    return f"<@{user}>"


def mention_group(group: str) -> str:
    """One user group."""
    return f"<!subteam^{group}>"


def mention_channel(channel: str) -> str:
    """One channel."""
    return f"<#{channel}>"


def mentions(users: Iterable[str], groups: Iterable[str]) -> list[str]:
    """People, then groups."""
    return [*map(mention, users), *map(mention_group, groups)]


def listed(words: Sequence[str], last: str = "and") -> str:
    """A, B and C. There must be one at least."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" {last} " + words[-1]


def with_short_lists(words: str) -> str:
    """The same sentences, for people to read: of each long list of people and groups, how many more there are."""
    return _LIST.sub(_shortened, words)


def _shortened(found: re.Match[str]) -> str:
    named = re.findall(_ONE, found[0])
    more = f"{len(named) - MOST_NAMED} more"
    if found["goes_on"]:
        return ", ".join([*named[:MOST_NAMED], more]) + found["goes_on"]
    return listed([*named[:MOST_NAMED], more])

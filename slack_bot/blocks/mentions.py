"""People, groups and channels in rich_text, each shown by the name that the reader knows. Pure."""

import re
from collections.abc import Sequence

from slack_bot import rich_text
from slack_bot.rich_text import Element, Line, text

MOST_NAMED = 20
_MENTION = re.compile(r"<(?:@(?P<user>[A-Z0-9]+)|!subteam\^(?P<group>[A-Z0-9]+)|#(?P<channel>[A-Z0-9]+))>")


def listed(parts: Sequence[Line]) -> Line:
    """A, B and C."""
    line: Line = []
    for position, part in enumerate(parts, start=1):
        between = "" if position == 1 else " and " if position == len(parts) else ", "
        line += [text(between), *part] if between else part
    return line


def people(user_ids: Sequence[str]) -> Line:
    """A, B and C; of very many, how many more there are."""
    named: list[Line] = [[rich_text.user(one)] for one in user_ids[:MOST_NAMED]]
    more = len(user_ids) - len(named)
    return listed([*named, [text(f"{more} more")]] if more else named)


def mentioning(words: str) -> Line:
    """Our own words, with the mentions in them that are written as in mrkdwn."""
    line: Line = []
    end = 0
    for found in _MENTION.finditer(words):
        if before := words[end : found.start()]:
            line.append(text(before))
        line.append(_mention(found))
        end = found.end()
    return [*line, text(words[end:])] if words[end:] else line


def _mention(found: re.Match[str]) -> Element:
    if found["user"]:
        return rich_text.user(found["user"])
    return rich_text.group(found["group"]) if found["group"] else rich_text.channel(found["channel"])

"""Words too long for a card, parted into pieces that Slack takes. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from slack_bot.plain_text import chunks, cut, one_line, visible
from slack_bot.rich_text import Element, line, preformatted, section, text

PASSAGE_LIMIT = 3_000
LABEL_LIMIT = 75


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of something long, under the label that tells which piece of what it is."""

    label: str
    words: str

    @property
    def size(self) -> int:
        """In characters."""
        return len(self.label) + len(self.words)

    def drawn(self) -> list[Element]:
        """The label and, with their own lines and spaces, the words."""
        return [section([line(text(self.label, bold=True))]), preformatted(self.words)]


def passages(label: str, words: str) -> list[Passage]:
    """All of ``words``, in order: "Command line (1 of 3)", …"""
    parts = chunks(visible(words), PASSAGE_LIMIT)
    name = cut(one_line(label), LABEL_LIMIT) or "Fact"
    if len(parts) == 1:
        return [Passage(name, parts[0])]
    return [Passage(f"{name} ({number} of {len(parts)})", part) for number, part in enumerate(parts, start=1)]


def packed(all_of_them: Iterable[Passage], room: int) -> list[list[Passage]]:
    """Passages together in groups of at most ``room`` characters, or one where it alone is larger."""
    groups: list[list[Passage]] = []
    left = 0
    for one in all_of_them:
        if not groups or one.size > left:
            groups.append([])
            left = room
        groups[-1].append(one)
        left -= one.size
    return groups

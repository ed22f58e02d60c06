"""What somebody typed in Slack: words, and the people, groups and channels that Slack marked up among them. Pure.

Slack's own markup is told from what was typed by its angle brackets: it writes a typed one as an entity.
https://docs.slack.dev/messaging/formatting-message-text
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from slack_bot.plain_text import one_line


class Kind(StrEnum):
    """What a piece of typed text is."""

    WORD = "word"
    COMMA = "comma"
    USER = "user"
    GROUP = "group"
    CHANNEL = "channel"
    BROADCAST = "broadcast"
    """@here, @channel or @everyone."""


@dataclass(frozen=True, slots=True)
class Token:
    """One piece: a word as it was typed, or the id of what is mentioned."""

    kind: Kind
    text: str

    @property
    def key(self) -> str:
        """The word to compare, whatever its case; "" for what is no word."""
        return self.text.casefold() if self.kind is Kind.WORD else ""


COMMA = Token(Kind.COMMA, ",")

_MARKUP = re.compile(r"<([^<>]*)>")
_MENTIONS = (
    (Kind.USER, re.compile(r"@([UW][A-Z0-9]{2,19})(?:\|.*)?")),
    (Kind.CHANNEL, re.compile(r"#([CG][A-Z0-9]{2,19})(?:\|.*)?")),
    (Kind.GROUP, re.compile(r"!subteam\^(S[A-Z0-9]{2,19})(?:\|.*)?")),
    (Kind.BROADCAST, re.compile(r"!(here|channel|everyone)(?:\|.*)?")),
)
_PLAIN = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-")
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | {";": ",", "=": " "}
)
_ROUND_A_WORD = "\"'*_.!:"
"""Not the tilde: what is struck out was taken back."""


def normal(text: str) -> str:
    """``text`` on one line as a keyboard has it: plain hyphens, quotes and spaces, nothing invisible."""
    return one_line(unicodedata.normalize("NFKC", text).translate(_PLAIN))


def asks(text: str) -> bool:
    """Whether there is a question mark in what was typed, as against what Slack marked up."""
    return any("?" in normal(_unescaped(typed)) for typed in _MARKUP.split(text)[::2])


def tokens(text: str) -> list[Token]:
    """The pieces of a message's text, as Slack sends it, without quotes, emphasis and full stops round words."""
    found: list[Token] = []
    end = 0
    for match in _MARKUP.finditer(text):
        found += _words(_unescaped(text[end : match.start()]))
        found += _marked_up(match[1])
        end = match.end()
    found += _words(_unescaped(text[end:]))
    return found


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _marked_up(inner: str) -> list[Token]:
    for kind, form in _MENTIONS:
        if match := form.fullmatch(inner):
            return [Token(kind, match[1])]
    target, _, label = inner.rpartition("|")  # a link, or a date with the words for those who cannot draw it
    return list(_words(_unescaped(label if target else inner)))


def _words(text: str) -> Iterator[Token]:
    for piece in normal(text).replace(",", " , ").split():
        word = piece.strip(_ROUND_A_WORD + "?") or piece.strip(_ROUND_A_WORD)  # "?" alone asks for help
        if piece == ",":
            yield COMMA
        elif word:
            yield Token(Kind.WORD, word)

"""Answers as people write them: "approve k7m2 1h Reviewed with the team". Pure."""

import re
from dataclasses import dataclass

from slack_bot.language.duration_text import NotADuration, NotThen, read_duration, read_end
from slack_bot.language.typed_text import normal
from upstream_client.models import Duration

MOST_WORDS_OF_A_TIME = 5
"""As "until tomorrow at 6 pm"."""
_UNTIL = frozenset({"until", "till", "til"})
_ROUND_A_WORD = "\"'*_.!:,`~"
_ROUND_AN_ID = "\"'*,;:.!?`\u201c\u201d\u201e\u2018\u2019"
_MORE_OF_A_TIME = re.compile(
    r"(?:(?:this|in|the|at|on|next) )*"
    r"(?:[ap]\W{0,2}m|o\W?clock|tonight|morning|afternoon|evening|night|noon|midnight|today|tomorrow"
    r"|mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
    r"|utc|gmt|[ce]es?t|bst|[ecmp][sd]t|ist|jst|(?:africa|america|asia|australia|europe|pacific)/[a-z]+)\b"
)
"""What may stand behind a time of day and make another moment of it."""
_MORE_THAN_I_READ = (
    "I do not understand until when: more of it follows than a time. "
    "Write “until 18:00” or “until tomorrow 09:00”, by your own clock."
)
_MARKUP = re.compile(r"<(?:[^<>|]*\|)?([^<>]*)>")


@dataclass(frozen=True, slots=True)
class Written:
    """For how long somebody approves, until when where they named a moment, and what else they wrote.

    ``duration`` is None where they wrote none.
    """

    duration: Duration | None
    until_at: int | None
    comment: str


def after(text: str, word: str) -> tuple[str, str]:
    """What was written behind a command's word: the first piece, without signs round it, and the rest as typed.

    ``text`` is as Slack sends it, ``word`` in small letters. Both are "" where nothing stands there.
    """
    for piece in re.finditer(r"\S+", text):
        if normal(piece[0]).strip(_ROUND_A_WORD).casefold() == word:
            rest = _unescaped(_MARKUP.sub(r"\1", text[piece.end() :])).split(maxsplit=1)
            first, words = (*rest, "", "")[:2]
            return first.strip(_ROUND_AN_ID), words.strip()
    return "", ""


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def read_words(words: str, now: int, zone: str) -> Written:
    """A time in front of the comment, if there is one: the longest beginning that is one.

    See `read_duration` for ``now`` and ``zone``. Raises `NotADuration` where a time was meant and cannot be read.
    """
    ends = [piece.end() for piece in re.finditer(r"\S+", words)]
    for end in reversed(ends[:MOST_WORDS_OF_A_TIME]):
        try:
            duration = read_duration(words[:end], now, zone)
        except NotThen:
            raise  # a shorter beginning would be another time: "until 10:30" of "until 10:30 pm"
        except NotADuration:
            continue
        until_at, comment = read_end(words[:end], now, zone), words[end:].strip()
        if until_at is not None and _MORE_OF_A_TIME.match(" ".join(normal(comment).casefold().split())):
            raise NotADuration(_MORE_THAN_I_READ)
        return Written(duration, until_at, comment)
    if _is_meant_as_a_time(words):
        read_duration(words, now, zone)  # says what is wrong with it
    return Written(None, None, words)


def _is_meant_as_a_time(words: str) -> bool:
    """ "until six", or "90" and nothing else: taken for a comment it would approve for another time."""
    first, *more = normal(words).casefold().split() or [""]
    return first in _UNTIL or (first[:1].isdigit() and not more)

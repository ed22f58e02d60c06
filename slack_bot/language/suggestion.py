"""The word that somebody may have meant. Pure."""

from collections.abc import Iterable
from difflib import get_close_matches

from slack_bot.plain_text import cut, escaped, one_line

LONGEST = 40
"""Nothing anybody may mean is longer; comparing takes its time."""
SHOWN = 60


def nearest(word: str, choices: Iterable[str], likeness: float = 0.7) -> str | None:
    """The choice most like ``word``, whatever the case; None where none is. ``likeness`` is from 0 to 1."""
    if len(word) > LONGEST:
        return None
    by_key = {choice.casefold(): choice for choice in choices}
    found = get_close_matches(word.casefold(), by_key, n=1, cutoff=likeness)
    return by_key[found[0]] if found else None


def quoted(written: str) -> str:
    """What somebody wrote, to be shown in mrkdwn: in quotation marks, on one line, cut and escaped."""
    return f"“{escaped(cut(one_line(written), SHOWN))}”"


def did_you_mean(choice: str | None) -> str:
    """A question to put behind a refusal; "" where there is nothing to suggest."""
    return f" Did you mean `{choice}`?" if choice else ""

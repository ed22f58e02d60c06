"""The line that counts the waiting requests which have no card in a channel yet. Pure; all words are our own."""

from slack_bot.blocks.message import Message

LINE_METADATA_TYPE = "approval_backlog"
"""The metadata by which a lost post of the line is found again."""

_HOW_TO_LIST = "To list the next of them, mention me with the word `pending`."
_ALL_SHOWN = "All waiting requests have their cards now."
_ENDED = "No more cards follow here: this channel is not registered any more."


def counting_line(shown: int, left: int) -> Message:
    """``shown`` waiting requests have a card in the channel, ``left`` others do not yet."""
    have = "request has" if shown + left == 1 else "requests have"
    others = "one follows" if left == 1 else f"{left:,} follow"
    counts = (
        f"{shown:,} of {shown + left:,} waiting {have} a card here. The other {others} as these are answered."
    )
    return _line(counts, f"{counts}\n{_HOW_TO_LIST}")


def all_shown_line() -> Message:
    """Nothing waits without a card any more: the line's last words."""
    return _line(_ALL_SHOWN, _ALL_SHOWN)


def ended_line() -> Message:
    """The channel is not registered any more: the line's last words."""
    return _line(_ENDED, _ENDED)


def _line(fallback: str, words: str) -> Message:
    section = {"type": "section", "block_id": "backlog", "text": {"type": "mrkdwn", "text": words}}
    return Message(fallback, [section])

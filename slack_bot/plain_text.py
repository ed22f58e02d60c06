"""Outside text made fit to be shown: control characters made visible or dropped, cut to a limit, escaped."""

import re

_EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_KEYS = "#*0-9"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_FLAGS = "|".join(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(one)) for one in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
"""The flags of England, Scotland and Wales: the only ones that are written with tags, which nobody sees."""
_VARIATIONS = (
    f"(?<![{_EMOJI}{_KEYS}])[\ufe0e\ufe0f]|(?<=[{_KEYS}])(?:\ufe0e|\ufe0f(?!\u20e3))|[\ufe00-\ufe0d]"
    f"|(?<![{_HAN}])[\U000e0100-\U000e01ef]"
)
"""Variation selectors, except where they choose how an emoji, a key or a Chinese character is drawn."""
_BLANK = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\uffa0\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
"""Letters and signs that are drawn as nothing, and tags."""
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_ZERO_WIDTH = "\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"
"""Without the joiners U+200C and U+200D, which Persian and emoji need."""
_LINE_ENDS = re.compile("\r\n|[\n\x0b\x0c\r\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"
_INVISIBLE = re.compile(f"(?P<flag>{_FLAGS})|[{_CONTROLS}{_BIDI}{_ZERO_WIDTH}{_BLANK}]|{_VARIATIONS}")


def visible(text: str) -> str:
    """``text`` with line ends as newlines and every other invisible character spelled out, like ⟨U+202E⟩.

    A right-to-left override can make "exe.fdp" read as a harmless file: the approver sees that it is there.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _INVISIBLE.sub(lambda match: match["flag"] or f"⟨U+{ord(match[0]):04X}⟩", lines)


def one_line(text: str) -> str:
    """``text`` for a title: no newlines, no control characters, no runs of white space."""
    seen = _INVISIBLE.sub(lambda match: match["flag"] or "", _LINE_ENDS.sub(" ", text))
    return " ".join(seen.split())


def cut(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters, saying so where something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def cut_and_count(text: str, limit: int, where: str = "") -> str:
    """``text`` in about ``limit`` characters, telling how much is missing and ``where`` it stands."""
    if len(text) <= limit:
        return text
    return f"{text[:limit].rstrip()}… ({len(text) - limit:,} more characters{where})"


def chunks(text: str, limit: int) -> list[str]:
    """``text`` in pieces of at most ``limit`` characters, parted after a line or a word where there is one.

    Put together again they are the text; none is empty, so of no text there is none.
    """
    pieces = []
    while len(text) > limit:
        at = _parting(text[:limit])
        pieces.append(text[:at])
        text = text[at:]
    return [*pieces, text] if text else pieces


def _parting(full: str) -> int:
    """After the last line of a full piece, or the last word; in a piece's first half it would be too small."""
    for mark in ("\n", " "):
        at = full.rfind(mark) + 1
        if at > len(full) // 2:
            return at
    return len(full)


def in_line(text: str) -> str:
    """Outside words within our own lines: a line end in them must not begin a line that looks like ours."""
    return visible(text).replace("\n", " ⏎ ")


def escaped(text: str) -> str:
    """``text`` for mrkdwn: Slack's three control characters as entities, so that it mentions nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

"""Text as Privilege Manager sends it, made fit to be kept, compared and shown."""

import ntpath
import re
import unicodedata

from pydantic import JsonValue

GUID = re.compile(r"\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?", re.IGNORECASE)
GUID_LENGTHS = (36, 38)
UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Invisible, and needed: Persian words and emoji of several people come apart without them."""
NO_GUID = "00000000-0000-0000-0000-000000000000"
"""Guid.Empty: what .NET writes where no id was set."""
LONGEST_ID = 200
LONGEST_NAME = 80


def scalar_text(value: JsonValue) -> str | None:
    """A string, number or boolean as clean text; "" for null; None where the value is an object or a list.

    GUIDs come out without braces and in lower case; the vendor writes them either way.
    """
    if isinstance(value, dict | list):
        return None
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = clean(str(value)).strip()
    guid = GUID.fullmatch(text) if len(text) in GUID_LENGTHS else None
    return guid[1].lower() if guid else text


def identifier(value: JsonValue) -> str | None:
    """The id of a request, or None where this cannot be one: empty, a path step, no string or integer."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = scalar_text(value)
    if not text or text in (NO_GUID, ".", "..") or len(text) > LONGEST_ID:
        return None
    return None if re.search(r"[\s\N{REPLACEMENT CHARACTER}]", text) else text


def clean(text: str) -> str:
    """Without what no database, no digest and no screen takes: lone surrogates and control characters.

    Each becomes the replacement character, so that two different texts do not become one by losing it.
    """
    text = text.replace("\r\n", "\n")
    return UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, longest: int) -> str:
    """On one line, without the invisible characters that turn the direction of reading, and not too long."""
    shown = "".join(" " if _is_unfit_for_a_line(character) else character for character in text)
    words = (word.strip(JOINERS) for word in shown.split())
    line = " ".join(word for word in words if word)
    return line if len(line) <= longest else line[: longest - 1].rstrip(f" {JOINERS}") + "…"


def _is_unfit_for_a_line(character: str) -> bool:
    return unicodedata.category(character) == "Cf" and character not in JOINERS


def file_name(path: str) -> str:
    r"""The last part of a path: of `C:\Tools\setup.exe`, `\\\\server\\share\\setup.exe`, `/usr/bin/sudo`."""
    return one_line(ntpath.basename(path.rstrip("\\/ ")), LONGEST_NAME)

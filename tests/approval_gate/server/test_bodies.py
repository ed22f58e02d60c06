"""What stands in one line: nothing that makes it read as another line, and something to be seen."""

import sys
import unicodedata

import pytest
from pydantic import TypeAdapter, ValidationError

from approval_gate.server.bodies import Line

LINE: TypeAdapter[str] = TypeAdapter(Line)
BLANK = ("\u2800", "\u3164", "\u115f\u1160", "\uffa0", "\ufe0f", "\u034f", "\u3000", "\u00a0", "\U000e0100")


def test_no_format_character_and_no_control_character_is_taken() -> None:
    """Source: the Unicode database of this Python, categories Cf, Cc, Zl and Zp, whole."""
    refused = [one for one in map(chr, range(sys.maxunicode + 1)) if _is_unseen(one)]

    assert [hex(ord(one)) for one in refused if _is_taken(f"a{one}b")] == []
    assert len(refused) > 200


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Cc", "Zl", "Zp")


@pytest.mark.parametrize("blank", BLANK)
def test_what_looks_empty_is_not_taken(blank: str) -> None:
    assert not _is_taken(blank)
    assert not _is_taken(f" {blank} {blank}")


@pytest.mark.parametrize(
    "line",
    [
        "Deploy api 4.2.0",
        "Straße — 100 % naïve…",
        "日本語 葛\U000e0100飾区",
        "عربي",
        "עברית",
        "हिन्दी",
        "한국어",
        "❤\ufe0f ☃",
        "👍🏽",
        "ⅷ",
        "\ue000",
    ],
)
def test_what_people_write_is_taken(line: str) -> None:
    assert LINE.validate_python(line, strict=True) == line


def _is_taken(text: str) -> bool:
    try:
        LINE.validate_python(text, strict=True)
    except ValidationError:
        return False
    return True

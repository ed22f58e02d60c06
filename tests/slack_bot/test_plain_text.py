import re
import unicodedata
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slack_bot.plain_text import chunks, cut, cut_and_count, escaped, in_line, one_line, visible

SEEDED = settings(deadline=None, derandomize=True)
NASTY = (
    "\x00\t\n\x0b\x0c\r\x1b\x1c\x7f\x85\xa0\xad\u061c\u180e\u200b\u200d\u200e\u200f"
    "\u2028\u2029\u202e\u2060\u2066\u2069\ufeff"
    "\u034f\u20e3\u2800\u3164\ufe0e\ufe0f\U000e0041\U000e007f\U000e0100🏴❤1"
)
TEXT = st.text(st.one_of(st.sampled_from(NASTY + " <>&;*`_~:@!#"), st.characters(codec="utf-8")))
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


# visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\r\nlines\rand\nmore", "two\nlines\nand\nmore"),
        ("a\ttab", "a\ttab"),
        ("exe.\u202efdp", "exe.⟨U+202E⟩fdp"),
        ("nul\x00", "nul⟨U+0000⟩"),
        ("\x1b[31m", "⟨U+001B⟩[31m"),
        ("pay\u200bpal", "pay⟨U+200B⟩pal"),
        ("\ufeffmark", "⟨U+FEFF⟩mark"),
        ("a\u2028b", "a⟨U+2028⟩b"),
        ("עברית العربية", "עברית العربية"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("a\u3164b", "a⟨U+3164⟩b"),
        ("\u115f\u1160\uffa0", "⟨U+115F⟩⟨U+1160⟩⟨U+FFA0⟩"),
        ("\u2800\u034f", "⟨U+2800⟩⟨U+034F⟩"),
        ("\u17b4\u17b5\u180b", "⟨U+17B4⟩⟨U+17B5⟩⟨U+180B⟩"),
        ("\U0001d173\U0001d17a", "⟨U+1D173⟩⟨U+1D17A⟩"),
        ("ok\U000e0001\U000e0041\U000e007f", "ok⟨U+E0001⟩⟨U+E0041⟩⟨U+E007F⟩"),
        (SCOTLAND, SCOTLAND),
        (SCOTLAND[:-1], "🏴" + "".join(f"⟨U+{ord(one):X}⟩" for one in SCOTLAND[1:-1])),
        ("🏴\U000e0068\U000e0069\U000e007f", "🏴⟨U+E0068⟩⟨U+E0069⟩⟨U+E007F⟩"),
        ("❤\ufe0f ☎\ufe0e 👁\ufe0f\u200d🗨\ufe0f ©\ufe0f", "❤\ufe0f ☎\ufe0e 👁\ufe0f\u200d🗨\ufe0f ©\ufe0f"),
        ("1\ufe0f\u20e3 #\ufe0f\u20e3", "1\ufe0f\u20e3 #\ufe0f\u20e3"),
        ("1\ufe0f a\ufe0f ❤\ufe00", "1⟨U+FE0F⟩ a⟨U+FE0F⟩ ❤⟨U+FE00⟩"),
        ("❤\ufe0f\ufe0f", "❤\ufe0f⟨U+FE0F⟩"),
        ("\u845b\U000e0100 a\U000e0100", "\u845b\U000e0100 a⟨U+E0100⟩"),
        ("\u0645\u06cc\u200c\u062e\u0648", "\u0645\u06cc\u200c\u062e\u0648"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@SEEDED
@given(TEXT)
def test_nothing_invisible_is_left_and_nothing_is_lost(text: str) -> None:
    shown = visible(text)
    assert not BIDI & set(shown)
    assert {one for one in shown if unicodedata.category(one) == "Cc"} <= {"\n", "\t"}
    spelled = re.sub("⟨U\\+([0-9A-F]{4,5})⟩", lambda match: chr(int(match[1], 16)), shown)
    if "⟨" not in text:
        assert spelled == text.replace("\r\n", "\n").replace("\r", "\n")


@SEEDED
@given(TEXT.filter(bool))
def test_text_that_is_not_empty_stays_so(text: str) -> None:
    assert visible(text)


# one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Run  setup.exe", "Run setup.exe"),
        ("two\nlines", "two lines"),
        ("two\r\nlines", "two lines"),
        ("a\u2028b\x0bc\x85d", "a b c d"),
        ("exe.\u202efdp", "exe.fdp"),
        (" \u200b\n\x00", ""),
        ("\u3164 \u2800", ""),
        (f"a\U000e0041b {SCOTLAND}", f"ab {SCOTLAND}"),
        ("", ""),
    ],
)
def test_a_title_is_one_line_without_control_characters(text: str, line: str) -> None:
    assert one_line(text) == line


@SEEDED
@given(TEXT)
def test_a_line_has_no_line_end_no_control_and_no_run_of_spaces(text: str) -> None:
    line = one_line(text)
    assert line.splitlines() in ([], [line])
    assert not BIDI & set(line)
    assert all(unicodedata.category(one) != "Cc" for one in line)
    assert "  " not in line
    assert line == line.strip() == one_line(line)


# cut


@SEEDED
@given(TEXT, st.integers(1, 20))
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    if len(text) <= limit:
        assert short == text
    else:
        assert short.endswith("…")
        assert text.startswith(short[:-1])


@SEEDED
@given(TEXT, st.integers(0, 20))
def test_a_counted_cut_tells_how_much_is_missing(text: str, limit: int) -> None:
    short = cut_and_count(text, limit)
    if len(text) <= limit:
        assert short == text
        return
    kept, missing = short.rsplit("… (", 1)
    assert kept == text[:limit].rstrip()
    assert missing == f"{len(text) - limit:,} more characters)"


def test_a_counted_cut_in_words() -> None:
    assert cut_and_count("x" * 2_500, 1_000) == "x" * 1_000 + "… (1,500 more characters)"


def test_a_counted_cut_tells_where_the_rest_stands() -> None:
    short = cut_and_count("x" * 20, 10, ", whole in the thread")
    assert short == "x" * 10 + "… (10 more characters, whole in the thread)"
    assert cut_and_count("x" * 10, 10, ", whole in the thread") == "x" * 10


# chunks


@SEEDED
@given(TEXT, st.integers(1, 20))
def test_chunks_are_the_text_and_none_is_too_long_or_empty(text: str, limit: int) -> None:
    pieces = chunks(text, limit)
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= limit for piece in pieces)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("whole", ["whole"]),
        ("0123456789", ["0123456789"]),
        ("0123456789a", ["0123456789", "a"]),
        ("one two three", ["one two ", "three"]),
        ("line one\ntwo three four", ["line one\n", "two three ", "four"]),
        ("a b2345678901234", ["a b2345678", "901234"]),
        ("first\nand on", ["first\n", "and on"]),
    ],
)
def test_chunks_part_after_a_line_or_a_word_unless_that_is_far_from_full(
    text: str, pieces: list[str]
) -> None:
    assert chunks(text, 10) == pieces


# in_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nb\rc\nd", "a ⏎ b ⏎ c ⏎ d"),
        ("\u202eexe", "⟨U+202E⟩exe"),
        ("שלום 👩\u200d👩\u200d👧🏽", "שלום 👩\u200d👩\u200d👧🏽"),
    ],
)
def test_in_a_line_no_line_begins(text: str, line: str) -> None:
    assert in_line(text) == line


# escaped


@pytest.mark.parametrize(
    ("text", "mrkdwn"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U02APPROVER> & co", "&lt;@U02APPROVER&gt; &amp; co"),
        ("&lt;", "&amp;lt;"),
        ("<https://evil.example|https://bank.example>", "&lt;https://evil.example|https://bank.example&gt;"),
    ],
)
def test_escaped_text_mentions_nobody(text: str, mrkdwn: str) -> None:
    assert escaped(text) == mrkdwn


@SEEDED
@given(TEXT)
def test_escaping_is_done_once_and_loses_nothing(text: str) -> None:
    mrkdwn = escaped(text)
    assert not set("<>") & set(mrkdwn)
    assert re.sub("&(amp|lt|gt);", lambda match: unescape(match[0]), mrkdwn) == text

"""JSON from outside, read strictly."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approval_gate.server.json_text import DEEPEST, LARGEST_WHOLE, Unreadable, parse

NUMBERS = st.integers(-LARGEST_WHOLE, LARGEST_WHOLE) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_every_value_that_we_take_comes_through_unchanged(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_bytes_come_the_only_error_is_ours(body: bytes) -> None:
    try:
        value = parse(body)
    except Unreadable:
        return
    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 1} x', "not JSON"),
        (b'"\x01"', "not JSON"),
        (b"\xff", "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        ("{}".encode("utf-16"), "not UTF-8"),
        (b"NaN", "NaN"),
        (b"[-Infinity]", "-Infinity"),
        (b"1e400", "too large"),
        (b"-1e400", "too large"),
        (b"9007199254740992", "loses digits"),
        (b"-9007199254740992", "loses digits"),
        (b"1" * 5000, "loses digits"),
        (b"1." + b"1" * 5000, "too large"),
        (b'{"a": 1, "b": 2, "a": 3}', 'the name "a" twice'),
        (b'{"x": {"\\u0061": 1, "a": 2}}', 'the name "a" twice'),
        (rb'"\ud800"', "surrogate"),
        (rb'{"\udfff": 1}', "surrogate"),
        (rb'["\u0000"]', "U+0000"),
        (rb'{"a\u0000": 1}', "U+0000"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "levels"),
        (b"[" * 100_000, "levels"),
        (b'{"a":' * 100_000, "levels"),
    ],
)
def test_what_two_readers_could_take_differently_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words.replace("+", r"\+")):
        parse(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"9007199254740991", LARGEST_WHOLE),
        (b"1.7976931348623157e308", sys.float_info.max),
        (rb'"\ud83d\ude00"', "😀"),
        (b'"100% %41 &amp; <b>"', "100% %41 &amp; <b>"),
        (b"[" * DEEPEST + b"]" * DEEPEST, json.loads("[" * DEEPEST + "]" * DEEPEST)),
    ],
)
def test_what_stands_at_the_edge_is_taken(body: bytes, value: object) -> None:
    assert parse(body) == value

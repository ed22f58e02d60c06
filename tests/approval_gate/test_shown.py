"""What people are shown of values."""

import json
import reprlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

from approval_gate.hidden import HIDDEN, Hidden
from approval_gate.json_text import JsonValue, canonical
from approval_gate.shown import MOST_LETTERS, class_of, cut, show, told


class Colour(StrEnum):
    RED = "red"


class Size(Enum):
    LARGE = 3


class Point(NamedTuple):
    x: int
    pin: str


class Rows:
    """Tells a part of what it holds."""

    def __init__(self, rows: list[int]) -> None:
        self.rows = rows

    def __repr__(self) -> str:
        return f"Rows({reprlib.repr(self.rows)})"


@dataclass
class Login:
    """Has a secret."""

    token: str


class Silent:
    """Has no repr() of its own."""


class Broken:
    """Cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": [1, 2.5, None, True, "x"]}, {"a": [1, 2.5, None, True, "x"]}),
        ((1, 2), [1, 2]),
        (Colour.RED, "red"),
        (Size.LARGE, "Size.LARGE"),
        (Decimal("1.50"), "1.50"),
        (date(2026, 11, 20), "2026-11-20"),
        (PurePosixPath("/etc/x"), "/etc/x"),
        ({1: 2, "1": 3, None: 4}, {"1": 2, "1 (2)": 3, "null": 4}),
        ({3, 1, 2}, [1, 2, 3]),
        (Point(1, "2"), {"x": 1, "pin": "2"}),
        (Login("t"), "Login(token='t')"),
        (2**60, str(2**60)),
        (float("nan"), "nan"),
        ("a\0b", r"'a\x00b'"),
        ("\ud800", r"'\ud800'"),
        ([b"x"], ["b'x'"]),
        ("100% <b>&amp; %41", "100% <b>&amp; %41"),
    ],
)
def test_json_is_shown_as_it_is_and_the_rest_by_its_repr(value: object, shown: JsonValue) -> None:
    assert show(value) == shown
    assert canonical(show(value))


def test_an_object_that_tells_nothing_is_shown_by_its_class() -> None:
    assert told(Silent()) == f"<{__name__}.Silent>"
    assert told(Broken()) == f"<{__name__}.Broken, whose repr() fails>"
    assert class_of(Broken) == f"<class {__name__}.Broken>"


def test_a_repr_that_abbreviates_is_marked() -> None:
    assert show(Rows(list(range(9)))) == "Rows([0, 1, 2, 3, 4, 5, ...]) (its repr() may leave something out)"
    assert show("and so on...") == "and so on..."


def test_a_list_in_itself_is_shown_down_to_some_depth() -> None:
    endless: list[object] = []
    endless.append(endless)

    assert canonical(show(endless))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": [{"pin": 1, "b": 2}]}, {"a": [{"pin": HIDDEN, "b": 2}]}),
        ({1: "a", "pin": "b"}, {"1": "a", "pin": HIDDEN}),
        ({b"pin": "a"}, {"<builtins.bytes>": HIDDEN}),
        (Point(1, "2"), {"x": 1, "pin": HIDDEN}),
    ],
)
def test_hidden_names_are_covered_at_every_depth(value: object, shown: JsonValue) -> None:
    assert show(value, Hidden(["pin"])) == shown


def test_hidden_texts_are_covered_wherever_they_stand_and_no_two_names_become_one() -> None:
    value = {"note": "card 4111 again", "4111": [4111, 4111.0, "x4111y", 5], "a4111": 1, 4111: 2}

    assert show(value, Hidden(["card"], ["4111"])) == {
        "note": f"card {HIDDEN} again",
        HIDDEN: [HIDDEN, HIDDEN, f"x{HIDDEN}y", 5],
        f"a{HIDDEN}": 1,
        f"{HIDDEN} (2)": 2,
    }


SECRET = "-----KEY-----\nüa'b\"c\\d"


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        f"x{SECRET}y\0",
        {SECRET: 1},
        {1: SECRET},
        [SECRET.encode()],
        {SECRET},
        Login(SECRET),
        [Login(SECRET)],
        Rows([1]),
        repr(SECRET),
        repr(f"{SECRET}'\""),
        ascii(SECRET),
        json.dumps({"a": SECRET}),
        json.dumps({"a": SECRET}, ensure_ascii=False),
        json.dumps(json.dumps({"a": SECRET})),
        repr(SECRET.encode()),
        Path(SECRET),
        json.loads("[" * 30 + json.dumps(SECRET) + "]" * 30),
    ],
    ids=lambda one: type(one).__name__,
)
def test_no_spelling_of_what_is_hidden_is_shown(value: object) -> None:
    told_of_it = json.dumps(show(value, Hidden(["secret"], [SECRET])))

    assert "KEY" not in told_of_it
    assert "b\\" not in told_of_it


@pytest.mark.parametrize(
    "secret",
    ["tok-1", b"tok-1", ["tok-1"], {"tok-1": 1}, {"x": ("tok-1",)}, Login("tok-1"), [[1], Login("tok-1")]],
    ids=repr,
)
def test_texts_are_found_in_hidden_values_of_every_kind(secret: object) -> None:
    assert show("Bearer tok-1", Hidden(["secret"], [secret])) == f"Bearer {HIDDEN}"


def test_secrets_that_overlap_leave_nothing_between_them() -> None:
    assert Hidden(["a"], ["abcdef", "defghi"]).cover("xabcdefghiy") == f"x{HIDDEN}y"


def test_where_nothing_is_hidden_nothing_is_covered() -> None:
    assert not Hidden()
    assert show(["", "None", None, True, 0]) == ["", "None", None, True, 0]


def test_of_long_values_the_middle_is_cut_and_they_say_how_much() -> None:
    shown = cut({"a": f"<{'x' * 5000}>", "b": ["y" * 5000], "c": 1})

    half = MOST_LETTERS // 2
    assert shown["a"] == f"<{'x' * (half - 1)}… [3,002 characters not shown] …{'x' * (half - 1)}>"
    assert str(shown["b"]).endswith('y"]')
    assert "[3,004 characters not shown]" in str(shown["b"])
    assert shown["c"] == 1


def test_however_many_long_values_there_are_they_fit_into_a_body() -> None:
    shown = cut({f"argument {number}": "ü" * 50_000 for number in range(200)})

    assert len(canonical(shown)) < 60_000

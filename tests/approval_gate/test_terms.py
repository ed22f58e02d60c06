"""What is refused when a function is decorated, and not only when it is called."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from approval_gate import Gate, requires_approval
from tests.approval_gate.person import Person


class Order:
    """No function."""


def generator() -> Iterator[int]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


def function(order: str) -> None:
    """Takes an order."""


def of_class(cls: type[object]) -> None:
    """Takes a class."""


@pytest.mark.parametrize(
    ("guarded", "terms", "words"),
    [
        (generator, {}, "is a generator"),
        (async_generator, {}, "is a generator"),
        (staticmethod(function), {}, "below @staticmethod"),
        (classmethod(of_class), {}, "below @classmethod"),
        (Order, {}, "is no function"),
        (5, {}, "is no function"),
        (function, {"redact": ("ordr",)}, "redact names ordr"),
        (function, {"redact": "order"}, "redact is a text"),
    ],
)
def test_what_cannot_be_guarded_is_refused_when_it_is_decorated(
    guarded: Any, terms: dict[str, Any], words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        requires_approval(scope="x", **terms)(guarded)


@pytest.mark.parametrize(
    "terms",
    [
        {"on_timeout": "allow"},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": 8 * 24 * 3600},
        {"risk": "hihg"},
        {"scope": ""},
        {"scope": "a\nb"},
        {"scope": "x" * 201},
        {"channel": "#a\u202e"},
    ],
)
def test_terms_that_cannot_be_meant_are_refused(terms: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(terms))):
        requires_approval(**{"scope": "x", **terms})


@pytest.mark.parametrize(
    "terms",
    [
        {"timeout": "5"},
        {"timeout": True},
        {"scope": None},
        {"redact": 5},
        {"redact": (5,)},
        {"title": 5},
        {"justification": None},
        {"gate": "http://127.0.0.1"},
    ],
)
def test_terms_of_another_type_are_refused(terms: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(terms))):
        requires_approval(**{"scope": "x", **terms})


def test_a_title_that_says_nothing_is_replaced_and_one_that_is_no_text_refused(
    client: Gate, person: Person
) -> None:
    silent: Any = requires_approval(scope="close", gate=client, title=lambda _shown: "\u200b ")(function)
    with person.answering() as answered:
        silent("o-1")
    assert answered.result()["title"] == "function (close)"

    wrong: Any = requires_approval(scope="close", gate=client, title=lambda _shown: 5)(function)  # type: ignore[arg-type,return-value]  # on purpose
    with pytest.raises(TypeError, match="title"):
        wrong("o-1")

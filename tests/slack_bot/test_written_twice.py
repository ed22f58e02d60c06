"""Keys that are written twice in one object: each is found where it stands."""

import pytest

from slack_bot.written_twice import written_twice


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1, "b": {"a": 2}, "c": [{"a": 3}, {"a": 4}]}', []),
        ('{"a": 1, "a": 1}', [("", "a")]),
        ('{"a": 1, "b": 2, "a": 3, "b": 4, "a": 5}', [("", "a"), ("", "b")]),
        ('{"c": [{}, {"d": {"a": 1, "a": 2}}]}', [("c.1.d", "a")]),
        ('{"a": {"b": 1, "b": 2}, "c": [[{"x": 0, "x": 0}]]}', [("a", "b"), ("c.0.0", "x")]),
        (r'{"a": 1, "\u0061": 2}', [("", "a")]),
        ('["a", "a"]', []),
        ("null", []),
    ],
)
def test_every_key_that_is_written_twice_is_named_with_its_place(
    text: str, found: list[tuple[str, str]]
) -> None:
    assert written_twice(text) == written_twice(text.encode()) == found


@pytest.mark.parametrize("text", ["", "{", b"\xff\xfe{", "[" * 100_000, '{"a": ' + "9" * 5_000 + "}"])
def test_what_cannot_be_read_is_left_to_its_reader(text: str | bytes) -> None:
    assert written_twice(text) == []

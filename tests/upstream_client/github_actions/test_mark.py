"""Which wait a comment of ours answers, as it was written and as it is read again."""

import pytest

from upstream_client.github_actions.mark import Mark, mark_of, read_mark
from upstream_client.github_actions.reference import Reference

SINCE = 1_772_443_860_000_000
"""2026-03-02 09:31 UTC."""


@pytest.mark.parametrize(
    ("reviewed", "since", "words"),
    [
        (0, None, "(attempt 2 of run 77)"),
        (1, None, "(attempt 2 of run 77, review 2)"),
        (0, SINCE, "(attempt 2 of run 77, timer since 2026-03-02T09:31:00Z)"),
        (11, SINCE, "(attempt 2 of run 77, review 12, timer since 2026-03-02T09:31:00Z)"),
    ],
)
def test_a_mark_is_read_as_it_was_written(reviewed: int, since: int | None, words: str) -> None:
    told = Reference("octo-org/shop", 77, 2, 161, reviewed)
    mark = mark_of(told, since)
    assert str(mark) == words
    assert read_mark(f"{words} [0123] Approved") == mark
    assert mark.is_of(told)


@pytest.mark.parametrize(
    "other",
    [
        Reference("octo-org/shop", 77, 2, 161, 1),
        Reference("octo-org/shop", 77, 1, 161),
        Reference("octo-org/shop", 7, 2, 161),
    ],
)
def test_a_mark_is_of_one_wait_only(other: Reference) -> None:
    assert not Mark(2, 77).is_of(other)


@pytest.mark.parametrize(
    "words", ["", "Ship it!", "see (attempt 1 of run 77)", "(attempt 1 of run 77", "(attempt one of run 77)"]
)
def test_what_begins_otherwise_is_somebodys_own_words(words: str) -> None:
    assert read_mark(words) is None

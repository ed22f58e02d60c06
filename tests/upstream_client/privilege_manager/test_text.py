"""Text from outside: names of files, ids, characters nobody can store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.upstream_client.steady import STEADY
from upstream_client.privilege_manager.text import clean, file_name, identifier, one_line, scalar_text


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("C:\\Users\\requester\\Downloads\\setup.exe", "setup.exe"),
        ("C:\\\\Program Files\\\\Example\\\\setup.exe", "setup.exe"),
        ("\\\\server\\share\\tool 1.2.exe", "tool 1.2.exe"),
        ("\\\\\\\\server\\\\share\\\\tool.exe", "tool.exe"),
        ("/Applications/Example.app/Contents/MacOS/Example", "Example"),
        ("/usr/bin/sudo", "sudo"),
        ("setup.exe", "setup.exe"),
        ("C:\\Temp\\", "Temp"),
        ("C:setup.exe", "setup.exe"),
        ("", ""),
        ("\\\\", ""),
        ("a\nb.exe", "a b.exe"),
        ("x" * 300 + ".exe", "x" * 79 + "…"),
    ],
)
def test_the_last_part_of_a_path_is_the_programs_name(path: str, name: str) -> None:
    assert file_name(path) == name


def test_a_name_cannot_turn_the_direction_of_reading() -> None:
    assert file_name("C:\\a\\invoice\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe") == "invoice fdp.exe"


@pytest.mark.parametrize(
    "name",
    ["\N{MAN}\u200d\N{WOMAN}\u200d\N{BOY}.exe", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.exe"],
)
def test_what_is_joined_without_a_mark_stays_together(name: str) -> None:
    assert file_name(f"C:\\a\\{name}") == name


@pytest.mark.parametrize("text", ["\u200d", " \u200c\u200d ", "\u200b\u200d"])
def test_joiners_of_nothing_are_no_name(text: str) -> None:
    assert one_line(text, 80) == ""


def test_a_cut_leaves_no_joiner_at_the_end() -> None:
    assert one_line("ab\u200d\N{BOY}cd", 4) == "ab…"


@pytest.mark.parametrize(
    ("value", "request_id"),
    [
        ("{85D71683-7DAC-4762-8120-76A9A564FDC1}", "85d71683-7dac-4762-8120-76a9a564fdc1"),
        ("85d71683-7dac-4762-8120-76a9a564fdc1", "85d71683-7dac-4762-8120-76a9a564fdc1"),
        (" Request-7 ", "Request-7"),
        (17, "17"),
        (0, "0"),
        ("", None),
        ("  ", None),
        (None, None),
        (True, None),
        (1.5, None),
        ([], None),
        ({}, None),
        ("{00000000-0000-0000-0000-000000000000}", None),
        ("..", None),
        ("two words", None),
        ("a\x00b", None),
        ("a\ud800", None),
        ("x" * 201, None),
    ],
)
def test_an_id_is_usable_or_it_is_none(value: JsonValue, request_id: str | None) -> None:
    assert identifier(value) == request_id


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "yes"), (False, "no"), (7, "7"), (0.5, "0.5"), (" a ", "a"), ([], None), ({}, None)],
)
def test_only_scalars_are_text(value: JsonValue, text: str | None) -> None:
    assert scalar_text(value) == text


def test_what_cannot_be_stored_leaves_a_mark() -> None:
    assert clean("a\x00b\ud800c\r\nd\te") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c\nd\te"


@STEADY
@given(st.text(st.characters()))
def test_clean_text_can_be_stored_anywhere(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert "\x00" not in cleaned
    assert clean(cleaned) == cleaned


@STEADY
@given(st.text(), st.integers(1, 50))
def test_one_line_is_one_line_and_no_longer_than_asked(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert len(line) <= longest
    assert len(line.splitlines()) <= 1

"""JSON text: canonical as another implementation writes it, and read more strictly than Python does."""

import json
from collections.abc import Callable

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from approval_gate.json_text import LARGEST_WHOLE, JsonValue, canonical, parse, sendable
from approval_gate.server.json_text import Unreadable
from approval_gate.server.json_text import parse as parse_there

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-LARGEST_WHOLE, LARGEST_WHOLE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(VALUES)
def test_the_canonical_text_is_the_one_of_another_implementation(value: JsonValue) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-1.5e300, "-1.5e+300"),
        (0.1, "0.1"),
        (123456.789, "123456.789"),
        (5e-324, "5e-324"),
    ],
)
def test_numbers_are_written_as_javascript_writes_them(number: float, text: str) -> None:
    assert canonical(number).decode() == text


@settings(derandomize=True, max_examples=300, deadline=None)
@given(VALUES)
@example([2.0**53, 1e16, -1e20, 1e21])
def test_the_gate_itself_takes_what_is_sent_and_reads_the_same(value: JsonValue) -> None:
    try:
        taken = parse_there(sendable(value))
    except Unreadable as error:
        assert "U+0000" in str(error)  # noqa: PT017 - it is no text of a database
    else:
        assert taken == value
        assert canonical(taken) == canonical(value)


BOTH = pytest.mark.parametrize("write", [canonical, sendable])


@BOTH
@pytest.mark.parametrize("value", [float("nan"), float("inf"), LARGEST_WHOLE + 1, "\ud800"])
def test_what_other_programs_would_read_differently_is_refused(
    value: object, write: Callable[[object], bytes]
) -> None:
    with pytest.raises(ValueError, match=r".+"):
        write({"x": value})


@BOTH
@pytest.mark.parametrize("value", [object(), {1: 2}, {"x": b"y"}])
def test_what_is_not_json_is_refused(value: object, write: Callable[[object], bytes]) -> None:
    with pytest.raises(TypeError, match="JSON"):
        write(value)


@pytest.mark.parametrize(
    "text",
    [
        '{"status": "denied", "status": "approved"}',
        '{"status": "appro',
        '{"status": "approved"',
        '{"status": "approved"} x',
        '{"x": NaN}',
        "",
        "<html></html>",
    ],
)
def test_a_text_that_is_not_one_complete_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(text.encode())


def test_no_beginning_of_an_answer_is_taken_for_the_answer() -> None:
    whole = json.dumps({"id": "a", "status": "approved", "decision": {"verdict": "approved"}}).encode()

    for length in range(len(whole)):
        with pytest.raises(ValueError, match=r".+"):
            parse(whole[:length])
    assert parse(b"    " + whole) == json.loads(whole)

"""Questions, and how they are written."""

from typing import Any

import pytest

from approval_gate.question import Question, headline


def test_a_question_carries_a_digest_of_its_own_arguments() -> None:
    question = Question(title="Deploy", arguments={"version": "4.2.0"})

    first, second = question.body(), question.body()

    assert str(first["arguments_digest"]).startswith("v1")
    assert first["arguments_digest"] != second["arguments_digest"]
    assert first["action"] == "Deploy"


def test_what_is_left_out_is_not_sent() -> None:
    body = Question(title="Deploy").body()

    assert not {"requester", "justification", "channel", "callback_url", "labels"} & set(body)


def test_times_are_whole_seconds_that_a_gate_takes() -> None:
    assert Question(title="x", expires_in=0.2).body()["expires_in"] == 5
    assert Question(title="x", expires_in=5.1).body()["expires_in"] == 6


@pytest.mark.parametrize("asked", [{"title": " "}, {"expires_in": 0}, {"expires_in": float("nan")}])
def test_what_cannot_be_a_question_is_refused_before_anything_is_sent(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"title|expires_in"):
        Question(**{"title": "Deploy", **asked})


def test_arguments_that_are_not_json_are_refused() -> None:
    with pytest.raises(TypeError, match="JSON"):
        Question(title="x", arguments={"when": object()}).body()


@pytest.mark.parametrize(
    ("text", "line"),
    [("one\ntwo", "one two"), ("a\x1b[31mb", "a [31mb"), ("a\u2028b", "a b"), ("x" * 200, "x" * 149 + "…")],
)
def test_a_headline_is_one_short_line(text: str, line: str) -> None:
    assert headline(text) == line

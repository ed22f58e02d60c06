"""What Slack posts is read once, as it was meant, or not at all."""

import json
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given, strategies

from slack_bot.http.slack_post import FORM, JSON, MOST_FIELDS, Unreadable, bolt_request, payload_of
from tests.slack_bot.http.slack_posts import command, form_of, mention, press

ANY_JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.text(),
    lambda parts: (
        strategies.lists(parts, max_size=3) | strategies.dictionaries(strategies.text(), parts, max_size=3)
    ),
    max_leaves=8,
)
LOOKED_AT = (
    "user",
    "team",
    "channel",
    "authorizations",
    "event",
    "enterprise",
    "view",
    "type",
    "function_data",
)
"""Where Bolt looks before any listener."""
DEEP = b"[" * 100_000


@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [
        (form_of(press()), FORM, press()),
        (form_of(press()), f"{FORM}; charset=utf-8", press()),
        (mention("status"), JSON, json.loads(mention("status"))),
        (mention("status"), "Application/JSON; charset=utf-8", json.loads(mention("status"))),
        (b"ssl_check=1&token=", FORM, {"ssl_check": "1", "token": ""}),
    ],
    ids=["press", "press with charset", "event", "event in capitals", "empty field"],
)
def test_each_form_is_read(body: bytes, content_type: str, told: dict[str, Any]) -> None:
    assert payload_of(body, content_type) == told


@pytest.mark.parametrize(
    "text",
    [
        "100%",
        "100% of 1+1 & more",
        "%41%2541",
        "&user_id=U04ADMIN",
        "%26user_id%3DU04ADMIN",
        "%2526user_id%253DU04ADMIN",
        '","user_id":"U04ADMIN',
        "%22%2C%22user_id%22%3A%22U04ADMIN",
        "approve k7m2 the payload is signed",
        "payload={}",
        "{",
        "Zürich \u2028 🚀",
    ],
)
def test_what_people_write_stays_what_they_wrote_and_says_nothing_of_who_they_are(text: str) -> None:
    told = payload_of(command(text), FORM)
    assert (told["text"], told["user_id"]) == (text, "U02APPROVER")
    assert bolt_request(command(text), FORM).body == told
    reason = payload_of(form_of(press() | {"reason": text}), FORM)
    assert (reason["reason"], reason["user"]["id"]) == (text, "U02APPROVER")


@given(strategies.text(alphabet=strategies.characters(exclude_categories=["Cs"])))
def test_any_text_stays_as_it_is(text: str) -> None:
    assert payload_of(command(text), FORM)["text"] == text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", FORM),
        (b"", JSON),
        (b"nonsense", FORM),
        (b"nonsense", JSON),
        (b"[]", JSON),
        (b'"text"', JSON),
        (b"payload=", FORM),
        (b"payload=%7B", FORM),
        (b"payload=%5B%5D", FORM),
        (b"payload=100%", FORM),
        (form_of(press()).replace(b"payload=", b"payload=%25"), FORM),
        (quote_plus(form_of(press())).encode(), FORM),
        (b"user_id=U04ADMIN&" + command("status"), FORM),
        (command("status") + b"&user_id=U04ADMIN", FORM),
        (form_of(press("U04ADMIN")) + b"&" + form_of(press()), FORM),
        (b"&".join(b"f%d=1" % number for number in range(MOST_FIELDS + 1)), FORM),
        (b"text=%ff", FORM),
        (b"text=\xff", FORM),
        (b"\xff{}", JSON),
        (json.dumps(press()).encode("utf-16"), JSON),
        (DEEP, JSON),
        (b"payload=" + DEEP, FORM),
        (json.dumps(press()).encode(), "text/plain"),
        (json.dumps(press()).encode(), ""),
        (json.dumps(press()).encode(), FORM),
        (command("status"), JSON),
        (command("status"), "multipart/form-data"),
    ],
)
def test_what_cannot_be_read_in_one_way_only_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(Unreadable):
        bolt_request(body, content_type)


@given(strategies.fixed_dictionaries({}, optional=dict.fromkeys(LOOKED_AT, ANY_JSON)))
def test_any_object_is_read_as_it_is_or_refused(told: dict[str, Any]) -> None:
    try:
        request = bolt_request(json.dumps(told).encode(), JSON)
    except Unreadable:
        return
    assert request.body == told

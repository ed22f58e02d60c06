"""What Slack posts, read once: events are JSON, a press is JSON in a form, a command is a form. Pure."""

import json
from typing import Any, Final
from urllib.parse import parse_qsl

from slack_bolt import BoltRequest

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 100
"""Of a form; a command has fifteen."""
PAYLOAD: Final = "payload"
"""The field of a form that holds a press (https://docs.slack.dev/interactivity/handling-user-interaction)."""


class Unreadable(Exception):
    """It is nothing that Slack sends. The text says why, and nothing of what was sent."""


def bolt_request(body: bytes, content_type: str) -> BoltRequest:
    """The same as Bolt gets by the socket. Raises `Unreadable`.

    Bolt is given JSON of what was read here. It would take any form for a press in which somebody wrote the word
    "payload", and go by headers that nobody signed.
    """
    try:
        text = json.dumps(payload_of(body, content_type))
        return BoltRequest(body=text, headers={"content-type": [JSON]})
    except (AttributeError, KeyError, RecursionError, TypeError) as error:
        raise Unreadable("It is JSON, and nothing that Slack sends.") from error


def payload_of(body: bytes, content_type: str) -> dict[str, Any]:
    """What is told: percent signs are decoded once, so what people write stays text. Raises `Unreadable`."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("It is no UTF-8 text.") from error
    kind = content_type.partition(";")[0].strip().lower()
    if kind == JSON:
        return _json_object(text)
    if kind == FORM:
        form = _form(text)
        return _json_object(form[PAYLOAD]) if PAYLOAD in form else form
    raise Unreadable("It is neither JSON nor a form.")


def _form(text: str) -> dict[str, str]:
    try:
        fields = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise Unreadable("It is no form.") from error
    form = dict(fields)
    if not form or len(form) < len(fields):
        raise Unreadable("It is a form with nothing in it, or with two fields of one name.")
    return form


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("It is no JSON.") from error
    if not isinstance(found, dict):
        raise Unreadable("It is JSON, and no object.")
    return found

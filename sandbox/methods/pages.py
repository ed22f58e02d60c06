"""Cursor pagination, as every list at Slack has it."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from sandbox.arguments import Arguments
from sandbox.errors import SlackError
from sandbox.json_types import Json

T = TypeVar("T")


def cursor(position: str) -> str:
    """Opaque to clients, and like Slack's: base64 of `name:value`."""
    return base64.b64encode(position.encode()).decode()


def position(encoded: str, name: str) -> str:
    """The value in a cursor, empty without one. Raises `invalid_cursor`."""
    try:
        found, _, value = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as malformed:
        raise SlackError("invalid_cursor") from malformed
    if encoded and found != name:
        raise SlackError("invalid_cursor")
    return value


def page(entries: Sequence[T], arguments: Arguments, default: int = 100) -> tuple[list[T], Json]:
    """The entries of this page, and `response_metadata` with the cursor of the next (empty at the end)."""
    limit = arguments.number("limit", default, 1000)
    start = position(arguments.text("cursor"), "offset")
    if start and not start.isdigit():
        raise SlackError("invalid_cursor")
    first = int(start or 0)
    after = first + limit
    following = cursor(f"offset:{after}") if after < len(entries) else ""
    return list(entries[first:after]), {"next_cursor": following}

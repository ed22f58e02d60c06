"""The arguments of a Web API call, from JSON, a form or the query: slack_sdk uses all three."""

import json
from typing import Any, cast

from aiohttp import web

from sandbox.errors import SlackError, invalid_arguments
from sandbox.json_types import Json


class Arguments:
    """Typed access to what was sent; a form carries everything as text."""

    def __init__(self, values: Json) -> None:
        self._values = values

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str) -> str:
        """Empty when it was not sent."""
        value = self._values.get(name)
        if isinstance(value, (dict, list)):
            raise invalid_arguments(f"must be a string [json-pointer:/{name}]")
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        return str(self._values.get(name, "")).lower() in ("1", "true")

    def number(self, name: str, default: int, most: int) -> int:
        """Between 1 and ``most``; Slack answers `invalid_limit` to other limits."""
        value = self.text(name)
        if not value:
            return default
        if not value.isdigit() or not 1 <= int(value) <= most:
            raise SlackError("invalid_limit")
        return int(value)

    def words(self, name: str) -> list[str]:
        """A comma-separated list, or a JSON array."""
        value = self._values.get(name)
        if isinstance(value, list):
            return [str(entry) for entry in value]
        return [word.strip() for word in self.text(name).split(",") if word.strip()]

    def entries(self, name: str, error: str) -> list[Json] | None:
        """A list of JSON objects, or None when not sent. Raises ``error`` when it is something else."""
        if not self.has(name):
            return None
        found = self._parsed(name, error)
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise SlackError(error)
        return cast(list[Json], found)

    def mapping(self, name: str, error: str) -> Json | None:
        """A JSON object, or None when not sent. Raises ``error`` when it is something else."""
        if not self.has(name):
            return None
        found = self._parsed(name, error)
        if not isinstance(found, dict):
            raise SlackError(error)
        return found

    def _parsed(self, name: str, error: str) -> Any:
        value = self._values[name]
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as malformed:
            raise SlackError(error) from malformed


async def read_arguments(request: web.Request) -> Json:
    """What the request carries. Raises `invalid_json`, `json_not_object` or `invalid_post_type`."""
    values: Json = dict(request.query)
    if request.method != "POST" or not request.can_read_body:
        return values
    if request.content_type == "application/json":
        return values | await _json_body(request)
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return values | dict(await request.post())
    raise SlackError("invalid_post_type")


async def _json_body(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read())
    except ValueError as malformed:
        raise SlackError("invalid_json") from malformed
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body


def bearer_token(request: web.Request, values: Json) -> str:
    """From the Authorization header, else the argument `token`, which is taken out of ``values``."""
    argument = values.pop("token", None)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return argument if isinstance(argument, str) else ""

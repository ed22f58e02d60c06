"""The envelope {"Code", "Status", "Messages", "Result", "Total"} around most answers, and the words in it.

The names are those the vendor's own scripts read. An error can come inside HTTP 200; answers can come bare.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from upstream_client.exceptions import NotUnderstood
from upstream_client.privilege_manager.text import clean, one_line
from upstream_client.session import Answer

KEYS = frozenset({"code", "status", "messages", "result", "total"})
ERROR_KEYS = ("messages", "message", "exceptionmessage", "messagedetail", "error", "error_description")
MOST_MESSAGES = 5
LONGEST_WORDS = 300
NO_ROUTE = ("no http resource was found", "no action was found", "no type was found that matches")
"""How ASP.NET Web API says that the path itself is wrong, which is not the same as an id it does not know."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """``wrapped``: it was one, not a bare ``result``. ``code``: the one inside, if it is an HTTP status."""

    result: JsonValue
    wrapped: bool = False
    total: JsonValue = None
    code: int | None = None
    failed: bool = False
    words: str = ""


def open_envelope(body: JsonValue) -> Envelope:
    """What is in an answer's JSON, enveloped or bare. Names match in any case, `$type` does not count."""
    if not isinstance(body, dict):
        return Envelope(body)
    parts = {key.casefold(): value for key, value in body.items() if key != "$type"}
    status = parts.get("status")
    failed = isinstance(status, str) and status.strip().casefold() == "error"
    wrapped = "result" in parts or (bool(parts) and parts.keys() <= KEYS)
    if not wrapped and not failed:
        return Envelope(body)
    code = _http_code(parts.get("code"))
    failed = failed or (code is not None and code >= 400)
    return Envelope(
        parts.get("result"), True, parts.get("total"), code, failed, spoken(body) if failed else ""
    )


def _http_code(code: JsonValue) -> int | None:
    return code if isinstance(code, int) and not isinstance(code, bool) and 100 <= code < 600 else None


def words_of(answer: Answer) -> str:
    """What an error answer says, for people: one line, or "" where it says nothing a person would read."""
    try:
        return spoken(answer.json())
    except NotUnderstood:
        return _line(_title(answer.text)) if is_page(answer) else _line(answer.text)


def is_page(answer: Answer) -> bool:
    """Is it a web page, as a proxy or IIS itself would answer, and not the API?"""
    return answer.text.lstrip().startswith("<")


def no_such_path(answer: Answer) -> bool:
    """Does this 404 or 405 mean that the contract's path is wrong, rather than that a request is gone?"""
    text = answer.text.casefold()
    return answer.status == 405 or is_page(answer) or any(words in text for words in NO_ROUTE)


def spoken(body: JsonValue) -> str:
    """The messages in an error's JSON, joined to one line."""
    return _line(" ".join(_messages(body)))


def _messages(body: JsonValue) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        parts = {key.casefold(): value for key, value in body.items()}
        for key in ERROR_KEYS:
            value = parts.get(key)
            for message in value[:MOST_MESSAGES] if isinstance(value, list) else [value]:
                yield from _strings(message)


def _strings(message: JsonValue) -> Iterator[str]:
    """Of one message, which is a string or an object that holds some."""
    values = list(message.values()) if isinstance(message, dict) else [message]
    return (value for value in values if isinstance(value, str))


def _title(page: str) -> str:
    found = re.search(r"<title[^>]*>(.*?)</title>", page[:4000], re.IGNORECASE | re.DOTALL)
    return found[1] if found else ""


def _line(text: str) -> str:
    return one_line(clean(text), LONGEST_WORDS)

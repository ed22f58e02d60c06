"""The envelope {"Code", "Status", "Messages", "Result", "Total"} around most answers, and the words in it.

The names are those the vendor's own scripts read. An error can come inside HTTP 200; answers can come bare.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from upstream_client.exceptions import NotUnderstood
from upstream_client.privilege_manager.text import clean, one_line, scalar_text
from upstream_client.session import Answer

KEYS = frozenset({"code", "status", "messages", "result", "total"})
ERROR_KEYS = ("messages", "message", "exceptionmessage", "messagedetail", "error", "error_description")
COMPLAINTS = ("error", "errors", "errormessage", "exceptionmessage")
FLAGS = ("success", "succeeded", "successful", "issuccess", "issuccessful")
GOOD = frozenset({"ok", "success", "succeeded"})
MOST_MESSAGES = 5
LONGEST_WORDS = 300
NO_ROUTE = ("no http resource was found", "no action was found", "no type was found that matches")
"""How ASP.NET Web API says that the path itself is wrong, which is not the same as an id it does not know."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """``wrapped``: it was one, not a bare ``result``. ``code``: the one inside, if it is an HTTP status.

    ``failed``: it is an error, plainly. ``objects``: its code, a flag or an error in it speaks against a success.
    ``status``: its word for how it went, as it is written. ``words``: what its messages say.
    """

    result: JsonValue
    wrapped: bool = False
    total: JsonValue = None
    code: int | None = None
    failed: bool = False
    objects: bool = False
    status: str = ""
    words: str = ""

    @property
    def is_good(self) -> bool:
        """Whether nothing in it but its messages speaks against a success."""
        return not self.failed and not self.objects and (not self.status or is_good_word(self.status))

    @property
    def tells_success(self) -> bool:
        """Whether it says so itself, and does not only fail to say otherwise."""
        return self.is_good and (bool(self.status) or self.code is not None)


def open_envelope(body: JsonValue) -> Envelope:
    """What is in an answer's JSON, enveloped or bare. Names match in any case, `$type` does not count."""
    if not isinstance(body, dict):
        return Envelope(body)
    parts = {key.casefold(): value for key, value in body.items() if key != "$type"}
    status = _status(parts.get("status"))
    failed = status.casefold() == "error"
    wrapped = "result" in parts or (bool(parts) and parts.keys() <= KEYS)
    if not wrapped and not failed:
        return Envelope(body, status=status, words=_said(parts))
    code = _http_code(parts.get("code"))
    return Envelope(
        parts.get("result"),
        True,
        parts.get("total"),
        code,
        failed=failed or (code is not None and code >= 400),
        objects=not _is_good_code(parts.get("code")) or complains(parts),
        status=status,
        words=_said(parts),
    )


def _status(value: JsonValue) -> str:
    """What is no text says nothing good."""
    text = scalar_text(value)
    return "something that is no text" if text is None else text


def _http_code(code: JsonValue) -> int | None:
    """A number, one that is written as a text, or the word for 200."""
    text = scalar_text(code) or ""
    if text.casefold() in GOOD:
        return 200
    return int(text) if re.fullmatch("[1-5][0-9]{2}", text) else None


def _is_good_code(code: JsonValue) -> bool:
    """Nothing and 0 say nothing; a word says what it says."""
    text = scalar_text(code)
    return text in ("", "0") or (text is not None and is_good_word(text))


def is_good_word(word: str) -> bool:
    """Whether it is one for success, or an HTTP status that is."""
    return word.casefold() in GOOD or re.fullmatch("2[0-9]{2}", word) is not None


def complains(parts: dict[str, JsonValue]) -> bool:
    """Does an object, its keys in lower case, hold an error, or a flag for success that is not true?"""
    flags = [parts[key] for key in FLAGS if key in parts]
    return any(flag is not True for flag in flags) or any(_is_said(parts.get(key)) for key in COMPLAINTS)


def _is_said(value: JsonValue) -> bool:
    """Whether there is anything in it."""
    if isinstance(value, dict | list):
        return any(map(_is_said, value.values() if isinstance(value, dict) else value))
    return bool(value.strip() if isinstance(value, str) else value)


def _said(parts: dict[str, JsonValue]) -> str:
    """Its messages, unless they say no more than that it went well."""
    words = spoken(dict(parts))
    if is_good_word(words.rstrip(".!")):
        return ""
    return words or ("something that is no text" if _is_said(parts.get("messages")) else "")


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

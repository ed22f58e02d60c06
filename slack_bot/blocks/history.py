"""What happened to a request, from the audit log, in plain words. Pure."""

import re
from collections.abc import Callable, Mapping

from slack_bot import rich_text
from slack_bot.approvals import THE_SCHEDULE, THE_TIME_LIMIT, Cause
from slack_bot.audit import THE_BOT, Kind, Record
from slack_bot.clock import utc_text
from slack_bot.plain_text import cut, in_line
from slack_bot.rich_text import Element, Line, line, moment, text

WORDS_LIMIT = 200
_PERSON = re.compile(r"[UW][A-Z0-9]{2,20}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,20}")
_QUORUM = ("approvals", "needed")
_IN_WORDS = ("command", "mention", "direct")
"""The ways to answer a card without pressing anything."""


def told(record: Record) -> Line:
    """One line: when, and what."""
    words = _WORDS.get(record.kind, _anything)(record)
    return line(moment(record.at, utc_text(record.at)), text(" · "), *words)


def _said(record: Record, name: str) -> str:
    """One of a record's details, cut; a log may have been written by another version."""
    return cut(in_line(str(record.detail.get(name) or "")), WORDS_LIMIT)


def _with(record: Record, words: str, name: str) -> list[Element]:
    """Words, and after them a detail where there is one."""
    detail = _said(record, name)
    return [text(f"{words}: {detail}" if detail else words)]


def _who(record: Record) -> Element:
    if _PERSON.fullmatch(record.actor):
        return rich_text.user(record.actor)
    return text(
        "The bot" if record.actor == THE_BOT else cut(in_line(record.actor), WORDS_LIMIT) or "Somebody"
    )


def _where(record: Record) -> list[Element]:
    channel = _said(record, "channel")
    return [text(" in "), rich_text.channel(channel)] if _CHANNEL.fullmatch(channel) else []


def _anything(record: Record) -> list[Element]:
    return [_who(record), text(f": {cut(in_line(record.kind), WORDS_LIMIT).replace('_', ' ')}")]


def _clicked(record: Record) -> list[Element]:
    if _said(record, "action") in _IN_WORDS:
        return [_who(record), text(f" wrote: {_said(record, 'value')}"), *_where(record)]
    pressed = _said(record, "action").replace("_", " ") or "something that is not ours"
    return [_who(record), text(f" pressed: {pressed}"), *_where(record)]


def _voted(record: Record) -> list[Element]:
    how = f" for {_said(record, 'duration')}" if _said(record, "verdict") == "approve" else ""
    return [_who(record), text(f" answered: {_said(record, 'verdict')}{how}"), *_where(record)]


def _decided(record: Record) -> list[Element]:
    approved = _said(record, "verdict") == "approve"
    done = f"Approved for {_said(record, 'duration')}" if approved else "Denied"
    nobody = THE_TIME_LIMIT if _said(record, "cause") == Cause.TIMEOUT else THE_SCHEDULE
    by = text(nobody) if record.actor == THE_BOT else _who(record)
    return [text(f"{done} by "), by, *_where(record)]


def _broke_the_glass(record: Record) -> list[Element]:
    approvals, needed = (cut(in_line(str(record.detail.get(name))), WORDS_LIMIT) for name in _QUORUM)
    why = f": {_said(record, 'reason')}" if _said(record, "reason") else ""
    quorum = f", with {approvals} of {needed} approvals{why}"
    return [_who(record), text(" broke the glass"), *_where(record), text(quorum)]


def _reminded(record: Record) -> list[Element]:
    called = _said(record, "what") == "backup"
    return [text("The backup was called" if called else "Reminded"), *_where(record)]


def _refused(record: Record) -> list[Element]:
    return [text("Not counted, of "), _who(record), text(f": {_said(record, 'rule')}"), *_where(record)]


_WORDS: Mapping[str, Callable[[Record], list[Element]]] = {
    Kind.REQUEST_SEEN: lambda record: [text("Seen for the first time")],
    Kind.REQUEST_CHANGED: lambda record: [text("The request changed; answers given before are void")],
    Kind.REQUEST_GONE: lambda record: _with(record, "No longer waiting", "status"),
    Kind.REQUEST_BACK: lambda record: [text("Waiting again")],
    Kind.CARD_POSTED: lambda record: [text("Shown"), *_where(record)],
    Kind.CARD_LOST: lambda record: [*_with(record, "The card was lost", "why"), *_where(record)],
    Kind.CLICK: _clicked,
    Kind.VOTE: _voted,
    Kind.DECIDED: _decided,
    Kind.BREAK_GLASS: _broke_the_glass,
    Kind.ANNOUNCED: lambda record: [text("The broken glass was announced"), *_where(record)],
    Kind.NOT_ANNOUNCED: lambda record: [
        *_with(record, "The broken glass could not be announced", "why"),
        *_where(record),
    ],
    Kind.REMINDED: _reminded,
    Kind.REFUSAL: _refused,
    Kind.SECURITY: _refused,
    Kind.INTENT: lambda record: [text("Being sent")],
    Kind.NOT_SENT: lambda record: _with(record, "Could not be sent", "why"),
    Kind.NOT_CONFIRMED: lambda record: _with(record, "Not confirmed yet", "why"),
    Kind.OUTCOME: lambda record: _with(record, "Outcome", "outcome"),
}

"""Requests in short, one a line with its key: what waits, what was settled, what an id may mean. Pure."""

from collections.abc import Mapping, Sequence

from slack_bot import rich_text
from slack_bot.answers import how_many, length
from slack_bot.blocks import NAME_LIMIT, Message, UpstreamName
from slack_bot.blocks.facts import told_facts
from slack_bot.blocks.remarks import headline
from slack_bot.clock import utc_text
from slack_bot.plain_text import cut, escaped, one_line
from slack_bot.rich_text import Line
from slack_bot.rows import RequestRow

TITLE_LIMIT = 150
HEADLINE_LIMIT = 150
FIRST_FACTS = 3
FACT_LIMIT = 60
"""Characters of a fact's label, and of its value."""
MOST_SHOWN = 3_000
"""Characters of a list in the text of a message, which stands for its blocks where those are not drawn."""


def waiting(listed_rows: Sequence[RequestRow], total: int, now: int) -> Message:
    """The requests that wait, the oldest first; of those that are not listed, how many."""
    first = f"{how_many(total)} waiting."
    if not listed_rows:
        return Message(first, [])
    lines = [[rich_text.text(_waiting(row, now))] for row in listed_rows]
    if total > len(lines):
        lines.append([rich_text.text(f"… and {total - len(lines)} more.")])
    return _message(first, lines)


def settled(rows: Sequence[RequestRow], upstreams: Mapping[str, UpstreamName], where: str) -> Message:
    """What was settled last, the newest first; ``where`` is "here" or "in all"."""
    if not rows:
        return Message(f"No request was settled {where} yet.", [])
    lines = [_settled(row, upstreams[row.upstream]) for row in rows]
    return _message(f"What was settled {where} last:", lines)


def candidates(rows: Sequence[RequestRow]) -> str:
    """The requests that may be meant, as mrkdwn."""
    return "\n".join(f"• {row.key}: {in_short(row)}" for row in rows)


def in_short(row: RequestRow) -> str:
    """What is asked, as mrkdwn: the title, and the first facts, for any title can be that of another request."""
    told = [f"{_cut(fact.label)}: {_cut(fact.value)}" for fact in told_facts(row.asked)[:FIRST_FACTS]]
    return escaped(f"{_title(row)} ({', '.join(told)})" if told else _title(row))


def _message(first: str, lines: Sequence[Line]) -> Message:
    drawn = [rich_text.line(rich_text.text(first, bold=True)), *lines]
    words = ["".join(_plainly(element) for element in line) for line in lines]
    text = cut("\n".join([first, *map(escaped, words)]), MOST_SHOWN)
    return Message(text, [rich_text.block("requests", rich_text.section(drawn))])


def _plainly(element: rich_text.Element) -> str:
    return str(element["fallback"] if element["type"] == "date" else element["text"])


def _named(row: RequestRow) -> str:
    return f"• {row.key}: {_title(row)}"


def _title(row: RequestRow) -> str:
    return cut(one_line(row.asked.title), TITLE_LIMIT) or "Approval request"


def _cut(text: str) -> str:
    return cut(one_line(text), FACT_LIMIT)


def _waiting(row: RequestRow, now: int) -> str:
    requester = cut(one_line(row.asked.requester), NAME_LIMIT)
    parts = (_named(row), requester, f"for {length(now - row.first_seen_at)}")
    return ", ".join(part for part in parts if part)


def _settled(row: RequestRow, upstream: UpstreamName) -> Line:
    done = cut(one_line(headline(row, upstream)), HEADLINE_LIMIT)
    at = row.settled_at if row.settled_at is not None else row.changed_at
    return [rich_text.text(f"{_named(row)}. {done}, "), rich_text.moment(at, utc_text(at))]

"""The card: a request as a Slack message, waiting or settled. Pure: rows in, Block Kit out."""

from typing import Any

from slack_bot.blocks.decision import decision, plain
from slack_bot.blocks.facts import TITLE_LIMIT, facts_block, justification_block, title_of
from slack_bot.blocks.message import Card
from slack_bot.blocks.remarks import NAME_LIMIT, SIGNS, headline, remark
from slack_bot.blocks.upstream_name import UpstreamName
from slack_bot.plain_text import cut, escaped, one_line
from slack_bot.rich_text import Element, block, line, section, text
from slack_bot.rows import RequestRow, State

METADATA_TYPE = "approval_request"
HEADER_LIMIT = 150
FALLBACK_LIMIT = 700
"""Escaped it may grow fivefold, and chat.update takes 4,000 (docs.slack.dev/reference/methods/chat.update)."""


def card(row: RequestRow, upstream: UpstreamName) -> Card:
    """The request as it stands."""
    asked = row.asked
    waiting = row.state is State.PENDING
    said = title_of(asked) if waiting else headline(row, upstream)
    header = SIGNS[row.state] + said
    blocks = [_header(header)]
    if not waiting or len(header) > HEADER_LIMIT:
        blocks.append(block("asked", section([line(text(cut(title_of(asked), TITLE_LIMIT), bold=True))])))
    blocks.append(facts_block(row, upstream))
    if asked.justification:
        blocks.append(justification_block(row))
    if words := remark(row, upstream):
        blocks.append(block("remark", section(words)))
    if waiting:
        blocks.append(decision(row, upstream))
    return Card(_fallback(row, upstream, said), blocks, _metadata(row))


def _header(words: str) -> Element:
    """Without emoji names: words from outside could draw a sign that looks like ours."""
    header = plain(cut(words, HEADER_LIMIT), emoji=False)
    return {"type": "header", "block_id": "headline", "text": header}


def _fallback(row: RequestRow, upstream: UpstreamName, said: str) -> str:
    """For notifications and for readers who do not see blocks."""
    asked = row.asked
    requester = cut(one_line(asked.requester), NAME_LIMIT)
    who = f" for {requester}" if requester else ""
    if row.state is State.PENDING:
        words = f"Approval needed: {said}{who} ({upstream.title})"
    else:
        words = f"{said}: {title_of(asked)}{who}"
    return escaped(cut(words, FALLBACK_LIMIT))


def _metadata(row: RequestRow) -> dict[str, Any]:
    payload = {"request": row.key, "digest": row.digest, "revision": row.revision}
    return {"event_type": METADATA_TYPE, "event_payload": payload}

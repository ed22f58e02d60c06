"""The card: a request as a Slack message, waiting or settled. Pure: rows in, Block Kit out."""

from collections.abc import Sequence
from typing import Any

from slack_bot.blocks.decision import decision, plain
from slack_bot.blocks.durations import none_is_short_enough
from slack_bot.blocks.facts import TITLE_LIMIT, facts_block, in_sentences, justification_block, title_of
from slack_bot.blocks.message import Card
from slack_bot.blocks.progress import progress
from slack_bot.blocks.remarks import NAME_LIMIT, headline, remark, sign
from slack_bot.blocks.upstream_name import UpstreamName
from slack_bot.plain_text import cut, escaped, one_line
from slack_bot.policy import ChannelPolicy, Vote, count
from slack_bot.rich_text import Element, Line, block, line, section, text
from slack_bot.rows import RequestRow, State
from upstream_client.models import Risk

METADATA_TYPE = "approval_request"
HEADER_LIMIT = 150
FALLBACK_LIMIT = 700
"""Escaped it may grow fivefold, and chat.update takes 4,000 (docs.slack.dev/reference/methods/chat.update)."""
LOUD_RISKS = {Risk.HIGH: "🟠 High risk: ", Risk.CRITICAL: "🔴 Critical risk: "}
"""How the headline of a waiting request begins, instead of with its sign."""


def card(
    row: RequestRow,
    upstream: UpstreamName,
    policy: ChannelPolicy | None,
    votes: Sequence[Vote],
    now: int | None = None,
    *,
    backup_called: bool = False,
    channel_note: str = "",
) -> Card:
    """The request as it stands in a channel.

    ``policy`` is the channel's, None where the channel is not known; ``votes`` are those of the request's
    revision in it, of which those count that do at ``now``. ``channel_note`` says why it is not shown where whoever
    asked wished to ask.
    """
    asked = row.asked
    waiting = row.state is State.PENDING
    said = title_of(asked) if waiting else headline(row, upstream)
    loud = LOUD_RISKS.get(asked.risk, "") if waiting else ""
    header = (loud or sign(row)) + said
    blocks = [_header(header)]
    if not waiting or len(header) > HEADER_LIMIT:
        blocks.append(block("asked", section([line(text(cut(title_of(asked), TITLE_LIMIT), bold=True))])))
    blocks.append(facts_block(row, upstream, policy, channel_note if waiting else ""))
    if asked.justification:
        blocks.append(justification_block(row))
    if words := remark(row, upstream):
        blocks.append(block("remark", section(words)))
    if waiting:
        told = _told_of_the_policy(row, upstream, policy, votes, now, backup_called=backup_called)
        blocks += [block("approvals", section(told))] if told else []
        blocks.append(decision(row, upstream, policy))
    return Card(_fallback(row, upstream, said), blocks, _metadata(row))


def _told_of_the_policy(
    row: RequestRow,
    upstream: UpstreamName,
    policy: ChannelPolicy | None,
    votes: Sequence[Vote],
    now: int | None,
    *,
    backup_called: bool,
) -> list[Line]:
    """How far the approvals have come; where it cannot be approved at all, why not."""
    if policy is None:
        return []
    if policy.longest is not None and none_is_short_enough(row.asked, upstream, policy):
        longest = f"an approval holds for {policy.longest.words} at most"
        why = f"⚠️ In this channel {longest}, and {upstream.title} offers nothing so short: it can only be denied."
        return [line(text(why))]
    return progress(count(policy, row.asked, votes, backup_called=backup_called, now=now), upstream)


def _header(words: str) -> Element:
    """Without emoji names: words from outside could draw a sign that looks like ours."""
    header = plain(cut(words, HEADER_LIMIT), emoji=False)
    return {"type": "header", "block_id": "headline", "text": header}


def _fallback(row: RequestRow, upstream: UpstreamName, said: str) -> str:
    """For notifications, and for screen readers, which read this out in place of the blocks.

    https://docs.slack.dev/reference/methods/chat.postMessage
    """
    asked = row.asked
    requester = cut(one_line(asked.requester), NAME_LIMIT)
    who = f" for {requester}" if requester else ""
    if row.state is State.PENDING:
        loud = f", {asked.risk.value} risk" if asked.risk in LOUD_RISKS else ""
        needed = f"Approval needed{loud}: {cut(said, TITLE_LIMIT)}{who} ({upstream.title})."
        words = " ".join([needed, *in_sentences(asked)])
    else:
        words = f"{said}: {title_of(asked)}{who}"
    return escaped(cut(words, FALLBACK_LIMIT))


def _metadata(row: RequestRow) -> dict[str, Any]:
    payload = {"request": row.key, "digest": row.digest, "revision": row.revision}
    return {"event_type": METADATA_TYPE, "event_payload": payload}

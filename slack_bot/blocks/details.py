"""Everything the bot knows of a request, as a modal without inputs. Pure."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from slack_bot import rich_text
from slack_bot.audit import Kind, Record
from slack_bot.blocks import history
from slack_bot.blocks.decision import plain
from slack_bot.blocks.durations import none_is_short_enough
from slack_bot.blocks.facts import all_facts, expires, fact_line, requested, risk_line, title_of, where_from
from slack_bot.blocks.mentions import mentioning
from slack_bot.blocks.modals import View
from slack_bot.blocks.passages import passages
from slack_bot.blocks.progress import progress
from slack_bot.blocks.remarks import headline, remark
from slack_bot.blocks.upstream_name import UpstreamName
from slack_bot.clock import utc_text
from slack_bot.plain_text import cut, in_line, visible
from slack_bot.policy import ChannelPolicy, count, in_words, with_short_lists
from slack_bot.rich_text import Element, Line, block, line, moment, section, text
from slack_bot.rows import RequestRow, State, VoteRow, shown_digest
from upstream_client.models import ApprovalRequest, Verdict

DETAILS = "details"
MOST_RECORDS = 20
MOST_VOTES = 20
MOST_BLOCKS = 80
"""Of facts; Slack takes a hundred in all."""
ROOM = 150_000
"""Bytes of facts, as JSON; Slack takes 250 kB in all."""
LINE_LIMIT = 300
"""A longer fact, or one of several lines, has a place of its own."""
TOGETHER = 20
ID_LIMIT = 300
REASON_LIMIT = 200
MOST_RULES = 30
RULE_LIMIT = 1_000


def details(
    row: RequestRow,
    upstream: UpstreamName,
    policy: ChannelPolicy | None,
    votes: Sequence[VoteRow],
    records: Sequence[Record],
    requester: str = "",
    *,
    backup_called: bool = False,
    now: int | None = None,
) -> View:
    """The request whole, where it stands, who answered, by which rules, and the last of what happened to it.

    ``policy`` is that of the channel, None where it is not known; ``votes`` those of the request's revision in
    it, of which those count that do at ``now``; ``requester`` is the id in Slack of who asked, where it is known.
    """
    lines = [
        line(text("State: ", bold=True), text(_state(row, upstream))),
        *([line(text("Asked by: ", bold=True), rich_text.user(requester))] if requester else []),
        *remark(row, upstream),
        *_progress(row, upstream, policy, votes, now, backup_called=backup_called),
        *(_vote(one) for one in votes[-MOST_VOTES:]),
    ]
    # What a press led to is told beside it.
    told = [one for one in records if one.kind != Kind.CLICK]
    happened = [history.told(one) for one in told[-MOST_RECORDS:]]
    story = [line(text("What happened", bold=True)), *happened]
    blocks = [
        block("state", section(lines)),
        *_whole(row.asked),
        *([block("policy", section(_rules(policy)))] if policy is not None else []),
        block("ids", section(_about(row, upstream))),
        *([block("story", section(story))] if happened else []),
    ]
    return {
        "type": "modal",
        "callback_id": DETAILS,
        "title": plain("Details"),
        "close": plain("Close"),
        "blocks": blocks,
    }


def _state(row: RequestRow, upstream: UpstreamName) -> str:
    return "Waiting for an answer" if row.state is State.PENDING else headline(row, upstream)


def _progress(
    row: RequestRow,
    upstream: UpstreamName,
    policy: ChannelPolicy | None,
    votes: Sequence[VoteRow],
    now: int | None,
    *,
    backup_called: bool,
) -> list[Line]:
    """Nothing of a request that waits no more, or that can only be denied."""
    if row.state is not State.PENDING or none_is_short_enough(row.asked, upstream, policy) or policy is None:
        return []
    return progress(count(policy, row.asked, votes, backup_called=backup_called, now=now), upstream)


def _rules(policy: ChannelPolicy) -> list[Line]:
    told = (
        line(text(f"{part.rule}: ", bold=True), *mentioning(_cut(with_short_lists(part.words))))
        for part in in_words(policy)[:MOST_RULES]
    )
    return [line(text("What holds in this channel", bold=True)), *told]


def _cut(words: str) -> str:
    """Not within a mention, of which the reader would see nothing but signs."""
    if len(words) <= RULE_LIMIT:
        return words
    return f"{words[:RULE_LIMIT].rpartition(' ')[0]} …"


def _vote(vote: VoteRow) -> Line:
    how = "deny" if vote.verdict is Verdict.DENY else "approve"
    reason = f": {cut(in_line(vote.reason), REASON_LIMIT)}" if vote.reason else ""
    at = moment(vote.voted_at, utc_text(vote.voted_at))
    return line(rich_text.user(vote.user_id), text(f" answered {how}, "), at, text(reason or "."))


def _about(row: RequestRow, upstream: UpstreamName) -> list[Line]:
    asked = row.asked
    seen = line(text("First seen: ", bold=True), moment(row.first_seen_at, utc_text(row.first_seen_at)))
    until = [expires(asked.expires_at)] if asked.expires_at is not None else []
    decision = [fact_line("Decision", row.decision_id, ID_LIMIT)] if row.decision_id else []
    return [
        risk_line(asked),
        requested(row),
        seen,
        *until,
        where_from(asked, upstream),
        fact_line("Id", row.upstream_id, ID_LIMIT),
        fact_line("Key", row.key, ID_LIMIT),
        fact_line("Digest", shown_digest(row.digest), ID_LIMIT),
        *decision,
    ]


def _whole(asked: ApprovalRequest) -> list[Element]:
    """The title, every fact and the justification; what is too long for a modal is cut and counted."""
    blocks: list[Element] = []
    room, missing = ROOM, 0
    for words, shown in _parts(asked):
        room -= len(json.dumps(shown))
        if room < 0 or len(blocks) >= MOST_BLOCKS:
            missing += words
        else:
            blocks.append({"type": "rich_text", "block_id": f"whole_{len(blocks)}", "elements": shown})
    if missing:
        note = f"… and {missing:,} more characters, too many to be shown here."
        blocks.append(block("missing", section([line(text(note))])))
    return blocks


def _parts(asked: ApprovalRequest) -> Iterator[tuple[int, list[Element]]]:
    """What to show, in order, each with its number of characters: short facts as lines, some together."""
    whole = [("Request", title_of(asked)), *((fact.label, fact.value) for fact in all_facts(asked))]
    if asked.justification:
        whole.append(("Reason given", asked.justification))
    for is_short, group in groupby(whole, _is_short):
        facts = list(group)
        if is_short:
            yield from (_lines(facts[at : at + TOGETHER]) for at in range(0, len(facts), TOGETHER))
        else:
            for label, words in facts:
                yield from ((len(one.words), one.drawn()) for one in passages(label, words))


def _is_short(fact: tuple[str, str]) -> bool:
    return len(in_line(fact[1])) <= LINE_LIMIT and "\n" not in visible(fact[1])


def _lines(facts: list[tuple[str, str]]) -> tuple[int, list[Element]]:
    lines = [fact_line(label, words) for label, words in facts]
    return sum(len(words) for _, words in facts), [section(lines)]

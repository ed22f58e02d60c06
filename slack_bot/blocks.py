"""The card: a request as a Slack message, waiting or settled. Pure: rows in, Block Kit out.

Outside text stands only in plain_text and rich_text elements, cut to Slack's limits.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from slack_bot import rich_text
from slack_bot.approvals import shown_digest
from slack_bot.clock import SECOND, utc_text
from slack_bot.plain_text import cut, cut_and_count, escaped, one_line, visible
from slack_bot.rich_text import Element, block, line, moment, quote, section, text
from slack_bot.rows import RequestRow, State
from upstream_client.models import ApprovalRequest, Capabilities, Duration, Risk, Status, Verdict

Line: TypeAlias = list[Element]

APPROVE = "approve_request"
DENY = "deny_request"
CHOOSE_DURATION = "choose_duration"
DECISION_BLOCK = "decision"
METADATA_TYPE = "approval_request"

HEADER_LIMIT = 150
BUTTON_LIMIT = 75
VALUE_LIMIT = 1_000
LABEL_LIMIT = 75
NAME_LIMIT = 80
LINK_LIMIT = 3_000
MENU_LIMIT = 100
FACTS_LIMIT = 6_000
JUSTIFICATION_LIMIT = 2_000
DETAIL_LIMIT = 500
FALLBACK_LIMIT = 1_000

RISK_WORDS = {
    Risk.LOW: "▽ low",
    Risk.MEDIUM: "◇ medium",
    Risk.HIGH: "▲ high",
    Risk.CRITICAL: "‼ critical",
    Risk.UNRATED: "not rated",
}


LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class UpstreamName:
    """How cards speak of an upstream."""

    title: str
    approve: str
    deny: str

    @classmethod
    def of(cls, title: str, capabilities: Capabilities) -> "UpstreamName":
        """From what an upstream tells of itself."""
        return cls(title, capabilities.approve, capabilities.deny)


@dataclass(frozen=True, slots=True)
class Card:
    """A message: its fallback text, its blocks, and the metadata by which a lost post is found again."""

    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any]

    def message(self) -> dict[str, Any]:
        """The arguments that chat.postMessage and chat.update share."""
        return {"text": self.text, "blocks": self.blocks, "metadata": self.metadata}


def card(row: RequestRow, upstream: UpstreamName) -> Card:
    """The request as it stands."""
    asked = row.asked
    waiting = row.state is State.PENDING
    headline = _title(asked) if waiting else _headline(row, upstream)
    blocks = [_header(("🔐 " if waiting else _SIGNS[row.state]) + headline)]
    if not waiting:
        title = text(cut(_title(asked), VALUE_LIMIT), bold=True)
        blocks.append(block("asked", section([line(title)])))
    blocks.append(block("facts", section(_facts(asked, upstream, row))))
    if asked.justification:
        said = cut_and_count(visible(asked.justification), JUSTIFICATION_LIMIT)
        label = section([line(text("Reason given", bold=True))])
        blocks.append(block("justification", label, quote(said)))
    if remark := _remark(row, upstream):
        blocks.append(block("remark", section(remark)))
    if waiting:
        blocks.append(_decision(row, asked, upstream))
    return Card(_fallback(row, asked, upstream, headline), blocks, _metadata(row))


def button_value(row: RequestRow) -> str:
    """What a button carries: the request's key and 16 hex digits of the digest, nothing else."""
    return f"{row.key}.{shown_digest(row.digest)}"


def option_value(duration: Duration) -> str:
    """A duration in the menu: seconds, or "once"."""
    return "once" if duration.seconds is None else str(duration.seconds)


_SIGNS = {
    State.DECIDED: "⏳ ",
    State.APPROVED: "✅ ",
    State.DENIED: "⛔ ",
    State.EXPIRED: "⌛ ",
    State.ELSEWHERE: "☑️ ",
    State.UNCONFIRMED: "⚠️ ",
}


def _header(headline: str) -> Element:
    return {
        "type": "header",
        "block_id": "headline",
        "text": {"type": "plain_text", "text": cut(headline, HEADER_LIMIT), "emoji": True},
    }


def _title(asked: ApprovalRequest) -> str:
    """What is asked, in one line. Slack refuses a card with an empty text in it."""
    return one_line(asked.title) or "Approval request"


def _headline(row: RequestRow, upstream: UpstreamName) -> str:
    """What became of the request, in one line."""
    done = "Approved" if row.verdict is Verdict.APPROVE else "Denied"
    who = cut(one_line(row.decided_by_name), NAME_LIMIT) or row.decided_by
    match row.state:
        case State.DECIDED:
            return f"{done} by {who}, waiting for {upstream.title}"
        case State.APPROVED | State.DENIED:
            return f"{done} by {who}"
        case State.UNCONFIRMED:
            return f"Not confirmed by {upstream.title}"
        case State.EXPIRED:
            return f"Expired in {upstream.title}"
        case _:
            return _elsewhere(row, upstream)


def _elsewhere(row: RequestRow, upstream: UpstreamName) -> str:
    name = cut(one_line(row.outcome_by), NAME_LIMIT)
    by = f" by {name}" if name else ""
    words = {
        Status.APPROVED: f"Approved in {upstream.title}{by}",
        Status.DENIED: f"Denied in {upstream.title}{by}",
        Status.WITHDRAWN: f"Withdrawn{by}",
    }
    return words.get(Status(row.outcome_status), f"No longer waiting in {upstream.title}")


def _facts(asked: ApprovalRequest, upstream: UpstreamName, row: RequestRow) -> list[Line]:
    named = any(fact.value == asked.requester for fact in asked.facts)
    lines = [_fact("Requested by", asked.requester)] if asked.requester and not named else []
    told = [fact for fact in asked.facts if fact.value]
    left = FACTS_LIMIT
    for position, fact in enumerate(told):
        if left <= 0:
            lines.append(line(text(f"And in {upstream.title}: {len(told) - position} more")))
            break
        shown = _fact(fact.label, fact.value, left)
        lines.append(shown)
        left -= sum(len(element["text"]) for element in shown)
    if len(asked.durations) == 1:
        lines.append(_fact("For", asked.durations[0].words))
    return [
        *lines,
        _fact("Risk", RISK_WORDS[asked.risk]),
        _requested(asked, row),
        _where(asked, upstream),
    ]


def _fact(label: str, value: str, limit: int = VALUE_LIMIT) -> Line:
    shown = cut_and_count(_inline(value), min(limit, VALUE_LIMIT))
    return line(text(f"{cut(one_line(label), LABEL_LIMIT)}: ", bold=True), text(shown))


def _inline(value: str) -> str:
    """Outside words within our own lines: a line end in them must not begin a line that looks like ours."""
    return visible(value).replace("\n", " ⏎ ")


def _requested(asked: ApprovalRequest, row: RequestRow) -> Line:
    label = text("Requested: ", bold=True)
    told = cut(one_line(asked.requested), VALUE_LIMIT)
    if asked.requested_at is None and told:
        return line(label, text(told))
    at = row.first_seen_at if asked.requested_at is None else asked.requested_at
    return line(label, moment(at, utc_text(at)))


def _where(asked: ApprovalRequest, upstream: UpstreamName) -> Line:
    label = text("From: ", bold=True)
    if _may_be_linked(asked.link):
        return line(label, rich_text.link(asked.link, upstream.title))
    return line(label, text(upstream.title))


def _may_be_linked(link: str) -> bool:
    """https, or http where nothing can listen in on the way: the sandbox on this machine."""
    try:
        parts = urlsplit(link)
        local = parts.scheme == "http" and parts.hostname in LOOPBACK
        return (parts.scheme == "https" or local) and len(link) <= LINK_LIMIT
    except ValueError:
        return False


def _remark(row: RequestRow, upstream: UpstreamName) -> list[Line]:
    """What the headline leaves open: for how long, when, why it waits again, what went wrong."""
    match row.state:
        case State.PENDING:
            return [line(text("⚠️ " + cut(_inline(row.notice), DETAIL_LIMIT)))] if row.notice else []
        case State.APPROVED | State.DENIED:
            return _decided(row)
        case State.DECIDED:
            trouble = [line(text(cut(_inline(row.trouble), DETAIL_LIMIT)))] if row.trouble else []
            return _decided(row) + trouble
        case State.UNCONFIRMED:
            return [*_decided(row), line(text(_UNTELLABLE.format(upstream=upstream.title)))]
        case _:
            return _settled_without_us(row, upstream)


_UNTELLABLE = (
    "It was sent to {upstream}, no answer came back, and the request is gone. "
    "Nobody can tell what became of it: please look in {upstream}."
)


def _decided(row: RequestRow) -> list[Line]:
    if row.decided_at is None:
        return []
    words = _taken_words(row) if row.state in (State.APPROVED, State.DENIED) else _sent_words(row)
    took = (row.decided_at - (row.asked.requested_at or row.first_seen_at)) // SECOND
    after = f", {_took(took)} after it was asked." if took >= 0 else "."
    when = moment(row.decided_at, utc_text(row.decided_at))
    lines = [line(text(words), rich_text.user(row.decided_by), text(", "), when, text(after))]
    if row.reason:
        lines.append(line(text(f"Reason: {cut_and_count(_inline(row.reason), DETAIL_LIMIT)}")))
    return lines


def _taken_words(row: RequestRow) -> str:
    return "Denied by " if row.verdict is Verdict.DENY else f"Approved for {row.for_how_long.words} by "


def _sent_words(row: RequestRow) -> str:
    return "Denial by " if row.verdict is Verdict.DENY else f"Approval for {row.for_how_long.words} by "


def _took(seconds: int) -> str:
    for size, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{seconds // size} {noun}s"
    return "1 second" if seconds == 1 else f"{seconds} seconds"


def _settled_without_us(row: RequestRow, upstream: UpstreamName) -> list[Line]:
    lines: list[Line] = []
    if row.verdict is not None:
        answer = "approval" if row.verdict is Verdict.APPROVE else "denial"
        fate = (
            f"'s {answer} was sent, and {upstream.title} does not say whether it took it."
            if row.unsure
            else f"'s {answer} was not applied: it came too late."
        )
        lines.append(line(rich_text.user(row.decided_by), text(fate)))
    if row.settled_at is not None:
        lines.append(line(text("Settled "), moment(row.settled_at, utc_text(row.settled_at)), text(".")))
    if row.outcome_detail:
        said = cut(_inline(row.outcome_detail), DETAIL_LIMIT)
        lines.append(line(text(f"{upstream.title} says: {said}")))
    return lines


def _decision(row: RequestRow, asked: ApprovalRequest, upstream: UpstreamName) -> Element:
    value = button_value(row)
    buttons = [
        _button(APPROVE, upstream.approve, value, "primary"),
        _button(DENY, upstream.deny, value, "danger"),
    ]
    menu = [_duration_menu(asked.durations)] if len(asked.durations) > 1 else []
    return {"type": "actions", "block_id": DECISION_BLOCK, "elements": [*menu, *buttons]}


def _button(action_id: str, label: str, value: str, style: str) -> Element:
    words = {"type": "plain_text", "text": cut(one_line(label), BUTTON_LIMIT), "emoji": True}
    return {"type": "button", "action_id": action_id, "text": words, "value": value, "style": style}


def _duration_menu(durations: tuple[Duration, ...]) -> Element:
    options = [
        {
            "text": {"type": "plain_text", "text": one.words.capitalize(), "emoji": True},
            "value": option_value(one),
        }
        for one in durations[:MENU_LIMIT]
    ]
    return {
        "type": "static_select",
        "action_id": CHOOSE_DURATION,
        "placeholder": {"type": "plain_text", "text": "For how long", "emoji": True},
        "options": options,
        "initial_option": options[0],
    }


def _fallback(row: RequestRow, asked: ApprovalRequest, upstream: UpstreamName, headline: str) -> str:
    """For notifications and for readers who do not see blocks."""
    requester = cut(one_line(asked.requester), NAME_LIMIT)
    who = f" for {requester}" if requester else ""
    if row.state is State.PENDING:
        words = f"Approval needed: {headline}{who} ({upstream.title})"
    else:
        words = f"{headline}: {_title(asked)}{who}"
    return escaped(cut(words, FALLBACK_LIMIT))


def _metadata(row: RequestRow) -> dict[str, Any]:
    payload = {"request": row.key, "digest": row.digest, "revision": row.revision}
    return {"event_type": METADATA_TYPE, "event_payload": payload}

"""What a request tells: its facts, how bad a wrong yes would be, who asked, when, and until when. Pure.

Slack refuses a message whose blocks hold too much together ("msg_blocks_too_long"). The limit is written
nowhere; 9,597 characters of text were taken and 11,341 refused (github.com/slackapi/bolt-js/issues/2867).
So a card stays well below it, and what is too long for it stands in its thread.
"""

from collections.abc import Sequence
from itertools import islice
from urllib.parse import urlsplit

from slack_bot import rich_text
from slack_bot.blocks.durations import told_duration
from slack_bot.blocks.message import Message
from slack_bot.blocks.passages import LABEL_LIMIT, PASSAGE_LIMIT, Passage, packed, passages
from slack_bot.blocks.upstream_name import UpstreamName
from slack_bot.clock import utc_text
from slack_bot.plain_text import cut, cut_and_count, escaped, in_line, one_line, visible
from slack_bot.policy import ChannelPolicy
from slack_bot.rich_text import Element, Line, block, line, moment, quote, section, text
from slack_bot.rows import RequestRow, State
from upstream_client.models import ARGUMENTS_DIGEST, ApprovalRequest, Fact, Risk

TITLE_LIMIT = 300
VALUE_LIMIT = 1_000
FACTS_LIMIT = 3_000
"""Characters of all facts together, labels included."""
MOST_FACTS = 30
JUSTIFICATION_LIMIT = 1_000
REQUESTED_LIMIT = 200
LINK_LIMIT = 1_000
THREAD_ROOM = 6_500
"""Characters in one message of the thread."""
THREAD_PASSAGES = 30
"""More would bury the channel: what is longer is counted."""
THREAD_TEXT_LIMIT = 300
LOOPBACK = ("127.0.0.1", "::1", "localhost")

RISK_WORDS = {
    Risk.LOW: "▽ low",
    Risk.MEDIUM: "◇ medium",
    Risk.HIGH: "▲ high",
    Risk.CRITICAL: "‼ critical",
    Risk.UNRATED: "not rated",
}
CLAIMED = ", claimed by the caller"
SPOKEN_LIMIT = 120
"""Of one value, where a request is told in sentences."""


def title_of(asked: ApprovalRequest) -> str:
    """What is asked, in one line. Slack refuses a card with an empty text in it."""
    return one_line(asked.title) or "Approval request"


def risk_line(asked: ApprovalRequest) -> Line:
    """How bad a wrong yes would be, and that only whoever asks says so, where that is all there is to go by."""
    return fact_line("Risk", RISK_WORDS[asked.risk] + _claimed(asked))


def _claimed(asked: ApprovalRequest) -> str:
    return CLAIMED if asked.risk_claimed and asked.risk is not Risk.UNRATED else ""


def in_sentences(asked: ApprovalRequest) -> list[str]:
    """What a card tells below its headline, for whom only its text is read out: no signs, and the times in UTC."""
    risk = "not rated" if asked.risk is Risk.UNRATED else asked.risk.value
    told = [("Risk", risk + _claimed(asked))]
    if asked.expires_at is not None:
        told.append(("Expires", utc_text(asked.expires_at)))
    others = told_facts(asked)[:MOST_FACTS]
    named = next((fact for fact in others if fact.value == asked.requester), None)
    told += [(fact.label, fact.value) for fact in others if fact is not named]
    if asked.justification:
        told.append(("Reason given", asked.justification))
    return [_sentence(label, value) for label, value in told]


def _sentence(label: str, value: str) -> str:
    said = f"{cut(one_line(label), LABEL_LIMIT)}: {cut(one_line(value), SPOKEN_LIMIT)}"
    return said if said.endswith((".", "…")) else f"{said}."


def told_facts(asked: ApprovalRequest) -> list[Fact]:
    """What a card tells: all facts but the digest of the arguments, by which no person decides."""
    return [fact for fact in all_facts(asked) if fact.key != ARGUMENTS_DIGEST]


def all_facts(asked: ApprovalRequest) -> list[Fact]:
    """The facts that have a value, and before them who asked, unless a fact names them."""
    named = any(fact.value == asked.requester for fact in asked.facts)
    who = [Fact("requester", "Requested by", asked.requester)] if asked.requester and not named else []
    return who + [fact for fact in asked.facts if fact.value]


def fact_line(label: str, value: str, limit: int = VALUE_LIMIT, where: str = "", url: str = "") -> Line:
    """One fact in one line, its value a link where it has a page of its own."""
    shown = cut_and_count(in_line(value), limit, where)
    told = rich_text.link(url, shown) if shown and _may_be_linked(url) else text(shown)
    return line(text(f"{cut(one_line(label), LABEL_LIMIT)}: ", bold=True), told)


def facts_block(
    row: RequestRow, upstream: UpstreamName, policy: ChannelPolicy | None, channel_note: str = ""
) -> Element:
    """Everything that is told of a request in lines; until when it can be answered, while it is open."""
    asked = row.asked
    is_open = row.state in (State.PENDING, State.DECIDED)
    expiry = [expires(asked.expires_at)] if is_open and asked.expires_at is not None else []
    told = told_duration(asked, upstream, policy)
    duration = [] if told is None else [fact_line("For", told.words)]
    lines = [
        *_shown_facts(row),
        *duration,
        risk_line(asked),
        requested(row),
        *expiry,
        *([line(text(cut(in_line(channel_note), REQUESTED_LIMIT)))] if channel_note else []),
        where_from(asked, upstream),
    ]
    return block("facts", section(lines))


def justification_block(row: RequestRow) -> Element:
    """Why they ask, in their own words."""
    said = visible(row.asked.justification)
    if len(said) > JUSTIFICATION_LIMIT:
        said = cut_and_count(said, JUSTIFICATION_LIMIT, _whole_where(row))
    return block("justification", section([line(text("Reason given", bold=True))]), quote(said))


def _shown_facts(row: RequestRow) -> list[Line]:
    facts = told_facts(row.asked)
    rooms = _rooms(facts)
    is_whole = len(rooms) == len(facts) and not any(map(_exceeds, facts, rooms))
    where = "" if is_whole else _whole_where(row)
    lines = [
        fact_line(fact.label, fact.value, room, where, fact.link)
        for fact, room in zip(facts, rooms, strict=False)
    ]
    more = len(facts) - len(rooms)
    return [*lines, line(text(f"And {more:,} more{where}."))] if more else lines


def _rooms(facts: Sequence[Fact]) -> list[int]:
    """How many characters of each value the card has room for; it is the first facts that it shows."""
    rooms: list[int] = []
    left = FACTS_LIMIT
    for fact in islice(facts, MOST_FACTS):
        if left <= 0:
            break
        rooms.append(min(VALUE_LIMIT, left))
        left -= len(cut(one_line(fact.label), LABEL_LIMIT)) + min(len(in_line(fact.value)), rooms[-1])
    return rooms


def _too_long(asked: ApprovalRequest) -> list[tuple[str, str]]:
    """What is too long for the card: (label, words), in the order of the card."""
    facts = told_facts(asked)
    rooms = _rooms(facts)
    shown, unshown = facts[: len(rooms)], facts[len(rooms) :]
    parts = [("Title", title_of(asked))] if len(title_of(asked)) > TITLE_LIMIT else []
    parts += [
        (fact.label, fact.value) for fact, room in zip(shown, rooms, strict=True) if _exceeds(fact, room)
    ]
    parts += [(fact.label, fact.value) for fact in unshown if _exceeds(fact, VALUE_LIMIT)]
    if short := [fact for fact in unshown if not _exceeds(fact, VALUE_LIMIT)]:
        parts.append(("More facts", "\n".join(_plainly(fact) for fact in short)))
    if len(visible(asked.justification)) > JUSTIFICATION_LIMIT:
        parts.append(("Reason given", asked.justification))
    return parts


def _exceeds(fact: Fact, room: int) -> bool:
    return len(fact.value) > room or len(in_line(fact.value)) > room


def _plainly(fact: Fact) -> str:
    return f"{cut(one_line(fact.label), LABEL_LIMIT)}: {in_line(fact.value)}"


def _whole_where(row: RequestRow) -> str:
    """Where the card's reader finds the rest; the thread is told of what waits for an answer only."""
    if row.state is not State.PENDING:
        return ""
    long = _too_long(row.asked)
    # Made visible, a text shrinks to half at most; beyond that nobody has to look closer.
    much = sum(len(words) for _, words in long) > 2 * THREAD_PASSAGES * PASSAGE_LIMIT
    return ", more in the thread" if much or _passages(long)[THREAD_PASSAGES:] else ", whole in the thread"


def _passages(parts: list[tuple[str, str]]) -> list[Passage]:
    return [one for label, words in parts for one in passages(label, words)]


def long_facts(asked: ApprovalRequest) -> list[Message]:
    """What is too long for the card, whole, as messages for its thread; none where everything fits."""
    found = _passages(_too_long(asked))
    groups = packed(found[:THREAD_PASSAGES], THREAD_ROOM)
    messages = [_in_thread(group, number) for number, group in enumerate(groups, start=1)]
    if more := sum(len(one.words) for one in found[THREAD_PASSAGES:]):
        words = f"And {more:,} more characters, too many for this thread."
        messages.append(Message(words, [block("more", section([line(text(words))]))]))
    return messages


def _in_thread(group: list[Passage], number: int) -> Message:
    drawn = [element for one in group for element in one.drawn()]
    words = cut("Whole: " + ", ".join(one.label for one in group), THREAD_TEXT_LIMIT)
    return Message(escaped(words), [block(f"whole_{number}", *drawn)])


def requested(row: RequestRow) -> Line:
    """When it was asked: in the upstream's own words, or when we saw it first."""
    asked, label = row.asked, text("Requested: ", bold=True)
    told = cut(one_line(asked.requested), REQUESTED_LIMIT)
    if asked.requested_at is None and told:
        return line(label, text(told))
    at = row.first_seen_at if asked.requested_at is None else asked.requested_at
    return line(label, moment(at, utc_text(at)))


def expires(at: int) -> Line:
    """Until when it can be answered, as the upstream told; whether it has expired only the upstream knows."""
    return line(text("Expires: ", bold=True), moment(at, utc_text(at)))


def where_from(asked: ApprovalRequest, upstream: UpstreamName) -> Line:
    """The upstream, with a link to where the request stands in it."""
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

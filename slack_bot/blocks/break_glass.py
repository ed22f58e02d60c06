"""Break-glass: the form in which one approver decides for the whole quorum, and how that is announced. Pure."""

from collections.abc import Sequence

from slack_bot import rich_text
from slack_bot.ballots import Ballot, how_long
from slack_bot.blocks.facts import TITLE_LIMIT, title_of
from slack_bot.blocks.mentions import listed
from slack_bot.blocks.message import Message
from slack_bot.blocks.modals import Asking, View, asked_block, duration_input, form, words_input
from slack_bot.blocks.progress import so_far
from slack_bot.blocks.remarks import NAME_LIMIT, REASON_LIMIT
from slack_bot.blocks.upstream_name import UpstreamName
from slack_bot.plain_text import cut, cut_and_count, in_line, one_line
from slack_bot.policy import ChannelPolicy, Tally
from slack_bot.rich_text import Element, Line, block, line, section, text
from slack_bot.rows import RequestRow

BREAK_GLASS_FORM = "break_glass_form"
BREAK_THE_GLASS = "Break the glass"


def announced_in(channel: str, policy: ChannelPolicy) -> list[str]:
    """The channels that are told of it, each once: where it is decided, and the one that the policy names."""
    return list(dict.fromkeys(one for one in (channel, policy.break_glass.announce_in) if one))


def break_glass_form(asking: Asking, tally: Tally, channels: Sequence[str]) -> View:
    """Asks for how long and why, and says what it means. ``channels`` are those in which it is announced."""
    reason = words_input("Why it cannot wait", "Announced, and kept with the decision.", optional=False)
    blocks = [
        block("warning", section(_warning(tally, channels))),
        asked_block(asking.row, asking.upstream),
        *duration_input(asking),
        reason,
    ]
    return form(BREAK_GLASS_FORM, BREAK_THE_GLASS, blocks, asking.metadata)


def _warning(tally: Tally, channels: Sequence[str]) -> list[Line]:
    places = listed([[rich_text.channel(one)] for one in channels])
    return [
        line(
            text("🚨 You approve alone what others should approve as well. ", bold=True),
            text(f"So far {so_far(tally)} have."),
        ),
        line(
            text("It is announced in "),
            *places,
            text(" with your name and your reason, and marked in the audit log."),
        ),
    ]


def broken_glass(
    row: RequestRow, upstream: UpstreamName, ballot: Ballot, before: Tally, requester: str
) -> Message:
    """The announcement: what somebody decided, before anybody knows whether the upstream takes it.

    ``before`` is how far it had come; ``requester`` the id in Slack of who asked, or ""."""
    lines = [
        line(
            text("🚨 "),
            rich_text.user(ballot.user_id),
            text(" broke the glass, to approve alone: ", bold=True),
            text(cut(title_of(row.asked), TITLE_LIMIT)),
        ),
        *_requested_by(row, requester),
        line(text("For: ", bold=True), text(how_long(ballot.duration, ballot.until_at))),
        line(text("Reason: ", bold=True), text(cut_and_count(in_line(ballot.reason), REASON_LIMIT))),
        line(text("Approvals before: ", bold=True), text(so_far(before))),
        line(text("From: ", bold=True), text(upstream.title)),
    ]
    words = f"🚨 <@{ballot.user_id}> broke the glass, to approve a request alone."
    return Message(words, [block("break_glass", section(lines))])


def _requested_by(row: RequestRow, requester: str) -> list[Line]:
    name = cut(one_line(row.asked.requester), NAME_LIMIT)
    who: list[Element] = [rich_text.user(requester)] if requester else []
    who += [text(f" ({name})" if who else name)] if name else []
    return [line(text("Requested by: ", bold=True), *who)] if who else []

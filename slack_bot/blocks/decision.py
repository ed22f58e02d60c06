"""The row of buttons with which a card is answered. Pure.

What buttons and options carry is the request's key and 16 hex digits of its digest, and for an option the word
for what was chosen; nothing else.
"""

from collections.abc import Sequence
from enum import StrEnum

from slack_bot.blocks.durations import choosable, none_is_short_enough, takes_others
from slack_bot.blocks.upstream_name import UpstreamName
from slack_bot.plain_text import cut, one_line
from slack_bot.policy import ChannelPolicy, takes_several
from slack_bot.rich_text import Element
from slack_bot.rows import RequestRow, shown_digest
from upstream_client.models import ONE_TIME, Duration

APPROVE = "approve_request"
DENY = "deny_request"
CHOOSE_DURATION = "choose_duration"
MORE = "more_choices"
DECISION_BLOCK = "decision"

BUTTON_LIMIT = 75
OPTION_LIMIT = 75
MENU_LIMIT = 100


class Choice(StrEnum):
    """What opens a modal: the first word of an option's value."""

    OTHER = "other"
    """Another duration than those of the menu."""
    COMMENT = "comment"
    """Approve with a comment."""
    REASON = "reason"
    """Deny with a reason."""
    BREAK_GLASS = "break_glass"
    """Approve alone, for the whole quorum."""
    DETAILS = "details"


def plain(words: str, *, emoji: bool = True) -> Element:
    """A plain_text object. With ``emoji``, names such as :smile: are drawn; not for words from outside."""
    return {"type": "plain_text", "text": words, "emoji": emoji}


def option(words: str, value: str) -> Element:
    """One choice of a menu."""
    return {"text": plain(cut(words, OPTION_LIMIT)), "value": value}


def button_value(row: RequestRow) -> str:
    """What a button carries: the request's key and 16 hex digits of the digest, nothing else."""
    return f"{row.key}.{shown_digest(row.digest)}"


def choice_value(choice: Choice, row: RequestRow) -> str:
    """What an option that opens a modal carries: its word, and what a button carries."""
    return f"{choice}.{button_value(row)}"


ONCE = "once"
"""What stands for one time."""


def option_value(duration: Duration) -> str:
    """A duration in the menu: seconds, or "once"."""
    return ONCE if duration.seconds is None else str(duration.seconds)


def duration_of(value: str) -> Duration:
    """The duration that `option_value` wrote. Raises ValueError for what it never writes."""
    return ONE_TIME if value == ONCE else Duration(int(value))


def duration_options(durations: Sequence[Duration]) -> list[Element]:
    """The options for these durations."""
    return [option(one.words.capitalize(), option_value(one)) for one in durations]


def decision(row: RequestRow, upstream: UpstreamName, policy: ChannelPolicy | None) -> Element:
    """The duration menu, Approve, Deny, and what needs a modal; nothing that the policy of the channel forbids.

    ``policy`` is None where the channel is not known. Where nothing is short enough it can only be denied.
    """
    value = button_value(row)
    buttons = [_button(DENY, upstream.deny, value, "danger")]
    if not none_is_short_enough(row.asked, upstream, policy):
        buttons.insert(0, _button(APPROVE, upstream.approve, value, "primary"))
    menu = _duration_menu(row, upstream, policy)
    return {
        "type": "actions",
        "block_id": DECISION_BLOCK,
        "elements": [*menu, *buttons, _more(row, upstream, policy)],
    }


def _button(action_id: str, label: str, value: str, style: str) -> Element:
    words = plain(cut(one_line(label), BUTTON_LIMIT))
    return {"type": "button", "action_id": action_id, "text": words, "value": value, "style": style}


def _more(row: RequestRow, upstream: UpstreamName, policy: ChannelPolicy | None) -> Element:
    """Slack takes five at most."""
    choices = [
        (Choice.REASON, _verb_with(upstream.deny, " with a reason…")),
        (Choice.DETAILS, "Details"),
    ]
    may_be_approved = not none_is_short_enough(row.asked, upstream, policy)
    if may_be_approved:
        choices.insert(0, (Choice.COMMENT, _verb_with(upstream.approve, " with a comment…")))
    if may_be_approved and policy is not None and may_break_glass(row, policy):
        choices.append((Choice.BREAK_GLASS, "🚨 Break glass…"))
    options = [option(words, choice_value(choice, row)) for choice, words in choices]
    return {"type": "overflow", "action_id": MORE, "options": options}


def may_break_glass(row: RequestRow, policy: ChannelPolicy) -> bool:
    """Whether one approver may decide for all: where that is allowed, and one would not be enough anyway."""
    return policy.break_glass.allowed and takes_several(policy, row.asked.risk)


def _verb_with(verb: str, words: str) -> str:
    return cut(one_line(verb), OPTION_LIMIT - len(words)) + words


def _duration_menu(row: RequestRow, upstream: UpstreamName, policy: ChannelPolicy | None) -> list[Element]:
    """With a single choice as well: what it shows comes with the press, and is what is approved.

    Nothing where approving one time, the least, is all there is, and where nothing is short enough.
    """
    offered = choosable(row.asked, policy)
    may_be_written = takes_others(upstream, policy)
    if offered in ((), (ONE_TIME,)) and not may_be_written:
        return []
    has_others = may_be_written or len(offered) > MENU_LIMIT
    others = [option("Other…", choice_value(Choice.OTHER, row))] if has_others else []
    options = [*duration_options(offered[: MENU_LIMIT - len(others)]), *others]
    menu = {
        "type": "static_select",
        "action_id": CHOOSE_DURATION,
        "placeholder": plain("For how long"),
        "options": options,
        "initial_option": options[0],
    }
    return [menu]

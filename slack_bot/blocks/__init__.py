"""Block Kit: cards, modals, the welcome. Pure: rows in, blocks out; the only place that lays out text for Slack.

Outside text stands only in plain_text and rich_text elements, cut to Slack's limits.
"""

from slack_bot.blocks.break_glass import BREAK_GLASS_FORM, announced_in, break_glass_form, broken_glass
from slack_bot.blocks.card import METADATA_TYPE, card
from slack_bot.blocks.decision import (
    APPROVE,
    CHOOSE_DURATION,
    DECISION_BLOCK,
    DENY,
    MORE,
    Choice,
    button_value,
    choice_value,
    duration_of,
    may_break_glass,
    option_value,
)
from slack_bot.blocks.details import details
from slack_bot.blocks.durations import none_is_short_enough, told_duration
from slack_bot.blocks.facts import RISK_WORDS, long_facts
from slack_bot.blocks.message import Card, Message
from slack_bot.blocks.modals import (
    APPROVE_FORM,
    CHOSEN_DURATION,
    DENY_FORM,
    DURATION_BLOCK,
    LONGEST_REASON,
    REASON,
    REASON_BLOCK,
    TYPED_DURATION,
    Asking,
    View,
    approve_form,
    deny_form,
)
from slack_bot.blocks.remarks import NAME_LIMIT, deciders, label_of_reason
from slack_bot.blocks.shown import shown
from slack_bot.blocks.upstream_name import UpstreamName
from slack_bot.blocks.welcome import (
    EVERYONE,
    EVERYONE_BLOCK,
    GROUPS_BLOCK,
    MARK_DIGITS,
    PEOPLE_BLOCK,
    PICK_EVERYONE,
    PICK_GROUPS,
    PICK_PEOPLE,
    SAVE_APPROVERS,
    SAVE_BLOCK,
    declared_in_file,
    farewell,
    mark_of,
    welcome,
)

__all__ = [
    "APPROVE",
    "APPROVE_FORM",
    "BREAK_GLASS_FORM",
    "CHOOSE_DURATION",
    "CHOSEN_DURATION",
    "DECISION_BLOCK",
    "DENY",
    "DENY_FORM",
    "DURATION_BLOCK",
    "EVERYONE",
    "EVERYONE_BLOCK",
    "GROUPS_BLOCK",
    "LONGEST_REASON",
    "MARK_DIGITS",
    "METADATA_TYPE",
    "MORE",
    "NAME_LIMIT",
    "PEOPLE_BLOCK",
    "PICK_EVERYONE",
    "PICK_GROUPS",
    "PICK_PEOPLE",
    "REASON",
    "REASON_BLOCK",
    "RISK_WORDS",
    "SAVE_APPROVERS",
    "SAVE_BLOCK",
    "TYPED_DURATION",
    "Asking",
    "Card",
    "Choice",
    "Message",
    "UpstreamName",
    "View",
    "announced_in",
    "approve_form",
    "break_glass_form",
    "broken_glass",
    "button_value",
    "card",
    "choice_value",
    "deciders",
    "deny_form",
    "declared_in_file",
    "details",
    "duration_of",
    "farewell",
    "label_of_reason",
    "long_facts",
    "mark_of",
    "may_break_glass",
    "none_is_short_enough",
    "option_value",
    "shown",
    "told_duration",
    "welcome",
]

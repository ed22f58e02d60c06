"""The forms of an answer that needs words: approve with a comment or another duration, deny with a reason. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_bot.blocks.decision import duration_options, option_value, plain
from slack_bot.blocks.durations import choosable, takes_others, told_duration
from slack_bot.blocks.facts import fact_line, risk_line, title_of, told_facts
from slack_bot.blocks.upstream_name import UpstreamName
from slack_bot.language.duration_text import NotADuration, read_length
from slack_bot.plain_text import cut, one_line
from slack_bot.policy import ChannelPolicy
from slack_bot.rich_text import Element, Line, block, line, section, text
from slack_bot.rows import RequestRow
from upstream_client.models import Duration

APPROVE_FORM = "approve_form"
DENY_FORM = "deny_form"
DURATION_BLOCK = "duration"
TYPED_DURATION = "typed_duration"
CHOSEN_DURATION = "chosen_duration"
REASON_BLOCK = "reason"
REASON = "reason_text"
LONGEST_REASON = 1_000
LONGEST_DURATION = 100

VERB_LIMIT = 24
FORM_TITLE_LIMIT = 200
SHORT_VALUE = 150
SHORT_FACTS = 10
GROUP = 100
MOST_GROUPS = 10
"""A modal takes a hundred, but no more than 250 kB."""

SEEN = "Shown on the card. {title} and whoever asked may be told it too."
"""By whom: whoever writes should know that before."""

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """What a form asks about: the request and its upstream, and by whose rules.

    ``menu`` is the value that the card's menu of durations showed; ``zone`` the approver's own, by whose clock
    "until 18:00" is read; ``metadata`` comes back with the form.
    """

    row: RequestRow
    upstream: UpstreamName
    policy: ChannelPolicy
    menu: str | None
    zone: str
    metadata: str


def approve_form(asking: Asking) -> View:
    """Asks for how long, and for a comment."""
    comment = words_input("Comment", _seen(asking.upstream), optional=True)
    blocks = [asked_block(asking.row, asking.upstream), *duration_input(asking), comment]
    return form(APPROVE_FORM, asking.upstream.approve, blocks, asking.metadata)


def deny_form(row: RequestRow, upstream: UpstreamName, metadata: str) -> View:
    """Asks for a reason."""
    reason = words_input("Reason", _seen(upstream), optional=False)
    return form(DENY_FORM, upstream.deny, [asked_block(row, upstream), reason], metadata)


def _seen(upstream: UpstreamName) -> str:
    return SEEN.format(title=upstream.title)


def form(callback_id: str, verb: str, blocks: list[Element], metadata: str) -> View:
    """A modal with a title and a button that say the same."""
    words = cut(one_line(verb), VERB_LIMIT)
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(words),
        "submit": plain(words),
        "close": plain("Cancel"),
        "private_metadata": metadata,
        "blocks": blocks,
    }


def asked_block(row: RequestRow, upstream: UpstreamName) -> Element:
    """What is being decided, in short: the title, who asks, and the facts that the decision is bound to."""
    asked = row.asked
    bound = [fact for fact in told_facts(asked) if fact.bound]
    lines: list[Line] = [line(text(cut(title_of(asked), FORM_TITLE_LIMIT), bold=True))]
    lines += [fact_line(fact.label, fact.value, SHORT_VALUE) for fact in bound[:SHORT_FACTS]]
    if len(bound) > SHORT_FACTS:
        lines.append(line(text(f"And {len(bound) - SHORT_FACTS:,} more: see Details.")))
    if asked.justification:
        lines.append(fact_line("Reason given", asked.justification, SHORT_VALUE))
    lines.append(risk_line(asked))
    lines.append(fact_line("From", upstream.title))
    return block("asked", section(lines))


def words_input(label: str, hint: str, *, optional: bool) -> Element:
    """Asks for a comment or a reason."""
    return {
        "type": "input",
        "block_id": REASON_BLOCK,
        "label": plain(label),
        "hint": plain(hint),
        "optional": optional,
        "element": {
            "type": "plain_text_input",
            "action_id": REASON,
            "multiline": True,
            "max_length": LONGEST_REASON,
        },
    }


def duration_input(asking: Asking) -> list[Element]:
    """Asks for how long; nothing where there is nothing to choose."""
    offered = choosable(asking.row.asked, asking.policy)
    shown = next((one for one in offered if option_value(one) == asking.menu), None)
    if takes_others(asking.upstream, asking.policy):
        return [_typed_duration(shown, asking)]
    if len(offered) > 1:
        return [_input("For how long", _duration_menu(offered, shown))]
    told = told_duration(asking.row.asked, asking.upstream, asking.policy)
    return [block("duration_told", section([fact_line("For", told.words)]))] if told else []


def _input(label: str, element: Element) -> Element:
    return {"type": "input", "block_id": DURATION_BLOCK, "label": plain(label), "element": element}


def _typed_duration(shown: Duration | None, asking: Asking) -> Element:
    initial = {"initial_value": shown.words} if shown is not None and _can_be_typed(shown) else {}
    element = {
        "type": "plain_text_input",
        "action_id": TYPED_DURATION,
        "max_length": LONGEST_DURATION,
        **initial,
    }
    longest = asking.policy.longest
    most = "" if longest is None else f" At most {longest.words}."
    hint = f"90m, 2h, until 18:00 (by the clock of {asking.zone}), or one time.{most}"
    return _input("For how long", element) | {"hint": plain(hint)}


def _can_be_typed(duration: Duration) -> bool:
    """An upstream may offer seconds, or years."""
    try:
        return read_length(duration.words) == duration
    except NotADuration:
        return False


def _duration_menu(offered: Sequence[Duration], shown: Duration | None) -> Element:
    """Slack takes a hundred options in a group."""
    options = duration_options(offered[: GROUP * MOST_GROUPS])
    groups = [
        {"label": plain(f"From {options[start]['text']['text']}"), "options": options[start : start + GROUP]}
        for start in range(0, len(options), GROUP)
    ]
    choices: Element = {"options": options} if len(groups) == 1 else {"option_groups": groups}
    initial = {} if shown is None else {"initial_option": duration_options([shown])[0]}
    return {"type": "static_select", "action_id": CHOSEN_DURATION, **choices, **initial}

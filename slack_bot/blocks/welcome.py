"""The welcome: what the bot does in a channel, who may decide there, and a picker to change it. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from slack_bot import rich_text
from slack_bot.blocks.decision import option, plain
from slack_bot.blocks.mentions import mentioning
from slack_bot.blocks.message import Message
from slack_bot.plain_text import cut, in_line, one_line
from slack_bot.policy import ChannelPolicy, describe, with_short_lists
from slack_bot.policy.opt_out import is_opted_out, more_than_one, opted
from slack_bot.policy.risks import LEVELS
from slack_bot.policy.words import how_many_in_words
from slack_bot.rich_text import Element, Line, block, line, section, text
from upstream_client.models import Risk

PICK_PEOPLE = "pick_people"
PICK_GROUPS = "pick_groups"
PICK_EVERYONE = "pick_everyone"
PICK_QUORUM = "pick_quorum"
SAVE_APPROVERS = "save_approvers"
PEOPLE_BLOCK = "people"
GROUPS_BLOCK = "groups"
EVERYONE_BLOCK = "everyone"
QUORUM_BLOCK = "quorum"
SAVE_BLOCK = "save"
EVERYONE = "everyone"
"""The value of the checkbox that makes approvers of all full members of the channel."""
QUORUM = "quorum"
"""The value of the checkbox that asks for more than one approver."""

MOST_GROUPS = 100
"""Slack takes so many options in a menu."""
HANDLE_LIMIT = 75
HELP_LIMIT = 300
MOST_HELP = 20
NOTE_LIMIT = 300
MOST_NOTES = 5
MARK_DIGITS = 12
IN_WORDS = {2: "two", 3: "three"}


def mark_of(policy: ChannelPolicy) -> str:
    """Tells one policy from another, so that a press on a menu tells which one its message showed.

    All of it counts, the terms and those for all channels as well: they say what the menus offer.
    """
    text = json.dumps(asdict(policy), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:MARK_DIGITS]


def marked(block_id: str, policy: ChannelPolicy) -> str:
    """A block's id in the welcome that shows this policy.

    With a new id Slack also forgets what somebody picked in the old one and did not save.
    """
    return f"{block_id}.{mark_of(policy)}"


def welcome(
    channel: str,
    policy: ChannelPolicy,
    help_lines: Sequence[tuple[str, str]],
    groups: Sequence[tuple[str, str]],
    notes: Sequence[str],
) -> Message:
    """The public message of a registered channel; drawn again after a pick, so that it tells who decides now.

    ``help_lines``: (command, what it does). ``groups``: (id, handle) of the workspace's user groups, empty
    where they cannot be read. ``notes``: sentences on what the operator should know.
    """
    told = [line(text("⚠️ " + cut(in_line(note), NOTE_LIMIT))) for note in notes[:MOST_NOTES]]
    blocks = [
        _headline(),
        block("about", section(_about(channel, policy))),
        *([block("notes", section(told))] if told else []),
        _people(policy),
        *_groups(policy, groups),
        _everyone(policy),
        *_quorum(policy),
        _save(policy),
        *([block("help", section(_help(help_lines)))] if help_lines else []),
    ]
    return Message("I post approval requests in this channel now. An admin picks who may decide.", blocks)


def farewell(channel: str) -> Message:
    """What stands in the welcome's place where the channel was removed: nothing can be picked any more."""
    told = line(
        text("I post no requests in "),
        rich_text.channel(channel),
        text(" any more. To begin again, an admin mentions me here without any other words."),
    )
    headline = {"type": "header", "block_id": "headline", "text": plain("👋 No approvals are decided here")}
    return Message(
        "No approvals are decided in this channel any more.", [headline, block("about", section([told]))]
    )


def declared_in_file(channel: str, why: str) -> Message:
    """What stands in the welcome's place where the file declares the channel by now: it is changed there alone.

    ``why`` says so.
    """
    how = line(
        text(f"{in_line(why)} To see who may decide, mention me with the word "), text("policy", code=True)
    )
    about = block("about", section([_what_i_do(channel), [*how, text(".")]]))
    return Message("Approvals are decided in this channel.", [_headline(), about])


def _headline() -> Element:
    return {"type": "header", "block_id": "headline", "text": plain("👋 Approvals are decided here")}


def _what_i_do(channel: str) -> Line:
    return line(
        text("I post approval requests in "),
        rich_text.channel(channel),
        text(" as cards, carry your answers back, and settle each card when it is done."),
    )


def _about(channel: str, policy: ChannelPolicy) -> list[Line]:
    return [
        _what_i_do(channel),
        _who_decides(policy),
        line(text("How many: ", bold=True), text(how_many_in_words(policy))),
    ]


def _who_decides(policy: ChannelPolicy) -> Line:
    """In the words in which everybody is told who asks."""
    words = with_short_lists(describe(policy))
    if not policy.names_somebody_for(LEVELS[0]):
        words += " An admin picks them below."
    return line(text("Who may decide: ", bold=True), *mentioning(words))


def _input(block_id: str, label: str, element: Element, hint: str = "") -> Element:
    """A choice that goes with the button: Slack tells nobody of it before."""
    below = {"hint": plain(hint)} if hint else {}
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "optional": True,
        "element": element,
        **below,
    }


def _people(policy: ChannelPolicy) -> Element:
    picked = {"initial_users": list(policy.users)} if policy.users else {}
    menu = {
        "type": "multi_users_select",
        "action_id": PICK_PEOPLE,
        "placeholder": plain("Pick people"),
        **picked,
    }
    return _input(
        marked(PEOPLE_BLOCK, policy), "People", menu, "Whoever is picked by name may decide, guests too."
    )


def _groups(policy: ChannelPolicy, groups: Sequence[tuple[str, str]]) -> list[Element]:
    if not groups:
        return []
    chosen = sorted(groups, key=lambda group: group[0] not in policy.groups)[:MOST_GROUPS]
    options = [option(cut(f"@{one_line(handle)}", HANDLE_LIMIT), id) for id, handle in chosen]
    initial = [one for one in options if one["value"] in policy.groups]
    picked = {"initial_options": initial} if initial else {}
    menu = {
        "type": "multi_static_select",
        "action_id": PICK_GROUPS,
        "placeholder": plain("Pick groups"),
        "options": options,
        **picked,
    }
    left_out = "" if len(groups) <= MOST_GROUPS else f" Of {len(groups):,} groups {MOST_GROUPS} are listed."
    hint = f"Their full members may decide.{left_out} Any other: mention me with “approvers @group”."
    return [_input(marked(GROUPS_BLOCK, policy), "User groups", menu, hint)]


def _everyone(policy: ChannelPolicy) -> Element:
    everyone = option("All full members of this channel", EVERYONE) | {
        "description": plain("Whoever joins it later, too. No guests, no people of other workspaces."),
    }
    picked = {"initial_options": [everyone]} if policy.everyone else {}
    ticks = {"type": "checkboxes", "action_id": PICK_EVERYONE, "options": [everyone], **picked}
    return _input(marked(EVERYONE_BLOCK, policy), "Everyone here", ticks)


def _quorum(policy: ChannelPolicy) -> list[Element]:
    """The opt-out, where more than one approver would be asked if the channel said nothing.

    What holds without the tick is too long for a description of Slack's, which takes 75 characters.
    """
    asked = more_than_one(policy)
    if not asked:
        return []
    box = option(_ask_for(asked), QUORUM)
    unticked = f"Without the tick: {how_many_in_words(opted(policy, out=True))}"
    ticked = {} if is_opted_out(policy) else {"initial_options": [box]}
    ticks = {"type": "checkboxes", "action_id": PICK_QUORUM, "options": [box], **ticked}
    return [_input(marked(QUORUM_BLOCK, policy), "How many", ticks, unticked)]


def _ask_for(asked: Mapping[Risk, int]) -> str:
    """Of the risks and numbers that are asked where a channel says nothing."""
    (first, needed), *others = asked.items()
    from_first_upwards = list(asked) == list(LEVELS[LEVELS.index(first) :])
    if not from_first_upwards or any(other != needed for _, other in others):
        numbers = ", ".join(f"{number} for {risk.value}" for risk, number in asked.items())
        return f"Ask for several: {numbers}"
    ask = f"Ask for {IN_WORDS.get(needed, needed)} approvers"
    if first is LEVELS[0]:
        return ask
    return f"{ask} from {first.value} risk upwards" if others else f"{ask} for {first.value} risk"


def _save(policy: ChannelPolicy) -> Element:
    button = {
        "type": "button",
        "action_id": SAVE_APPROVERS,
        "text": plain("Save approvers"),
        "style": "primary",
        "value": SAVE_APPROVERS,
    }
    return {"type": "actions", "block_id": marked(SAVE_BLOCK, policy), "elements": [button]}


def _help(help_lines: Sequence[tuple[str, str]]) -> list[Line]:
    told = [_command(command, does) for command, does in help_lines[:MOST_HELP]]
    return [line(text("Mention me with", bold=True)), *told]


def _command(command: str, does: str) -> Line:
    """Our own mrkdwn: what stands between backticks is to be written as it stands."""
    parts = cut(in_line(does), HELP_LIMIT).split("`")
    said = [text(part, code=bool(place % 2)) for place, part in enumerate(parts) if part]
    return line(text(cut(in_line(command), HELP_LIMIT), code=True), text(" "), *said)

"""Agreement with the two libraries that know Block Kit's rules: slack_sdk.models and slackblocks."""

from datetime import date

import pytest
import slackblocks as sb
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models import blocks as sdk
from slackblocks.elements import ButtonStyle
from slackblocks.errors import InvalidUsageError

from sandbox.block_kit import problems
from tests.sandbox.block_json import Json
from tests.sandbox.block_kit_limits import LIMITS, Limit

SDK_ACCEPTS_TOO_MUCH = {
    "field",
    "option description",
    "checkboxes",
    "radio buttons",
    "table rows",
    "table cells",
}
"""What slack_sdk.models lets through and Slack refuses."""
SLACKBLOCKS_ACCEPTS_TOO_MUCH: set[str] = set()


def sdk_json(limit: Limit, size: int) -> Json | None:
    """What slack_sdk.models sends, or None if it refuses."""
    try:
        block: Json = limit.sdk_block(size).to_dict()
    except SlackObjectFormationError:
        return None
    return block


def slackblocks_json(limit: Limit, size: int) -> Json | None:
    """What slackblocks sends, or None if it refuses."""
    try:
        message = sb.Message(channel="C01APPROVALS", text="Text", blocks=[limit.slackblocks(size)])
        block: Json = message.to_dict()["blocks"][0]
    except InvalidUsageError:
        return None
    return block


def limits() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)


@limits()
def test_at_the_limit_everybody_accepts(limit: Limit) -> None:
    for block in (limit.block(limit.most), sdk_json(limit, limit.most), slackblocks_json(limit, limit.most)):
        assert block is not None
        assert problems([block], "message") == []


@limits()
def test_over_the_limit_we_refuse_and_name_the_place(limit: Limit) -> None:
    assert problems([limit.block(limit.most + 1)], "message") == [limit.words]


@limits()
def test_over_the_limit_the_libraries_refuse_too_but_for_the_known_gaps(limit: Limit) -> None:
    over = limit.most + 1

    assert (sdk_json(limit, over) is not None) == (limit.name in SDK_ACCEPTS_TOO_MUCH)
    assert (slackblocks_json(limit, over) is not None) == (limit.name in SLACKBLOCKS_ACCEPTS_TOO_MUCH)


# What the two libraries build is what people send: all of it must pass.

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=75)
IDS = st.from_regex(r"[a-z_]{1,20}", fullmatch=True)


@st.composite
def sb_option_lists(draw: st.DrawFn) -> list[sb.Option]:
    values = draw(st.lists(IDS, min_size=1, max_size=5, unique=True))
    return [sb.Option(sb.PlainText(draw(WORDS)), value) for value in values]


@st.composite
def sb_elements(draw: st.DrawFn) -> sb.Element:
    action = draw(IDS)
    match draw(st.sampled_from(["button", "select", "overflow", "date", "radio"])):
        case "button":
            style = draw(st.none() | st.sampled_from(ButtonStyle))
            asked = draw(
                st.none() | st.builds(sb.ConfirmationDialogue, WORDS, WORDS, st.just("Yes"), st.just("No"))
            )
            return sb.Button(draw(WORDS), action, value=draw(st.none() | WORDS), style=style, confirm=asked)
        case "select":
            given = draw(sb_option_lists())
            first = draw(st.none() | st.sampled_from(given))
            return sb.StaticSelectMenu(action, options=given, initial_option=first, placeholder=draw(WORDS))
        case "overflow":
            return sb.OverflowMenu(action, draw(sb_option_lists()))
        case "date":
            return sb.DatePicker(action, initial_date=draw(st.dates(min_value=date(1000, 1, 1)).map(str)))
        case _:
            return sb.RadioButtonGroup(action, draw(sb_option_lists()))


SB_INLINE = (
    st.builds(sb.RichText, WORDS, bold=st.booleans(), italic=st.booleans(), code=st.booleans())
    | st.builds(sb.RichTextLink, st.just("https://example.com"), text=WORDS, strike=st.booleans())
    | st.builds(sb.RichTextUser, st.just("U02APPROVER"))
    | st.builds(sb.RichTextEmoji, IDS, skin_tone=st.none() | st.integers(1, 6))
)
SB_LINES = st.builds(sb.RichTextSection, st.lists(SB_INLINE, min_size=1, max_size=3))
SB_RICH = (
    SB_LINES
    | st.builds(
        sb.RichTextList, st.sampled_from(["bullet", "ordered"]), st.lists(SB_LINES, min_size=1, max_size=3)
    )
    | st.builds(sb.RichTextQuote, st.lists(SB_INLINE, min_size=1, max_size=3))
    | st.builds(sb.RichTextCodeBlock, st.lists(SB_INLINE, min_size=1, max_size=3))
)
SB_TEXT = st.builds(sb.Text, WORDS) | st.builds(sb.PlainText, WORDS, emoji=st.booleans())
SB_BLOCKS = (
    st.builds(sb.HeaderBlock, WORDS)
    | st.builds(sb.DividerBlock)
    | st.builds(
        sb.SectionBlock, SB_TEXT, fields=st.lists(SB_TEXT, min_size=1, max_size=10), accessory=sb_elements()
    )
    | st.builds(sb.ContextBlock, st.lists(SB_TEXT, min_size=1, max_size=10))
    | st.builds(
        sb.ActionsBlock,
        st.lists(sb_elements(), min_size=1, max_size=25, unique_by=lambda element: element.action_id),
    )
    | st.builds(sb.InputBlock, WORDS, st.builds(sb.PlainTextInput, IDS, multiline=st.booleans()), hint=WORDS)
    | st.builds(sb.RichTextBlock, st.lists(SB_RICH, min_size=1, max_size=4))
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(SB_BLOCKS, min_size=1, max_size=5))
def test_whatever_slackblocks_builds_is_accepted(blocks: list[sb.Block]) -> None:
    sent = sb.Message(channel="C01APPROVALS", text="Text", blocks=blocks).to_dict()["blocks"]

    assert problems(sent, "message") == []
    assert problems(sent, "modal") == []


SDK_TEXT = st.builds(sdk.PlainTextObject, text=WORDS, emoji=st.none() | st.booleans()) | st.builds(
    sdk.MarkdownTextObject, text=WORDS, verbatim=st.none() | st.booleans()
)
SDK_OPTIONS = st.lists(st.builds(sdk.Option, text=WORDS, value=IDS), min_size=1, max_size=5)
SDK_CONFIRM = st.builds(sdk.ConfirmObject, title=WORDS, text=SDK_TEXT)
SDK_ELEMENTS = (
    st.builds(sdk.ButtonElement, text=WORDS, action_id=IDS, value=IDS, confirm=st.none() | SDK_CONFIRM)
    | st.builds(sdk.StaticSelectElement, action_id=IDS, options=SDK_OPTIONS, placeholder=WORDS)
    | st.builds(sdk.OverflowMenuElement, action_id=IDS, options=SDK_OPTIONS)
    | st.builds(sdk.UserSelectElement, action_id=IDS, placeholder=WORDS)
    | st.builds(
        sdk.TimePickerElement, action_id=IDS, initial_time=st.times().map(lambda time: f"{time:%H:%M}")
    )
)
SDK_BLOCKS = (
    st.builds(sdk.HeaderBlock, text=WORDS)
    | st.builds(sdk.DividerBlock, block_id=st.none())
    | st.builds(sdk.SectionBlock, text=SDK_TEXT, accessory=st.none() | SDK_ELEMENTS)
    | st.builds(sdk.SectionBlock, fields=st.lists(SDK_TEXT, min_size=1, max_size=10))
    | st.builds(sdk.ContextBlock, elements=st.lists(SDK_TEXT, min_size=1, max_size=10))
    | st.builds(
        sdk.ActionsBlock,
        elements=st.lists(SDK_ELEMENTS, min_size=1, max_size=25, unique_by=lambda element: element.action_id),
    )
    | st.builds(
        sdk.InputBlock,
        label=WORDS,
        hint=WORDS,
        element=st.builds(sdk.PlainTextInputElement, action_id=IDS, max_length=st.integers(1, 3000)),
    )
    | st.builds(
        sdk.ImageBlock,
        image_url=st.just("https://example.com/i.png"),
        alt_text=WORDS,
        title=st.none() | WORDS,
    )
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(SDK_BLOCKS, max_size=5))
def test_whatever_slack_sdk_models_build_is_accepted(blocks: list[sdk.Block]) -> None:
    sent = [block.to_dict() for block in blocks]

    assert problems(sent, "message") == []
    assert problems(sent, "home") == []

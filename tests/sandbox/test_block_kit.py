"""Block Kit's rules: what is refused, in which words, and where."""

import pytest

from sandbox.block_kit import Surface, problems
from tests.sandbox.block_json import (
    DIVIDER,
    Json,
    actions,
    button,
    confirm,
    context,
    header,
    image,
    input_block,
    line,
    menu,
    mrkdwn,
    option,
    options,
    plain,
    rich_text,
    section,
    text,
)

PICKER: Json = {"type": "datepicker", "action_id": "until"}


def listed(style: str = "bullet", *items: Json, **fields: object) -> Json:
    return {
        "type": "rich_text_list",
        "style": style,
        "elements": list(items or [line(text("One"))]),
        **fields,
    }


REFUSED: list[tuple[Json, str]] = [
    ({}, "missing required field: type [json-pointer:/blocks/0]"),
    ({"type": "banner"}, "unsupported type: banner [json-pointer:/blocks/0/type]"),
    ({"type": 7}, "must provide a string [json-pointer:/blocks/0/type]"),
    ({"type": "call", "call_id": "R1"}, "unsupported type: call [json-pointer:/blocks/0/type]"),
    ({"type": "header"}, "missing required field: text [json-pointer:/blocks/0]"),
    (header(""), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ({"type": "header", "text": "Text"}, "must provide an object [json-pointer:/blocks/0/text]"),
    ({"type": "header", "text": mrkdwn()}, "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
    ({**DIVIDER, "color": "red"}, "invalid additional property: color [json-pointer:/blocks/0]"),
    ({**DIVIDER, "block_id": ""}, "must be more than 0 characters [json-pointer:/blocks/0/block_id]"),
    ({**DIVIDER, "block_id": None}, "must provide a string [json-pointer:/blocks/0/block_id]"),
    (section(), "must define either `text` or `fields` [json-pointer:/blocks/0]"),
    (section(fields=[]), "must provide at least 1 items [json-pointer:/blocks/0/fields]"),
    (section(fields="Text"), "must provide an array [json-pointer:/blocks/0/fields]"),
    (section(text=mrkdwn("")), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    (section(text={"type": "mrkdwn"}), "missing required field: text [json-pointer:/blocks/0/text]"),
    (
        section(text={**mrkdwn(), "emoji": True}),
        "invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    (
        section(text={**plain(), "verbatim": True}),
        "invalid additional property: verbatim [json-pointer:/blocks/0/text]",
    ),
    (
        section(text={**plain(), "emoji": 1}),
        "must provide a boolean [json-pointer:/blocks/0/text/emoji]",
    ),
    (
        section(text=plain(), accessory=[button(), button()]),
        "must provide an object [json-pointer:/blocks/0/accessory]",
    ),
    (
        section(text=plain(), accessory={"type": "plain_text_input"}),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/accessory/type]",
    ),
    (context(), "must provide at least 1 items [json-pointer:/blocks/0/elements]"),
    (context(button()), "unsupported type: button [json-pointer:/blocks/0/elements/0/type]"),
    (
        context({"type": "image", "image_url": "https://example.com/i.png"}),
        "missing required field: alt_text [json-pointer:/blocks/0/elements/0]",
    ),
    (
        {"type": "image", "alt_text": "A lock"},
        "must define either `image_url` or `slack_file` [json-pointer:/blocks/0]",
    ),
    (image(alt_text=""), "must be more than 0 characters [json-pointer:/blocks/0/alt_text]"),
    (image(image_url="file.png"), "must be a valid URL [json-pointer:/blocks/0/image_url]"),
    (
        image(slack_file={"id": "F1"}),
        "must define only one of `image_url` or `slack_file` [json-pointer:/blocks/0]",
    ),
    (actions(), "must provide at least 1 items [json-pointer:/blocks/0/elements]"),
    (
        actions({"type": "multi_users_select"}),
        "unsupported type: multi_users_select [json-pointer:/blocks/0/elements/0/type]",
    ),
    (
        actions(button(), button()),
        '`action_id` "approve" already exists [json-pointer:/blocks/0/elements/1/action_id]',
    ),
    (
        actions(button(style="success")),
        "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]",
    ),
    (actions(button(style=None)), "must provide a string [json-pointer:/blocks/0/elements/0/style]"),
    (actions(button(value="")), "must be more than 0 characters [json-pointer:/blocks/0/elements/0/value]"),
    (actions(button(url="example.com")), "must be a valid URL [json-pointer:/blocks/0/elements/0/url]"),
    (
        actions(button(confirm={"title": plain(), "text": plain(), "confirm": plain()})),
        "missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]",
    ),
    (
        actions(button(confirm=confirm(style="green"))),
        "must be a valid enum value [json-pointer:/blocks/0/elements/0/confirm/style]",
    ),
    (
        actions(menu()),
        "must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]",
    ),
    (
        actions(menu(options=options(1), option_groups=[{"label": plain(), "options": options(1)}])),
        "must define only one of `options` or `option_groups` [json-pointer:/blocks/0/elements/0]",
    ),
    (
        actions(menu(options=[])),
        "must provide at least 1 items [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        actions(menu(options=[option(value="")])),
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    (
        actions(menu(options=[{"text": mrkdwn(), "value": "once"}])),
        "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/options/0/text/type]",
    ),
    (
        actions(menu(options=[option(url="https://example.com")])),
        "invalid additional property: url [json-pointer:/blocks/0/elements/0/options/0]",
    ),
    (
        actions(menu(options=options(2), initial_option=option(value="7"))),
        "must exactly match one of the provided options [json-pointer:/blocks/0/elements/0/initial_option]",
    ),
    (
        actions(menu(options=options(2), initial_option=None)),
        "must provide an object [json-pointer:/blocks/0/elements/0/initial_option]",
    ),
    (
        actions({"type": "checkboxes", "options": options(2), "initial_options": [option(value="7")]}),
        "must exactly match one of the provided options "
        "[json-pointer:/blocks/0/elements/0/initial_options/0]",
    ),
    (
        actions({"type": "overflow", "options": []}),
        "must provide at least 1 items [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        actions({**PICKER, "initial_date": "24.12.2026"}),
        "must be a valid date, YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]",
    ),
    (
        actions({**PICKER, "initial_date": "2026-02-30"}),
        "must be a valid date, YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]",
    ),
    (
        actions({"type": "timepicker", "initial_time": "24:00"}),
        "must be a valid time, HH:mm [json-pointer:/blocks/0/elements/0/initial_time]",
    ),
    (
        actions({"type": "datetimepicker", "initial_date_time": 1_700_000_000_000}),
        "must be less than 10000000000 [json-pointer:/blocks/0/elements/0/initial_date_time]",
    ),
    (
        actions({"type": "conversations_select", "filter": {}}),
        "must define either `include` or `exclude_external_shared_channels` or `exclude_bot_users` "
        "[json-pointer:/blocks/0/elements/0/filter]",
    ),
    (input_block(button()), "unsupported type: button [json-pointer:/blocks/0/element/type]"),
    (
        input_block({"type": "plain_text_input", "max_length": 3001}),
        "must be less than 3001 [json-pointer:/blocks/0/element/max_length]",
    ),
    (
        input_block({"type": "plain_text_input", "max_length": 0}),
        "must be greater than 0 [json-pointer:/blocks/0/element/max_length]",
    ),
    (
        input_block({"type": "plain_text_input", "min_length": 9, "max_length": 8}),
        "`min_length` must not be greater than `max_length` [json-pointer:/blocks/0/element/min_length]",
    ),
    (
        input_block({"type": "plain_text_input", "initial_value": "x" * 3001}),
        "must be less than 3001 characters [json-pointer:/blocks/0/element/initial_value]",
    ),
    (
        input_block({"type": "number_input"}),
        "missing required field: is_decimal_allowed [json-pointer:/blocks/0/element]",
    ),
    (rich_text(), "must provide at least 1 items [json-pointer:/blocks/0/elements]"),
    (rich_text(text("One")), "unsupported type: text [json-pointer:/blocks/0/elements/0/type]"),
    (
        rich_text(line(text(""))),
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
    ),
    (
        rich_text(line(text("One", loud=True))),
        "invalid additional property: loud [json-pointer:/blocks/0/elements/0/elements/0/style]",
    ),
    (
        rich_text(line({"type": "broadcast", "range": "world"})),
        "must be a valid enum value [json-pointer:/blocks/0/elements/0/elements/0/range]",
    ),
    (
        rich_text(line({"type": "date", "timestamp": "1700000000", "format": "{date}"})),
        "must provide an integer [json-pointer:/blocks/0/elements/0/elements/0/timestamp]",
    ),
    (
        rich_text(listed("roman")),
        "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]",
    ),
    (
        rich_text(listed("bullet", text("One"))),
        "unsupported type: text [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    (rich_text(listed(indent=9)), "must be less than 9 [json-pointer:/blocks/0/elements/0/indent]"),
    (
        {
            "type": "data_visualization",
            "title": "T",
            "chart": {"type": "pie", "segments": [{"label": "a", "value": 0}]},
        },
        "must be greater than 0 [json-pointer:/blocks/0/chart/segments/0/value]",
    ),
    (
        {"type": "container", "title": plain(), "default_collapsed": True, "child_blocks": [DIVIDER]},
        "requires `is_collapsible` [json-pointer:/blocks/0/default_collapsed]",
    ),
]


@pytest.mark.parametrize(
    ("block", "words"), REFUSED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_block_that_slack_refuses_is_refused_in_its_words(block: Json, words: str) -> None:
    assert problems([block], "message") == [words]


ACCEPTED: list[Json] = [
    DIVIDER,
    section(text=mrkdwn("*Bold*"), fields=[plain(), mrkdwn()], accessory=button(), expand=True, block_id="b"),
    section(text=plain(), accessory={"type": "multi_users_select", "initial_users": ["U02APPROVER"]}),
    section(text=plain(), accessory=image()),
    context(image(), mrkdwn(), plain()),
    image(title=plain()),
    {"type": "image", "alt_text": "A lock", "slack_file": {"id": "F1"}},
    actions(
        button("Deny", action_id="deny", style="danger", confirm=confirm(style="danger"), value="v"),
        menu(options=options(2), initial_option=option(value="1"), placeholder=plain()),
        {"type": "overflow", "action_id": "more", "options": [option(url="https://example.com")]},
        {"type": "users_select", "action_id": "user", "initial_user": "U02APPROVER"},
        {"type": "conversations_select", "action_id": "where", "filter": {"include": ["public", "private"]}},
        {"type": "channels_select", "action_id": "channel"},
        {"type": "external_select", "action_id": "outside", "min_query_length": 0},
        {"type": "datepicker", "action_id": "day", "initial_date": "2028-02-29"},
        {"type": "timepicker", "action_id": "time", "initial_time": "23:59", "timezone": "Europe/Berlin"},
        {"type": "datetimepicker", "action_id": "when", "initial_date_time": 1_700_000_000},
        {"type": "radio_buttons", "action_id": "one", "options": [{"text": mrkdwn(), "value": "1"}]},
    ),
    actions(
        menu(
            option_groups=[{"label": plain(), "options": options(2)}],
            initial_option=option(value="0"),
        )
    ),
    input_block(
        {"type": "plain_text_input", "multiline": True, "min_length": 0, "max_length": 3000},
        hint=plain(),
        optional=True,
        dispatch_action=True,
    ),
    input_block({"type": "multi_conversations_select", "default_to_current_conversation": True}),
    input_block({"type": "email_text_input"}),
    input_block({"type": "url_text_input"}),
    input_block({"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}),
    input_block({"type": "file_input", "filetypes": ["pdf"], "max_files": 10}),
    input_block({"type": "rich_text_input", "initial_value": rich_text(line(text("One")))}),
    input_block(
        {"type": "plain_text_input", "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]}}
    ),
    rich_text(
        line(
            text("One", bold=True, italic=True, strike=True, code=True),
            {"type": "link", "url": "https://example.com", "text": "Two", "style": {"bold": True}},
            {"type": "user", "user_id": "U02APPROVER"},
            {"type": "usergroup", "usergroup_id": "S01APPROVERS"},
            {"type": "channel", "channel_id": "C01APPROVALS"},
            {"type": "emoji", "name": "lock"},
            {"type": "date", "timestamp": 1_700_000_000, "format": "{date_short}", "fallback": "then"},
            {"type": "broadcast", "range": "here"},
            {"type": "color", "value": "#ff0000"},
        ),
        listed("ordered", line(text("One")), indent=8, offset=1, border=1),
        {"type": "rich_text_quote", "elements": [text("One")]},
        {"type": "rich_text_preformatted", "elements": [text("One")], "border": 0},
    ),
    {"type": "markdown", "text": "# One"},
    {"type": "file", "external_id": "F1", "source": "remote"},
    {
        "type": "video",
        "alt_text": "",
        "title": plain(),
        "thumbnail_url": "https://example.com/i.png",
        "video_url": "https://example.com/v",
    },
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "positive_button": {"text": plain(), "value": "+"},
                "negative_button": {"text": plain(), "value": "-"},
            }
        ],
    },
    {"type": "table", "rows": [[{"type": "raw_text", "text": "One"}, rich_text(line(text("Two")))]]},
    {"type": "data_table", "caption": "C", "rows": [[{"type": "raw_text", "text": "One"}]] * 2},
    {"type": "card", "title": mrkdwn(), "actions": [button()]},
    {"type": "carousel", "elements": [{"type": "card", "body": plain()}]},
    {"type": "container", "title": plain(), "child_blocks": [DIVIDER]},
    {"type": "task_card", "task_id": "1", "title": "T", "status": "complete"},
    {"type": "plan", "title": "T", "tasks": [{"task_id": "1", "title": "T", "status": "pending"}]},
]


@pytest.mark.parametrize("block", ACCEPTED, ids=lambda block: str(block["type"]))
def test_a_block_that_slack_documents_is_accepted(block: Json) -> None:
    assert problems([block], "message") == []


@pytest.mark.parametrize(("surface", "most"), [("message", 50), ("modal", 100), ("home", 100)])
def test_each_surface_has_its_number_of_blocks(surface: Surface, most: int) -> None:
    assert problems([DIVIDER] * most, surface) == []
    assert problems([DIVIDER] * (most + 1), surface) == [
        f"no more than {most} items allowed [json-pointer:/blocks]"
    ]


@pytest.mark.parametrize(
    ("block", "takes_it"),
    [
        ({"type": "markdown", "text": "One"}, {"message"}),
        ({"type": "alert", "text": plain()}, {"modal"}),
        ({"type": "table", "rows": [[{"type": "raw_text", "text": "One"}]]}, {"message", "home"}),
        (input_block(), {"message", "modal", "home"}),
        (header("One"), {"message", "modal", "home"}),
    ],
    ids=lambda value: str(value["type"]) if isinstance(value, dict) else "",
)
def test_a_surface_takes_only_its_blocks(block: Json, takes_it: set[Surface]) -> None:
    surfaces: tuple[Surface, ...] = ("message", "modal", "home")

    assert {surface for surface in surfaces if not problems([block], surface)} == takes_it


def test_two_blocks_may_not_share_an_id() -> None:
    same = {**DIVIDER, "block_id": "facts"}

    assert problems([same, DIVIDER, same], "message") == [
        '`block_id` "facts" already exists [json-pointer:/blocks/2/block_id]'
    ]


def test_two_blocks_may_share_an_action_id() -> None:
    assert problems([actions(button()), actions(button())], "message") == []


def test_markdown_blocks_are_limited_together() -> None:
    half: Json = {"type": "markdown", "text": "x" * 6000}
    more: Json = {"type": "markdown", "text": "x" * 6001}

    assert problems([half, half], "message") == []
    assert problems([half, more], "message") == [
        "markdown blocks must be less than 12001 characters together [json-pointer:/blocks]"
    ]


@pytest.mark.parametrize("blocks", [None, "[]", {}, 7])
def test_what_is_no_array_is_refused(blocks: object) -> None:
    assert problems(blocks, "message") == ["must provide an array [json-pointer:/blocks]"]


def test_every_problem_is_named_not_only_the_first() -> None:
    assert problems([header("x" * 151), 7, actions(button(style="green"))], "message") == [
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        "must provide an object [json-pointer:/blocks/1]",
        "must be a valid enum value [json-pointer:/blocks/2/elements/0/style]",
    ]

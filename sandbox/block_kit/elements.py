"""What stands inside blocks: text objects, options, confirm dialogs, buttons, menus, inputs.

Limits and fields as documented under https://docs.slack.dev/reference/block-kit/block-elements and
.../composition-objects. "Overflow" takes one to five options there; older copies of that page said two.
"""

from collections.abc import Iterator
from datetime import date

from sandbox.block_kit.rich_text import RICH_TEXT
from sandbox.block_kit.rules import (
    Boolean,
    Check,
    Fields,
    Integer,
    Items,
    Object,
    Record,
    String,
    Typed,
    at_least_one,
    exactly_one,
    found,
    listed,
    not_above,
    words,
)

BOOLEAN = Boolean()
STYLE = words("primary", "danger")
URL = String(3000, pattern=r"[A-Za-z][A-Za-z0-9+.\-]*:\S+", words="must be a valid URL")
IMAGE_URL = String(3000, pattern=r"https?://\S+", words="must be a valid URL")
ACTION_ID = String(255)
IDS = Items(String(), least=0)


def plain(most: int) -> Typed:
    """A plain_text object of up to `most` characters."""
    return Typed({"plain_text": Record({"text": String(most)}, {"emoji": BOOLEAN})})


def text(most: int = 3000) -> Typed:
    """A plain_text or mrkdwn object; `emoji` belongs to the first, `verbatim` to the second."""
    mrkdwn = Record({"text": String(most)}, {"verbatim": BOOLEAN})
    return Typed({**plain(most).kinds, "mrkdwn": mrkdwn})


CONFIRM = Record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": STYLE},
)
SLACK_FILE = Record({}, {"id": String(), "url": String(3000)}, (exactly_one("id", "url"),))
IMAGE = Record(
    {"alt_text": String(2000)},
    {"image_url": IMAGE_URL, "slack_file": SLACK_FILE},
    (exactly_one("image_url", "slack_file"),),
)

OPTION = Record({"text": plain(75), "value": String(150)}, {"description": plain(75)})
MARKED_OPTION = Record({"text": text(75), "value": String(150)}, {"description": text(75)})
LINK_OPTION = Record(OPTION.required, {**OPTION.optional, "url": URL})
OPTION_GROUP = Record({"label": plain(75), "options": Items(OPTION, 100)})
WORKFLOW = Record(
    {
        "trigger": Record(
            {"url": URL},
            {"customizable_input_parameters": Items(Record({"name": String(), "value": String(least=0)}))},
        )
    }
)
DISPATCH = Record({"trigger_actions_on": Items(words("on_enter_pressed", "on_character_entered"), 2)})
FILTERS: Fields = {
    "include": Items(words("im", "mpim", "private", "public"), 4),
    "exclude_external_shared_channels": BOOLEAN,
    "exclude_bot_users": BOOLEAN,
}
FILTER = Record({}, FILTERS, (at_least_one(*FILTERS),))


class Day:
    """A day of the calendar, YYYY-MM-DD."""

    def problems(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield found("must provide a string", at)
        elif not _is_day(value):
            yield found("must be a valid date, YYYY-MM-DD", at)


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _choices(element: Object) -> list[object]:
    """Every option of a menu, from `options` or from its groups."""
    groups = [group for group, _ in listed(element, "option_groups", "") if isinstance(group, dict)]
    return [option for owner in (element, *groups) for option, _ in listed(owner, "options", "")]


def _initial_among_options(element: Object, at: str) -> Iterator[str]:
    """What is chosen at first must be among the options, exactly as written there."""
    chosen = listed(element, "initial_options", at)
    if "initial_option" in element:
        chosen.append((element["initial_option"], f"{at}/initial_option"))
    choices = _choices(element)
    for option, pointer in chosen:
        if isinstance(option, dict) and option not in choices:
            yield found("must exactly match one of the provided options", pointer)


def _element(required: Fields, optional: Fields, *checks: Check) -> Record:
    """An interactive element: every one takes an `action_id`."""
    return Record(required, {"action_id": ACTION_ID, **optional}, checks)


PLACEHOLDER: Fields = {"placeholder": plain(150), "focus_on_load": BOOLEAN}
MENU: Fields = {**PLACEHOLDER, "confirm": CONFIRM}
MULTI: Fields = {**MENU, "max_selected_items": Integer(least=1)}
CHOICES: Fields = {"options": Items(OPTION, 100), "option_groups": Items(OPTION_GROUP, 100)}
WITH_CHOICES = (exactly_one("options", "option_groups"), _initial_among_options)
TICKS: Fields = {"confirm": CONFIRM, "focus_on_load": BOOLEAN}
TYPING: Fields = {**PLACEHOLDER, "dispatch_action_config": DISPATCH}
WHERE_TO: Fields = {"default_to_current_conversation": BOOLEAN, "filter": FILTER}
TIME = String(pattern=r"([01][0-9]|2[0-3]):[0-5][0-9]", words="must be a valid time, HH:mm")

BUTTON_LABEL: Fields = {"accessibility_label": String(75)}
BUTTON = _element(
    {"text": plain(75)},
    {
        **BUTTON_LABEL,
        "value": String(2000),
        "url": URL,
        "style": STYLE,
        "confirm": CONFIRM,
        "agent_prompt": String(4000),
        "agent_prompt_display": words("shown", "hidden"),
        "visible_to_user_ids": IDS,
    },
)
FEEDBACK = Record({"text": plain(75), "value": String(2000)}, BUTTON_LABEL)

_MENUS = {
    "static_select": _element({}, {**MENU, **CHOICES, "initial_option": OPTION}, *WITH_CHOICES),
    "external_select": _element({}, {**MENU, "initial_option": OPTION, "min_query_length": Integer(0)}),
    "users_select": _element({}, {**MENU, "initial_user": String()}),
    "conversations_select": _element(
        {}, {**MENU, **WHERE_TO, "initial_conversation": String(), "response_url_enabled": BOOLEAN}
    ),
    "channels_select": _element({}, {**MENU, "initial_channel": String(), "response_url_enabled": BOOLEAN}),
}
_MULTI_MENUS = {
    "multi_static_select": _element(
        {}, {**MULTI, **CHOICES, "initial_options": Items(OPTION)}, *WITH_CHOICES
    ),
    "multi_external_select": _element(
        {}, {**MULTI, "initial_options": Items(OPTION), "min_query_length": Integer(0)}
    ),
    "multi_users_select": _element({}, {**MULTI, "initial_users": IDS}),
    "multi_conversations_select": _element({}, {**MULTI, **WHERE_TO, "initial_conversations": IDS}),
    "multi_channels_select": _element({}, {**MULTI, "initial_channels": IDS}),
}
_PICKERS = {
    "datepicker": _element({}, {**MENU, "initial_date": Day()}),
    "timepicker": _element({}, {**MENU, "initial_time": TIME, "timezone": String()}),
    "checkboxes": _element(
        {"options": Items(MARKED_OPTION, 10)},
        {**TICKS, "initial_options": Items(MARKED_OPTION)},
        _initial_among_options,
    ),
    "radio_buttons": _element(
        {"options": Items(MARKED_OPTION, 10)},
        {**TICKS, "initial_option": MARKED_OPTION},
        _initial_among_options,
    ),
}
# Ten digits, as documented: 10_000_000_000 and above would be milliseconds.
_DATETIME = {"datetimepicker": _element({}, {**TICKS, "initial_date_time": Integer(0, 9_999_999_999)})}
_BUTTONS = {
    "button": BUTTON,
    "overflow": _element({"options": Items(LINK_OPTION, 5)}, {"confirm": CONFIRM}),
    "workflow_button": _element(
        {"text": plain(75), "workflow": WORKFLOW}, {**BUTTON_LABEL, "style": STYLE, "confirm": CONFIRM}
    ),
}
_INPUTS = {
    "plain_text_input": _element(
        {},
        {
            **TYPING,
            "initial_value": String(3000, least=0),
            "multiline": BOOLEAN,
            "min_length": Integer(0, 3000),
            "max_length": Integer(1, 3000),
        },
        not_above("min_length", "max_length"),
    ),
    "email_text_input": _element({}, {**TYPING, "initial_value": String(least=0)}),
    "url_text_input": _element({}, {**TYPING, "initial_value": String(least=0)}),
    "number_input": _element(
        {"is_decimal_allowed": BOOLEAN},
        {**TYPING, "initial_value": String(), "min_value": String(), "max_value": String()},
    ),
    "rich_text_input": _element(
        {}, {**TYPING, "initial_value": RICH_TEXT, "min_lines": Integer(1, 100), "max_lines": Integer(1, 100)}
    ),
    "file_input": _element({}, {"filetypes": Items(String()), "max_files": Integer(1, 10)}),
}
_CONTEXTUAL = {
    "feedback_buttons": _element({"positive_button": FEEDBACK, "negative_button": FEEDBACK}, {}),
    "icon_button": _element(
        {"icon": words("trash"), "text": plain(75)},
        {
            **BUTTON_LABEL,
            "value": String(2000),
            "confirm": CONFIRM,
            "visible_to_user_ids": Items(String(), 10, least=0),
        },
    ),
}

IN_ACTIONS = Typed({**_BUTTONS, **_MENUS, **_PICKERS, **_DATETIME})
IN_SECTION = Typed({"image": IMAGE, **_BUTTONS, **_MENUS, **_MULTI_MENUS, **_PICKERS})
IN_INPUT = Typed({**_MENUS, **_MULTI_MENUS, **_PICKERS, **_DATETIME, **_INPUTS})
IN_CONTEXT = Typed({"image": IMAGE, **text().kinds})
IN_CONTEXT_ACTIONS = Typed(_CONTEXTUAL)
BUTTONS = IN_ACTIONS.only("button")

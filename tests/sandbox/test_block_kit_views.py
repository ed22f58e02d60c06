"""What Slack refuses in a view."""

from typing import Any

import pytest
import slackblocks as sb
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.views import View
from slackblocks.errors import InvalidUsageError

from sandbox.block_kit import VIEW_BYTES, view_problems
from tests.sandbox.block_json import DIVIDER, Json, header, input_block, modal, mrkdwn, plain, section

VIEW_LIMITS = [
    ("title", 24, "title/text", lambda n: modal(DIVIDER, title=plain("x" * n))),
    ("submit", 24, "submit/text", lambda n: modal(DIVIDER, submit=plain("x" * n))),
    ("close", 24, "close/text", lambda n: modal(DIVIDER, close=plain("x" * n))),
    ("private_metadata", 3000, "private_metadata", lambda n: modal(DIVIDER, private_metadata="x" * n)),
    ("callback_id", 255, "callback_id", lambda n: modal(DIVIDER, callback_id="x" * n)),
    ("external_id", 255, "external_id", lambda n: modal(DIVIDER, external_id="x" * n)),
]


@pytest.mark.parametrize(
    ("name", "most", "where", "build"), VIEW_LIMITS, ids=[limit[0] for limit in VIEW_LIMITS]
)
def test_a_view_has_its_limits(name: str, most: int, where: str, build: Any) -> None:
    assert view_problems(build(most)) == []
    assert view_problems(build(most + 1)) == [
        f"must be less than {most + 1} characters [json-pointer:/view/{where}]"
    ]
    assert sdk_takes_view(build(most))
    assert sdk_takes_view(build(most + 1)) == (name in SDK_TAKES_VIEWS_WITH_LONG)


SDK_TAKES_VIEWS_WITH_LONG = {"external_id"}
"""What slack_sdk.models lets through in a view and Slack refuses; besides, an input without submit, below."""


def sdk_takes_view(view: Json) -> bool:
    try:
        View(**view).to_dict()
    except SlackObjectFormationError:
        return False
    return True


def test_an_input_needs_a_submit_button_which_slack_sdk_does_not_know() -> None:
    without = modal(DIVIDER, input_block())

    assert view_problems({**without, "submit": plain()}) == []
    assert view_problems(without) == [
        "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/1/input]"
    ]
    assert sdk_takes_view(without)
    with pytest.raises(InvalidUsageError):
        sb.ModalView(title="Deny", blocks=[sb.InputBlock("Why", sb.PlainTextInput("why"))])


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("{}", "must provide an object [json-pointer:/view]"),
        ({"type": "popup"}, "unsupported type: popup [json-pointer:/view/type]"),
        ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
        ({"type": "home"}, "missing required field: blocks [json-pointer:/view]"),
        (
            {"type": "home", "blocks": [], "title": plain()},
            "invalid additional property: title [json-pointer:/view]",
        ),
        (modal(title=mrkdwn()), "unsupported type: mrkdwn [json-pointer:/view/title/type]"),
        (modal(header("")), "must be more than 0 characters [json-pointer:/view/blocks/0/text/text]"),
        (modal(*[DIVIDER] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
    ],
)
def test_a_view_that_slack_refuses_is_refused_in_its_words(view: object, words: str) -> None:
    assert view_problems(view) == [words]


def test_a_view_may_weigh_250_kilobytes() -> None:
    empty = len('{"type":"modal","title":{"type":"plain_text","text":"Deny"},"blocks":[]}')
    fields = [mrkdwn("x" * 2000)] * 10
    heavy = modal(*[section(fields=fields)] * 13)

    assert empty < VIEW_BYTES
    assert view_problems(modal(*[section(fields=fields)] * 12)) == []
    assert view_problems(heavy) == ["must be less than 250 kB [json-pointer:/view]"]


def test_a_home_tab_takes_no_title_and_an_input_without_submit() -> None:
    assert view_problems({"type": "home", "blocks": [input_block()], "private_metadata": "m"}) == []
